"""What can be done about a family's request. `by` is a person, else the account or token."""

from uuid import UUID

from corridor.ledger.words import Command
from corridor.privacy.requests_state import RequestKind, RequestStatus


class AskAboutRecord(Command, frozen=True, kw_only=True):
    """A guardian asks. `about_id` is a pass; `words` are needed but for seeing the record."""

    request_id: UUID
    by: UUID
    student_id: UUID
    kind: RequestKind
    about_id: UUID | None = None
    words: str | None = None


class NoteOnRequest(Command, frozen=True, kw_only=True):
    """Staff write down how far they are."""

    request_id: UUID
    by: UUID
    words: str


class AnswerRequest(Command, frozen=True, kw_only=True):
    """Staff answer. Who declines says why."""

    request_id: UUID
    by: UUID
    status: RequestStatus
    answer: str | None = None


class WithdrawRequest(Command, frozen=True, kw_only=True):
    """Whoever asked takes it back."""

    request_id: UUID
    by: UUID
