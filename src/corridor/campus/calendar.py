"""A school's calendar: which bell schedule and which day of a rotation its dates have, as an administrator says it.

What shall change is planned first, on the calendar as it is; so that it can be shown before it is written.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.database import Database
from corridor.base.errors import InvalidInput
from corridor.base.text import one_line
from corridor.campus import tables
from corridor.campus.bells import schedules_of
from corridor.campus.model import BellSchedule, CalendarDay
from corridor.campus.timetable import schedule_on
from corridor.ledger.store import bump_config

LONGEST_NOTE = 120
LONGEST_CYCLE = 20
MOST_DAYS = 1100
"""As many days as change at once: three years."""
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)


class Word(StrEnum):
    """What a date has instead of a schedule of its own."""

    USUAL = "usual"
    NONE = "none"


class Calendar(msgspec.Struct, frozen=True):
    """A school's bell schedules, and what its calendar says of dates."""

    bell_schedules: tuple[BellSchedule, ...]
    calendar: Mapping[date, CalendarDay]

    def has_school(self, day: date) -> bool:
        return schedule_on(self, day) is not None

    def is_usually_school(self, day: date) -> bool:
        """Whether its weekday has school."""
        return any(day.isoweekday() in schedule.days for schedule in self.bell_schedules)

    def schedule(self, id: UUID) -> BellSchedule | None:
        return next((schedule for schedule in self.bell_schedules if schedule.id == id), None)


class Wish(msgspec.Struct, frozen=True):
    """What a date shall be. `schedule` is a schedule's id or a `Word`; what is not set stays as it is."""

    schedule: UUID | Word | msgspec.UnsetType = msgspec.UNSET
    cycle: str | msgspec.UnsetType | None = msgspec.UNSET
    note: str | msgspec.UnsetType | None = msgspec.UNSET


class DayChange(msgspec.Struct, frozen=True):
    """What the calendar said of a date and what it will say; null for nothing."""

    day: date
    before: CalendarDay | None
    after: CalendarDay | None


class UnfitCalendar(InvalidInput):
    """`problems` are sentences by field, such as first, last, schedule, cycle and note."""

    code = "unfit_calendar"

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(" ".join(problems.values()), problems=problems)
        self.problems = problems


Plan = Callable[[Calendar], Sequence[DayChange]]


async def read_calendar(database: Database, school_id: UUID) -> Calendar:
    async with database.session() as session:
        return await _read(session, school_id)


async def change_calendar(session: AsyncSession, school_id: UUID, plan: Plan) -> Sequence[DayChange]:
    """Write what the plan makes of the calendar as it now is. Counts for the school's very next decision.

    Raises what the plan raises; then nothing is changed.
    """
    await bump_config(session, [school_id])
    changes = plan(await _read(session, school_id))
    days = [change.day for change in changes]
    at_school = tables.CalendarDay.school_id == school_id
    await session.execute(delete(tables.CalendarDay).where(at_school, tables.CalendarDay.on_date.in_(days)))
    rows = [
        {"school_id": school_id, "on_date": change.day, **msgspec.structs.asdict(change.after)}
        for change in changes
        if change.after
    ]
    if rows:
        await session.execute(insert(tables.CalendarDay), rows)
    return changes


def plan_days(known: Calendar, first: date, last: date, wish: Wish) -> list[DayChange]:
    """Make a day, or all days of a span, what is wished.

    A span leaves days of the rotation as they are, and gives a schedule only to days that have school. Raises
    `UnfitCalendar`.
    """
    days = days_from(first, last)
    check_wish(known, wish)
    if len(days) > 1:
        wish = msgspec.structs.replace(wish, cycle=msgspec.UNSET)
        if isinstance(wish.schedule, UUID):
            days = [day for day in days if known.has_school(day)]
    return plan_wishes(known, dict.fromkeys(days, wish))


def plan_clear(known: Calendar, first: date, last: date) -> list[DayChange]:
    """Let the days of a span be what their weekdays say. Raises `UnfitCalendar`."""
    days = days_from(first, last)
    return [DayChange(day, known.calendar[day], None) for day in days if day in known.calendar]


def plan_import(known: Calendar, wishes: Mapping[date, Wish], *, replace: bool) -> dict[date, Wish]:
    """What a file wishes, and with `replace` that all other days from its first to its last are as their weekdays say.

    A file that says nothing of a rotation leaves the rotation as it is.
    """
    if not replace or not wishes:
        return dict(wishes)
    first, last = min(wishes), max(wishes)
    speaks_of_cycles = any(wish.cycle is not msgspec.UNSET for wish in wishes.values())
    usual = Wish(Word.USUAL, None if speaks_of_cycles else msgspec.UNSET, None)
    return {day: usual for day in known.calendar if first <= day <= last} | dict(wishes)


def plan_wishes(known: Calendar, wishes: Mapping[date, Wish]) -> list[DayChange]:
    """Only what differs from what is; the wishes fit."""
    changes = []
    for day, wish in sorted(wishes.items()):
        before = known.calendar.get(day)
        after = _become(before, wish)
        if after != before:
            changes.append(DayChange(day, before, after))
    return changes


def days_from(first: date, last: date) -> list[date]:
    """Both included. Raises `UnfitCalendar`."""
    problems = {
        field: "Give a date of the years 2000 to 2199."
        for field, day in (("first", first), ("last", last))
        if not FIRST_DAY <= day <= LAST_DAY
    }
    if not problems and last < first:
        problems["last"] = "This is before the first day."
    elif not problems and (last - first).days >= MOST_DAYS:
        problems["last"] = f"At most {MOST_DAYS} days change at once."
    if problems:
        raise UnfitCalendar(problems)
    return [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]


def check_wish(known: Calendar, wish: Wish) -> None:
    """Raises `UnfitCalendar`."""
    problems = {}
    if isinstance(wish.schedule, UUID) and known.schedule(wish.schedule) is None:
        problems["schedule"] = "There is no such bell schedule at this school, or someone has removed it."
    if wish.cycle and len(one_line(wish.cycle)) > LONGEST_CYCLE:
        problems["cycle"] = f"A day of a rotation has a name of at most {LONGEST_CYCLE} characters, such as A."
    if wish.note and len(one_line(wish.note)) > LONGEST_NOTE:
        problems["note"] = f"A note has at most {LONGEST_NOTE} characters."
    if problems:
        raise UnfitCalendar(problems)


def cycles_of(known: Calendar) -> list[str]:
    """The days of rotations that the calendar knows, in alphabetical order."""
    return sorted({day.cycle for day in known.calendar.values() if day.cycle})


def _become(before: CalendarDay | None, wish: Wish) -> CalendarDay | None:
    was = before or CalendarDay(None, as_usual=True)
    schedule_id, as_usual = was.schedule_id, was.as_usual
    if wish.schedule is not msgspec.UNSET:
        schedule_id = wish.schedule if isinstance(wish.schedule, UUID) else None
        as_usual = wish.schedule is Word.USUAL
    cycle = was.cycle if wish.cycle is msgspec.UNSET else one_line(wish.cycle or "") or None
    note = was.note if wish.note is msgspec.UNSET else one_line(wish.note or "") or None
    if schedule_id is None and not as_usual:
        cycle = None
    after = CalendarDay(schedule_id, cycle, note, as_usual)
    return None if after == CalendarDay(None, as_usual=True) else after


async def _read(session: AsyncSession, school_id: UUID) -> Calendar:
    schedules = [
        BellSchedule(each.id, each.name, frozenset(each.days), each.periods)
        for each in await schedules_of(session, school_id)
    ]
    rows = await session.scalars(select(tables.CalendarDay).where(tables.CalendarDay.school_id == school_id))
    days = {row.on_date: CalendarDay(row.schedule_id, row.cycle, row.note, row.as_usual) for row in rows}
    return Calendar(tuple(schedules), days)
