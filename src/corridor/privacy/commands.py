"""What can be put on record. `by` is the account, token or device that wishes it."""

from enum import StrEnum
from uuid import UUID

from corridor.identity.access import Look
from corridor.ledger.words import Command


class Form(StrEnum):
    """How records were handed out in an emergency."""

    CSV = "csv"
    PDF = "pdf"
    TEXT = "text"
    JSON = "json"
    LINK = "link"


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


class MakeDisclosure(Command, frozen=True, kw_only=True):
    """Records of `student_ids` are handed out in an emergency: `parties` receive them because of `threat`.

    `unmasked`: places that tell of health are named in them. `link_id` is the link through which they were seen.
    """

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
    link_id: UUID | None = None
    address: str = ""


class PlaceHold(Command, frozen=True, kw_only=True):
    """Keep everything on the student, or on the whole school without one, until the hold is lifted."""

    hold_id: UUID
    by: UUID
    student_id: UUID | None
    reason: str


class LiftHold(Command, frozen=True, kw_only=True):
    hold_id: UUID
    by: UUID
    reason: str
