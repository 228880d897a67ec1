"""What a new school starts with, until an administrator says how it really is: a few places and a bell schedule."""

import re
from collections.abc import Iterable
from datetime import time

import msgspec

from corridor.campus.words import LocationKind

SCHEDULE_NAME = "Regular day"
SCHOOL_WEEK = [1, 2, 3, 4, 5]

_DAY_STARTS = 8 * 60
_DAY_ENDS = 15 * 60
_PASSING_MINUTES = 5
_MOST_PERIODS = 12
_USUAL_NAMES = [str(number) for number in range(1, 8)]


class StarterLocation(msgspec.Struct, frozen=True):
    name: str
    kind: LocationKind
    capacity: int | None = None


class StarterPeriod(msgspec.Struct, frozen=True):
    name: str
    starts_at: time
    ends_at: time


STARTER_LOCATIONS = (
    StarterLocation("Restroom A", LocationKind.RESTROOM, 4),
    StarterLocation("Restroom B", LocationKind.RESTROOM, 4),
    StarterLocation("Nurse", LocationKind.NURSE),
    StarterLocation("Main office", LocationKind.OFFICE),
    StarterLocation("Library", LocationKind.LIBRARY),
    StarterLocation("Counselor", LocationKind.COUNSELOR),
)


def starter_periods(names: Iterable[str]) -> list[StarterPeriod]:
    """Periods of equal length from 08:00 to 15:00, with five minutes between them.

    `names` are what the school's sections call their periods, most used first. Numbers are taken before other names and
    their gaps filled: a school with periods 1, 3 and 8 has eight. Without names there are seven.
    """
    chosen = _day_of(list(dict.fromkeys(names)))
    length = (_DAY_ENDS - _DAY_STARTS - _PASSING_MINUTES * (len(chosen) - 1)) // len(chosen)
    starts = [_DAY_STARTS + index * (length + _PASSING_MINUTES) for index in range(len(chosen))]
    return [
        StarterPeriod(name, _clock_time(start), _clock_time(start + length))
        for name, start in zip(chosen, starts, strict=True)
    ]


def natural_order(name: str) -> list[tuple[int, int, str]]:
    """A sort key under which 2 comes before 10, and P2 before P10."""
    parts = re.findall(r"[0-9]+|[^0-9]+", name.casefold())
    return [(0, int(part), "") if part[0] in "0123456789" else (1, 0, part) for part in parts]


def _day_of(names: list[str]) -> list[str]:
    numbers = [int(name) for name in names if re.fullmatch(r"0|[1-9][0-9]?", name)]
    if numbers:
        first, last = min(1, *numbers), max(numbers)
        if last - first < _MOST_PERIODS:
            return [str(number) for number in range(first, last + 1)]
    return sorted(names[:_MOST_PERIODS], key=natural_order) or _USUAL_NAMES


def _clock_time(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)
