"""Time at school over HTTP: what period it is, and the calendar."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import delete, get, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from corridor.base.errors import InvalidInput, NotFound
from corridor.campus.calendar import (
    MOST_DAYS,
    Calendar,
    DayChange,
    Plan,
    UnfitCalendar,
    Wish,
    Word,
    change_calendar,
    check_wish,
    days_from,
    plan_clear,
    plan_wishes,
)
from corridor.campus.model import Term
from corridor.campus.rotation import CycleDraft, plan_no_rotation, plan_rotation
from corridor.campus.timetable import (
    HasCalendar,
    cycle_on,
    local,
    moment,
    next_bell,
    place_at,
    schedule_on,
    term_of,
)
from corridor.identity.permissions import Action, require
from corridor.passes.api import PassRequest, services_of, sight_for
from corridor.policy.sight import must_see_student

_USUAL_DAYS = 31
_FIRST_YEAR, _LAST_YEAR = 2000, 2199

From = Annotated[date | None, QueryParameter(name="from")]
To = Annotated[date | None, QueryParameter(name="to")]


class DayInput(msgspec.Struct, forbid_unknown_fields=True):
    """A date as it shall be. Without `schedule_id` its weekday's schedule holds; with `school` false there is none."""

    date: date
    school: bool = True
    schedule_id: UUID | None = None
    cycle: str | None = None
    note: str | None = None


class DaysInput(msgspec.Struct, forbid_unknown_fields=True):
    days: list[DayInput]


class RotationInput(msgspec.Struct, forbid_unknown_fields=True):
    """The first of `cycles` is on the first school day. Without any, the days are of no rotation any more."""

    first: date
    last: date
    cycles: list[CycleDraft]


class CalendarDayView(msgspec.Struct, frozen=True):
    """A date as it is. `schedule_id` and `schedule` are null on a day without school; `special` says that the calendar
    gives it another schedule than its weekday, or takes school off it."""

    date: date
    school: bool
    schedule_id: UUID | None
    schedule: str | None
    cycle: str | None
    note: str | None
    special: bool


class CalendarPage(msgspec.Struct):
    items: list[CalendarDayView]
    next: None = None


class PeriodSpan(msgspec.Struct, frozen=True):
    """From `starts_at` up to but not including `ends_at`."""

    name: str
    starts_at: datetime
    ends_at: datetime


class StudentPlace(msgspec.Struct, frozen=True):
    """Where the timetable puts a student; `location_id` is null when it names no room."""

    section_id: UUID
    section: str
    location_id: UUID | None
    location: str | None


class TimeView(msgspec.Struct, frozen=True):
    """An instant by the school's bells. `date` is the school's. `period` is null between periods, which `passing` says,
    and out of school. `day_starts_at` and `day_ends_at` are the day's first and last bell, null without school.
    `place` is null unless a student was asked for and the timetable says where they are."""

    at: datetime
    date: date
    time_zone: str
    school: bool
    schedule_id: UUID | None
    schedule: str | None
    cycle: str | None
    period: PeriodSpan | None
    passing: bool
    day_starts_at: datetime | None
    day_ends_at: datetime | None
    next_bell_at: datetime | None
    term: Term | None
    place: StudentPlace | None


@get(
    "/schools/{school_id:uuid}/time", tags=["Campus"], summary="What time it is", opt={"permission": Action.SCHOOL_VIEW}
)
async def show_time(
    request: PassRequest,
    school_id: FromPath[UUID],
    at: FromQuery[datetime | None] = None,
    student_id: FromQuery[UUID | None] = None,
) -> TimeView:
    """Which period and schedule it is, now or `at` another instant, and where the timetable puts a student then."""
    require(request.user, Action.SCHOOL_VIEW, school_id=school_id)
    if student_id:
        must_see_student(await sight_for(request, Action.STUDENT_VIEW, school_id), student_id)
    services = services_of(request)
    campus = (await services.ledger.state(school_id)).campus
    instant = at or services.clock.now()
    if instant.tzinfo is None or not _FIRST_YEAR < instant.year < _LAST_YEAR:
        raise InvalidInput("Write the instant with its offset, such as 2026-10-06T08:30:00-04:00.", field="at")
    now = moment(campus, instant)
    today, span = now.school_day, now.span
    place = None
    if student_id:
        if student_id not in campus.students:
            raise NotFound("There is no such student at this school.")
        if found := place_at(campus, student_id, now):
            room = campus.locations.get(found.location_id) if found.location_id else None
            title = campus.sections[found.section_id].title
            place = StudentPlace(found.section_id, title, found.location_id, room.name if room else None)
    return TimeView(
        at=instant,
        date=now.day,
        time_zone=campus.school.time_zone,
        school=today is not None,
        schedule_id=today.schedule.id if today else None,
        schedule=today.schedule.name if today else None,
        cycle=today.cycle if today else None,
        period=PeriodSpan(span.period.name, span.starts, span.ends) if span else None,
        passing=now.passing,
        day_starts_at=today.opens if today else None,
        day_ends_at=today.closes if today else None,
        next_bell_at=next_bell(campus, instant),
        term=term_of(campus, now.day),
        place=place,
    )


@get(
    "/schools/{school_id:uuid}/calendar",
    tags=["Campus"],
    summary="The calendar",
    opt={"permission": Action.SCHOOL_VIEW},
)
async def show_calendar(
    request: PassRequest, school_id: FromPath[UUID], from_: From = None, to: To = None
) -> CalendarPage:
    """Every date from `from` (today) to `to` (a month later), both included: at most three years."""
    require(request.user, Action.SCHOOL_VIEW, school_id=school_id)
    services = services_of(request)
    campus = (await services.ledger.state(school_id)).campus
    first = from_ or local(campus, services.clock.now()).date()
    return CalendarPage([_day(campus, day) for day in _span(first, to)])


@put(
    "/schools/{school_id:uuid}/calendar",
    tags=["Campus"],
    summary="Change days of the calendar",
    opt={"permission": Action.BELLS_CHANGE},
)
async def change_days(request: PassRequest, school_id: FromPath[UUID], data: JSONBody[DaysInput]) -> CalendarPage:
    """Each of these days as a whole; other days stay. Answers with the days that have changed."""
    if len(data.days) > MOST_DAYS:
        raise InvalidInput(f"At most {MOST_DAYS} days change at once.", field="days")
    if len({day.date for day in data.days}) < len(data.days):
        raise InvalidInput("Name each day once.", field="days")
    return await _change(request, school_id, lambda known: plan_wishes(known, _wishes(known, data.days)))


@delete(
    "/schools/{school_id:uuid}/calendar",
    tags=["Campus"],
    summary="Clear days of the calendar",
    status_code=200,
    opt={"permission": Action.BELLS_CHANGE},
)
async def clear_days(
    request: PassRequest,
    school_id: FromPath[UUID],
    from_: Annotated[date, QueryParameter(name="from")],
    to: Annotated[date, QueryParameter(name="to")],
) -> CalendarPage:
    """These days are as their weekdays say, and of no rotation. Answers with the days that have changed."""
    days = _span(from_, to)
    return await _change(request, school_id, lambda known: plan_clear(known, days[0], days[-1]))


@put(
    "/schools/{school_id:uuid}/calendar/rotation",
    tags=["Campus"],
    summary="Set a rotation",
    opt={"permission": Action.BELLS_CHANGE},
)
async def set_rotation(request: PassRequest, school_id: FromPath[UUID], data: JSONBody[RotationInput]) -> CalendarPage:
    """A, B, A, B... over the school days from `first` to `last`. Days with a schedule of their own keep it.
    Answers with the days that have changed."""

    def plan(known: Calendar) -> list[DayChange]:
        if data.cycles:
            return plan_rotation(known, data.first, data.last, data.cycles)
        return plan_no_rotation(known, data.first, data.last)

    return await _change(request, school_id, plan)


API_ROUTES: list[Any] = [
    show_time,
    show_calendar,
    change_days,
    clear_days,
    set_rotation,
]


async def _change(request: PassRequest, school_id: UUID, plan: Plan) -> CalendarPage:
    require(request.user, Action.BELLS_CHANGE, school_id=school_id)
    services = services_of(request)
    await services.ledger.state(school_id)
    async with services.database.session() as session:
        changes = await change_calendar(session, school_id, plan)
    await services.ledger.refresh(school_id)
    campus = (await services.ledger.state(school_id)).campus
    return CalendarPage([_day(campus, change.day) for change in changes])


def _wishes(known: Calendar, days: list[DayInput]) -> dict[date, Wish]:
    """Raises `UnfitCalendar`, with fields such as days[0].cycle."""
    wishes: dict[date, Wish] = {}
    problems: dict[str, str] = {}
    for index, day in enumerate(days):
        schedule = (day.schedule_id or Word.USUAL) if day.school else Word.NONE
        wishes[day.date] = Wish(schedule, day.cycle, day.note)
        try:
            days_from(day.date, day.date)
            check_wish(known, wishes[day.date])
        except UnfitCalendar as error:
            problems |= {f"days[{index}].{_FIELDS.get(field, field)}": why for field, why in error.problems.items()}
        if not day.school and (day.schedule_id or day.cycle):
            problems[f"days[{index}].school"] = "A day without school has no schedule and is none of a rotation."
    if problems:
        raise UnfitCalendar(problems)
    return wishes


_FIELDS = {"first": "date", "last": "date", "schedule": "schedule_id"}


def _span(first: date, last: date | None) -> list[date]:
    try:
        return days_from(first, last or min(first, date(_LAST_YEAR, 1, 1)) + timedelta(days=_USUAL_DAYS))
    except UnfitCalendar as error:
        field = "from" if "first" in error.problems else "to"
        raise InvalidInput(error.detail, field=field) from None


def _day(campus: HasCalendar, day: date) -> CalendarDayView:
    schedule, said = schedule_on(campus, day), campus.calendar.get(day)
    return CalendarDayView(
        date=day,
        school=schedule is not None,
        schedule_id=schedule.id if schedule else None,
        schedule=schedule.name if schedule else None,
        cycle=cycle_on(campus, day),
        note=said.note if said else None,
        special=said is not None and not said.as_usual,
    )
