"""Rotations: A, B, A, B... over the school days of a calendar."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from itertools import cycle
from uuid import UUID

import msgspec

from corridor.base.text import one_line
from corridor.campus.calendar import (
    LONGEST_CYCLE,
    Calendar,
    DayChange,
    UnfitCalendar,
    Wish,
    Word,
    days_from,
    plan_wishes,
)

MOST_CYCLES = 12


class CycleDraft(msgspec.Struct, frozen=True):
    """A day of a rotation as it was typed. `schedule_id`: the bell schedule of such days; null for their weekdays'."""

    name: str
    schedule_id: UUID | None = None


def plan_rotation(known: Calendar, first: date, last: date, cycles: Sequence[CycleDraft]) -> list[DayChange]:
    """Give the school days from `first` to `last` the days of a rotation, one after the other.

    Days without school are left out and take no turn. A day to which the calendar gives another schedule, such as an
    early release, keeps it. Raises `UnfitCalendar`, with fields cycles, cycle-0-name, cycle-0-schedule and so on.
    """
    _check(known, cycles)
    school_days = [day for day in days_from(first, last) if known.has_school(day)]
    ours = {each.schedule_id for each in cycles}
    wishes = {}
    for day, turn in zip(school_days, cycle(cycles), strict=False):
        special = known.calendar.get(day)
        keeps = special is not None and not special.as_usual and special.schedule_id not in ours
        if keeps:
            wishes[day] = Wish(cycle=turn.name)
        else:
            wishes[day] = Wish(turn.schedule_id or Word.USUAL, turn.name)
    return plan_wishes(known, wishes)


def plan_no_rotation(known: Calendar, first: date, last: date) -> list[DayChange]:
    """Let the days from `first` to `last` be none of a rotation. Raises `UnfitCalendar`."""
    return plan_wishes(known, dict.fromkeys(days_from(first, last), Wish(cycle=None)))


def _check(known: Calendar, cycles: Sequence[CycleDraft]) -> None:
    problems = {}
    names = Counter(one_line(each.name) for each in cycles)
    for index, each in enumerate(cycles):
        name = one_line(each.name)
        if not 1 <= len(name) <= LONGEST_CYCLE:
            problems[f"cycle-{index}-name"] = f"Give the day a name of 1 to {LONGEST_CYCLE} characters, such as A."
        elif names[name] > 1:
            problems[f"cycle-{index}-name"] = f"Two days of the rotation are named {name}."
        if each.schedule_id is not None and known.schedule(each.schedule_id) is None:
            problems[f"cycle-{index}-schedule"] = "There is no such bell schedule, or someone has removed it."
    if not 1 <= len(cycles) <= MOST_CYCLES:
        problems["cycles"] = f"A rotation has 1 to {MOST_CYCLES} days; these are {len(cycles)}."
    if problems:
        raise UnfitCalendar(problems)
