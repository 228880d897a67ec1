"""What happens to a pass. `by` is a person or token; events without it are time's doing."""

from typing import ClassVar
from uuid import UUID

from corridor.day.state import Channel, EndedHow
from corridor.ledger.words import Event


class _Asked(Event, frozen=True):
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
    lifted: tuple[str, ...]
    lift_reason: str | None


class PassRequested(_Asked, frozen=True):
    """A request waits for staff."""

    kind: ClassVar[str] = "pass_requested"


class PassIssued(_Asked, frozen=True):
    """A pass begins at once: staff issued it, or its type needs no approval."""

    kind: ClassVar[str] = "pass_issued"


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
    kind: ClassVar[str] = "pass_approved"
    pass_id: UUID
    by: UUID
    lifted: tuple[str, ...]
    lift_reason: str | None


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
