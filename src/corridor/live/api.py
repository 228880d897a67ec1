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
from corridor.identity.permissions import Action, person_limit, require, scope_of
from corridor.identity.principal import Principal
from corridor.ledger.words import Event, Recorded
from corridor.live.hub import Hub, News
from corridor.live.sse import HEADERS, MEDIA_TYPE, OPENING, PING, Life, frame
from corridor.passes.queries import passes_of
from corridor.passes.withheld import for_student
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
    require(request.user, Action.EVENTS_VIEW, school_id=school_id)
    services = services_of(request)
    async with services.database.raw() as connection:
        found = await services.hub.ledger.reader.after(connection, school_id, after, limit + 1)
    items = [
        EventView(
            recorded.seq,
            recorded.recorded_at,
            recorded.kind,
            msgspec.to_builtins(recorded.event) if recorded.event and _shows(recorded.event, request.user) else None,
            recorded.command_id,
        )
        for recorded in found[:limit]
    ]
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
    board anew and go on from here. A student hears of their own passes only, and nobody of what is private, such as
    accommodations."""
    require(request.user, Action.STREAM_VIEW, school_id=school_id)
    after = sequence(last_event_id)
    services = services_of(request)
    await services.hub.ledger.state(school_id)
    if after is not None and after > _newest(services, school_id):
        # Another process was quicker to tell it.
        await services.hub.ledger.refresh(school_id)
    student_id = person_limit(request.user, Action.STREAM_VIEW)
    return Stream(event_frames(services, school_id, after, student_id), media_type=MEDIA_TYPE, headers=HEADERS)


def _newest(services: Services, school_id: UUID) -> int:
    known = services.hub.ledger.known(school_id)
    assert known is not None, "the ledger was asked for the state first"
    return known[1]


async def event_frames(
    services: Services, school_id: UUID, after: int | None, student_id: UUID | None
) -> AsyncGenerator[bytes]:
    """What `stream_events` sends."""
    life = Life()
    ledger = services.hub.ledger
    with services.hub.watch(school_id) as watcher:
        sent = newest = _newest(services, school_id)
        ears = _Ears(student_id, ledger.known(school_id))
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
    """What a listener may hear: everything, or the events of one student's passes."""

    def __init__(self, student_id: UUID | None, known: tuple[SchoolState, int] | None) -> None:
        self.student_id = student_id
        self._pass_ids = set(known[0].of_student.get(student_id, ())) if known and student_id else set()

    async def remember(self, database: Database, events: Sequence[Recorded]) -> None:
        """Know of passes that are no longer in memory."""
        if self.student_id is not None:
            found = (getattr(recorded.event, "pass_id", None) for recorded in events)
            self._pass_ids |= await passes_of(database, self.student_id, {pass_id for pass_id in found if pass_id})

    def hear(self, recorded: Recorded) -> bool:
        if self.student_id is None:
            return True
        event: Any = recorded.event
        if getattr(event, "student_id", None) == self.student_id:
            self._pass_ids.add(event.pass_id)
        return getattr(event, "pass_id", None) in self._pass_ids


def _frames_of(news: News, sent: int, ears: _Ears) -> bytes:
    """The frames of some news; those for staff are rendered once and shared by all who listen."""
    if ears.student_id is None and news.events[0].seq > sent:
        return news.shared(lambda: _frames(news.events, ears))
    return _frames([recorded for recorded in news.events if recorded.seq > sent], ears)


def _frames(events: Sequence[Recorded], ears: _Ears) -> bytes:
    return b"".join(
        frame(_data(recorded, ears), event=recorded.kind, id=recorded.seq)
        for recorded in events
        if recorded.event is not None and not recorded.event.private and ears.hear(recorded)
    )


def _shows(event: Event, principal: Principal) -> bool:
    """Whether this principal may read what the event says."""
    if not event.private:
        return True
    needed = _SEEN_WITH.get(type(event))
    return needed is not None and scope_of(principal, needed) is not None


def _data(recorded: Recorded, ears: _Ears) -> str:
    told = recorded.event
    event = {
        "seq": recorded.seq,
        "recorded_at": recorded.recorded_at,
        "kind": recorded.kind,
        "body": for_student(told) if told and ears.student_id else told,
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
