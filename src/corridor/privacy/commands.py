"""What can be put on record. `by` is the account, token or device that wishes it."""

from uuid import UUID

from corridor.identity.access import Look
from corridor.ledger.words import Command


class RecordLook(Command, frozen=True, kw_only=True):
    """Somebody looked at the records of `student_ids`, `number` in all. `address` is shortened already."""

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
