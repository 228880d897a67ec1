"""Many listeners of one school's stream."""

import asyncio
import re
import sys
from datetime import datetime
from time import time
from typing import Any, cast

import msgspec

from bench.load import wire
from bench.load.jobs import HOST, ListenJob, ListenResult, Received

_OPENED = b"retry: "
_RELOAD = b"event: reload"
_FRAME = re.compile(rb"id: (\d+)\nevent: (\w+)\ndata: (.*)\n\n")
_AT_ONCE = 50


class _Event(msgspec.Struct):
    recorded_at: datetime
    body: dict[str, Any]


class _Arrivals:
    """When the events arrived at all listeners together. What the server sends to all alike is read once."""

    def __init__(self) -> None:
        self.reloads = 0
        self.received: dict[int, Received] = {}
        self._seen: dict[bytes, list[list[float]]] = {}

    def note(self, data: bytes) -> None:
        now = time()
        arrivals = self._seen.get(data)
        if arrivals is None:
            frames = [found for found in _FRAME.findall(data) if found[1] != b"reload"]
            arrivals = self._seen[data] = [self._arrivals(*found) for found in frames]
        for arrival in arrivals:
            arrival.append(now)
        self.reloads += _RELOAD in data

    def _arrivals(self, seq: bytes, kind: bytes, data: bytes) -> list[float]:
        event = msgspec.json.decode(data, type=_Event)
        new = Received(event.body["pass_id"], kind.decode(), event.recorded_at.timestamp(), [])
        return self.received.setdefault(int(seq), new).at


class _Listener(asyncio.Protocol):
    """One stream. `opened` is called with its first frame."""

    def __init__(self, message: bytes, arrivals: _Arrivals) -> None:
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport
        self._message = message
        self._arrivals = arrivals
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self._message)

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data, self._rest = self._rest + data, b""
        if not self.opened.done():
            if _OPENED in data:
                self.opened.set_result(None)
        elif data.endswith(b"\n\n\r\n"):
            self._arrivals.note(data)
        else:
            self._rest = data

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("The server did not open the stream."))


async def run_listeners(job: ListenJob) -> ListenResult:
    """Open all streams, say `ready` on standard output, and listen until standard input ends."""
    loop = asyncio.get_running_loop()
    arrivals = _Arrivals()
    path = f"/api/v1/schools/{job.target.school_id}/stream"
    message = wire.request("GET", path, host=f"{HOST}:{job.port}", token=job.target.token, headers={})
    listeners = [_Listener(message, arrivals) for _ in range(job.listeners)]
    for first in range(0, job.listeners, _AT_ONCE):
        some = listeners[first : first + _AT_ONCE]
        for listener in some:
            await loop.create_connection(lambda listener=listener: listener, HOST, job.port)  # type: ignore[misc]
        await asyncio.gather(*(listener.opened for listener in some))
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for listener in listeners:
        listener.transport.abort()
    return ListenResult([arrivals.received[seq] for seq in sorted(arrivals.received)], arrivals.reloads)
