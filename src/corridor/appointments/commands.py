"""What may be asked of appointments. `by` is the person or token that asks.

`student_only` is set when it is a student: then the appointment must be theirs.
"""

from datetime import date, datetime
from uuid import UUID

from corridor.day.policy import Appointment
from corridor.ledger.words import Command


class MakeAppointment(Command, frozen=True):
    """Make an appointment, or change the one with its id, as staff."""

    by: UUID
    appointment: Appointment


class AskForAppointment(Command, frozen=True):
    """Ask, as a student, for a slot at a place that plans its time. Staff accept it with `AcceptAppointment`."""

    appointment_id: UUID
    student_id: UUID
    destination_id: UUID
    begins: datetime
    note: str | None = None


class AcceptAppointment(Command, frozen=True):
    """Say yes to a student's wish."""

    by: UUID
    appointment_id: UUID


class CancelAppointment(Command, frozen=True):
    """Call it off, today's part included; or say no to a student's wish."""

    by: UUID
    appointment_id: UUID
    student_only: UUID | None = None


class SkipAppointment(Command, frozen=True):
    """Have a repeating appointment not take place on one date."""

    by: UUID
    appointment_id: UUID
    on: date


class SummonStudent(Command, frozen=True):
    """Call a student to a place. `at_once`: the pass begins now; without it whoever has the student sends them.

    `lift` are the codes or ids of rules that staff override, `lift_reason` why.
    """

    pass_id: UUID
    by: UUID
    student_id: UUID
    destination_id: UUID
    minutes: int | None = None
    reason: str | None = None
    at_once: bool = False
    lift: tuple[str, ...] = ()
    lift_reason: str | None = None
