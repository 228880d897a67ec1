"""Groups of students over HTTP."""

from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromPath, JSONBody

from corridor.base.errors import InvalidInput, NotFound
from corridor.campus.student_matching import Register, register_of
from corridor.day.policy import Group
from corridor.day.state import SchoolState
from corridor.identity.access import Look
from corridor.identity.api import looked
from corridor.identity.permissions import Action, require
from corridor.passes.api import PassRequest, actor_id, command_id_of, id_for, services_of
from corridor.policy.checks import MOST_MEMBERS
from corridor.policy.commands import ChangeMembers, Keep
from corridor.rules.kinds import KINDS
from corridor.web.csv_download import csv_response
from corridor.web.policy_desk import decide, drop, replied, state_for

CSV_COLUMNS = ("identifier", "name", "grade", "email")
_MEMBERS = """
    SELECT p.identifier, coalesce(p.preferred_given_name, p.given_name),
           coalesce(p.preferred_family_name, p.family_name), p.grade, p.email
    FROM person p JOIN membership m ON m.person_id = p.id
    WHERE m.school_id = %s AND m.role = 'student' AND m.active AND p.active AND p.id = ANY(%s)
    ORDER BY lower(p.family_name), lower(p.given_name), p.id"""

Words = Annotated[list[str], msgspec.Meta(max_length=MOST_MEMBERS)]


class GroupSummary(msgspec.Struct, frozen=True):
    """`students` is how many are in it, `rules` are those that use it, by id."""

    id: UUID
    name: str
    students: int
    rules: list[UUID]


class GroupView(msgspec.Struct, frozen=True):
    """`rules` are those that use it, by id."""

    id: UUID
    name: str
    student_ids: list[UUID]
    rules: list[UUID]


class GroupPage(msgspec.Struct):
    """By name."""

    items: list[GroupSummary]
    next: None = None


class GroupInput(msgspec.Struct, forbid_unknown_fields=True):
    """`students` are ids or identifiers; left out, a group that is changed keeps its own."""

    name: str
    students: Words | None = None


class MembersInput(msgspec.Struct, forbid_unknown_fields=True):
    """Students by id or identifier. `add_grades` adds everyone who is in these grades now."""

    add: Words = []
    remove: Words = []
    add_grades: Annotated[list[str], msgspec.Meta(max_length=50)] = []


@get("/schools/{school_id:uuid}/groups", tags=["Groups"], summary="Groups", opt={"permission": Action.GROUP_VIEW})
async def index_groups(request: PassRequest, school_id: FromPath[UUID]) -> GroupPage:
    """The lists of students that rules and appointments name."""
    state = await state_for(request, Action.GROUP_VIEW, school_id)
    groups = sorted(state.groups.values(), key=lambda group: group.name.casefold())
    return GroupPage(
        [GroupSummary(group.id, group.name, len(group.student_ids), rules_using(state, group.id)) for group in groups]
    )


@post(
    "/schools/{school_id:uuid}/groups", tags=["Groups"], summary="Make a group", opt={"permission": Action.GROUP_CHANGE}
)
async def create_group(
    request: PassRequest, school_id: FromPath[UUID], data: JSONBody[GroupInput]
) -> Response[GroupView]:
    """Names are told apart without regard to case."""
    require(request.user, Action.GROUP_CHANGE, school_id=school_id)
    members = await _meant(request, school_id, data.students or ())
    group = Group(id_for(command_id_of(request), school_id), data.name, members)
    return await _keep(request, school_id, group, 201)


@get(
    "/schools/{school_id:uuid}/groups/{group_id:uuid}",
    tags=["Groups"],
    summary="A group",
    opt={"permission": Action.GROUP_VIEW},
)
async def show_group(request: PassRequest, school_id: FromPath[UUID], group_id: FromPath[UUID]) -> GroupView:
    state = await state_for(request, Action.GROUP_VIEW, school_id)
    group = group_in(state, group_id)
    await looked(request, school_id, "group", Look.LIST, student_ids=group.student_ids)
    return _view(state, group)


@put(
    "/schools/{school_id:uuid}/groups/{group_id:uuid}",
    tags=["Groups"],
    summary="Change a group",
    opt={"permission": Action.GROUP_CHANGE},
)
async def change_group(
    request: PassRequest, school_id: FromPath[UUID], group_id: FromPath[UUID], data: JSONBody[GroupInput]
) -> Response[GroupView]:
    """Gives it this name, and these students in place of those it has."""
    state = await state_for(request, Action.GROUP_CHANGE, school_id)
    before = group_in(state, group_id)
    members = before.student_ids
    if data.students is not None:
        members = await _meant(request, school_id, data.students, known=before.student_ids)
    return await _keep(request, school_id, Group(group_id, data.name, members), 200)


@delete(
    "/schools/{school_id:uuid}/groups/{group_id:uuid}",
    tags=["Groups"],
    summary="Remove a group",
    opt={"permission": Action.GROUP_CHANGE},
)
async def remove_group(request: PassRequest, school_id: FromPath[UUID], group_id: FromPath[UUID]) -> None:
    """Answers 409 `in_use` while a rule or an appointment names it."""
    require(request.user, Action.GROUP_CHANGE, school_id=school_id)
    await drop(request, school_id, "group", group_id)


@post(
    "/schools/{school_id:uuid}/groups/{group_id:uuid}/students",
    tags=["Groups"],
    summary="Add and remove students",
    status_code=200,
    opt={"permission": Action.GROUP_CHANGE},
)
async def change_members(
    request: PassRequest, school_id: FromPath[UUID], group_id: FromPath[UUID], data: JSONBody[MembersInput]
) -> Response[GroupView]:
    """All of it or nothing: one unknown identifier, and the group stays as it is."""
    state = await state_for(request, Action.GROUP_CHANGE, school_id)
    group = group_in(state, group_id)
    add = await _meant(request, school_id, data.add)
    remove = await _meant(request, school_id, data.remove, known=group.student_ids)
    command = ChangeMembers(actor_id(request.user), group_id, add | in_grades(state, data.add_grades), remove)
    answer = await decide(request, school_id, command)
    kept = msgspec.json.decode(answer.body, type=Group)
    return replied(answer, _view(state, kept))


@get(
    "/schools/{school_id:uuid}/groups/{group_id:uuid}/students.csv",
    tags=["Groups"],
    summary="A group as CSV",
    media_type="text/csv",
    opt={"permission": Action.GROUP_VIEW},
)
async def download_group(request: PassRequest, school_id: FromPath[UUID], group_id: FromPath[UUID]) -> Response[str]:
    """A student a row: identifier, name, grade, email. A cell that a spreadsheet would take for a formula begins with
    an apostrophe."""
    state = await state_for(request, Action.GROUP_VIEW, school_id)
    group = group_in(state, group_id)
    async with services_of(request).database.raw() as connection:
        rows = await (await connection.execute(_MEMBERS, [school_id, list(group.student_ids)])).fetchall()
    cells = [(row[0], f"{row[1]} {row[2]}", row[3], row[4]) for row in rows]
    await looked(request, school_id, "group", Look.EXPORT, student_ids=group.student_ids)
    return csv_response(group.name, CSV_COLUMNS, cells)


API_ROUTES: list[Any] = [
    index_groups,
    create_group,
    show_group,
    change_group,
    remove_group,
    change_members,
    download_group,
]


def group_in(state: SchoolState, group_id: UUID) -> Group:
    """Raises `NotFound`."""
    group = state.groups.get(group_id)
    if group is None:
        raise NotFound("There is no such group, or someone has removed it.")
    return group


def rules_using(state: SchoolState, group_id: UUID) -> list[UUID]:
    """The rules that name this group, as those they are for or those they are about."""
    return [
        rule.id
        for rule in state.all_rules
        if group_id in rule.scope.group_ids or group_id in getattr(rule.params, "group_ids", ())
    ]


def uses_of(state: SchoolState, group_id: UUID) -> list[str]:
    """What uses the group, in words: the titles of rules, and how many appointments."""
    using = set(rules_using(state, group_id))
    titles = [KINDS[rule.text.kind].title for rule in state.all_rules if rule.id in using]
    appointments = sum(each.group_id == group_id for each in state.appointments.values())
    if appointments:
        titles.append(f"{appointments} appointment{'s' * (appointments != 1)}")
    return list(dict.fromkeys(titles))


def in_grades(state: SchoolState, grades: Iterable[str]) -> frozenset[UUID]:
    """Everyone who is in these grades now. Raises `InvalidInput` for a grade that nobody is in."""
    found = set()
    for grade in grades:
        students = [student.id for student in state.campus.students.values() if student.grade == grade]
        if not students:
            raise InvalidInput(f"Nobody at this school is in grade {grade}.", field="add_grades")
        found.update(students)
    return frozenset(found)


async def _keep(request: PassRequest, school_id: UUID, group: Group, status_code: int) -> Response[GroupView]:
    answer = await decide(request, school_id, Keep(actor_id(request.user), group))
    state = await services_of(request).ledger.state(school_id)
    return replied(answer, _view(state, msgspec.json.decode(answer.body, type=Group)), status_code)


def _view(state: SchoolState, group: Group) -> GroupView:
    return GroupView(group.id, group.name, sorted(group.student_ids), rules_using(state, group.id))


async def _meant(
    request: PassRequest, school_id: UUID, words: Iterable[str], known: frozenset[UUID] = frozenset()
) -> frozenset[UUID]:
    """The students that these ids and identifiers name; `known` may have left the school."""
    words = list(words)
    if not words:
        return frozenset()
    services = services_of(request)
    students = (await services.ledger.state(school_id)).campus.students
    register: Register | None = None
    found, unknown = set(), []
    for word in words:
        id = _uuid(word)
        if id and (id in students or id in known):
            found.add(id)
            continue
        register = register or await register_of(services.database, school_id)
        cards = register.by_identifier(word)
        if len(cards) == 1:
            found.add(cards[0].id)
        else:
            unknown.append(word[:80])
    if unknown:
        raise InvalidInput(
            f"No one student of this school has the id or identifier {', '.join(unknown[:5])}.",
            field="students",
            unknown=unknown[:100],
        )
    return frozenset(found)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
