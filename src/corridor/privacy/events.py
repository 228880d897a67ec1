"""What is on record about records: all of it private, none of it with a name."""

from typing import ClassVar
from uuid import UUID

from corridor.identity.access import Look
from corridor.ledger.words import Event
from corridor.privacy.commands import Form
from corridor.privacy.state import Hold


class RecordLooked(Event, frozen=True, kw_only=True):
    """Somebody looked. `viewer_id` is an account, token, device or link, as `viewer_kind` says, and `person_id` the
    roster person behind it. `student_ids` are whose records they were, empty for a list too long to name them;
    `number` is how many were seen together. Without `why` the viewer's role speaks for itself."""

    kind: ClassVar[str] = "record_looked"
    private: ClassVar[bool] = True
    viewer_id: UUID
    viewer_kind: str
    viewer_role: str
    person_id: UUID | None
    what: str
    look: Look
    student_ids: tuple[UUID, ...]
    number: int
    why: str | None
    address: str


class DisclosureMade(Event, frozen=True, kw_only=True):
    """Records were handed out in an emergency: the record that 34 CFR 99.32 and 99.36 ask for. `by` is an account,
    token or link, as `by_kind` says, and `person_id` the roster person behind it. Of what is seen through a link, an
    event names those students whom it had not just shown."""

    kind: ClassVar[str] = "disclosure_made"
    private: ClassVar[bool] = True
    disclosure_id: UUID
    by: UUID
    by_kind: str
    by_role: str
    person_id: UUID | None
    form: Form
    threat: str
    parties: str
    student_ids: tuple[UUID, ...]
    unmasked: bool
    link_id: UUID | None
    address: str


class HoldPlaced(Event, frozen=True):
    kind: ClassVar[str] = "hold_placed"
    private: ClassVar[bool] = True
    hold: Hold


class HoldLifted(Event, frozen=True):
    """`reason` is why it is lifted."""

    kind: ClassVar[str] = "hold_lifted"
    private: ClassVar[bool] = True
    hold: Hold
    by: UUID
    reason: str
