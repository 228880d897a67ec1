"""Proof that a change was asked for by one of our own pages, for browsers that a cookie signs in.

Two checks, both needed. The browser says itself where a request comes from (`Sec-Fetch-Site`, W3C Fetch Metadata; where
that is missing, as over plain http, `Origin`). And the page carries a token that is signed with the installation's key
and bound to the browser's cookie, which other sites can neither read nor guess.
"""

import base64
import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from corridor.base.errors import NotPermitted

HEADER = "x-csrf-token"
FIELD = "_csrf"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

_SALT_BYTES = 12
_TRUSTED_SITES = ("same-origin", "none")


class CrossSite(NotPermitted):
    code = "cross_site"

    def __init__(self) -> None:
        super().__init__("Another site sent this request. Open Corridor itself and do it there.")


class StaleForm(NotPermitted):
    code = "stale_form"

    def __init__(self) -> None:
        super().__init__("This page is out of date, perhaps because you signed in or out elsewhere. Load it again.")


def new_token(key: bytes, binding: str) -> str:
    """A token for a page shown to the browser that holds the cookie `binding`. Every one is different, so that
    compressed pages do not give it away."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return base64.urlsafe_b64encode(salt + _signature(key, salt, binding)).decode()


def token_fits(key: bytes, binding: str | None, token: str | None) -> bool:
    """Whether `new_token` made this token for this cookie. Without either it did not."""
    if not binding or not token:
        return False
    try:
        raw = base64.urlsafe_b64decode(token.encode())
    except ValueError:
        return False
    salt, signature = raw[:_SALT_BYTES], raw[_SALT_BYTES:]
    return hmac.compare_digest(signature, _signature(key, salt, binding))


def check_origin(*, fetch_site: str | None, origin: str | None, host: str | None) -> None:
    """Refuse a change that the browser says another site asked for.

    The arguments are the headers `Sec-Fetch-Site`, `Origin` and `Host`. A request without the first two comes from no
    current browser and is left to the token. Raises `CrossSite`.
    """
    if fetch_site is not None:
        crosses = fetch_site not in _TRUSTED_SITES
    else:
        # Only the host is compared: a proxy may end the encryption that the browser sees.
        crosses = origin is not None and urlsplit(origin).netloc.lower() != (host or "").lower()
    if crosses:
        raise CrossSite


def _signature(key: bytes, salt: bytes, binding: str) -> bytes:
    return hmac.digest(key, b"csrf\0" + salt + binding.encode(), hashlib.sha256)
