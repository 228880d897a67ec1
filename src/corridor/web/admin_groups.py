"""Administration: groups of students, that rules and appointments name."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect, Template

from corridor.base.errors import Conflict, InvalidInput
from corridor.base.ids import new_id
from corridor.campus.grades import grades_of, spoken_grade
from corridor.campus.model import Student
from corridor.campus.queries import StudentView, list_students
from corridor.campus.student_matching import match, read_list, register_of
from corridor.day.policy import Group
from corridor.day.state import SchoolState
from corridor.identity.access import Look
from corridor.identity.api import looked
from corridor.identity.permissions import Action, require, scope_of
from corridor.ledger.words import Command
from corridor.passes.api import PassRequest, actor_id, answered, services_of
from corridor.passes.pages import SchoolChoice, choose_school
from corridor.passes.teacher_desk import uuid_in
from corridor.policy.checks import MOST_MEMBERS
from corridor.policy.commands import ChangeMembers, Drop, Keep
from corridor.web.admin_frame import SchoolForm, frame
from corridor.web.policy_groups_api import group_in, in_grades, uses_of
from corridor.web.uploads import label_of

HOME = "/admin/groups"
MOST_FOUND = 12
MOST_SHOWN = 400
_CHANGE = {"permission": Action.GROUP_CHANGE}
_VIEW = {"permission": Action.GROUP_VIEW}


class GroupForm(SchoolForm):
    name: str = ""


class MemberForm(SchoolForm):
    """One of: a student to add, a student to remove, or a grade of which everyone is added. `find` is what was
    searched for."""

    add: str = ""
    remove: str = ""
    grade: str = ""
    find: str = ""


class ListForm(SchoolForm):
    """`ids` are the students that a list named, with commas between them; `how` is add or replace."""

    ids: str = ""
    how: str = "add"


class GroupRow(msgspec.Struct, frozen=True):
    """`uses` says in words what uses the group."""

    group: Group
    uses: list[str]


@get(HOME, include_in_schema=False, opt=_VIEW)
async def show_groups(request: PassRequest, school: FromQuery[UUID | None] = None) -> Template:
    return await _groups_page(request, await choose_school(request, Action.GROUP_VIEW, school))


@post(HOME, include_in_schema=False, opt=_CHANGE)
async def add_group(request: PassRequest, data: URLEncodedBody[GroupForm]) -> Response[Any]:
    choice = await choose_school(request, Action.GROUP_CHANGE, uuid_in(data.school))
    group = Group(new_id(), data.name)
    try:
        await _submit(request, choice, Keep(actor_id(request.user), group))
    except (InvalidInput, Conflict) as error:
        return await _groups_page(request, choice, typed=data.name, error=error)
    return _to(choice, group.id)


@get(HOME + "/{group_id:uuid}", include_in_schema=False, opt=_VIEW)
async def show_group(
    request: PassRequest,
    group_id: FromPath[UUID],
    school: FromQuery[UUID | None] = None,
    find: FromQuery[str] = "",
    said: FromQuery[str] = "",
) -> Template:
    """A group and its students; `find` finds students to add. `said` is what has just been done."""
    choice = await choose_school(request, Action.GROUP_VIEW, school)
    return await _group_page(request, choice, group_id, find=find, said=said)


@post(HOME + "/{group_id:uuid}", include_in_schema=False, opt=_CHANGE)
async def rename_group(
    request: PassRequest, group_id: FromPath[UUID], data: URLEncodedBody[GroupForm]
) -> Response[Any]:
    choice = await choose_school(request, Action.GROUP_CHANGE, uuid_in(data.school))
    group = group_in(await _state(request, choice), group_id)
    renamed = msgspec.structs.replace(group, name=data.name)
    try:
        await _submit(request, choice, Keep(actor_id(request.user), renamed))
    except (InvalidInput, Conflict) as error:
        return await _group_page(request, choice, group_id, error=error)
    return _to(choice, group_id, said="renamed")


@post(HOME + "/{group_id:uuid}/remove", include_in_schema=False, opt=_CHANGE)
async def remove_group(
    request: PassRequest, group_id: FromPath[UUID], data: URLEncodedBody[SchoolForm]
) -> Response[Any]:
    choice = await choose_school(request, Action.GROUP_CHANGE, uuid_in(data.school))
    try:
        await _submit(request, choice, Drop(actor_id(request.user), "group", group_id))
    except Conflict as error:
        return await _group_page(request, choice, group_id, error=error)
    return Redirect(f"{HOME}?school={choice.school.id}", status_code=303)


@post(HOME + "/{group_id:uuid}/students", include_in_schema=False, opt=_CHANGE)
async def change_members(
    request: PassRequest, group_id: FromPath[UUID], data: URLEncodedBody[MemberForm]
) -> Response[Any]:
    choice = await choose_school(request, Action.GROUP_CHANGE, uuid_in(data.school))
    state = await _state(request, choice)
    add = {id for id in [uuid_in(data.add)] if id} | (in_grades(state, [data.grade]) if data.grade else set())
    remove = {id for id in [uuid_in(data.remove)] if id}
    command = ChangeMembers(actor_id(request.user), group_id, frozenset(add), frozenset(remove))
    try:
        await _submit(request, choice, command)
    except (InvalidInput, Conflict) as error:
        return await _group_page(request, choice, group_id, find=data.find, error=error)
    return _to(choice, group_id, find=data.find)


@post(HOME + "/{group_id:uuid}/upload", include_in_schema=False, opt=_CHANGE)
async def upload_list(request: PassRequest, group_id: FromPath[UUID]) -> Response[Any]:
    """Say whom a list names. Nothing is changed before somebody has seen it."""
    form = await request.form()
    choice = await choose_school(request, Action.GROUP_CHANGE, uuid_in(str(form.get("school", ""))))
    state = await _state(request, choice)
    group = group_in(state, group_id)
    sent = form.get("file")
    if not isinstance(sent, UploadFile) or not sent.filename:
        nothing = InvalidInput("Choose a file first.", field="file")
        return await _group_page(request, choice, group_id, error=nothing)
    try:
        rows = read_list(await sent.read())
    except InvalidInput as error:
        return await _group_page(request, choice, group_id, error=error)
    finally:
        await form.close()
    found = match(await register_of(services_of(request).database, choice.school.id), rows)
    meant = [state.campus.students[id] for id in found.student_ids if id in state.campus.students]
    new = [student for student in meant if student.id not in group.student_ids]
    context = frame(request, choice, HOME) | {
        "group": group,
        "found": found,
        "rows": len(rows),
        "new": _sorted(new),
        "already": len(meant) - len(new),
        "leaving": len(group.student_ids - set(found.student_ids)),
        "ids": ",".join(str(student.id) for student in meant),
        "file": label_of(sent.filename),
    }
    return Template("admin_group_upload.html", context=context)


@post(HOME + "/{group_id:uuid}/list", include_in_schema=False, opt=_CHANGE)
async def take_list(request: PassRequest, group_id: FromPath[UUID], data: URLEncodedBody[ListForm]) -> Response[Any]:
    """What a list named, added to the group or in place of it."""
    choice = await choose_school(request, Action.GROUP_CHANGE, uuid_in(data.school))
    group = group_in(await _state(request, choice), group_id)
    ids = frozenset(id for text in data.ids.split(",")[: MOST_MEMBERS + 1] if (id := uuid_in(text)))
    remove = group.student_ids - ids if data.how == "replace" else frozenset()
    try:
        await _submit(request, choice, ChangeMembers(actor_id(request.user), group_id, ids, remove))
    except (InvalidInput, Conflict) as error:
        return await _group_page(request, choice, group_id, error=error)
    return _to(choice, group_id, said="taken")


PAGE_ROUTES: list[Any] = [
    show_groups,
    add_group,
    show_group,
    rename_group,
    remove_group,
    change_members,
    upload_list,
    take_list,
]


async def _groups_page(
    request: PassRequest, choice: SchoolChoice, *, typed: str = "", error: InvalidInput | Conflict | None = None
) -> Template:
    state = await _state(request, choice)
    groups = sorted(state.groups.values(), key=lambda group: group.name.casefold())
    context = frame(request, choice, HOME) | {
        "rows": [GroupRow(group, uses_of(state, group.id)) for group in groups],
        "may_change": scope_of(request.user, Action.GROUP_CHANGE) is not None,
        "typed": typed,
        "error": error,
    }
    return Template("admin_groups.html", context=context, status_code=error.status if error else 200)


async def _group_page(
    request: PassRequest,
    choice: SchoolChoice,
    group_id: UUID,
    *,
    find: str = "",
    said: str = "",
    error: InvalidInput | Conflict | None = None,
) -> Template:
    require(request.user, Action.GROUP_VIEW, school_id=choice.school.id)
    state = await _state(request, choice)
    group = group_in(state, group_id)
    query = find.replace("\0", "").strip()[:80]
    found: list[StudentView] = []
    more = None
    if query:
        found, more = await list_students(
            services_of(request).database,
            choice.school.id,
            among=None,
            query=query,
            after=None,
            limit=MOST_FOUND,
        )
    await looked(request, choice.school.id, "group", Look.LIST, student_ids=group.student_ids)
    students = state.campus.students
    members = _sorted([students[id] for id in group.student_ids if id in students])
    grades = [(grade, spoken_grade(grade)) for grade in grades_of(state.campus)]
    context = frame(request, choice, HOME) | {
        "group": group,
        "members": members[:MOST_SHOWN],
        "hidden_members": max(0, len(members) - MOST_SHOWN),
        "gone": sum(id not in students for id in group.student_ids),
        "uses": uses_of(state, group_id),
        "grades": grades,
        "query": query,
        "found": found,
        "more": more is not None,
        "may_change": scope_of(request.user, Action.GROUP_CHANGE) is not None,
        "said": {"renamed": "The group has its new name.", "taken": "The list is taken over."}.get(said),
        "error": error,
    }
    return Template("admin_group.html", context=context, status_code=error.status if error else 200)


def _sorted(students: Sequence[Student]) -> list[Student]:
    return sorted(students, key=lambda student: (student.sort_name.casefold(), student.id))


async def _state(request: PassRequest, choice: SchoolChoice) -> SchoolState:
    return await services_of(request).ledger.state(choice.school.id)


async def _submit(request: PassRequest, choice: SchoolChoice, command: Command) -> None:
    answered(await services_of(request).ledger.submit(choice.school.id, command), 200)


def _to(choice: SchoolChoice, group_id: UUID, *, said: str = "", find: str = "") -> Redirect:
    values = {"school": str(choice.school.id), "said": said, "find": find}
    query = urlencode({name: value for name, value in values.items() if value})
    return Redirect(f"{HOME}/{group_id}?{query}{'#add' if find else ''}", status_code=303)
