"""What may be asked of a pass.

`by` is the person or token that asks. `student_only` is set when it is a student: then the pass must be theirs.
`lift` are the codes or ids of rules that staff override, `lift_reason` why.
"""

from datetime import datetime
from uuid import UUID

import msgspec

from corridor.day.state import EndedHow, Pass
from corridor.day.words import Channel
from corridor.ledger.words import Command


class RequestPass(Command, frozen=True):
    """Ask for a pass, or, on the staff channel, issue one.

    What is None is chosen: the origin by the timetable, the type by the destination, the minutes by the type.
    `may_wait`: take a place in line where a rule has the student wait.
    """

    pass_id: UUID
    by: UUID
    student_id: UUID
    destination_id: UUID
    channel: Channel
    origin_id: UUID | None = None
    pass_type_id: UUID | None = None
    minutes: int | None = None
    reason: str | None = None
    lift: tuple[str, ...] = ()
    lift_reason: str | None = None
    may_wait: bool = False


class OnPass(Command, frozen=True):
    """A command about an existing pass."""

    pass_id: UUID
    by: UUID
    student_only: UUID | None = None


class ApprovePass(OnPass, frozen=True):
    lift: tuple[str, ...] = ()
    lift_reason: str | None = None


class DenyPass(OnPass, frozen=True):
    reason: str | None = None


class CancelPass(OnPass, frozen=True):
    """Take back a request."""


class ArriveOnPass(OnPass, frozen=True):
    """Check in at the destination."""


class DepartOnPass(OnPass, frozen=True):
    """Leave the destination for the way back."""


class ReturnPass(OnPass, frozen=True):
    """Be back where the pass began."""


class ExtendPass(OnPass, frozen=True, kw_only=True):
    """Give `minutes` more."""

    minutes: int


class EndPass(OnPass, frozen=True):
    """End a pass as staff, without saying that the student is back."""


class StartPass(OnPass, frozen=True):
    """Begin a pass that waits in line or was made for later. A student may when it is their turn, staff any time."""

    lift: tuple[str, ...] = ()
    lift_reason: str | None = None


class MoveInLine(OnPass, frozen=True, kw_only=True):
    """Put a waiting student at this place of the line, counted from 1."""

    place: int


class Corrections(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the record of a pass should say instead; what is None stays as it is. `no_arrival` and `no_departure`:
    nobody saw the student arrive, or leave again."""

    started_at: datetime | None = None
    arrived_at: datetime | None = None
    departed_at: datetime | None = None
    ended_at: datetime | None = None
    ended_how: EndedHow | None = None
    destination_id: UUID | None = None
    no_arrival: bool = False
    no_departure: bool = False


class CorrectPass(Command, frozen=True, kw_only=True):
    """Put right what the record says of a pass that is over, however long ago.

    `known` is the pass as the record has it, for one that is no longer of today. `note` says why; `request_id` is the
    family's request that led to it.
    """

    pass_id: UUID
    by: UUID
    known: Pass
    corrections: Corrections
    note: str
    request_id: UUID | None = None
