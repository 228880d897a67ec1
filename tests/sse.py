"""Reading server-sent events in tests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec


class Heard(msgspec.Struct, frozen=True):
    """An event of a stream. `data` is decoded from JSON."""

    id: int | None
    event: str
    data: Any


async def heard(stream: AsyncIterator[bytes]) -> AsyncIterator[Heard]:
    """The events of a stream as they come; comments and hints to the browser are left out."""
    rest = b""
    async for chunk in stream:
        *frames, rest = (rest + chunk).split(b"\n\n")
        for frame in frames:
            fields = dict(line.split(": ", 1) for line in frame.decode().split("\n") if line[0] != ":")
            if "event" in fields:
                id = int(fields["id"]) if "id" in fields else None
                yield Heard(id, fields["event"], msgspec.json.decode(fields["data"]))


@asynccontextmanager
async def asgi_stream(app: Any, path: str, headers: dict[str, str]) -> AsyncIterator[AsyncIterator[bytes]]:
    """What the application sends to a client that stays connected for the block, chunk by chunk.

    httpx gives an answer of an application in the same process only once it is complete.
    """
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "server": ("test", 80),
        "client": ("127.0.0.1", 1),
    }
    sent: asyncio.Queue[Any] = asyncio.Queue()
    gone = asyncio.Event()
    asked = asyncio.Event()

    async def receive() -> Any:
        if not asked.is_set():
            asked.set()
            return {"type": "http.request", "body": b"", "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def chunks() -> AsyncIterator[bytes]:
        while True:
            message = await sent.get()
            if message.get("body"):
                yield message["body"]

    serving = asyncio.create_task(app(scope, receive, sent.put))
    start = await sent.get()
    assert start["status"] == 200, (start, await sent.get())
    try:
        yield chunks()
    finally:
        gone.set()
        await serving
