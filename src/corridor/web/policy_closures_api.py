"""Places that take nobody for now, over HTTP."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, delete, get, put
from litestar.params import FromPath, JSONBody

from corridor.base.errors import NotFound
from corridor.day.policy import Closure
from corridor.identity.permissions import Action
from corridor.passes.api import PassRequest, actor_id, must_reach_place, services_of
from corridor.policy.commands import CloseLocation
from corridor.rules.closures import holds
from corridor.web.policy_desk import decide, drop, replied, state_for


class ClosureView(msgspec.Struct, frozen=True):
    """`staff_away`: it is open, but nobody is there to receive students. `until` null: until someone opens it again.
    `instead_id` is where students are sent meanwhile. `over`: its time has come, and it takes students again."""

    location_id: UUID
    staff_away: bool
    since: datetime
    until: datetime | None
    instead_id: UUID | None
    note: str | None
    over: bool


class ClosurePage(msgspec.Struct):
    """The newest first."""

    items: list[ClosureView]
    next: None = None


class ClosureInput(msgspec.Struct, forbid_unknown_fields=True):
    """For so many `minutes`, or `until` an instant; without either until someone opens it again."""

    staff_away: bool = False
    minutes: Annotated[int, msgspec.Meta(ge=1, le=1440)] | None = None
    until: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    instead_id: UUID | None = None
    note: str | None = None


@get(
    "/schools/{school_id:uuid}/closures",
    tags=["Closures"],
    summary="Closed places",
    opt={"permission": Action.BOARD_VIEW},
)
async def index_closures(request: PassRequest, school_id: FromPath[UUID]) -> ClosurePage:
    """Places that are closed for now or whose staff are away, and those that were and are open again by themselves."""
    state = await state_for(request, Action.BOARD_VIEW, school_id)
    now = services_of(request).clock.now()
    closures = sorted(state.closures.values(), key=lambda closure: closure.since, reverse=True)
    return ClosurePage([_view(closure, now) for closure in closures])


@put(
    "/locations/{location_id:uuid}/closure",
    tags=["Closures"],
    summary="Close a place for now",
    opt={"permission": Action.CLOSURE_CHANGE},
)
async def close_location(
    request: PassRequest, location_id: FromPath[UUID], data: JSONBody[ClosureInput]
) -> Response[ClosureView]:
    """Counts from now on, in place of what was said of this place before. Who is there already stays."""
    school_id = await school_of_location(request, location_id)
    command = CloseLocation(
        actor_id(request.user), location_id, data.staff_away, data.minutes, data.until, data.instead_id, data.note
    )
    answer = await decide(request, school_id, command)
    closure = msgspec.json.decode(answer.body, type=Closure)
    return replied(answer, _view(closure, services_of(request).clock.now()))


@delete(
    "/locations/{location_id:uuid}/closure",
    tags=["Closures"],
    summary="Open a place again",
    opt={"permission": Action.CLOSURE_CHANGE},
)
async def open_location(request: PassRequest, location_id: FromPath[UUID]) -> None:
    """Answers 404 when the place was not closed."""
    await drop(request, await school_of_location(request, location_id), "closure", location_id)


API_ROUTES: list[Any] = [index_closures, close_location, open_location]


async def school_of_location(request: PassRequest, location_id: UUID) -> UUID:
    """Its school, for someone who may close it. Raises `NotFound` for a place out of reach."""
    async with services_of(request).database.raw() as connection:
        cursor = await connection.execute("SELECT school_id FROM location WHERE id = %s", [location_id])
        row = await cursor.fetchone()
    if row is None or not request.user.reaches(row[0]):
        raise NotFound("There is no such location.")
    school_id: UUID = row[0]
    await must_reach_place(request, Action.CLOSURE_CHANGE, school_id, location_id)
    return school_id


def _view(closure: Closure, now: datetime) -> ClosureView:
    return ClosureView(
        closure.id,
        closure.staff_away,
        closure.since,
        closure.until,
        closure.instead_id,
        closure.note,
        not holds(closure, now),
    )
