"""A school's events over HTTP: read afterwards, or streamed as they are committed."""

from collections.abc import AsyncIterator, Sequence
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
from corridor.identity.permissions import Action, person_limit, require
from corridor.identity.principal import Principal
from corridor.ledger.words import Recorded
from corridor.live.hub import Hub, News
from corridor.live.sse import HEADERS, MEDIA_TYPE, OPENING, PING, Life, frame

MOST_RESUMED = 1000
_RELOAD = frame("{}", event="reload")


class Services(Protocol):
    """What live uses of `app.state.services`."""

    @property
    def hub(self) -> Hub: ...
    @property
    def database(self) -> Database: ...


class EventView(msgspec.Struct):
    """An event of the ledger. `body` is null once it has been redacted."""

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
            msgspec.to_builtins(recorded.event) if recorded.event else None,
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
    board anew and go on from here. A student hears of their own passes only."""
    require(request.user, Action.STREAM_VIEW, school_id=school_id)
    after = sequence(last_event_id)
    services = services_of(request)
    await services.hub.ledger.state(school_id)
    student_id = person_limit(request.user, Action.STREAM_VIEW)
    return Stream(_stream(services, school_id, after, student_id), media_type=MEDIA_TYPE, headers=HEADERS)


async def _stream(
    services: Services, school_id: UUID, after: int | None, student_id: UUID | None
) -> AsyncIterator[bytes]:
    life = Life()
    ledger = services.hub.ledger
    with services.hub.watch(school_id) as watcher:
        known = ledger.known(school_id)
        sent = known[1] if known else 0
        yield OPENING
        if after is not None and after < sent:
            async with services.database.raw() as connection:
                missed = await ledger.reader.after(connection, school_id, after, MOST_RESUMED + 1)
            if len(missed) > MOST_RESUMED:
                yield _RELOAD
            else:
                sent = missed[-1].seq
                yield _frames(missed, known[0] if known else None, student_id)
        while not life.over:
            news = await watcher.next(life.patience)
            if watcher.overrun:
                watcher.overrun = False
                yield _RELOAD
            elif news:
                yield b"".join(_frames_of(each, sent, student_id) for each in news)
            else:
                yield PING
            sent = max([sent, *(each.seq for each in news)])


def _frames_of(news: News, sent: int, student_id: UUID | None) -> bytes:
    """The frames of some news; those for staff are rendered once and shared by all who listen."""
    if student_id is None and news.events[0].seq > sent:
        return news.shared(lambda: _frames(news.events, news.state, None))
    later = [recorded for recorded in news.events if recorded.seq > sent]
    return _frames(later, news.state, student_id)


def _frames(events: Sequence[Recorded], state: SchoolState | None, student_id: UUID | None) -> bytes:
    return b"".join(
        frame(_data(recorded), event=recorded.kind, id=recorded.seq)
        for recorded in events
        if recorded.event is not None and (student_id is None or _concerns(recorded, state, student_id))
    )


def _data(recorded: Recorded) -> str:
    event = {
        "seq": recorded.seq,
        "recorded_at": recorded.recorded_at,
        "kind": recorded.kind,
        "body": recorded.event,
        "command_id": recorded.command_id,
    }
    return msgspec.json.encode(event).decode()


def _concerns(recorded: Recorded, state: SchoolState | None, student_id: UUID) -> bool:
    event: Any = recorded.event
    if (of := getattr(event, "student_id", None)) is not None:
        return bool(of == student_id)
    pass_id = getattr(event, "pass_id", None)
    return state is not None and pass_id is not None and pass_id in state.of_student.get(student_id, ())


def sequence(last_event_id: str | None) -> int | None:
    """The number in a `Last-Event-ID`, None without one."""
    if not last_event_id:
        return None
    if not last_event_id.isascii() or not last_event_id.isdigit() or len(last_event_id) > 18:
        raise InvalidInput("Last-Event-ID is the number of the last event you have.", field="Last-Event-ID")
    return int(last_event_id)


API_ROUTES: list[Any] = [index_events, stream_events]
