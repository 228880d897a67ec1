"""What is on record about records: all of it private, none of it with a name."""

from typing import ClassVar
from uuid import UUID

from corridor.identity.access import Look
from corridor.ledger.words import Event


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
