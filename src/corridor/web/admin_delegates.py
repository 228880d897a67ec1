"""Administration: substitutes, and who gets the requests of a teacher who is out of office."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from corridor.base.errors import CorridorError, InvalidInput, NotFound, NotPermitted
from corridor.base.ids import new_id
from corridor.campus.timetable import local
from corridor.identity.permissions import Action, person_limit
from corridor.passes.api import PassRequest, actor_id, answered, services_of
from corridor.passes.pages import SchoolChoice, choose_school
from corridor.passes.teacher_desk import uuid_in
from corridor.policy.commands import Drop, Keep
from corridor.web.admin_frame import frame
from corridor.web.delegates import Typed, by_name, delegation_from, read_form, rows_of, sections_taught, teachers

HOME = "/admin/delegates"
_MOST_PAST = 30
_PERMISSION = {"permission": Action.DELEGATION_CHANGE}


@get(HOME, include_in_schema=False, opt=_PERMISSION)
async def show_delegates(
    request: PassRequest,
    school: FromQuery[UUID | None] = None,
    teacher: FromQuery[UUID | None] = None,
    saved: FromQuery[bool] = False,
) -> Template:
    """Who stands in today, later, and in the past. `teacher`: a form for whoever shall stand in for them."""
    return await _page(request, await _choose(request, school), teacher, saved=saved)


@post(HOME, include_in_schema=False, opt=_PERMISSION)
async def add_delegate(request: PassRequest) -> Response[Any]:
    form = await request.form()
    choice = await _choose(request, uuid_in(str(form.get("school", ""))))
    teacher_id = uuid_in(str(form.get("teacher_id", "")))
    if teacher_id is None:
        raise InvalidInput("Choose the teacher first.", field="teacher_id")
    typed = read_form(form)
    try:
        value = delegation_from(typed, new_id(), teacher_id)
        answered(await services_of(request).ledger.submit(choice.school.id, Keep(actor_id(request.user), value)), 200)
    except InvalidInput as error:
        return await _page(request, choice, teacher_id, typed=typed, error=error)
    return Redirect(f"{HOME}?school={choice.school.id}&saved=true", status_code=303)


@post(HOME + "/{delegation_id:uuid}/remove", include_in_schema=False, opt=_PERMISSION)
async def remove_delegate(request: PassRequest, delegation_id: FromPath[UUID]) -> Redirect:
    form = await request.form()
    choice = await _choose(request, uuid_in(str(form.get("school", ""))))
    command = Drop(actor_id(request.user), "delegation", delegation_id)
    answered(await services_of(request).ledger.submit(choice.school.id, command), 200)
    return Redirect(f"{HOME}?school={choice.school.id}", status_code=303)


PAGE_ROUTES: list[Any] = [show_delegates, add_delegate, remove_delegate]


async def _choose(request: PassRequest, school_id: UUID | None) -> SchoolChoice:
    if person_limit(request.user, Action.DELEGATION_CHANGE) is not None:
        raise NotPermitted("You can say who stands in for yourself: on the page of your class, under When I'm away.")
    return await choose_school(request, Action.DELEGATION_CHANGE, school_id)


async def _page(
    request: PassRequest,
    choice: SchoolChoice,
    teacher_id: UUID | None,
    *,
    typed: Typed | None = None,
    saved: bool = False,
    error: CorridorError | None = None,
) -> Template:
    services = services_of(request)
    state = await services.ledger.state(choice.school.id)
    campus = state.campus
    today = local(campus, services.clock.now()).date()
    if teacher_id and teacher_id not in campus.staff:
        raise NotFound("There is no such teacher at this school.")
    rows = rows_of(state, list(state.delegations.values()), today)
    context = frame(request, choice, HOME) | {
        "rows": {standing: some[:_MOST_PAST] for standing, some in rows.items()},
        "teachers": teachers(campus),
        "teacher_id": teacher_id,
        "teacher": campus.staff[teacher_id] if teacher_id else None,
        "others": by_name((id, name) for id, name in campus.staff.items() if id != teacher_id),
        "sections": sections_taught(campus, teacher_id) if teacher_id else [],
        "typed": typed or Typed(today.isoformat(), today.isoformat()),
        "saved": saved,
        "error": error,
    }
    return Template("admin_delegates.html", context=context, status_code=error.status if error else 200)
