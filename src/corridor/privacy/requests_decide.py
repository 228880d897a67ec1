"""What becomes of a family's request. Pure."""

from collections.abc import Callable
from datetime import datetime, timedelta

from corridor.base.errors import Conflict, InvalidInput, NotFound
from corridor.ledger.words import Command, Decision
from corridor.privacy.requests_commands import AnswerRequest, AskAboutRecord, NoteOnRequest, WithdrawRequest
from corridor.privacy.requests_events import (
    RecordsRequestAnswered,
    RecordsRequested,
    RecordsRequestNoted,
    RecordsRequestWithdrawn,
)
from corridor.privacy.requests_state import ANSWERS, RecordsRequest, RequestKind, RequestStatus
from corridor.privacy.state import RecordsState

ANSWER_WITHIN = timedelta(days=45)
"""When a family must have seen the record at the latest (34 CFR 99.10(b)); the other requests get the same time."""

MOST_OPEN = 20
"""Open requests about one student."""

LONGEST = 4000


def decide_ask(state: RecordsState, command: AskAboutRecord, now: datetime) -> Decision:
    words = _words(command.words)
    if words is None and command.kind is not RequestKind.INSPECT:
        raise InvalidInput("Write what you ask for.", field="words")
    mine = [each for each in state.open_requests if each.student_id == command.student_id]
    if command.kind is RequestKind.INSPECT:
        for known in mine:
            if known.kind is RequestKind.INSPECT and known.asked_by == command.by:
                raise Conflict("You have asked to see this record already. The school is working on it.")
    if len(mine) >= MOST_OPEN:
        raise Conflict("There are many open requests about this record. Wait until the school has answered some.")
    event = RecordsRequested(
        request_id=command.request_id,
        by=command.by,
        student_id=command.student_id,
        wish=command.kind,
        about_id=command.about_id,
        words=words,
        due_at=now + ANSWER_WITHIN,
    )
    return Decision([event], about=command.request_id)


def decide_note(state: RecordsState, command: NoteOnRequest, now: datetime) -> Decision:
    request = _open(state, command.request_id)
    words = _words(command.words)
    if words is None:
        raise InvalidInput("Write the note first.", field="words")
    return Decision([RecordsRequestNoted(request_id=request.id, by=command.by, words=words)], about=request.id)


def decide_answer(state: RecordsState, command: AnswerRequest, now: datetime) -> Decision:
    request = _open(state, command.request_id)
    if command.status not in ANSWERS[request.kind]:
        raise InvalidInput(f"A request to {request.kind} cannot be {command.status}.", field="status")
    answer = _words(command.answer)
    if command.status is RequestStatus.DECLINED and answer is None:
        raise InvalidInput("Write why: the family reads it, and may ask for a hearing.", field="answer")
    event = RecordsRequestAnswered(request_id=request.id, by=command.by, status=command.status, answer=answer)
    return Decision([event], about=request.id)


def decide_withdraw(state: RecordsState, command: WithdrawRequest, now: datetime) -> Decision:
    request = _open(state, command.request_id)
    if request.asked_by != command.by:
        raise NotFound("There is no such request, or it is not yours.")
    return Decision([RecordsRequestWithdrawn(request_id=request.id, by=command.by)], about=request.id)


DECIDE: dict[type[Command], Callable[..., Decision]] = {
    AskAboutRecord: decide_ask,
    NoteOnRequest: decide_note,
    AnswerRequest: decide_answer,
    WithdrawRequest: decide_withdraw,
}


def _open(state: RecordsState, request_id: object) -> RecordsRequest:
    request = next((each for id, each in state.requests.items() if id == request_id), None)
    if request is None:
        raise NotFound("There is no such request, or it is not yours.")
    if not request.is_open:
        raise Conflict("This request is closed already.", code="request_closed", request_status=request.status)
    return request


def _words(text: str | None) -> str | None:
    words = (text or "").strip().replace("\r\n", "\n")
    if "\0" in words or len(words) > LONGEST:
        raise InvalidInput(f"Write at most {LONGEST} letters.", field="words")
    return words or None
