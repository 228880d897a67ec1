"""A calendar for tests: Regular and Wednesday hold on weekdays, two more schedules only where the calendar says so."""

from collections.abc import Mapping
from datetime import date, time
from uuid import UUID, uuid5

from corridor.campus.calendar import Calendar
from corridor.campus.model import BellSchedule, CalendarDay, Period


def id_of(name: str) -> UUID:
    """The identifier of whatever has this name here."""
    return uuid5(UUID(int=0), name)


def _bells(name: str, days: str, last: int) -> BellSchedule:
    periods = (Period("1", time(8), time(9)), Period("2", time(9, 5), time(last)))
    return BellSchedule(id_of(f"schedule {name}"), name, frozenset(int(day) for day in days), periods)


REGULAR = _bells("Regular", "1245", 15)
WEDNESDAY = _bells("Wednesday", "3", 14)
EARLY = _bells("Early release", "", 12)
ASSEMBLY = _bells("Assembly", "", 15)
MONDAY = date(2026, 12, 14)


def known(calendar: Mapping[date, CalendarDay] | None = None) -> Calendar:
    return Calendar((REGULAR, WEDNESDAY, EARLY, ASSEMBLY), calendar or {})


def december(day: int) -> date:
    return date(2026, 12, day)


def cycles(text: str) -> dict[date, CalendarDay]:
    """Days of a rotation from the Monday on; a dot is a day of which nothing is said."""
    return {
        december(14 + ahead): CalendarDay(None, name, as_usual=True) for ahead, name in enumerate(text) if name != "."
    }
