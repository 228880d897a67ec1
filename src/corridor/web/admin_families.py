"""Administration: letters that invite guardians, and who is whose guardian."""

from collections.abc import Iterable
from typing import Any, Protocol, cast
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect, Template

from corridor.base.database import Database
from corridor.base.errors import CorridorError, InvalidInput, NotFound
from corridor.base.settings import Settings
from corridor.campus.grades import grades_of, spoken_grade
from corridor.campus.model import Campus
from corridor.campus.queries import search_students
from corridor.campus.starters import natural_order
from corridor.day.state import SchoolState
from corridor.identity.permissions import Action
from corridor.identity.service import IdentityService
from corridor.ledger.engine import Ledger
from corridor.passes.api import PassRequest
from corridor.passes.pages import SchoolChoice, choose_school
from corridor.passes.teacher_desk import uuid_in
from corridor.privacy.family_guardians import allow_guardianship, end_guardianship, guardians_of
from corridor.privacy.invitations import Wanted, make_invitations, open_invitations, revoke_invitations
from corridor.privacy.language import NAMES, language
from corridor.web.admin_frame import SchoolForm, frame

HOME = "/admin/families"
_PERMISSION = {"permission": Action.FAMILY_INVITE}
_MOST_SHOWN = 50
_MOST_FOUND = 12
_MOST_COPIES = 4


class Services(Protocol):
    """What these pages use of `app.state.services`."""

    @property
    def database(self) -> Database: ...
    @property
    def identity(self) -> IdentityService: ...
    @property
    def ledger(self) -> Ledger[SchoolState]: ...
    @property
    def settings(self) -> Settings: ...


class LettersForm(msgspec.Struct):
    """`whom` is "student:", "class:" or "grade:" and what it is; `guardian` somebody of the roster; `copies` are
    letters for each student; `speaks` a language's code, or "both"."""

    school: str = ""
    whom: str = ""
    guardian: str = ""
    copies: str = "1"
    days: str = "30"
    speaks: str = "both"


class PairForm(msgspec.Struct):
    school: str = ""
    guardian: str = ""
    student: str = ""
    find: str = ""


@get(HOME, include_in_schema=False, opt=_PERMISSION)
async def show_families(
    request: PassRequest,
    school: FromQuery[UUID | None] = None,
    student: FromQuery[UUID | None] = None,
    search: FromQuery[str] = "",
    find: FromQuery[str] = "",
) -> Template:
    """`search` finds a student to write to, `student` is the one; `find` is a part of a guardian's or child's name."""
    choice = await choose_school(request, Action.FAMILY_INVITE, school)
    return await _page(request, choice, student=student, search=search, find=find)


@post(HOME + "/letters", include_in_schema=False, opt=_PERMISSION)
async def make_letters(request: PassRequest, data: URLEncodedBody[LettersForm]) -> Template:
    """The letters, to be printed now: their codes are shown this once."""
    choice = await choose_school(request, Action.FAMILY_INVITE, uuid_in(data.school))
    services = _services(request)
    campus = (await services.ledger.state(choice.school.id)).campus
    kind, _, what = data.whom.partition(":")
    try:
        wanted = _wanted(campus, kind, what, data)
        days = _number(data.days, "days", 90)
        now = services.ledger.clock.now()
        letters = await make_invitations(
            services.database, services.settings, now, request.user, choice.school.id, wanted, days
        )
    except InvalidInput as error:
        student = uuid_in(what) if kind == "student" else None
        return await _page(request, choice, student=student, error=error)
    context = frame(request, choice, HOME) | {
        "letters": letters,
        "languages": [language(code) for code in NAMES if data.speaks in (code, "both")] or [language("en")],
        "join": f"{_address(request)}/families/join",
        "notice_address": f"{_address(request)}/privacy",
    }
    return Template("admin_family_letters.html", context=context, headers={"cache-control": "no-store"})


@post(HOME + "/letters/revoke", include_in_schema=False, opt=_PERMISSION)
async def revoke_all(request: PassRequest, data: URLEncodedBody[SchoolForm]) -> Redirect:
    return await _revoke(request, data, None)


@post(HOME + "/letters/{invitation_id:uuid}/revoke", include_in_schema=False, opt=_PERMISSION)
async def revoke_one(request: PassRequest, invitation_id: FromPath[UUID], data: URLEncodedBody[SchoolForm]) -> Redirect:
    return await _revoke(request, data, invitation_id)


@post(HOME + "/end", include_in_schema=False, opt=_PERMISSION)
async def end(request: PassRequest, data: URLEncodedBody[PairForm]) -> Redirect:
    """End a guardian's access to a student's record, at once."""
    choice, guardian_id, student_id = await _pair(request, data)
    await end_guardianship(_services(request).identity, request.user, choice.school.id, guardian_id, student_id)
    return _home(choice, f"&find={quote(data.find)}" if data.find else "")


@post(HOME + "/allow", include_in_schema=False, opt=_PERMISSION)
async def allow(request: PassRequest, data: URLEncodedBody[PairForm]) -> Redirect:
    """Take that back."""
    choice, guardian_id, student_id = await _pair(request, data)
    await allow_guardianship(_services(request).identity, request.user, choice.school.id, guardian_id, student_id)
    return _home(choice, f"&find={quote(data.find)}" if data.find else "")


PAGE_ROUTES: list[Any] = [show_families, make_letters, revoke_all, revoke_one, end, allow]


def _services(request: Request[Any, Any, Any]) -> Services:
    return cast(Services, request.app.state.services)


async def _page(
    request: PassRequest,
    choice: SchoolChoice,
    *,
    student: UUID | None = None,
    search: str = "",
    find: str = "",
    error: CorridorError | None = None,
) -> Template:
    services = _services(request)
    campus = (await services.ledger.state(choice.school.id)).campus
    chosen = campus.students.get(student) if student else None
    if student and chosen is None:
        raise NotFound("There is no such student at this school.")
    database, viewer, school_id = services.database, request.user, choice.school.id
    of_child = (
        await guardians_of(database, viewer, school_id, student_id=chosen.id, limit=_MOST_SHOWN) if chosen else []
    )
    context = frame(request, choice, HOME) | {
        "student": chosen,
        "of_child": [each for each in of_child if each.active and not each.has_account],
        "search": search,
        "found": await search_students(database, school_id, search, _MOST_FOUND, least=2),
        "grades": [(grade, spoken_grade(grade).capitalize()) for grade in grades_of(campus)],
        "classes": _classes(campus),
        "find": find,
        "guardians": await guardians_of(database, viewer, school_id, text=find, limit=_MOST_SHOWN),
        "invitations": await open_invitations(
            database, viewer, school_id, services.ledger.clock.now(), _MOST_SHOWN + 1
        ),
        "most": _MOST_SHOWN,
        "error": error,
    }
    return Template("admin_families.html", context=context, status_code=error.status if error else 200)


def _classes(campus: Campus) -> list[tuple[UUID, str]]:
    """Classes with students, by title, with who teaches them."""
    rows = []
    for section in campus.sections.values():
        if section.student_ids:
            teachers = ", ".join(campus.staff[id] for id in section.teacher_ids if id in campus.staff)
            rows.append((section.id, f"{section.title} ({teachers})" if teachers else section.title))
    return sorted(rows, key=lambda row: natural_order(row[1]))


def _wanted(campus: Campus, kind: str, what: str, data: LettersForm) -> list[Wanted]:
    copies = _number(data.copies, "copies", _MOST_COPIES)
    students: Iterable[UUID] = ()
    if kind == "student" and (student_id := uuid_in(what)):
        return [Wanted(student_id, uuid_in(data.guardian))] * (1 if data.guardian else copies)
    if kind == "class" and (section_id := uuid_in(what)):
        section = campus.sections.get(section_id)
        students = section.student_ids if section else ()
    elif kind == "grade":
        students = (each.id for each in campus.students.values() if each.grade == what)
    return [Wanted(id) for id in students if id in campus.students for _ in range(copies)]


async def _revoke(request: PassRequest, data: SchoolForm, invitation_id: UUID | None) -> Redirect:
    choice = await choose_school(request, Action.FAMILY_INVITE, uuid_in(data.school))
    services = _services(request)
    ids = None if invitation_id is None else [invitation_id]
    await revoke_invitations(services.database, services.ledger.clock.now(), request.user, choice.school.id, ids)
    return _home(choice)


async def _pair(request: PassRequest, data: PairForm) -> tuple[SchoolChoice, UUID, UUID]:
    choice = await choose_school(request, Action.FAMILY_INVITE, uuid_in(data.school))
    guardian_id, student_id = uuid_in(data.guardian), uuid_in(data.student)
    if guardian_id is None or student_id is None:
        raise NotFound("There is no such guardian at this school.")
    return choice, guardian_id, student_id


def _home(choice: SchoolChoice, more: str = "") -> Redirect:
    return Redirect(f"{HOME}?school={choice.school.id}{more}", status_code=303)


def _address(request: PassRequest) -> str:
    """Where families reach this installation."""
    public = _services(request).settings.public_url
    return public.rstrip("/") if public else f"{request.url.scheme}://{request.headers.get('host', '')}"


def _number(text: str, field: str, most: int) -> int:
    text = text.strip()
    if not text.isascii() or not text.isdigit() or len(text) > 3 or not 1 <= int(text) <= most:
        raise InvalidInput(f"Give a whole number from 1 to {most}.", field=field)
    return int(text)
