"""Server-sent events: the frames, and the life of a stream.

A stream ends after ten minutes and the browser opens it again, with its session checked anew; it says something every
fifteen seconds, so that a dead link shows.
"""

from collections.abc import Callable
from time import monotonic

PING_SECONDS = 15.0
LIFE_SECONDS = 600.0
PING = b": ping\n\n"
OPENING = b"retry: 2000\n\n"
HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
MEDIA_TYPE = "text/event-stream"


def frame(data: str, *, event: str | None = None, id: int | None = None) -> bytes:
    """One event; `data` may have several lines."""
    lines = [f"id: {id}"] if id is not None else []
    if event:
        lines.append(f"event: {event}")
    lines.extend(f"data: {line}" for line in data.split("\n"))
    return ("\n".join(lines) + "\n\n").encode()


class Life:
    """How long a stream may still live, and how long it may keep silent."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._ends = clock() + LIFE_SECONDS

    @property
    def over(self) -> bool:
        return self._clock() >= self._ends

    @property
    def patience(self) -> float:
        return max(0.0, min(PING_SECONDS, self._ends - self._clock()))
