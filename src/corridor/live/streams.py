"""Live pages: what changed of a page, sent as it changes."""

from collections.abc import AsyncGenerator
from datetime import datetime
from time import monotonic
from typing import Any, Protocol, cast
from uuid import UUID

from litestar import Request
from litestar.response import Stream

from corridor.base.clock import Clock
from corridor.live.api import sequence
from corridor.live.feed import Feed, Feeds
from corridor.live.parts import Look, changes, everything
from corridor.live.sse import HEADERS, MEDIA_TYPE, OPENING, PING_SECONDS, Life, frame

LOOK_AGAIN_SECONDS = 5.0
"""How soon a page is looked at again when nothing happened: some of it depends on the time."""


class Services(Protocol):
    """What live pages use of `app.state.services`."""

    @property
    def feeds(self) -> Feeds: ...
    @property
    def clock(self) -> Clock: ...


async def page_stream(
    request: Request[Any, Any, Any], school_id: UUID, look: Look, *, after: int | None = None
) -> Stream:
    """A stream that keeps a page of this school as `look` sees it.

    `after` is the sequence number at which the page was made; a browser that was connected before says it itself.
    Events: `all` (every part), `parts` (those that changed, or are gone) and `clock` (the server's time, at least every
    fifteen seconds, so that a dead link shows).
    """
    services = cast("Services", request.app.state.services)
    feed = await services.feeds.of(school_id)
    last = sequence(request.headers.get("last-event-id"))
    frames = page_frames(feed, services.clock, look, after if last is None else last)
    return Stream(frames, media_type=MEDIA_TYPE, headers=HEADERS)


async def page_frames(feed: Feed, clock: Clock, look: Look, after: int | None) -> AsyncGenerator[bytes]:
    """What `page_stream` sends."""
    life = Life()
    with feed.read():
        edition = feed.newest
        parts = look(edition.state, clock.now())
        opening = OPENING + _clock(clock.now())
        if after != edition.seq:
            opening += frame(everything(parts), event="all", id=edition.seq)
        yield opening
        spoke_at = monotonic()
        while not life.over:
            await edition.outdated(min(LOOK_AGAIN_SECONDS, life.patience))
            edition, before = feed.newest, parts
            parts = look(edition.state, clock.now())
            html = changes(before, parts)
            if html:
                yield frame(html, event="parts", id=edition.seq)
            elif monotonic() - spoke_at >= PING_SECONDS:
                yield _clock(clock.now())
            else:
                continue
            spoke_at = monotonic()


def _clock(now: datetime) -> bytes:
    return frame(now.isoformat(), event="clock")
