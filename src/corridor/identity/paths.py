"""Where a browser may be sent after signing in."""

import re

HOME = "/"

# One slash, then visible ASCII without backslashes: browsers read `//host`, `/\host` and `/<tab>/host` as another site.
_OWN_PATH = re.compile(r"/(?!/)[\x21-\x5b\x5d-\x7e]*")
_LONGEST = 2000


def own_path(wanted: str | None) -> str:
    """`wanted` if it is a path of this site, else the front page."""
    return wanted if wanted and len(wanted) <= _LONGEST and _OWN_PATH.fullmatch(wanted) else HOME
