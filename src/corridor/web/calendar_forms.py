"""The calendar's forms: what was typed, as changes to plan."""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from corridor.campus.calendar import Calendar, DayChange, UnfitCalendar, Wish, Word, days_from, plan_days
from corridor.campus.rotation import MOST_CYCLES, CycleDraft, plan_no_rotation, plan_rotation
from corridor.campus.table_file import read_date
from corridor.passes.teacher_desk import uuid_in


class DaysForm(msgspec.Struct, frozen=True):
    """Some days, as typed. `schedule` is a schedule's id, usual or none; without `last` it is one day."""

    first: str = ""
    last: str = ""
    schedule: str = Word.USUAL.value
    cycle: str = ""
    note: str = ""


class RotationForm(msgspec.Struct, frozen=True):
    """A rotation, as typed: its days' names, each with a schedule's id or nothing. `end` takes a rotation away."""

    first: str = ""
    last: str = ""
    cycles: tuple[tuple[str, str], ...] = ()
    end: bool = False


def days_form(form: Any) -> DaysForm:
    return DaysForm(*(str(form.get(name, "")) for name in DaysForm.__struct_fields__))


def rotation_form(form: Any) -> RotationForm:
    """A row without a name was left empty, or taken away."""
    rows = zip(form.getall("cycle", []), form.getall("cycle_schedule", []), strict=False)
    cycles = [(str(name), str(schedule)) for name, schedule in rows if str(name).strip()]
    first, last = (str(form.get(name, "")) for name in ("first", "last"))
    return RotationForm(first, last, tuple(cycles[: MOST_CYCLES + 1]), "end" in form)


def plan_of(known: Calendar, form: DaysForm | RotationForm) -> list[DayChange]:
    """Raises `UnfitCalendar`."""
    first, last = span_of(form)
    if isinstance(form, DaysForm):
        wish = Wish(_schedule(form.schedule), form.cycle, form.note)
        if first == last:
            return plan_days(known, first, last, wish)
        # An empty note means nothing when some days have one; it stays where it is.
        return plan_days(known, first, last, wish if form.note.strip() else Wish(wish.schedule))
    if form.end:
        return plan_no_rotation(known, first, last)
    drafts = [CycleDraft(name, uuid_in(schedule)) for name, schedule in form.cycles]
    return plan_rotation(known, first, last, drafts)


def span_of(form: DaysForm | RotationForm) -> tuple[date, date]:
    """Raises `UnfitCalendar`."""
    problems = {}
    first = read_date(form.first.strip())
    last = read_date(form.last.strip()) if form.last.strip() else first
    for field, day in (("first", first), ("last", last)):
        if day is None and (field == "first" or form.last.strip()):
            problems[field] = "Choose a date."
    if first is None or last is None:
        raise UnfitCalendar(problems)
    days_from(first, last)
    return first, last


def _schedule(text: str) -> UUID | Word:
    if text in (Word.USUAL, Word.NONE):
        return Word(text)
    found = uuid_in(text)
    if found is None:
        raise UnfitCalendar({"schedule": "Choose what these days are."})
    return found
