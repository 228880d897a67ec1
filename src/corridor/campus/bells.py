"""A school's bell schedules, as an administrator writes them."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from uuid import UUID

import msgspec
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.database import Database
from corridor.base.errors import Conflict, InvalidInput, NotFound
from corridor.base.ids import new_id
from corridor.base.text import one_line
from corridor.campus.clock_time import read_clock
from corridor.campus.model import Period
from corridor.campus.no_school import means_no_school
from corridor.campus.tables import BellPeriod, BellSchedule, CalendarDay
from corridor.campus.weekdays import WEEKDAYS
from corridor.ledger.store import bump_config

LONGEST_NAME = 80
MOST_PERIODS = 40


class Schedule(msgspec.Struct, frozen=True):
    """A bell schedule as it is stored. `days` are the weekdays it holds on, 1 (Monday) to 7: none for one that only the
    calendar chooses. `periods` are in order of time."""

    id: UUID
    name: str
    days: tuple[int, ...]
    assumed: bool
    periods: tuple[Period, ...]


class PeriodDraft(msgspec.Struct, frozen=True):
    """A period as it was typed; times as `corridor.campus.clock_time` reads them."""

    name: str
    starts_at: str
    ends_at: str


class ScheduleDraft(msgspec.Struct, frozen=True):
    """A bell schedule as it was typed; `days` are 1 (Monday) to 7."""

    name: str
    days: tuple[int, ...]
    periods: tuple[PeriodDraft, ...]


class ScheduleInUse(Conflict):
    """The calendar gives this schedule to `days` dates."""

    code = "schedule_in_use"


class UnfitSchedule(InvalidInput):
    """`problems` are sentences by field: name, days, periods, and period-0-name, -starts_at, -ends_at and so on."""

    code = "unfit_schedule"

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(" ".join(problems.values()), problems=problems)
        self.problems = problems


async def read_schedules(database: Database, school_id: UUID) -> list[Schedule]:
    """By name."""
    async with database.session() as session:
        return await schedules_of(session, school_id)


async def write_schedule(
    session: AsyncSession, school_id: UUID, schedule_id: UUID | None, draft: ScheduleDraft
) -> UUID:
    """Make a schedule what the draft says, or, without an id, add it. Counts for the school's very next decision.

    Raises `UnfitSchedule` when the draft does not make sense beside the school's other schedules, and `NotFound`.
    """
    await bump_config(session, [school_id])
    stored = await schedules_of(session, school_id)
    if schedule_id is not None and schedule_id not in [schedule.id for schedule in stored]:
        raise NotFound("There is no such bell schedule at this school, or someone has removed it.")
    periods = checked(draft, [schedule for schedule in stored if schedule.id != schedule_id])
    days = tuple(sorted(set(draft.days)))
    wanted = Schedule(schedule_id or new_id(), one_line(draft.name), days, False, tuple(periods))
    await put_schedule(session, school_id, wanted, new=schedule_id is None)
    return wanted.id


async def put_schedule(session: AsyncSession, school_id: UUID, schedule: Schedule, *, new: bool) -> None:
    """Write a schedule that was checked, as a new one or in the place of the one with its id."""
    values = {"name": schedule.name, "days": list(schedule.days), "assumed": schedule.assumed}
    if new:
        await session.execute(insert(BellSchedule), [{"id": schedule.id, "school_id": school_id, **values}])
    else:
        await session.execute(update(BellSchedule).where(BellSchedule.id == schedule.id).values(values))
        await session.execute(delete(BellPeriod).where(BellPeriod.bell_schedule_id == schedule.id))
    rows = [
        {"id": new_id(), "bell_schedule_id": schedule.id, **msgspec.structs.asdict(period)}
        for period in schedule.periods
    ]
    await session.execute(insert(BellPeriod), rows)


async def remove_schedule(
    session: AsyncSession, school_id: UUID, schedule_id: UUID, *, days_as_usual: bool = False
) -> str:
    """Remove a schedule and give its name. With `days_as_usual` the dates to which the calendar gives it follow their
    weekdays from now on.

    Raises `NotFound`, `Conflict` for the school's last one, and without `days_as_usual` `ScheduleInUse`.
    """
    await bump_config(session, [school_id])
    stored = {schedule.id: schedule.name for schedule in await schedules_of(session, school_id)}
    if schedule_id not in stored:
        raise NotFound("There is no such bell schedule at this school, or someone has removed it.")
    if len(stored) == 1:
        raise Conflict("A school needs a bell schedule. Change this one, or add another before you remove it.")
    given = CalendarDay.schedule_id == schedule_id
    days = await session.scalar(select(func.count()).select_from(CalendarDay).where(given)) or 0
    if days and not days_as_usual:
        raise ScheduleInUse(
            f"The calendar gives {stored[schedule_id]} to {days} {'day' if days == 1 else 'days'}. Give them another "
            "schedule first, or say that they follow their weekdays.",
            days=days,
        )
    await session.execute(delete(CalendarDay).where(given, CalendarDay.cycle.is_(None), CalendarDay.note.is_(None)))
    await session.execute(update(CalendarDay).where(given).values(schedule_id=None, as_usual=True))
    await session.execute(delete(BellSchedule).where(BellSchedule.id == schedule_id))
    return stored[schedule_id]


def checked(draft: ScheduleDraft, others: Sequence[Schedule]) -> list[Period]:
    """The draft's periods in order of time. Raises `UnfitSchedule`."""
    problems = _name_problems(draft, others) | _day_problems(draft, others)
    periods: list[tuple[int, Period]] = []
    names = Counter(one_line(period.name) for period in draft.periods)
    for index, period in enumerate(draft.periods):
        found, wrong = _period(period, index, names)
        problems |= wrong
        if found:
            periods.append((index, found))
    periods.sort(key=lambda pair: pair[1].starts_at)
    for (_, before), (index, after) in pairwise(periods):
        if after.starts_at < before.ends_at:
            problems.setdefault(f"period-{index}-starts_at", f"{before.name} is not over by then.")
    if not draft.periods:
        problems["periods"] = "Add at least one period."
    elif len(draft.periods) > MOST_PERIODS:
        problems["periods"] = f"A schedule has at most {MOST_PERIODS} periods; these are {len(draft.periods)}."
    if problems:
        raise UnfitSchedule(problems)
    return [period for _, period in periods]


def _name_problems(draft: ScheduleDraft, others: Sequence[Schedule]) -> dict[str, str]:
    name = one_line(draft.name)
    if not 1 <= len(name) <= LONGEST_NAME:
        return {"name": f"Give the schedule a name of 1 to {LONGEST_NAME} characters."}
    if means_no_school(name):
        return {"name": f"{name} says that there is no school. Give the schedule another name."}
    for other in others:
        if other.name.casefold() == name.casefold():
            return {"name": f"There is already a schedule named {other.name}."}
    return {}


def _day_problems(draft: ScheduleDraft, others: Sequence[Schedule]) -> dict[str, str]:
    if any(not 1 <= day <= len(WEEKDAYS) for day in draft.days):
        return {"days": "Weekdays are numbered 1 (Monday) to 7 (Sunday)."}
    taken = [(day, other.name) for other in others for day in other.days if day in draft.days]
    if taken:
        day, name = taken[0]
        return {"days": f"{WEEKDAYS[day - 1]} already has the schedule {name}. A weekday has one."}
    return {}


def _period(draft: PeriodDraft, index: int, names: Counter[str]) -> tuple[Period | None, dict[str, str]]:
    name = one_line(draft.name)
    problems = {}
    if not 1 <= len(name) <= LONGEST_NAME:
        problems[f"period-{index}-name"] = f"Give the period a name of 1 to {LONGEST_NAME} characters."
    elif names[name] > 1:
        problems[f"period-{index}-name"] = f"Two periods are named {name}."
    starts_at, ends_at = read_clock(draft.starts_at), read_clock(draft.ends_at)
    if starts_at is None:
        problems[f"period-{index}-starts_at"] = "Give the time as 08:15."
    if ends_at is None:
        problems[f"period-{index}-ends_at"] = "Give the time as 08:58."
    if starts_at is None or ends_at is None:
        return None, problems
    if starts_at >= ends_at:
        problems[f"period-{index}-ends_at"] = "This is not after the start."
        return None, problems
    return Period(name, starts_at, ends_at), problems


async def schedules_of(session: AsyncSession, school_id: UUID) -> list[Schedule]:
    """By name."""
    schedules = await session.scalars(
        select(BellSchedule).where(BellSchedule.school_id == school_id).order_by(BellSchedule.name)
    )
    rows = await session.execute(
        select(BellPeriod.bell_schedule_id, BellPeriod.name, BellPeriod.starts_at, BellPeriod.ends_at)
        .join(BellSchedule, BellSchedule.id == BellPeriod.bell_schedule_id)
        .where(BellSchedule.school_id == school_id)
        .order_by(BellPeriod.starts_at)
    )
    periods: dict[UUID, list[Period]] = {}
    for schedule_id, name, starts_at, ends_at in rows:
        periods.setdefault(schedule_id, []).append(Period(name, starts_at, ends_at))
    return [
        Schedule(each.id, each.name, tuple(each.days), each.assumed, tuple(periods.get(each.id, ())))
        for each in schedules
    ]
