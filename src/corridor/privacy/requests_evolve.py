"""How events change a family's request. Pure."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from corridor.ledger.words import Event, Recorded
from corridor.privacy.requests_events import (
    RecordsRequestAnswered,
    RecordsRequested,
    RecordsRequestNoted,
    RecordsRequestWithdrawn,
)
from corridor.privacy.requests_state import RecordsRequest, RequestNote, RequestStatus
from corridor.privacy.state import RecordsState


def advance(request: RecordsRequest | None, school_id: UUID, recorded: Recorded) -> RecordsRequest:
    """The request after one of its events; None before its first."""
    event: Any = recorded.event
    at = recorded.recorded_at
    if request is None:
        assert isinstance(event, RecordsRequested), f"{recorded.kind} is not the first event of a request"
        return RecordsRequest(
            id=event.request_id,
            school_id=school_id,
            seq=recorded.seq,
            student_id=event.student_id,
            asked_by=event.by,
            kind=event.wish,
            status=RequestStatus.OPEN,
            asked_at=at,
            due_at=event.due_at,
            about_id=event.about_id,
            words=event.words,
        )
    match event:
        case RecordsRequestNoted():
            return replace(request, notes=(*request.notes, RequestNote(at, event.by, event.words)))
        case RecordsRequestAnswered():
            return replace(request, status=event.status, answered_at=at, answered_by=event.by, answer=event.answer)
        case _:
            return replace(request, status=RequestStatus.WITHDRAWN, answered_at=at, answered_by=event.by)


def evolve_request(draft: RecordsState, recorded: Recorded) -> None:
    event: Any = recorded.event
    known = draft.requests.get(event.request_id)
    draft.requests[event.request_id] = advance(known, draft.school_id, recorded)


EVOLVE: dict[type[Event], Callable[[RecordsState, Recorded], None]] = dict.fromkeys(
    (RecordsRequested, RecordsRequestNoted, RecordsRequestAnswered, RecordsRequestWithdrawn), evolve_request
)
