"""The built front end: its files by the names that the templates know, served from memory.

Vite gives every file a name with a hash of its content and lists them in a manifest; a browser may keep such a file for
ever, and a new build has new names.
"""

import gzip
import mimetypes
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import structlog
from litestar import Request, Response, get
from litestar.params import FromPath

from corridor.base.errors import NotFound, SetupError
from corridor.identity.api import PUBLIC

STATIC = Path(__file__).parent / "static"
URL = "/static/"
_FOR_EVER = "public, max-age=31536000, immutable"
_WORTH_PACKING = 1000
_PACKABLE = (".css", ".js", ".svg")
log = structlog.get_logger("corridor.web")


class Asset(msgspec.Struct, frozen=True):
    """A file as it is sent. `packed` is the same gzipped, null where that would not make it smaller."""

    body: bytes
    media_type: str
    packed: bytes | None


class _Entry(msgspec.Struct, frozen=True):
    """What Vite's manifest says of a file, as far as it concerns us."""

    file: str
    css: tuple[str, ...] = ()


class _Build(NamedTuple):
    """One build, whole: the manifest and the files that it speaks of."""

    manifest: Mapping[str, _Entry]
    files: Mapping[str, Asset]


class Assets:
    """The files of one build in `folder`, read once at first use. Raises `SetupError` when nothing is built."""

    def __init__(self, folder: Path = STATIC) -> None:
        self._folder = folder

    def check(self) -> None:
        """Read the build, for an application that starts: without one the API works all the same."""
        try:
            self._entry("src/main.ts")
        except SetupError as error:
            log.warning("no pages", problem=error.detail)

    def url(self, source: str) -> str:
        """Where a browser finds what was built from `source`, such as `src/icons.json`."""
        return URL + self._entry(source).file

    def stylesheets(self, source: str) -> list[str]:
        """Where a browser finds the styles that a script of the build brings with it."""
        return [URL + path for path in self._entry(source).css]

    def fonts(self) -> list[str]:
        """The typefaces that every page needs, to be fetched before the styles ask for them."""
        manifest = self._build.manifest
        return [URL + entry.file for source, entry in manifest.items() if source.endswith("latin-wght-normal.woff2")]

    @property
    def files(self) -> Mapping[str, Asset]:
        """Every file of the build by its path in the folder."""
        return self._build.files

    @cached_property
    def _build(self) -> _Build:
        path = self._folder / "manifest.json"
        try:
            manifest = msgspec.json.decode(path.read_bytes(), type=dict[str, _Entry])
        except FileNotFoundError:
            raise SetupError(f"The front end is not built: there is no {path}. Run `make assets`.") from None
        found = sorted(path for path in self._folder.rglob("*") if path.is_file())
        return _Build(manifest, {path.relative_to(self._folder).as_posix(): _read(path) for path in found})

    def _entry(self, source: str) -> _Entry:
        try:
            return self._build.manifest[source]
        except KeyError:
            raise SetupError(f"The built front end knows no '{source}'. Run `make assets` to build it anew.") from None


def _read(path: Path) -> Asset:
    body = path.read_bytes()
    packed = gzip.compress(body, mtime=0) if path.suffix in _PACKABLE and len(body) >= _WORTH_PACKING else None
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Asset(body, media_type, packed)


def asset_route(assets: Assets) -> Any:
    """The route that sends the files."""

    @get(URL + "{path:path}", include_in_schema=False, opt={"permission": PUBLIC})
    async def send_asset(request: Request[Any, Any, Any], path: FromPath[str]) -> Response[bytes]:
        asset = assets.files.get(path.lstrip("/"))
        if asset is None:
            raise NotFound("There is no such file.")
        headers = {"cache-control": _FOR_EVER, "vary": "accept-encoding"}
        if asset.packed and "gzip" in request.headers.get("accept-encoding", ""):
            return Response(asset.packed, media_type=asset.media_type, headers=headers | {"content-encoding": "gzip"})
        return Response(asset.body, media_type=asset.media_type, headers=headers)

    return send_asset
