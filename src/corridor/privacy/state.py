"""What the records ledger of one school remembers. Plain data; `evolve` advances it."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

import msgspec

from corridor.base.ids import derived_id
from corridor.identity.access import Look
from corridor.privacy.requests_state import RecordsRequest

SAME_LOOK = timedelta(minutes=10)
"""Within this time, the same viewer's look at the same thing is the same look."""


@lru_cache(maxsize=4096)
def stream_of(school_id: UUID) -> UUID:
    """The ledger stream of the school's records: one of its own, beside that of its live day."""
    return derived_id("records", school_id)


class Seen(NamedTuple):
    """Who saw what of whom. Without `student_id` it is a list too long to name everyone in it."""

    viewer_id: UUID
    what: str
    look: Look
    why: str | None
    student_id: UUID | None


class Hold(msgspec.Struct, frozen=True):
    """What must be kept until the hold is lifted: everything on one student, or on the whole school without one.

    `by` is the account or token that placed it.
    """

    id: UUID
    student_id: UUID | None
    reason: str
    by: UUID
    placed_at: datetime


class RecordsState(msgspec.Struct):
    """The records of one school, now.

    `as_of` is the instant of the newest event. `recent` are the looks of the last `SAME_LOOK` before it, oldest first.
    `holds` are those that stand, `requests` all that families have made.
    """

    school_id: UUID
    as_of: datetime
    recent: dict[Seen, datetime] = {}
    holds: dict[UUID, Hold] = {}
    requests: dict[UUID, RecordsRequest] = {}

    @property
    def open_requests(self) -> list[RecordsRequest]:
        return [request for request in self.requests.values() if request.is_open]

    @property
    def whole_held(self) -> bool:
        """Whether everything of the whole school must be kept."""
        return any(hold.student_id is None for hold in self.holds.values())

    @property
    def held_students(self) -> frozenset[UUID]:
        """Of whom everything must be kept: under a hold of their own, or while a family's request is open."""
        holds = (hold.student_id for hold in self.holds.values() if hold.student_id)
        return frozenset([*holds, *(request.student_id for request in self.open_requests)])

    def held(self, student_id: UUID) -> bool:
        return self.whole_held or student_id in self.held_students

    def statements_on(self, student_id: UUID) -> list[RecordsRequest]:
        """What families ask to have put right about a student: it stays with the record and is shown wherever that
        is (34 CFR 99.21(c))."""
        return [each for each in self.requests.values() if each.student_id == student_id and each.is_statement]

    def restrictions_on(self, student_id: UUID) -> list[RecordsRequest]:
        """The limits to who may see a student's record that the school has granted."""
        return [each for each in self.requests.values() if each.student_id == student_id and each.restricts]
