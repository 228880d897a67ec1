"""What happens to a family's request: private, and with ids only."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from corridor.ledger.words import Event
from corridor.privacy.requests_state import RequestKind, RequestStatus


class RecordsRequested(Event, frozen=True, kw_only=True):
    """A guardian asked; it is to be answered until `due_at`."""

    kind: ClassVar[str] = "records_requested"
    private: ClassVar[bool] = True
    request_id: UUID
    by: UUID
    student_id: UUID
    wish: RequestKind
    about_id: UUID | None
    words: str | None
    due_at: datetime


class RecordsRequestNoted(Event, frozen=True, kw_only=True):
    kind: ClassVar[str] = "records_request_noted"
    private: ClassVar[bool] = True
    request_id: UUID
    by: UUID
    words: str


class RecordsRequestAnswered(Event, frozen=True, kw_only=True):
    kind: ClassVar[str] = "records_request_answered"
    private: ClassVar[bool] = True
    request_id: UUID
    by: UUID
    status: RequestStatus
    answer: str | None


class RecordsRequestWithdrawn(Event, frozen=True, kw_only=True):
    kind: ClassVar[str] = "records_request_withdrawn"
    private: ClassVar[bool] = True
    request_id: UUID
    by: UUID
