"""A school's events over HTTP: read afterwards, or streamed as they are committed."""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Annotated, Any, Protocol, cast
from uuid import UUID

import msgspec
from litestar import Request, get
from litestar.datastructures import State
from litestar.params import FromPath, HeaderParameter, QueryParameter
from litestar.response import Stream

from corridor.base.database import Database
from corridor.base.errors import InvalidInput
from corridor.day.state import SchoolState
from corridor.identity.access import Look
from corridor.identity.api import looked
from corridor.identity.permissions import Action, require, scope_of
from corridor.identity.principal import Principal
from corridor.ledger.words import Event, Recorded
from corridor.live.hub import Hub, News
from corridor.live.sse import HEADERS, MEDIA_TYPE, OPENING, PING, Life, frame
from corridor.passes.api import eyes_for
from corridor.passes.events import Asked, PassRefused
from corridor.passes.masking import Eyes
from corridor.passes.queries import passes_seen
from corridor.policy.events import AbsenceSet, AccommodationSet, GroupSet

MOST_RESUMED = 1000
_SEEN_WITH = {
    AbsenceSet: Action.ABSENCE_CHANGE,
    AccommodationSet: Action.ACCOMMODATION_VIEW,
    GroupSet: Action.GROUP_VIEW,
}
"""The right that shows what a private event says; those not named here are shown to nobody."""


class Services(Protocol):
    """What live uses of `app.state.services`."""

    @property
    def hub(self) -> Hub: ...
    @property
    def database(self) -> Database: ...


class EventView(msgspec.Struct):
    """An event of the ledger. `body` is null once it has been redacted, and for what is private and not yours to
    see."""

    seq: int
    recorded_at: datetime
    kind: str
    body: dict[str, Any] | None
    command_id: UUID


class EventPage(msgspec.Struct):
    """In order. `next` goes into `after` to read on; null at the end."""

    items: list[EventView]
    next: int | None


LiveRequest = Request[Principal, str, State]


def services_of(request: Request[Any, Any, Any]) -> Services:
    return cast("Services", request.app.state.services)


@get(
    "/schools/{school_id:uuid}/events",
    tags=["Live"],
    summary="Events of the ledger",
    opt={"permission": Action.EVENTS_VIEW},
)
async def index_events(
    request: LiveRequest,
    school_id: FromPath[UUID],
    after: Annotated[int, QueryParameter(ge=0, le=2**62)] = 0,
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 100,
) -> EventPage:
    """Everything recorded after the sequence number `after`."""
    eyes = await eyes_for(request, school_id, Action.EVENTS_VIEW)
    services = services_of(request)
    async with services.database.raw() as connection:
        found = await services.hub.ledger.reader.after(connection, school_id, after, limit + 1)
    items = [
        EventView(
            recorded.seq,
            recorded.recorded_at,
            recorded.kind,
            msgspec.to_builtins(told) if (told := _shown(recorded.event, request.user, eyes)) else None,
            recorded.command_id,
        )
        for recorded in found[:limit]
    ]
    await looked(request, school_id, "events", Look.LIST, number=len(items))
    return EventPage(items, items[-1].seq if len(found) > limit else None)


@get(
    "/schools/{school_id:uuid}/stream",
    tags=["Live"],
    summary="Events as they happen (SSE)",
    media_type=MEDIA_TYPE,
    opt={"permission": Action.STREAM_VIEW},
)
async def stream_events(
    request: LiveRequest,
    school_id: FromPath[UUID],
    last_event_id: Annotated[str | None, HeaderParameter(name="Last-Event-ID")] = None,
) -> Stream:
    """Server-sent events: `id` is the sequence number, `event` the kind, `data` the event as JSON.

    Begins after `Last-Event-ID`, or with the next event. The event `reload` means that too much was missed: read the
    board anew and go on from here. You hear of the passes that you see, and nobody of what is private, such as
    accommodations. Of a pass whose place is not yours to know, the ids of place and type have only zeros."""
    require(request.user, Action.STREAM_VIEW, school_id=school_id)
    after = sequence(last_event_id)
    services = services_of(request)
    await services.hub.ledger.state(school_id)
    if after is not None and after > _newest(services, school_id):
        # Another process was quicker to tell it.
        await services.hub.ledger.refresh(school_id)
    eyes = await eyes_for(request, school_id, Action.STREAM_VIEW)
    await looked(request, school_id, "events", Look.LIST)
    return Stream(event_frames(services, school_id, after, eyes), media_type=MEDIA_TYPE, headers=HEADERS)


def _newest(services: Services, school_id: UUID) -> int:
    known = services.hub.ledger.known(school_id)
    assert known is not None, "the ledger was asked for the state first"
    return known[1]


async def event_frames(services: Services, school_id: UUID, after: int | None, eyes: Eyes) -> AsyncGenerator[bytes]:
    """What `stream_events` sends."""
    life = Life()
    ledger = services.hub.ledger
    with services.hub.watch(school_id) as watcher:
        sent = newest = _newest(services, school_id)
        ears = _Ears(eyes, ledger.known(school_id))
        yield OPENING
        if after is not None and after < newest:
            async with services.database.raw() as connection:
                missed = await ledger.reader.after(connection, school_id, after, MOST_RESUMED + 1)
            if len(missed) > MOST_RESUMED:
                yield _reload(sent)
            else:
                # The database may be ahead of what this process knows; the rest comes as news.
                missed = [recorded for recorded in missed if recorded.seq <= newest]
                await ears.remember(services.database, missed)
                yield _frames(missed, ears)
        elif after is not None and after > newest:
            # There is no such event: the database was put back to an earlier time.
            yield _reload(sent)
        while not life.over:
            news = await watcher.next(life.patience)
            sent_before, sent = sent, max([sent, *(each.seq for each in news)])
            if watcher.overrun:
                watcher.overrun = False
                yield _reload(sent)
            elif news:
                yield b"".join(_frames_of(each, sent_before, ears) for each in news)
            else:
                yield PING


def _reload(seq: int) -> bytes:
    return frame("{}", event="reload", id=seq)


class _Ears:
    """What a listener may hear: everything, or the events of the passes that they see."""

    def __init__(self, eyes: Eyes, known: tuple[SchoolState, int] | None) -> None:
        self.eyes = eyes
        state = known[0] if known else None
        mine = () if eyes.sight.everyone or state is None else (*state.passes.values(), *state.closed.values())
        self._pass_ids = {pass_.id for pass_ in mine if eyes.sees(pass_)}

    async def remember(self, database: Database, events: Sequence[Recorded]) -> None:
        """Know of passes that are no longer in memory."""
        if not self.eyes.sight.everyone:
            found = (getattr(recorded.event, "pass_id", None) for recorded in events)
            self._pass_ids |= await passes_seen(database, self.eyes, {pass_id for pass_id in found if pass_id})

    def hear(self, event: Event | None) -> Event | None:
        """The event as the listener may read it, None for one that is not for them."""
        if event is None or event.private:
            return None
        if not self.eyes.sight.everyone:
            if isinstance(event, Asked) and self.eyes.sight.has_trip(
                event.student_id, event.origin_id, event.destination_id
            ):
                self._pass_ids.add(event.pass_id)
            refused = isinstance(event, PassRefused) and self.eyes.sight.has_student(event.student_id)
            if getattr(event, "pass_id", None) not in self._pass_ids and not refused:
                return None
        return self.eyes.told(event)


def _frames_of(news: News, sent: int, ears: _Ears) -> bytes:
    """The frames of some news; those for whoever sees everyone are rendered once and shared by all who listen."""
    if ears.eyes.sight.everyone and news.events[0].seq > sent:
        return news.shared(ears.eyes, lambda: _frames(news.events, ears))
    return _frames([recorded for recorded in news.events if recorded.seq > sent], ears)


def _frames(events: Sequence[Recorded], ears: _Ears) -> bytes:
    return b"".join(
        frame(_data(recorded, told), event=recorded.kind, id=recorded.seq)
        for recorded in events
        if (told := ears.hear(recorded.event)) is not None
    )


def _shown(event: Event | None, principal: Principal, eyes: Eyes) -> Event | None:
    """What this principal may read of an event; None for nothing."""
    if event is None or not event.private:
        return eyes.told(event) if event else None
    needed = _SEEN_WITH.get(type(event))
    return event if needed is not None and scope_of(principal, needed) is not None else None


def _data(recorded: Recorded, told: Event) -> str:
    event = {
        "seq": recorded.seq,
        "recorded_at": recorded.recorded_at,
        "kind": recorded.kind,
        "body": told,
        "command_id": recorded.command_id,
    }
    return msgspec.json.encode(event).decode()


def sequence(last_event_id: str | None) -> int | None:
    """The number in a `Last-Event-ID`, None without one."""
    if not last_event_id:
        return None
    if not last_event_id.isascii() or not last_event_id.isdigit() or len(last_event_id) > 18:
        raise InvalidInput("Last-Event-ID is the number of the last event you have.", field="Last-Event-ID")
    return int(last_event_id)


API_ROUTES: list[Any] = [index_events, stream_events]
