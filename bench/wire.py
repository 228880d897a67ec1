"""HTTP/1.1 for the load generator, as little of it as will do: what it costs is taken from the server it measures.

Requests are whole bytes, made beforehand. Of an answer only the status line and `content-length` are read.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import cast


def request(
    method: str, path: str, *, host: str, token: str | None = None, body: bytes = b"", headers: Mapping[str, str] = {}
) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"host: {host}"]
    if token:
        lines.append(f"authorization: Bearer {token}")
    if method == "POST":
        lines.append(f"content-length: {len(body)}")
    if body:
        lines.append("content-type: application/json")
    lines.extend(f"{name}: {value}" for name, value in headers.items())
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Connection(asyncio.Protocol):
    """A kept-alive connection with one request on its way at a time.

    `answered` is called with the status and the body of every answer, `lost` when the server hangs up.
    """

    def __init__(self, answered: Callable[[int, bytes], None], lost: Callable[[], None] = lambda: None) -> None:
        self._answered = answered
        self._lost = lost
        self._parts: list[bytes] = []
        self._missing = 0
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost()

    def data_received(self, data: bytes) -> None:
        if self._missing > 0:
            self._parts.append(data)
            self._missing -= len(data)
        else:
            if self._parts:
                data = b"".join([*self._parts, data])
            self._parts = [data]
            end = data.find(b"\r\n\r\n")
            if end < 0:
                return
            self._missing = end + 4 + _length(data, end) - len(data)
        if self._missing <= 0:
            whole = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
            self._parts = []
            self._answered(int(whole[9:12]), whole[whole.find(b"\r\n\r\n") + 4 :])


def _length(data: bytes, end: int) -> int:
    at = data.find(b"content-length: ", 0, end)
    return int(data[at + 16 : data.find(b"\r", at)])
