"""Appointments as somebody sees them: of those they see, and without whom and what they do not. Pure."""

from typing import Any
from uuid import UUID

import msgspec

from corridor.appointments.agenda import Entry
from corridor.appointments.slots import students_of
from corridor.day.policy import Appointment
from corridor.day.state import SchoolState
from corridor.passes.masking import Eyes, ShownPass


class ShownAppointment(Appointment, frozen=True):
    """An appointment as somebody reads it: `student_ids` are those they see. `masked`: where it is, its type and its
    note are not theirs to know, and null."""

    destination_id: UUID | None  # type: ignore[assignment]
    pass_type_id: UUID | None  # type: ignore[assignment]
    masked: bool = False


class ShownEntry(Entry, frozen=True):
    """One time at one place as somebody reads it; `masked` as in an appointment."""

    destination_id: UUID | None  # type: ignore[assignment]
    passes: tuple[ShownPass, ...] = ()
    masked: bool = False


def shown_appointment(state: SchoolState, eyes: Eyes, appointment: Appointment) -> ShownAppointment | None:
    """None for one that they do not see."""
    whom = students_of(state, appointment.group_id, appointment.student_ids)
    values = _values(eyes, appointment, whom)
    if values is None:
        return None
    # Those of a group are told only where the group is not.
    seen = frozenset(values["student_ids"])
    values["student_ids"] = appointment.student_ids if values["group_id"] else seen
    values |= {"pass_type_id": None} if values["masked"] else {}
    return ShownAppointment(**values)


def shown_entry(eyes: Eyes, entry: Entry) -> ShownEntry | None:
    """None for one that they do not see."""
    values = _values(eyes, entry, entry.student_ids)
    if values is None:
        return None
    passes = (pass_ for pass_ in entry.passes if pass_.student_id in values["student_ids"])
    return ShownEntry(**values | {"passes": tuple(eyes.shown(pass_) for pass_ in passes)})


def reaches(state: SchoolState, eyes: Eyes, appointment: Appointment) -> bool:
    """Whether they may change it: it is at their place, or all whom it is for are theirs and it is no secret where."""
    if not eyes.knows_place(appointment.destination_id):
        return False
    whom = students_of(state, appointment.group_id, appointment.student_ids)
    return eyes.sight.has_place(appointment.destination_id) or all(eyes.sight.has_student(id) for id in whom)


def _values(eyes: Eyes, value: Appointment | Entry, whom: Any) -> dict[str, Any] | None:
    all_of_it = eyes.sight.has_place(value.destination_id)
    seen = tuple(id for id in whom if all_of_it or eyes.sight.has_student(id))
    if not seen and not all_of_it:
        return None
    values = msgspec.structs.asdict(value) | {"student_ids": seen, "masked": False}
    if len(seen) < len(whom) or eyes.own:
        values["group_id"] = None
    if not eyes.own and not eyes.knows_place(value.destination_id):
        values |= {"destination_id": None, "note": None, "masked": True}
    return values
