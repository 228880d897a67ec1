"""A month of a school's calendar, as a page shows it."""

from datetime import date, timedelta

import msgspec

from corridor.campus.calendar import FIRST_DAY, LAST_DAY
from corridor.campus.timetable import HasCalendar, cycle_on, schedule_on


class DayView(msgspec.Struct, frozen=True):
    """`schedule` is null on a day without school; `special`: the calendar gives the day another schedule than its
    weekday, or takes school off it."""

    day: date
    schedule: str | None
    cycle: str | None
    note: str | None
    special: bool


class MonthView(msgspec.Struct, frozen=True):
    """`before` and `after` are months as 2026-11, or null at the ends of what a calendar can hold."""

    first: date
    days: tuple[DayView, ...]
    before: str | None
    after: str | None

    @property
    def last(self) -> date:
        return self.days[-1].day


def month_view(known: HasCalendar, first: date) -> MonthView:
    """`first` is any day of the month."""
    first = first.replace(day=1)
    after = (first + timedelta(days=31)).replace(day=1)
    before = (first - timedelta(days=1)).replace(day=1)
    days = tuple(day_view(known, first + timedelta(days=ahead)) for ahead in range((after - first).days))
    return MonthView(
        first, days, f"{before:%Y-%m}" if before >= FIRST_DAY else None, f"{after:%Y-%m}" if after <= LAST_DAY else None
    )


def day_view(known: HasCalendar, day: date) -> DayView:
    schedule, said = schedule_on(known, day), known.calendar.get(day)
    return DayView(
        day,
        schedule.name if schedule else None,
        cycle_on(known, day),
        said.note if said else None,
        said is not None and not said.as_usual,
    )


def read_month(text: str | None) -> date | None:
    """The first day of a month written as 2026-11, or None."""
    try:
        found = date.fromisoformat(f"{text}-01") if text else None
    except ValueError:
        return None
    return found if found and FIRST_DAY <= found <= LAST_DAY else None
