"""What happens to a pass. `by` is a person or token; events without it are time's doing."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec

from corridor.day.state import EndedHow, Pass
from corridor.day.words import Channel
from corridor.ledger.words import Event


class Asked(Event, frozen=True, kw_only=True):
    """The first event of a pass. `lifted` are the codes of rules that staff overrode, `noted` the rules that
    objected without being in the way."""

    pass_id: UUID
    by: UUID
    student_id: UUID
    origin_id: UUID | None
    destination_id: UUID
    section_id: UUID | None
    pass_type_id: UUID
    minutes: int
    channel: Channel
    reason: str | None
    lifted: tuple[str, ...] = ()
    lift_reason: str | None = None
    noted: tuple[UUID, ...] = ()


class PassRequested(Asked, frozen=True):
    """A request waits for staff."""

    kind: ClassVar[str] = "pass_requested"


class PassIssued(Asked, frozen=True):
    """A pass begins at once: staff issued it, or its type needs no approval."""

    kind: ClassVar[str] = "pass_issued"


class PassQueued(Asked, frozen=True, kw_only=True):
    """The student waits for a place; `line` orders those who wait for it."""

    kind: ClassVar[str] = "pass_queued"
    line: int


class PassScheduled(Asked, frozen=True, kw_only=True):
    """A pass for later, from an appointment or a summons. `by_itself`: it begins at `planned_at` without anyone's
    doing."""

    kind: ClassVar[str] = "pass_scheduled"
    planned_at: datetime
    appointment_id: UUID | None
    by_itself: bool
    declinable: bool


class PassRefused(Event, frozen=True):
    """Rules stood against a request or an approval. `pass_id` is the pass it was or would have been."""

    kind: ClassVar[str] = "pass_refused"
    pass_id: UUID
    by: UUID
    student_id: UUID
    origin_id: UUID | None
    destination_id: UUID
    pass_type_id: UUID
    channel: Channel
    at_approval: bool
    codes: tuple[str, ...]
    rule_ids: tuple[UUID, ...]


class PassApproved(Event, frozen=True):
    """The pass begins, or, with a place in `line`, waits."""

    kind: ClassVar[str] = "pass_approved"
    pass_id: UUID
    by: UUID
    lifted: tuple[str, ...]
    lift_reason: str | None
    noted: tuple[UUID, ...] = ()
    line: int | None = None


class PassStarted(Event, frozen=True):
    """A pass that waited or was made for later begins; `by` is null when time began it."""

    kind: ClassVar[str] = "pass_started"
    pass_id: UUID
    by: UUID | None
    lifted: tuple[str, ...]
    lift_reason: str | None
    noted: tuple[UUID, ...] = ()


class PassOffered(Event, frozen=True):
    """A place is held for the student until then."""

    kind: ClassVar[str] = "pass_offered"
    pass_id: UUID
    until: datetime


class PassOfferMissed(Event, frozen=True):
    """The student did not take the place."""

    kind: ClassVar[str] = "pass_offer_missed"
    pass_id: UUID


class PassOfferWithdrawn(Event, frozen=True):
    """Something came between; the student keeps their place in line."""

    kind: ClassVar[str] = "pass_offer_withdrawn"
    pass_id: UUID


class PassLineOrdered(Event, frozen=True):
    """The line for a destination, in order. `by` is null when a missed offer changed it."""

    kind: ClassVar[str] = "pass_line_ordered"
    destination_id: UUID
    pass_ids: tuple[UUID, ...]
    by: UUID | None


class PassHeld(Event, frozen=True):
    """Rules stood against the beginning of a pass for later; it is tried again at `until`."""

    kind: ClassVar[str] = "pass_held"
    pass_id: UUID
    codes: tuple[str, ...]
    rule_ids: tuple[UUID, ...]
    until: datetime


class PassDenied(Event, frozen=True):
    kind: ClassVar[str] = "pass_denied"
    pass_id: UUID
    by: UUID
    reason: str | None


class PassCancelled(Event, frozen=True):
    kind: ClassVar[str] = "pass_cancelled"
    pass_id: UUID
    by: UUID


class PassLapsed(Event, frozen=True):
    """Nobody answered the request in time."""

    kind: ClassVar[str] = "pass_lapsed"
    pass_id: UUID


class PassArrived(Event, frozen=True):
    kind: ClassVar[str] = "pass_arrived"
    pass_id: UUID
    by: UUID


class PassDeparted(Event, frozen=True):
    kind: ClassVar[str] = "pass_departed"
    pass_id: UUID
    by: UUID


class PassExtended(Event, frozen=True):
    kind: ClassVar[str] = "pass_extended"
    pass_id: UUID
    by: UUID
    minutes: int


class PassOverdue(Event, frozen=True):
    kind: ClassVar[str] = "pass_overdue"
    pass_id: UUID


class PassEnded(Event, frozen=True):
    """`how` is the end's provenance; `by` is null when time ended it."""

    kind: ClassVar[str] = "pass_ended"
    pass_id: UUID
    by: UUID | None
    how: EndedHow


class Corrected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What of a pass a correction may change, as it now is."""

    destination_id: UUID
    started_at: datetime
    due_at: datetime
    arrived_at: datetime | None
    departed_at: datetime | None
    ended_at: datetime
    ended_how: EndedHow
    overdue: bool


class PassCorrected(Event, frozen=True, kw_only=True):
    """The record of a pass that is over was put right. `before` is the whole pass as it was, for it may be long ago,
    `after` what is said of it now."""

    kind: ClassVar[str] = "pass_corrected"
    private: ClassVar[bool] = True
    pass_id: UUID
    by: UUID
    before: Pass
    after: Corrected
    note: str
    request_id: UUID | None


def passes_of(event: Event) -> tuple[UUID, ...]:
    """The passes that an event of a pass changes."""
    if isinstance(event, PassLineOrdered):
        return event.pass_ids
    pass_id: UUID = event.pass_id  # type: ignore[attr-defined]
    return (pass_id,)
