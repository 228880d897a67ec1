"""Administration: accommodations. Nobody sees this page but those who may see accommodations."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from corridor.base.errors import Conflict, InvalidInput, NotFound
from corridor.base.ids import new_id
from corridor.campus.queries import search_students
from corridor.day.policy import Accommodation
from corridor.day.state import PassType, SchoolState
from corridor.identity.access import Look
from corridor.identity.api import looked
from corridor.identity.permissions import Action, scope_of
from corridor.passes.api import PassRequest, actor_id, answered, services_of
from corridor.passes.pages import SchoolChoice, choose_school
from corridor.passes.teacher_desk import uuid_in
from corridor.policy.commands import Drop, Keep
from corridor.rules.kinds import KINDS
from corridor.rules.words import listed
from corridor.web.admin_frame import frame
from corridor.web.policy_accommodations_api import Standing, accommodation_in, standing_on, today_of

HOME = "/admin/accommodations"
_MOST_FOUND = 12
_CHANGE = {"permission": Action.ACCOMMODATION_CHANGE}
_VIEW = {"permission": Action.ACCOMMODATION_VIEW}
EXEMPTIBLE = [kind for kind in KINDS.values() if kind.exemptible]


class Row(msgspec.Struct, frozen=True):
    """An accommodation in words."""

    id: UUID
    student: str
    words: str
    dates: str
    note: str | None


class Typed(msgspec.Struct, frozen=True):
    """The form as it was typed, or as it stands filled."""

    starts_on: str
    ends_on: str = ""
    time_percent: str = "100"
    exempt: frozenset[str] = frozenset()
    pass_type_ids: frozenset[str] = frozenset()
    no_line: bool = False
    always_approved: bool = False
    note: str = ""


@get(HOME, include_in_schema=False, opt=_VIEW)
async def show_accommodations(
    request: PassRequest,
    school: FromQuery[UUID | None] = None,
    find: FromQuery[str] = "",
    saved: FromQuery[bool] = False,
) -> Template:
    """Who has one, now, later and in the past; `find` finds the student for another one."""
    choice = await choose_school(request, Action.ACCOMMODATION_VIEW, school)
    state = await _state(request, choice)
    today = today_of(request, state)
    query = find.replace("\0", "").strip()[:80]
    found = await search_students(services_of(request).database, choice.school.id, query, _MOST_FOUND)
    rows: dict[Standing, list[Row]] = {standing: [] for standing in Standing}
    for some in state.accommodations.values():
        for each in some:
            rows[standing_on(each, today)].append(_row(state, each))
    await looked(request, choice.school.id, "accommodations", Look.LIST, student_ids=set(state.accommodations))
    context = frame(request, choice, HOME) | {
        "rows": {standing: sorted(some, key=lambda row: row.student.casefold()) for standing, some in rows.items()},
        "query": query,
        "found": found,
        "saved": saved,
        "may_change": scope_of(request.user, Action.ACCOMMODATION_CHANGE) is not None,
    }
    return Template("admin_accommodations.html", context=context)


@get(HOME + "/new", include_in_schema=False, opt=_CHANGE)
async def show_new(request: PassRequest, student: FromQuery[UUID], school: FromQuery[UUID | None] = None) -> Template:
    choice = await choose_school(request, Action.ACCOMMODATION_CHANGE, school)
    state = await _state(request, choice)
    return _form(request, choice, state, student, None, Typed(today_of(request, state).isoformat()))


@post(HOME, include_in_schema=False, opt=_CHANGE)
async def add_accommodation(request: PassRequest) -> Response[Any]:
    form = await request.form()
    choice = await choose_school(request, Action.ACCOMMODATION_CHANGE, uuid_in(str(form.get("school", ""))))
    student_id = uuid_in(str(form.get("student_id", "")))
    if student_id is None:
        raise InvalidInput("Choose the student first.", field="student_id")
    return await _save(request, choice, student_id, None, form)


@get(HOME + "/{accommodation_id:uuid}", include_in_schema=False, opt=_VIEW)
async def show_one(
    request: PassRequest, accommodation_id: FromPath[UUID], school: FromQuery[UUID | None] = None
) -> Template:
    choice = await choose_school(request, Action.ACCOMMODATION_VIEW, school)
    state = await _state(request, choice)
    value = accommodation_in(state, accommodation_id)
    await looked(request, choice.school.id, "accommodations", Look.RECORD, student_ids=[value.student_id])
    return _form(request, choice, state, value.student_id, value.id, _as_typed(value))


@post(HOME + "/{accommodation_id:uuid}", include_in_schema=False, opt=_CHANGE)
async def change_one(request: PassRequest, accommodation_id: FromPath[UUID]) -> Response[Any]:
    form = await request.form()
    choice = await choose_school(request, Action.ACCOMMODATION_CHANGE, uuid_in(str(form.get("school", ""))))
    value = accommodation_in(await _state(request, choice), accommodation_id)
    return await _save(request, choice, value.student_id, value.id, form)


@post(HOME + "/{accommodation_id:uuid}/remove", include_in_schema=False, opt=_CHANGE)
async def remove_one(request: PassRequest, accommodation_id: FromPath[UUID]) -> Redirect:
    form = await request.form()
    choice = await choose_school(request, Action.ACCOMMODATION_CHANGE, uuid_in(str(form.get("school", ""))))
    command = Drop(actor_id(request.user), "accommodation", accommodation_id)
    answered(await services_of(request).ledger.submit(choice.school.id, command), 200)
    return _home(choice)


PAGE_ROUTES: list[Any] = [show_accommodations, show_new, add_accommodation, show_one, change_one, remove_one]


def what_differs(accommodation: Accommodation, pass_types: Mapping[UUID, PassType]) -> str:
    """What is different for the student, in words."""
    percent = accommodation.time_percent
    exempt = [KINDS[name].title for name in KINDS if name in accommodation.exempt]
    parts = [
        f"{percent}% of the usual time" if percent != 100 else "",
        "does not wait in line" if accommodation.no_line else "",
        "needs nobody's approval" if accommodation.always_approved else "",
        f"free of the rules {listed(exempt)}" if exempt else "",
    ]
    types = [pass_types[id].name for id in accommodation.pass_type_ids if id in pass_types]
    words = listed([part for part in parts if part])
    return words[:1].upper() + words[1:] + (f", for passes of type {listed(sorted(types), 'or')}" if types else "")


async def _save(
    request: PassRequest, choice: SchoolChoice, student_id: UUID, id: UUID | None, form: Any
) -> Response[Any]:
    typed = Typed(
        starts_on=str(form.get("starts_on", "")),
        ends_on=str(form.get("ends_on", "")),
        time_percent=str(form.get("time_percent", "100")),
        exempt=frozenset(map(str, form.getall("exempt", []))),
        pass_type_ids=frozenset(map(str, form.getall("pass_type", []))),
        no_line=form.get("no_line") == "on",
        always_approved=form.get("always_approved") == "on",
        note=str(form.get("note", "")),
    )
    try:
        value = _read(typed, id or new_id(), student_id)
        answered(await services_of(request).ledger.submit(choice.school.id, Keep(actor_id(request.user), value)), 200)
    except (InvalidInput, Conflict) as error:
        return _form(request, choice, await _state(request, choice), student_id, id, typed, error)
    return _home(choice, saved=True)


def _read(typed: Typed, id: UUID, student_id: UUID) -> Accommodation:
    percent = typed.time_percent.strip() or "100"
    if not percent.isascii() or not percent.isdigit() or len(percent) > 4:
        raise InvalidInput("Give the time as a whole number of percent; 100 is the usual time.", field="time_percent")
    starts_on = _date(typed.starts_on, "starts_on")
    if starts_on is None:
        raise InvalidInput("Say from which day on.", field="starts_on")
    return Accommodation(
        id=id,
        student_id=student_id,
        starts_on=starts_on,
        ends_on=_date(typed.ends_on, "ends_on"),
        exempt=typed.exempt,
        time_percent=int(percent),
        no_line=typed.no_line,
        always_approved=typed.always_approved,
        pass_type_ids=frozenset(type_id for text in typed.pass_type_ids if (type_id := uuid_in(text))),
        note=typed.note,
    )


def _date(text: str, field: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidInput("Give the day as 2026-11-24.", field=field) from None


def _as_typed(value: Accommodation) -> Typed:
    return Typed(
        value.starts_on.isoformat(),
        value.ends_on.isoformat() if value.ends_on else "",
        str(value.time_percent),
        value.exempt,
        frozenset(map(str, value.pass_type_ids)),
        value.no_line,
        value.always_approved,
        value.note or "",
    )


def _form(
    request: PassRequest,
    choice: SchoolChoice,
    state: SchoolState,
    student_id: UUID,
    id: UUID | None,
    typed: Typed,
    error: InvalidInput | Conflict | None = None,
) -> Template:
    student = state.campus.students.get(student_id)
    if student is None and id is None:
        raise NotFound("There is no such student at this school.")
    context = frame(request, choice, HOME) | {
        "id": id,
        "student_id": student_id,
        "student": student.name if student else "A former student",
        "typed": typed,
        "kinds": EXEMPTIBLE,
        "pass_types": [
            each for each in state.pass_types.values() if each.active or str(each.id) in typed.pass_type_ids
        ],
        "may_change": scope_of(request.user, Action.ACCOMMODATION_CHANGE) is not None,
        "error": error,
    }
    return Template("admin_accommodation.html", context=context, status_code=error.status if error else 200)


def _row(state: SchoolState, each: Accommodation) -> Row:
    student = state.campus.students.get(each.student_id)
    dates = (
        f"since {_spoken(each.starts_on)}"
        if each.ends_on is None
        else (f"{_spoken(each.starts_on)} to {_spoken(each.ends_on)}")
    )
    name = student.name if student else "A former student"
    return Row(each.id, name, what_differs(each, state.pass_types), dates, each.note)


def _spoken(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


async def _state(request: PassRequest, choice: SchoolChoice) -> SchoolState:
    return await services_of(request).ledger.state(choice.school.id)


def _home(choice: SchoolChoice, *, saved: bool = False) -> Redirect:
    return Redirect(f"{HOME}?school={choice.school.id}{'&saved=true' if saved else ''}", status_code=303)
