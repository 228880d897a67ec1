"""A family's requests about a student's record, as plain data."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec


class RequestKind(StrEnum):
    """To see everything, to have something put right, or to limit who sees it (34 CFR 99.10, 99.20)."""

    INSPECT = "inspect"
    AMEND = "amend"
    RESTRICT = "restrict"


class RequestStatus(StrEnum):
    """`delivered`: the family can take the export; `accepted` and `declined` answer the other two kinds."""

    OPEN = "open"
    DELIVERED = "delivered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


ANSWERS = {
    RequestKind.INSPECT: frozenset({RequestStatus.DELIVERED}),
    RequestKind.AMEND: frozenset({RequestStatus.ACCEPTED, RequestStatus.DECLINED}),
    RequestKind.RESTRICT: frozenset({RequestStatus.ACCEPTED, RequestStatus.DECLINED}),
}
"""By which a request of each kind may be answered."""


class RequestNote(msgspec.Struct, frozen=True):
    """What staff wrote down while they worked on it; families do not read it."""

    at: datetime
    by: UUID
    words: str


class RecordsRequest(msgspec.Struct, frozen=True):
    """A request as its events left it.

    `seq` is that of its first event. `asked_by` is the guardian, `about_id` the pass that it is about if it is about
    one, `words` what the family wrote: of a request to amend, the statement that stays with the record. `due_at` is
    when it must be answered at the latest. `answered_by` is a person or an account, `answer` what they wrote back.
    """

    id: UUID
    school_id: UUID
    seq: int
    student_id: UUID
    asked_by: UUID
    kind: RequestKind
    status: RequestStatus
    asked_at: datetime
    due_at: datetime
    about_id: UUID | None = None
    words: str | None = None
    answered_at: datetime | None = None
    answered_by: UUID | None = None
    answer: str | None = None
    notes: tuple[RequestNote, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.status is RequestStatus.OPEN

    @property
    def is_statement(self) -> bool:
        """Whether it stays with the record and is shown wherever that is: a wish to amend that was not taken back."""
        return self.kind is RequestKind.AMEND and self.status is not RequestStatus.WITHDRAWN

    @property
    def restricts(self) -> bool:
        return self.kind is RequestKind.RESTRICT and self.status is RequestStatus.ACCEPTED
