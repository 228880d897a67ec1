"""What guardians see: how they get an account, and the letter about each of their children."""

import secrets
from datetime import datetime
from typing import Any, Final, Protocol, cast
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect, Template

from corridor.base.database import Database
from corridor.base.errors import CorridorError
from corridor.campus.model import School
from corridor.day.state import SchoolState
from corridor.identity import csrf
from corridor.identity.access import Look
from corridor.identity.api import PUBLIC, VISIT_COOKIE, address_of, browser_binding, identity_of, looked
from corridor.identity.limits import TooManyAttempts
from corridor.identity.pages import own_cookie
from corridor.identity.permissions import Action
from corridor.ledger.engine import Ledger
from corridor.passes.api import PassRequest
from corridor.privacy.access_log import RecordsLedger
from corridor.privacy.family_guardians import JoinForm, WrongCodes, add_child, join
from corridor.privacy.family_queries import Child, children_of, find_child, passes_of_child
from corridor.privacy.family_view import first_day, letter, looked_words, role_words
from corridor.privacy.language import Language
from corridor.privacy.notice_pages import in_language, language_of
from corridor.privacy.who_looked import LookFilter, who_looked

HOME = "/family"
JOIN = "/families/join"
_SEE_OTHER: Final = 303
_FEW_LOOKS, _MANY_LOOKS = 5, 50


class Services(Protocol):
    """What the families' pages use of `app.state.services`."""

    @property
    def database(self) -> Database: ...
    @property
    def ledger(self) -> Ledger[SchoolState]: ...
    @property
    def records(self) -> RecordsLedger: ...
    @property
    def wrong_codes(self) -> WrongCodes: ...


class AddForm(msgspec.Struct):
    code: str = ""
    identifier: str = ""


def services_of(request: Request[Any, Any, Any]) -> Services:
    return cast(Services, request.app.state.services)


@get(JOIN, include_in_schema=False, opt={"permission": PUBLIC})
async def show_join(request: Request[Any, Any, Any], code: FromQuery[str] = "") -> Template:
    """For a guardian with a letter and without an account."""
    return _join_page(request, JoinForm(code=code[:40]))


@post(JOIN, include_in_schema=False, opt={"permission": PUBLIC})
async def join_family(request: Request[Any, Any, Any], data: URLEncodedBody[JoinForm]) -> Response[Any]:
    try:
        account = await join(identity_of(request), services_of(request).wrong_codes, data, address_of(request))
    except CorridorError as error:
        return _join_page(request, data, error)
    return in_language(request, "family_joined.html", {"username": account.username})


@get(HOME, include_in_schema=False, opt={"permission": Action.FAMILY_VIEW})
async def show_family(request: PassRequest) -> Template:
    """A short letter about every child."""
    services = services_of(request)
    children = await children_of(services.database, request.user)
    letters = [(child, (await _letter(request, child))["letter"]) for child in children]
    for child in children:
        await looked(request, child.school_id, "family", Look.RECORD, student_ids=[child.id])
    return in_language(request, "family.html", {"letters": letters})


@get(HOME + "/add", include_in_schema=False, opt={"permission": Action.FAMILY_VIEW})
async def show_add(request: PassRequest, code: FromQuery[str] = "") -> Template:
    """For a guardian with an account and a letter about another child."""
    return in_language(request, "family_add.html", {"form": AddForm(code=code[:40]), "error": None})


@post(HOME + "/add", include_in_schema=False, opt={"permission": Action.FAMILY_VIEW})
async def add_to_family(request: PassRequest, data: URLEncodedBody[AddForm]) -> Response[Any]:
    wrong = services_of(request).wrong_codes
    try:
        await add_child(identity_of(request), wrong, request.user, data.code, data.identifier, address_of(request))
    except CorridorError as error:
        context = {"form": data, "error": spoken(language_of(request), error)}
        return in_language(request, "family_add.html", context, status=error.status)
    return Redirect(HOME, status_code=_SEE_OTHER)


@get(HOME + "/{student_id:uuid}", include_in_schema=False, opt={"permission": Action.FAMILY_VIEW})
async def show_child(
    request: PassRequest, student_id: FromPath[UUID], school: FromQuery[UUID | None] = None
) -> Template:
    """The whole letter about one child."""
    services = services_of(request)
    child = await find_child(services.database, request.user, student_id, school)
    await looked(request, child.school_id, "family", Look.RECORD, student_ids=[child.id])
    context = await _letter(request, child) | await _looks(request, child, None, _FEW_LOOKS)
    return in_language(request, "family_child.html", context)


@get(HOME + "/{student_id:uuid}/who-looked", include_in_schema=False, opt={"permission": Action.FAMILY_VIEW})
async def show_looks(
    request: PassRequest,
    student_id: FromPath[UUID],
    school: FromQuery[UUID | None] = None,
    before: FromQuery[str | None] = None,
) -> Template:
    """Who looked at the child's record, the newest first."""
    child = await find_child(services_of(request).database, request.user, student_id, school, Action.ACCESS_LOG_VIEW)
    await looked(request, child.school_id, "access log", Look.RECORD, student_ids=[child.id])
    context = {"child": child, "school": school_of(child)} | await _looks(request, child, before, _MANY_LOOKS)
    return in_language(request, "family_looks.html", context)


PAGE_ROUTES: list[Any] = [
    show_join,
    join_family,
    show_family,
    show_add,
    add_to_family,
    show_child,
    show_looks,
]


def spoken(language: Language, error: CorridorError) -> str:
    """What was wrong, in the reader's language."""
    if isinstance(error, TooManyAttempts):
        minutes = -(-int(str(error.extra["retry_after"])) // 60)
        return language.count(
            "There were too many tries. Wait a minute, then try again.",
            "There were too many tries. Wait %(num)s minutes, then try again.",
            minutes,
        )
    return language.say(error.detail)


async def _letter(request: PassRequest, child: Child) -> dict[str, Any]:
    services, language = services_of(request), language_of(request)
    now: datetime = services.ledger.clock.now()
    state = await services.ledger.state(child.school_id)
    records = await services.records.now_of(child.school_id)
    passes = await passes_of_child(services.database, request.user, child, first_day(state, now))
    statements = records.statements_on(child.id)
    mine = [each for each in records.requests.values() if each.student_id == child.id]
    return {
        "child": child,
        "school": school_of(child),
        "letter": letter(state, child.id, child.given_name, passes, statements, now, language),
        "requests": sorted(mine, key=lambda each: each.asked_at, reverse=True),
        "me": request.user.person_id,
        "now": now,
    }


async def _looks(request: PassRequest, child: Child, before: str | None, number: int) -> dict[str, Any]:
    language = language_of(request)
    async with services_of(request).database.raw() as connection:
        wanted = LookFilter(student_id=child.id, before=before)
        page = await who_looked(connection, [child.school_id], wanted, number, addresses=False)
    looks = [
        (language.moment(each.at, child.time_zone), each.viewer_name, role_words(each.viewer_role, language),
         looked_words(each, language))
        for each in page.items
    ]  # fmt: skip
    return {"looks": looks, "more_looks": page.next}


def school_of(child: Child) -> School:
    return School(child.school_id, child.school_name, child.time_zone)


def _join_page(request: Request[Any, Any, Any], form: JoinForm, error: CorridorError | None = None) -> Template:
    binding, cookies = browser_binding(request), []
    if binding is None:
        binding = secrets.token_urlsafe(18)
        cookies.append(own_cookie(VISIT_COOKIE, binding, secure=request.url.scheme == "https"))
    context = {
        "form": form,
        "form_token": csrf.new_token(identity_of(request).csrf_key, binding),
        "error": spoken(language_of(request), error) if error else None,
        "wrong": error.extra.get("field") if error else None,
    }
    status = error.status if error else 200
    return in_language(request, "family_join.html", context, status=status, cookies=cookies)
