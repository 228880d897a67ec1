"""Bell schedules over HTTP."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from corridor.campus.bells import (
    PeriodDraft,
    Schedule,
    ScheduleDraft,
    read_schedules,
    remove_schedule,
    schedules_of,
    write_schedule,
)
from corridor.campus.clock_time import write_clock
from corridor.identity.permissions import Action, require
from corridor.passes.api import PassRequest, services_of


class ScheduleInput(msgspec.Struct, forbid_unknown_fields=True):
    """`days` are the weekdays it holds on, 1 (Monday) to 7; none for a schedule that only the calendar gives. Times
    as 08:05 or 8:05 AM."""

    name: str
    periods: list[PeriodDraft]
    days: list[int] = []


class PeriodView(msgspec.Struct, frozen=True):
    """From `starts_at` up to but not including `ends_at`, by the school's clock, such as 08:05."""

    name: str
    starts_at: str
    ends_at: str


class ScheduleView(msgspec.Struct, frozen=True):
    """`days` are the weekdays it holds on, 1 (Monday) to 7. `assumed`: an import made it up, because nobody
    has said."""

    id: UUID
    name: str
    days: tuple[int, ...]
    assumed: bool
    periods: list[PeriodView]


class SchedulePage(msgspec.Struct):
    """By name."""

    items: list[ScheduleView]
    next: None = None


@get(
    "/schools/{school_id:uuid}/bell-schedules",
    tags=["Campus"],
    summary="Bell schedules",
    opt={"permission": Action.SCHOOL_VIEW},
)
async def index_schedules(request: PassRequest, school_id: FromPath[UUID]) -> SchedulePage:
    """With their periods, in order of time."""
    require(request.user, Action.SCHOOL_VIEW, school_id=school_id)
    services = services_of(request)
    await services.ledger.state(school_id)
    return SchedulePage([_schedule(each) for each in await read_schedules(services.database, school_id)])


@post(
    "/schools/{school_id:uuid}/bell-schedules",
    tags=["Campus"],
    summary="Add a bell schedule",
    opt={"permission": Action.BELLS_CHANGE},
)
async def create_schedule(
    request: PassRequest, school_id: FromPath[UUID], data: JSONBody[ScheduleInput]
) -> ScheduleView:
    return await _write(request, school_id, None, data)


@put(
    "/schools/{school_id:uuid}/bell-schedules/{schedule_id:uuid}",
    tags=["Campus"],
    summary="Change a bell schedule",
    opt={"permission": Action.BELLS_CHANGE},
)
async def change_schedule(
    request: PassRequest, school_id: FromPath[UUID], schedule_id: FromPath[UUID], data: JSONBody[ScheduleInput]
) -> ScheduleView:
    """The whole of it; counts at once."""
    return await _write(request, school_id, schedule_id, data)


@delete(
    "/schools/{school_id:uuid}/bell-schedules/{schedule_id:uuid}",
    tags=["Campus"],
    summary="Remove a bell schedule",
    opt={"permission": Action.BELLS_CHANGE},
)
async def delete_schedule(
    request: PassRequest,
    school_id: FromPath[UUID],
    schedule_id: FromPath[UUID],
    days_as_usual: FromQuery[bool] = False,
) -> None:
    """Refused while the calendar gives it to days, unless `days_as_usual` lets these follow their weekdays."""
    require(request.user, Action.BELLS_CHANGE, school_id=school_id)
    async with services_of(request).database.session() as session:
        await remove_schedule(session, school_id, schedule_id, days_as_usual=days_as_usual)
    await services_of(request).ledger.refresh(school_id)


API_ROUTES: list[Any] = [index_schedules, create_schedule, change_schedule, delete_schedule]


async def _write(request: PassRequest, school_id: UUID, schedule_id: UUID | None, data: ScheduleInput) -> ScheduleView:
    require(request.user, Action.BELLS_CHANGE, school_id=school_id)
    services = services_of(request)
    await services.ledger.state(school_id)
    draft = ScheduleDraft(data.name, tuple(data.days), tuple(data.periods))
    async with services.database.session() as session:
        made = await write_schedule(session, school_id, schedule_id, draft)
        [written] = [each for each in await schedules_of(session, school_id) if each.id == made]
    await services.ledger.refresh(school_id)
    return _schedule(written)


def _schedule(stored: Schedule) -> ScheduleView:
    periods = [PeriodView(each.name, write_clock(each.starts_at), write_clock(each.ends_at)) for each in stored.periods]
    return ScheduleView(stored.id, stored.name, stored.days, stored.assumed, periods)
