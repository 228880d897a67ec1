"""A family's requests about the record: asking, taking back, and taking the record once the school has delivered it."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect, Template

from corridor.base.errors import CorridorError, InvalidInput, NotFound
from corridor.base.ids import new_id
from corridor.identity.access import Look
from corridor.identity.api import looked
from corridor.identity.permissions import Action
from corridor.passes.api import PassRequest, actor_id
from corridor.privacy.family_export import StudentRecord, as_json, whole_record
from corridor.privacy.family_export_pdf import as_pdf
from corridor.privacy.family_pages import HOME, school_of, services_of, spoken
from corridor.privacy.family_queries import Child, children_of, find_child, read_passes
from corridor.privacy.family_view import Line, one_line
from corridor.privacy.notice_pages import in_language, language_of
from corridor.privacy.requests_commands import AskAboutRecord, WithdrawRequest
from corridor.privacy.requests_state import RecordsRequest, RequestKind, RequestStatus

_CHILD = HOME + "/{student_id:uuid}/requests"


class RequestForm(msgspec.Struct):
    kind: str = ""
    about: str = ""
    school: str = ""
    words: str = ""


@get(_CHILD + "/new", include_in_schema=False, opt={"permission": Action.RECORDS_ASK})
async def show_new_request(
    request: PassRequest,
    student_id: FromPath[UUID],
    kind: FromQuery[str] = "inspect",
    about: FromQuery[str] = "",
    school: FromQuery[str] = "",
) -> Template:
    """What the family may ask, and what for."""
    return await _page(request, student_id, RequestForm(kind=kind, about=about, school=school))


@post(_CHILD, include_in_schema=False, opt={"permission": Action.RECORDS_ASK})
async def ask(request: PassRequest, student_id: FromPath[UUID], data: URLEncodedBody[RequestForm]) -> Response[Any]:
    child = await _child(request, student_id, data.school)
    about = await _about(request, child, data.about)
    command = AskAboutRecord(
        request_id=new_id(),
        by=actor_id(request.user),
        student_id=child.id,
        kind=_kind(data.kind),
        about_id=about.id if about else None,
        words=data.words,
    )
    try:
        await services_of(request).records.record(child.school_id, command)
    except CorridorError as error:
        return await _page(request, student_id, data, error)
    return _back(child)


@post(_CHILD + "/{request_id:uuid}/withdraw", include_in_schema=False, opt={"permission": Action.RECORDS_ASK})
async def withdraw(request: PassRequest, student_id: FromPath[UUID], request_id: FromPath[UUID]) -> Redirect:
    child, found = await _mine(request, student_id, request_id)
    command = WithdrawRequest(request_id=found.id, by=actor_id(request.user))
    await services_of(request).records.record(child.school_id, command)
    return _back(child)


@get(_CHILD + "/{request_id:uuid}/record.pdf", include_in_schema=False, opt={"permission": Action.RECORDS_ASK})
async def take_pdf(request: PassRequest, student_id: FromPath[UUID], request_id: FromPath[UUID]) -> Response[bytes]:
    """The delivered record, as it is now."""
    record = await _delivered(request, student_id, request_id)
    return as_file(await as_pdf(record, language_of(request)), "record.pdf", "application/pdf")


@get(_CHILD + "/{request_id:uuid}/record.json", include_in_schema=False, opt={"permission": Action.RECORDS_ASK})
async def take_json(request: PassRequest, student_id: FromPath[UUID], request_id: FromPath[UUID]) -> Response[bytes]:
    """The delivered record, as it is now, for programs."""
    return as_file(as_json(await _delivered(request, student_id, request_id)), "record.json", "application/json")


PAGE_ROUTES: list[Any] = [show_new_request, ask, withdraw, take_pdf, take_json]


def as_file(content: bytes, name: str, media_type: str) -> Response[bytes]:
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)


async def _page(
    request: PassRequest, student_id: UUID, form: RequestForm, error: CorridorError | None = None
) -> Template:
    child = await _child(request, student_id, form.school)
    about = await _about(request, child, form.about)
    context = {
        "child": child,
        "school": school_of(child),
        "form": form,
        "kind": _kind(form.kind),
        "about": about,
        "error": spoken(language_of(request), error) if error else None,
    }
    return in_language(request, "requests_new.html", context, status=error.status if error else 200)


async def _child(request: PassRequest, student_id: UUID, school: str) -> Child:
    school_id = _uuid(school) if school else None
    return await find_child(services_of(request).database, request.user, student_id, school_id, Action.RECORDS_ASK)


async def _about(request: PassRequest, child: Child, text: str) -> Line | None:
    """The pass of the child's that it is about. Raises `NotFound` for anybody else's."""
    if not text:
        return None
    wanted = _uuid(text)
    services = services_of(request)
    async with services.database.raw() as connection:
        passes = await read_passes(connection, child.id, child.school_id, pass_id=wanted)
    if not passes:
        raise NotFound("There is no such pass.")
    return one_line(await services.ledger.state(child.school_id), passes[0], language_of(request))


async def _mine(request: PassRequest, student_id: UUID, request_id: UUID) -> tuple[Child, RecordsRequest]:
    """A request that the guardian made about this child."""
    services = services_of(request)
    for child in await _schools_of(request, student_id):
        found = (await services.records.now_of(child.school_id)).requests.get(request_id)
        if found and found.student_id == child.id and found.asked_by == actor_id(request.user):
            return child, found
    raise NotFound("There is no such request, or it is not yours.")


async def _schools_of(request: PassRequest, student_id: UUID) -> list[Child]:
    await _child(request, student_id, "")
    return [child for child in await children_of(services_of(request).database, request.user) if child.id == student_id]


async def _delivered(request: PassRequest, student_id: UUID, request_id: UUID) -> StudentRecord:
    child, found = await _mine(request, student_id, request_id)
    if found.kind is not RequestKind.INSPECT or found.status is not RequestStatus.DELIVERED:
        raise NotFound("The school has not delivered the record yet.")
    services = services_of(request)
    await looked(request, child.school_id, "record", Look.EXPORT, student_ids=[child.id])
    state = await services.ledger.state(child.school_id)
    records = await services.records.now_of(child.school_id)
    return await whole_record(services.database, state, records, child.id, services.ledger.clock.now())


def _kind(text: str) -> RequestKind:
    try:
        return RequestKind(text)
    except ValueError:
        raise InvalidInput("Choose what you ask for.", field="kind") from None


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("There is no such thing here.") from None


def _back(child: Child) -> Redirect:
    return Redirect(f"{HOME}/{child.id}?school={child.school_id}#requests-title", status_code=303)
