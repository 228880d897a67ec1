"""Administration: families' requests about records, with what is due when, and their answers."""

from datetime import datetime
from typing import Any, Protocol, cast
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect, Template

from corridor.base.database import Database
from corridor.base.errors import CorridorError, InvalidInput, NotFound
from corridor.campus.starters import natural_order
from corridor.day.state import Pass, SchoolState, Status
from corridor.identity.access import Look
from corridor.identity.api import looked
from corridor.identity.names import names_of
from corridor.identity.permissions import Action
from corridor.ledger.engine import Ledger
from corridor.passes.api import PassRequest, actor_id
from corridor.passes.correct_api import correct
from corridor.passes.pages import SchoolChoice, choose_school
from corridor.passes.teacher_desk import uuid_in
from corridor.privacy.access_log import RecordsLedger
from corridor.privacy.corrections import corrections_of
from corridor.privacy.family_export import StudentRecord, as_json, whole_record
from corridor.privacy.family_export_pdf import as_pdf
from corridor.privacy.family_queries import read_passes
from corridor.privacy.family_view import one_line
from corridor.privacy.language import ENGLISH, language
from corridor.privacy.requests_commands import AnswerRequest, NoteOnRequest
from corridor.privacy.requests_pages import as_file
from corridor.privacy.requests_state import RecordsRequest, RequestKind, RequestStatus
from corridor.web.admin_frame import frame
from corridor.web.pass_correction import HOW, CorrectionForm, as_typed, corrections_in
from corridor.web.policy_desk import restrict

HOME = "/admin/records-requests"
_ONE = HOME + "/{request_id:uuid}"
_PERMISSION = {"permission": Action.RECORDS_ANSWER}
_MOST_PAST = 50


class Services(Protocol):
    """What these pages use of `app.state.services`."""

    @property
    def database(self) -> Database: ...
    @property
    def ledger(self) -> Ledger[SchoolState]: ...
    @property
    def records(self) -> RecordsLedger: ...


class AnswerForm(msgspec.Struct):
    """`status` is a `RequestStatus`."""

    school: str = ""
    status: str = ""
    answer: str = ""


class NoteForm(msgspec.Struct):
    school: str = ""
    words: str = ""


class Row(msgspec.Struct, frozen=True):
    """A request with names. `days` are those left until it is due, negative once it is overdue."""

    request: RecordsRequest
    student: str
    asked_by: str
    days: int
    overdue: bool


@get(HOME, include_in_schema=False, opt=_PERMISSION)
async def show_requests(request: PassRequest, school: FromQuery[UUID | None] = None) -> Template:
    """The open ones, those due first at the top; then the last that were answered."""
    choice = await choose_school(request, Action.RECORDS_ANSWER, school)
    services = _services(request)
    requests = list((await services.records.now_of(choice.school.id)).requests.values())
    rows = await _rows(services, requests)
    await looked(
        request, choice.school.id, "records requests", Look.LIST, student_ids={each.student_id for each in requests}
    )
    past = sorted(
        (row for row in rows if not row.request.is_open),
        key=lambda row: row.request.answered_at or row.request.asked_at,
    )
    context = frame(request, choice, HOME) | {
        "open": sorted((row for row in rows if row.request.is_open), key=lambda row: row.request.due_at),
        "past": past[: -_MOST_PAST - 1 : -1],
    }
    return Template("admin_requests.html", context=context)


@get(_ONE, include_in_schema=False, opt=_PERMISSION)
async def show_request(
    request: PassRequest, request_id: FromPath[UUID], school: FromQuery[UUID | None] = None
) -> Template:
    choice = await choose_school(request, Action.RECORDS_ANSWER, school)
    return await _one(request, choice, request_id)


@post(_ONE + "/note", include_in_schema=False, opt=_PERMISSION)
async def note(request: PassRequest, request_id: FromPath[UUID], data: URLEncodedBody[NoteForm]) -> Response[Any]:
    choice = await choose_school(request, Action.RECORDS_ANSWER, uuid_in(data.school))
    command = NoteOnRequest(request_id=request_id, by=actor_id(request.user), words=data.words)
    try:
        await _services(request).records.record(choice.school.id, command)
    except InvalidInput as error:
        return await _one(request, choice, request_id, error)
    return _back(choice, request_id)


@post(_ONE + "/answer", include_in_schema=False, opt=_PERMISSION)
async def answer(request: PassRequest, request_id: FromPath[UUID], data: URLEncodedBody[AnswerForm]) -> Response[Any]:
    choice = await choose_school(request, Action.RECORDS_ANSWER, uuid_in(data.school))
    try:
        status = RequestStatus(data.status)
    except ValueError:
        raise InvalidInput("Choose an answer.", field="status") from None
    found = await _find(request, choice, request_id)
    command = AnswerRequest(request_id=request_id, by=actor_id(request.user), status=status, answer=data.answer)
    students = (await _services(request).ledger.state(choice.school.id)).campus.students
    grants = found.is_open and found.kind is RequestKind.RESTRICT and status is RequestStatus.ACCEPTED
    if grants and found.student_id in students:
        # Before the family reads that it was granted, so that it never reads what is not so.
        await restrict(request, choice.school.id, found.student_id)
    try:
        await _services(request).records.record(choice.school.id, command)
    except InvalidInput as error:
        return await _one(request, choice, request_id, error, data.answer)
    return _back(choice, request_id)


@post(_ONE + "/correct", include_in_schema=False, opt={"permission": Action.PASS_CORRECT})
async def correct_pass(
    request: PassRequest, request_id: FromPath[UUID], data: URLEncodedBody[CorrectionForm]
) -> Response[Any]:
    """Correct the pass that the request is about. The answer to the family is a step of its own."""
    choice = await choose_school(request, Action.RECORDS_ANSWER, uuid_in(data.school))
    found = await _find(request, choice, request_id)
    pass_ = await _pass_of(request, choice, found)
    if pass_ is None or not found.is_open:
        raise NotFound("There is no pass to correct here.")
    state = await _services(request).ledger.state(choice.school.id)
    try:
        await correct(request, pass_.id, corrections_in(state, pass_, data), data.note, found.id)
    except InvalidInput as error:
        return await _one(request, choice, request_id, error, correction=data)
    return _back(choice, request_id)


@get(_ONE + "/record.pdf", include_in_schema=False, opt=_PERMISSION)
async def take_pdf(
    request: PassRequest, request_id: FromPath[UUID], school: FromQuery[UUID | None] = None
) -> Response[bytes]:
    """The whole record as the family gets it, in English."""
    record = await _record(request, request_id, school)
    return as_file(await as_pdf(record, language(ENGLISH)), "record.pdf", "application/pdf")


@get(_ONE + "/record.json", include_in_schema=False, opt=_PERMISSION)
async def take_json(
    request: PassRequest, request_id: FromPath[UUID], school: FromQuery[UUID | None] = None
) -> Response[bytes]:
    return as_file(as_json(await _record(request, request_id, school)), "record.json", "application/json")


PAGE_ROUTES: list[Any] = [show_requests, show_request, note, answer, correct_pass, take_pdf, take_json]


def _services(request: Request[Any, Any, Any]) -> Services:
    return cast(Services, request.app.state.services)


async def _find(request: PassRequest, choice: SchoolChoice, request_id: UUID) -> RecordsRequest:
    found = (await _services(request).records.now_of(choice.school.id)).requests.get(request_id)
    if found is None:
        raise NotFound("There is no such request at this school.")
    return found


async def _rows(services: Services, requests: list[RecordsRequest]) -> list[Row]:
    now = services.ledger.clock.now()
    ids = {id for each in requests for id in (each.student_id, each.asked_by)}
    async with services.database.raw() as connection:
        names = await names_of(connection, ids)
    return [_row(each, names, now) for each in requests]


def _row(request: RecordsRequest, names: dict[UUID, str], now: datetime) -> Row:
    gone = "somebody who is gone"
    student, asked_by = names.get(request.student_id, gone), names.get(request.asked_by, gone)
    return Row(request, student, asked_by, (request.due_at - now).days, request.is_open and now > request.due_at)


async def _one(
    request: PassRequest,
    choice: SchoolChoice,
    request_id: UUID,
    error: CorridorError | None = None,
    typed: str = "",
    correction: CorrectionForm | None = None,
) -> Template:
    services = _services(request)
    found = await _find(request, choice, request_id)
    await looked(request, choice.school.id, "records requests", Look.RECORD, student_ids=[found.student_id])
    [row] = await _rows(services, [found])
    state = await services.ledger.state(choice.school.id)
    about = await _pass_of(request, choice, found)
    async with services.database.raw() as connection:
        names = await names_of(connection, {each.by for each in found.notes} | {found.answered_by or found.asked_by})
        history = await corrections_of(connection, choice.school.id, found.student_id)
    context = frame(request, choice, HOME) | {
        "row": row,
        "about": one_line(state, about, language(ENGLISH)) if about else None,
        "correction": (correction or as_typed(state, about)) if about and about.status is Status.ENDED else None,
        "corrected": [each for each in history if each.request_id == found.id],
        "how": HOW,
        "places": sorted(state.campus.locations.values(), key=lambda place: natural_order(place.name)),
        "names": names,
        "typed": typed,
        "error": error,
    }
    return Template("admin_request.html", context=context, status_code=error.status if error else 200)


async def _pass_of(request: PassRequest, choice: SchoolChoice, found: RecordsRequest) -> Pass | None:
    """The pass that a request is about, if it is about one that is still known."""
    if not found.about_id:
        return None
    async with _services(request).database.raw() as connection:
        passes = await read_passes(connection, found.student_id, choice.school.id, pass_id=found.about_id)
    return passes[0] if passes else None


async def _record(request: PassRequest, request_id: UUID, school: UUID | None) -> StudentRecord:
    choice = await choose_school(request, Action.RECORDS_ANSWER, school)
    services = _services(request)
    found = await _find(request, choice, request_id)
    why = "A family's request"
    await looked(request, choice.school.id, "record", Look.EXPORT, student_ids=[found.student_id], why=why)
    state = await services.ledger.state(choice.school.id)
    records = await services.records.now_of(choice.school.id)
    return await whole_record(services.database, state, records, found.student_id, services.ledger.clock.now())


def _back(choice: SchoolChoice, request_id: UUID) -> Redirect:
    return Redirect(f"{HOME}/{request_id}?school={choice.school.id}", status_code=303)
