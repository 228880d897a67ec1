"""Administration: who can sign in, as what."""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, QueryParameter, URLEncodedBody
from litestar.response import Redirect, Template

from corridor.base.errors import CorridorError, InvalidInput
from corridor.identity.account_desk import may_hand_out
from corridor.identity.account_queries import AccountFilter, AccountRow
from corridor.identity.api import identity_of
from corridor.identity.permissions import Action
from corridor.identity.principal import PERSONAL_ROLES, Role, parse_role
from corridor.identity.roster_accounts import RosterGroup
from corridor.identity.sign_in_policy import PEOPLE
from corridor.identity.tables import AccountStatus
from corridor.passes.api import PassRequest
from corridor.passes.pages import SchoolChoice, choose_school
from corridor.passes.teacher_desk import uuid_in
from corridor.web.admin_frame import frame

HOME = "/admin/accounts"
_A_PAGE = 50
_MOST_FOUND = 12
_SEE_OTHER: Final = 303
_PERMISSION = {"permission": Action.ACCOUNT_MANAGE}


class AccountForm(msgspec.Struct):
    """What the forms send; each uses some of it."""

    school: str = ""
    person_id: str = ""
    username: str = ""
    role: str = ""
    only: str = ""
    group: str = ""
    how: str = ""


Form = URLEncodedBody[AccountForm]


@get(HOME, include_in_schema=False, opt=_PERMISSION)
async def show_accounts(
    request: PassRequest,
    school: FromQuery[UUID | None] = None,
    find: Annotated[str, QueryParameter(max_length=100)] = "",
    role: FromQuery[str] = "",
    status: FromQuery[str] = "",
    page: Annotated[int, QueryParameter(ge=1, le=10_000)] = 1,
    made: FromQuery[str] = "",
) -> Template:
    """The accounts of a school, by name. A district administrator sees the whole district's until they choose a school,
    and finds everybody: administrators of the district belong to no school."""
    choice = await _choose(request, school)
    everywhere = request.user.school_ids is None and (
        school is None or bool(find.strip()) or role == Role.DISTRICT_ADMIN
    )
    wanted = AccountFilter(
        school_id=None if everywhere else choice.school.id,
        find=find,
        role=_role_in(role),
        status=AccountStatus(status) if status in list(AccountStatus) else None,
        offset=(page - 1) * _A_PAGE,
        limit=_A_PAGE + 1,
    )
    rows = await identity_of(request).desk.find(request.user, wanted)
    context = frame(request, choice, HOME) | {
        "rows": rows[:_A_PAGE],
        "find": find,
        "role": role,
        "status": status,
        "page": page,
        "more": len(rows) > _A_PAGE,
        "roles": PEOPLE,
        "groups": [group for group in RosterGroup if may_hand_out(request.user, group.role)],
        "everywhere": everywhere,
        "all": everywhere and school is None,
        "made": made,
        "time_zone": choice.school.time_zone,
    }
    return Template("admin_accounts.html", context=context)


@get(f"{HOME}/new", include_in_schema=False, opt=_PERMISSION)
async def show_new(
    request: PassRequest,
    school: FromQuery[UUID | None] = None,
    find: Annotated[str, QueryParameter(max_length=100)] = "",
) -> Template:
    """Find somebody of the roster who has no account yet."""
    return await _new_page(request, await _choose(request, school), find)


@post(f"{HOME}/new", include_in_schema=False, opt=_PERMISSION)
async def make_account(request: PassRequest, data: Form) -> Response[Any]:
    choice = await _choose(request, uuid_in(data.school))
    person_id = uuid_in(data.person_id)
    try:
        made = await identity_of(request).desk.create(
            request.user,
            role=parse_role(data.role),
            person_id=person_id,
            username=data.username.strip() or None,
            school_id=None if person_id else choice.school.id,
        )
    except CorridorError as error:
        return await _new_page(request, choice, "", error=error)
    return _to(made.id, choice.school.id, "made")


@post(f"{HOME}/from-roster", include_in_schema=False, opt=_PERMISSION)
async def make_from_roster(request: PassRequest, data: Form) -> Redirect:
    choice = await _choose(request, uuid_in(data.school))
    if data.group not in list(RosterGroup):
        raise InvalidInput("Say for whom: students or teachers.", field="group")
    made = await identity_of(request).desk.make_from_roster(request.user, choice.school.id, RosterGroup(data.group))
    counts = ".".join(str(number) for number in msgspec.structs.astuple(made))
    return Redirect(f"{HOME}?school={choice.school.id}&made={data.group}.{counts}", status_code=_SEE_OTHER)


@get(HOME + "/{account_id:uuid}", include_in_schema=False, opt=_PERMISSION)
async def show_account(
    request: PassRequest, account_id: FromPath[UUID], school: FromQuery[UUID | None] = None, done: FromQuery[str] = ""
) -> Template:
    return await _account_page(request, await _choose(request, school), account_id, done=done)


@post(HOME + "/{account_id:uuid}/role", include_in_schema=False, opt=_PERMISSION)
async def change_role(request: PassRequest, account_id: FromPath[UUID], data: Form) -> Response[Any]:
    choice = await _choose(request, uuid_in(data.school))
    try:
        desk, only = identity_of(request).desk, uuid_in(data.only)
        await desk.change_role(request.user, account_id, parse_role(data.role), only)
    except CorridorError as error:
        return await _account_page(request, choice, account_id, error=error)
    return _to(account_id, choice.school.id, "role")


@post(HOME + "/{account_id:uuid}/status", include_in_schema=False, opt=_PERMISSION)
async def change_status(request: PassRequest, account_id: FromPath[UUID], data: Form) -> Response[Any]:
    choice = await _choose(request, uuid_in(data.school))
    desk = identity_of(request).desk
    try:
        if data.how == "disable":
            await desk.disable(request.user, account_id)
        else:
            await desk.enable(request.user, account_id)
    except CorridorError as error:
        return await _account_page(request, choice, account_id, error=error)
    return _to(account_id, choice.school.id, "disabled" if data.how == "disable" else "enabled")


@post(HOME + "/{account_id:uuid}/password", include_in_schema=False, opt=_PERMISSION)
async def give_password(request: PassRequest, account_id: FromPath[UUID], data: Form) -> Response[Any]:
    """By mail, as a link to hand over, or as a password for the first time: `how` is mail, link or password."""
    choice = await _choose(request, uuid_in(data.school))
    identity = identity_of(request)
    given: dict[str, Any] = {}
    try:
        if data.how == "password":
            given["password"] = (await identity.desk.give_password(request.user, account_id)).password
        else:
            here = str(request.base_url)
            link = await identity.desk.give_link(request.user, account_id, mail=data.how == "mail", here=here)
            if link.mailed_to:
                return _to(account_id, choice.school.id, "mailed")
            site = (identity.settings.public_url or here).rstrip("/")
            given["link"] = site + link.path
    except CorridorError as error:
        return await _account_page(request, choice, account_id, error=error)
    return await _account_page(request, choice, account_id, given=given)


@post(HOME + "/{account_id:uuid}/second-step", include_in_schema=False, opt=_PERMISSION)
async def reset_second_step(request: PassRequest, account_id: FromPath[UUID], data: Form) -> Redirect:
    choice = await _choose(request, uuid_in(data.school))
    await identity_of(request).desk.reset_second_step(request.user, account_id)
    return _to(account_id, choice.school.id, "second-step")


@post(HOME + "/{account_id:uuid}/sessions", include_in_schema=False, opt=_PERMISSION)
async def end_sessions(request: PassRequest, account_id: FromPath[UUID], data: Form) -> Redirect:
    choice = await _choose(request, uuid_in(data.school))
    await identity_of(request).desk.end_sessions(request.user, account_id)
    return _to(account_id, choice.school.id, "sessions")


async def _choose(request: PassRequest, school_id: UUID | None) -> SchoolChoice:
    return await choose_school(request, Action.ACCOUNT_MANAGE, school_id)


def _role_in(text: str) -> Role | None:
    return Role(text) if text in list(Role) else None


def _to(account_id: UUID, school_id: UUID, done: str) -> Redirect:
    return Redirect(f"{HOME}/{account_id}?school={school_id}&done={done}", status_code=_SEE_OTHER)


async def _new_page(
    request: PassRequest, choice: SchoolChoice, find: str, *, error: CorridorError | None = None
) -> Template:
    desk = identity_of(request).desk
    people = []
    if find.strip():
        people = list(await desk.people_without(request.user, choice.school.id, find, _MOST_FOUND))
    roles = [role for role in PEOPLE if may_hand_out(request.user, role)]
    context = frame(request, choice, HOME) | {
        "find": find,
        "people": people,
        "most": _MOST_FOUND,
        "roles": roles,
        "roles_without_person": [role for role in roles if role not in PERSONAL_ROLES],
        "error": error,
    }
    return Template("admin_account_new.html", context=context, status_code=error.status if error else 200)


async def _account_page(
    request: PassRequest,
    choice: SchoolChoice,
    account_id: UUID,
    *,
    done: str = "",
    error: CorridorError | None = None,
    given: dict[str, Any] | None = None,
) -> Template:
    identity = identity_of(request)
    account = await identity.desk.show(request.user, account_id)
    schools = {school.id: school.name for school in choice.all}
    context = frame(request, choice, HOME) | {
        "account": account,
        "methods": await identity.desk.show_methods(request.user, account_id),
        "why_not": identity.desk.why_not(request.user, account),
        "roles": [role for role in PEOPLE if may_hand_out(request.user, role) or role is account.role],
        "reaches": _reach_in_words(account, schools),
        "schools": schools,
        "sends_mail": identity.outbox.ready and account.email is not None,
        "time_zone": choice.school.time_zone,
        "done": done,
        "error": error,
        "given": {"password": None, "link": None} | (given or {}),
    }
    headers = {"cache-control": "no-store"}
    return Template("admin_account.html", context=context, headers=headers, status_code=error.status if error else 200)


def _reach_in_words(account: AccountRow, schools: dict[UUID, str]) -> str:
    if account.reach is None:
        return "the whole district"
    known = sorted(schools[id] for id in account.reach if id in schools)
    beyond = len(account.reach) - len(known)
    return ", ".join([*known, *([f"{beyond} more"] if beyond else [])]) or "no school"


PAGE_ROUTES: list[Any] = [
    show_accounts,
    show_new,
    make_account,
    make_from_roster,
    show_account,
    change_role,
    change_status,
    give_password,
    reset_second_step,
    end_sessions,
]
