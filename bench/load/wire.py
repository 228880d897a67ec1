"""HTTP/1.1, as little of it as will do.

Requests are whole bytes, made beforehand. Of an answer only the status line and `content-length` are read.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import cast

_USUAL = {"user-agent": "corridor-bench", "accept": "*/*"}
_LENGTH = b"content-length: "


def request(
    method: str,
    path: str,
    *,
    host: str,
    token: str,
    body: bytes = b"",
    headers: Mapping[str, str],
) -> bytes:
    """A request with the headers that any client sends."""
    given = {"host": host, "authorization": f"Bearer {token}"} | _USUAL | dict(headers)
    if method == "POST":
        given["content-length"] = str(len(body))
    if body:
        given["content-type"] = "application/json"
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Connection(asyncio.Protocol):
    """A kept-alive connection with one request on its way at a time.

    `answered` is called with the status and the body of every answer, `lost` when the connection is closed.
    """

    def __init__(self, answered: Callable[[int, bytes], None], lost: Callable[[], None] = lambda: None) -> None:
        self.transport: asyncio.Transport
        self._answered = answered
        self._lost = lost
        self._parts: list[bytes] = []
        self._missing = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost()

    def data_received(self, data: bytes) -> None:
        if self._missing > 0:
            self._parts.append(data)
            self._missing -= len(data)
        else:
            data = b"".join([*self._parts, data])
            self._parts = [data]
            end = data.find(b"\r\n\r\n")
            if end < 0:
                return
            self._missing = end + 4 + _length(data, end) - len(data)
        if self._missing <= 0:
            whole, self._parts = b"".join(self._parts), []
            self._answered(int(whole[9:12]), whole[whole.find(b"\r\n\r\n") + 4 :])


def _length(data: bytes, end: int) -> int:
    at = data.find(_LENGTH, 0, end)
    return int(data[at + len(_LENGTH) : data.find(b"\r", at)]) if at >= 0 else 0
