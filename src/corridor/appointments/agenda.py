"""What is planned: the passes for later of today, and the appointments of the days to come. Pure."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from corridor.appointments.recurrence import still_to_come
from corridor.appointments.slots import students_of
from corridor.campus.timetable import local
from corridor.day.policy import Appointment
from corridor.day.state import Pass, SchoolState, Status
from corridor.passes.withheld import for_student

MOST_DAYS = 62


class Entry(msgspec.Struct, frozen=True):
    """One time at one place. `passes` are there once its day has begun; then `student_ids` are theirs."""

    at: datetime
    minutes: int
    destination_id: UUID
    student_ids: tuple[UUID, ...]
    appointment_id: UUID | None
    group_id: UUID | None = None
    repeats: bool = False
    awaits_staff: bool = False
    by_itself: bool = True
    declinable: bool = False
    note: str | None = None
    passes: tuple[Pass, ...] = ()

    def is_for(self, student_id: UUID) -> bool:
        return student_id in self.student_ids


def agenda(state: SchoolState, first: date, days: int, *, student_id: UUID | None = None) -> list[Entry]:
    """Everything planned on so many days from `first` on, in order of time; with `student_id`, only what is theirs."""
    entries = list(_of_today(state, first, days))
    for appointment in state.appointments.values():
        for ahead in range(days):
            entry = _on(state, appointment, first + timedelta(days=ahead))
            if entry:
                entries.append(entry)
    if student_id:
        entries = [_alone(entry, student_id) for entry in entries if entry.is_for(student_id)]
    return sorted(entries, key=lambda entry: (entry.at, entry.destination_id, entry.student_ids))


def _of_today(state: SchoolState, first: date, days: int) -> Iterable[Entry]:
    """Passes for later that have not begun, together where they come from one appointment."""
    together: dict[tuple[UUID, datetime], list[Pass]] = {}
    for pass_ in state.passes.values():
        if pass_.status is Status.SCHEDULED and pass_.planned_at:
            day = local(state.campus, pass_.planned_at).date()
            if first <= day < first + timedelta(days=days):
                together.setdefault((pass_.appointment_id or pass_.id, pass_.planned_at), []).append(pass_)
    for (_, at), passes in together.items():
        one = passes[0]
        standing = state.appointments.get(one.appointment_id) if one.appointment_id else None
        yield Entry(
            at=at,
            minutes=one.minutes,
            destination_id=one.destination_id,
            student_ids=tuple(sorted(pass_.student_id for pass_ in passes)),
            appointment_id=one.appointment_id,
            group_id=standing.group_id if standing else None,
            repeats=standing is not None and standing.recurrence is not None,
            by_itself=one.by_itself,
            declinable=one.declinable,
            note=one.reason,
            passes=tuple(passes),
        )


def _on(state: SchoolState, appointment: Appointment, day: date) -> Entry | None:
    at = still_to_come(state.campus, appointment, day)
    if at is None:
        return None
    return Entry(
        at=at,
        minutes=appointment.minutes,
        destination_id=appointment.destination_id,
        student_ids=tuple(students_of(state, appointment.group_id, appointment.student_ids)),
        appointment_id=appointment.id,
        group_id=appointment.group_id,
        repeats=appointment.recurrence is not None,
        awaits_staff=appointment.awaits_staff,
        by_itself=appointment.by_itself,
        declinable=appointment.declinable,
        note=appointment.note,
    )


def _alone(entry: Entry, student_id: UUID) -> Entry:
    """As one of several sees it: without the others, and without what is not theirs to read."""
    mine = tuple(for_student(pass_) for pass_ in entry.passes if pass_.student_id == student_id)
    return msgspec.structs.replace(entry, student_ids=(student_id,), group_id=None, passes=mine)
