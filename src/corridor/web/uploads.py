"""Files that browsers and programs send: kept under names of our own, no larger than allowed, and taken away again."""

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType

from corridor.base.errors import InvalidInput

_FIELD = "file"
_CHUNK = 1024 * 1024
_FORGOTTEN_SECONDS = 24 * 3600
_LONGEST_LABEL = 80
_RAW = frozenset({"application/zip", "application/x-zip-compressed", "application/octet-stream"})


class Upload(msgspec.Struct, frozen=True):
    """A file of our own. `label` is what its sender called it, to be shown and nothing else."""

    path: Path
    label: str

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


async def receive(request: Request[Any, Any, Any], folder: Path) -> Upload:
    """Keep the file of a form's field `file`, or a zip that is the whole body. Whoever asked for it removes it.

    Raises `InvalidInput` when there is none. The application's limit to bodies limits its size.
    """
    kind = request.content_type[0]
    if kind == RequestEncodingType.MULTI_PART:
        form = await request.form()
        sent = form.get(_FIELD)
        try:
            if not isinstance(sent, UploadFile) or not sent.filename:
                raise InvalidInput("Choose a file first: the form's field 'file' has none.", field=_FIELD)
            return await _keep(_chunks(sent), folder, sent.filename)
        finally:
            await form.close()
    if kind in _RAW:
        return await _keep(request.stream(), folder, "roster.zip")
    raise InvalidInput(
        "Send a zip: as the body with Content-Type application/zip, or as the field 'file' of multipart/form-data.",
        code="unsupported_media",
    )


def forget_old(folder: Path) -> None:
    """Remove what a process left behind that went away in the middle of its work."""
    for path in folder.glob("upload-*"):
        if time.time() - path.stat().st_mtime > _FORGOTTEN_SECONDS:
            path.unlink(missing_ok=True)


def label_of(filename: str) -> str:
    """The last part of a file's name, printable and short."""
    name = filename.replace("\\", "/").rpartition("/")[2]
    shown = "".join(letter for letter in name if letter.isprintable()).strip()
    return shown[:_LONGEST_LABEL] or "roster.zip"


async def _chunks(sent: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await sent.read(_CHUNK):
        yield chunk


async def _keep(chunks: AsyncIterator[bytes], folder: Path, filename: str) -> Upload:
    upload = await asyncio.to_thread(_open, folder, label_of(filename))
    size = 0
    try:
        with upload.path.open("wb") as file:
            async for chunk in chunks:
                size += len(chunk)
                await asyncio.to_thread(file.write, chunk)
    except BaseException:
        upload.remove()
        raise
    if not size:
        upload.remove()
        raise InvalidInput("The file is empty. Export it again.", field=_FIELD)
    return upload


def _open(folder: Path, label: str) -> Upload:
    """An empty file that only its owner can read, and whose name says nothing."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=folder, prefix="upload-", suffix=".zip")
    os.close(handle)
    return Upload(Path(name), label)
