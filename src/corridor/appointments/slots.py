"""A slot plan's day: which times there are, and which of them are free. Pure."""

from collections import Counter
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from corridor.appointments.recurrence import still_to_come
from corridor.campus.timetable import at_clock, local, school_day
from corridor.day.state import SchoolState, Status


class Slot(msgspec.Struct, frozen=True):
    """From `starts` up to `ends`; `free` of its places nobody has taken yet."""

    starts: datetime
    ends: datetime
    places: int
    free: int


def slots_on(state: SchoolState, place_id: UUID, day: date) -> list[Slot]:
    """The slots of a date, in order; none without a plan, and on days without school."""
    plan, campus = state.slot_plans.get(place_id), state.campus
    if plan is None or day.isoweekday() not in plan.days or school_day(campus, day) is None:
        return []
    taken = _taken_on(state, place_id, day)
    length = timedelta(minutes=plan.minutes)
    starts, closes = at_clock(campus, day, plan.starts_at), at_clock(campus, day, plan.ends_at)
    slots = []
    while starts + length <= closes:
        ends = starts + length
        here = sum(number for at, number in taken.items() if starts <= at < ends)
        slots.append(Slot(starts, ends, plan.places, max(0, plan.places - here)))
        starts = ends
    return slots


def _taken_on(state: SchoolState, place_id: UUID, day: date) -> Counter[datetime]:
    """How many students come to a place at which time of a date."""
    taken: Counter[datetime] = Counter()
    for pass_ in (*state.passes.values(), *state.closed.values()):
        if pass_.destination_id == place_id and pass_.planned_at and pass_.appointment_id:
            stays = pass_.status not in (Status.CANCELLED, Status.LAPSED)
            if stays and local(state.campus, pass_.planned_at).date() == day:
                taken[pass_.planned_at] += 1
    for appointment in state.appointments.values():
        at = still_to_come(state.campus, appointment, day) if appointment.destination_id == place_id else None
        if at:
            taken[at] += len(students_of(state, appointment.group_id, appointment.student_ids))
    return taken


def students_of(state: SchoolState, group_id: UUID | None, student_ids: frozenset[UUID]) -> list[UUID]:
    """Whom an appointment is for, now: those it names, or its group's members, as far as they are at the school."""
    group = state.groups.get(group_id) if group_id else None
    ids = group.student_ids if group else student_ids
    return sorted(id for id in ids if id in state.campus.students)
