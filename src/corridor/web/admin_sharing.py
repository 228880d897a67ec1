"""Administration: who works at which place, what the school shows to its teachers, and whose records few may see."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect, Template

from corridor.base.errors import InvalidInput, NotFound
from corridor.campus.model import Location, Student
from corridor.campus.starters import natural_order
from corridor.campus.words import LocationKind
from corridor.day.policy import Post, Privacy, Restriction
from corridor.day.state import SchoolState
from corridor.identity.access import Look
from corridor.identity.api import looked
from corridor.identity.permissions import Action, scope_of
from corridor.passes.api import PassRequest, actor_id, answered, services_of
from corridor.passes.pages import SchoolChoice, choose_school
from corridor.passes.student_view import STAFFED
from corridor.passes.teacher_desk import uuid_in
from corridor.policy.commands import Keep
from corridor.policy.sight import privacy_of
from corridor.web.admin_frame import SchoolForm, frame
from corridor.web.policy_desk import drop

HOME = "/admin/sharing"
_VIEW = {"permission": (Action.PRIVACY_CHANGE, Action.LOCATION_CHANGE)}
_ACCOUNTS = """
    SELECT id, username FROM account
    WHERE school_id = %s AND person_id IS NULL AND status = 'active' ORDER BY username"""


class PrivacyForm(msgspec.Struct):
    """`teachers` is "own" or "all"; `masked` are kinds of location, one or several."""

    school: str = ""
    teachers: str = "own"
    masked: str | list[str] = ""


class PostForm(msgspec.Struct):
    """Who is to work there as well, or, with `leaves`, no longer."""

    school: str = ""
    person: str = ""
    leaves: str = ""


class Worker(msgspec.Struct, frozen=True):
    """Somebody who works at a place; the name is that of an account where the roster has nobody."""

    id: UUID
    name: str


class StaffedPlace(msgspec.Struct, frozen=True):
    place: Location
    workers: tuple[Worker, ...]


@get(HOME, include_in_schema=False, opt=_VIEW)
async def show_sharing(
    request: PassRequest, school: FromQuery[UUID | None] = None, saved: FromQuery[bool] = False
) -> Template:
    choice = await choose_school(request, Action.LOCATION_CHANGE, school)
    state = await services_of(request).ledger.state(choice.school.id)
    names = await _names(request, state)
    privacy = privacy_of(state)
    seen = [len({each for id in ids for each in state.campus.sections[id].student_ids}) for ids in _taught(state)]
    may_change = scope_of(request.user, Action.PRIVACY_CHANGE) is not None
    restricted = _restricted(state) if may_change else []
    ids = [student.id for student, _ in restricted]
    await looked(request, choice.school.id, "restrictions", Look.LIST, student_ids=ids, number=len(ids))
    context = frame(request, choice, HOME) | {
        "saved": saved,
        "restricted": restricted,
        "privacy": privacy,
        "kinds": [kind for kind in LocationKind if kind in STAFFED],
        "teachers": len(seen),
        "usual": sorted(seen)[len(seen) // 2] if seen else 0,
        "students": len(state.campus.students),
        "staffed": [_staffed(state, place, names) for place in _places(state)],
        "staff": sorted(names.items(), key=lambda item: item[1].casefold()),
        "may_change": may_change,
    }
    return Template("admin_sharing.html", context=context)


@post(HOME, include_in_schema=False, opt={"permission": Action.PRIVACY_CHANGE})
async def set_privacy(request: PassRequest, data: URLEncodedBody[PrivacyForm]) -> Redirect:
    choice = await choose_school(request, Action.PRIVACY_CHANGE, uuid_in(data.school))
    typed = data.masked if isinstance(data.masked, list) else [data.masked] * bool(data.masked)
    if data.teachers not in ("own", "all"):
        raise InvalidInput("Choose whom teachers see.", field="teachers")
    try:
        masked = frozenset(LocationKind(each) for each in typed)
    except ValueError:
        raise InvalidInput("Choose the kinds of places from the list.", field="masked") from None
    privacy = Privacy(choice.school.id, data.teachers == "all", masked)
    return await _keep(request, choice, privacy)


@post(HOME + "/{location_id:uuid}", include_in_schema=False, opt={"permission": Action.LOCATION_CHANGE})
async def change_post(
    request: PassRequest, location_id: FromPath[UUID], data: URLEncodedBody[PostForm]
) -> Response[Any]:
    choice = await choose_school(request, Action.LOCATION_CHANGE, uuid_in(data.school))
    state = await services_of(request).ledger.state(choice.school.id)
    if location_id not in state.campus.locations:
        raise NotFound("There is no such location at this school.")
    there = state.posts.get(location_id, Post(location_id)).staff_ids
    joins, leaves = uuid_in(data.person), uuid_in(data.leaves)
    if joins and joins not in await _names(request, state):
        raise InvalidInput("Choose somebody who works at this school.", field="person")
    if not joins and not leaves:
        raise InvalidInput("Choose who works there.", field="person")
    post = Post(location_id, (there | ({joins} if joins else set())) - ({leaves} if leaves else set()))
    return await _keep(request, choice, post)


@post(HOME + "/restrictions/{student_id:uuid}/lift", include_in_schema=False, opt={"permission": Action.PRIVACY_CHANGE})
async def lift(request: PassRequest, student_id: FromPath[UUID], data: URLEncodedBody[SchoolForm]) -> Redirect:
    choice = await choose_school(request, Action.PRIVACY_CHANGE, uuid_in(data.school))
    await drop(request, choice.school.id, "restriction", student_id)
    return _back(choice)


PAGE_ROUTES: list[Any] = [show_sharing, set_privacy, change_post, lift]


async def _keep(request: PassRequest, choice: SchoolChoice, value: Post | Privacy) -> Redirect:
    command = Keep(actor_id(request.user), value)
    answered(await services_of(request).ledger.submit(choice.school.id, command), 200)
    return _back(choice, f"#place-{value.id}" if isinstance(value, Post) else "")


def _back(choice: SchoolChoice, anchor: str = "") -> Redirect:
    return Redirect(f"{HOME}?school={choice.school.id}&saved=true{anchor}", status_code=303)


def _restricted(state: SchoolState) -> list[tuple[Student, Restriction]]:
    """Whose records few may see, of those who are at the school."""
    students = state.campus.students
    found = [(students[each.id], each) for each in state.restrictions.values() if each.id in students]
    return sorted(found, key=lambda one: one[0].name.casefold())


async def _names(request: PassRequest, state: SchoolState) -> dict[UUID, str]:
    """The school's adults, and its accounts that nobody in the roster stands behind."""
    async with services_of(request).database.raw() as connection:
        cursor = await connection.execute(_ACCOUNTS, [state.campus.school.id])
        accounts = {row[0]: f"{row[1]} (account)" for row in await cursor.fetchall()}
    return {**state.campus.staff, **accounts}


def _taught(state: SchoolState) -> list[Any]:
    return [ids for person_id, ids in state.campus.taught_by.items() if person_id in state.campus.staff]


def _places(state: SchoolState) -> list[Location]:
    """Where somebody receives students, and whatever else has somebody, by name."""
    found = [
        place
        for place in state.campus.locations.values()
        if place.active and (place.kind in STAFFED or (place.id in state.posts and state.posts[place.id].staff_ids))
    ]
    return sorted(found, key=lambda place: natural_order(place.name))


def _staffed(state: SchoolState, place: Location, names: dict[UUID, str]) -> StaffedPlace:
    ids = state.posts.get(place.id, Post(place.id)).staff_ids
    workers = [Worker(id, names.get(id, "Someone who left")) for id in ids]
    return StaffedPlace(place, tuple(sorted(workers, key=lambda worker: worker.name.casefold())))
