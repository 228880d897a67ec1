"""When a teacher is away: who gets their requests, or runs their classes."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from corridor.base.errors import CorridorError, InvalidInput, NotFound
from corridor.base.ids import new_id
from corridor.campus.timetable import local
from corridor.identity.permissions import Action, person_limit
from corridor.passes.api import PassRequest, actor_id, answered, services_of
from corridor.passes.pages import SchoolChoice, choose_school
from corridor.passes.teacher_desk import uuid_in
from corridor.policy.commands import Drop, Keep
from corridor.web.delegates import Typed, by_name, delegation_from, read_form, rows_of, sections_taught

HOME = "/teacher/away"
_PERMISSION = {"permission": Action.DELEGATION_CHANGE}


@get(HOME, include_in_schema=False, opt=_PERMISSION)
async def show_away(
    request: PassRequest, school: FromQuery[UUID | None] = None, saved: FromQuery[bool] = False
) -> Template:
    choice = await choose_school(request, Action.DELEGATION_CHANGE, school)
    return await _page(request, choice, saved=saved)


@post(HOME, include_in_schema=False, opt=_PERMISSION)
async def go_away(request: PassRequest) -> Response[Any]:
    form = await request.form()
    choice = await choose_school(request, Action.DELEGATION_CHANGE, uuid_in(str(form.get("school", ""))))
    typed = read_form(form)
    try:
        value = delegation_from(typed, new_id(), _teacher(request))
        answered(await services_of(request).ledger.submit(choice.school.id, Keep(actor_id(request.user), value)), 200)
    except InvalidInput as error:
        return await _page(request, choice, typed=typed, error=error)
    return Redirect(f"{HOME}?school={choice.school.id}&saved=true", status_code=303)


@post(HOME + "/{delegation_id:uuid}/end", include_in_schema=False, opt=_PERMISSION)
async def come_back(request: PassRequest, delegation_id: FromPath[UUID]) -> Redirect:
    form = await request.form()
    choice = await choose_school(request, Action.DELEGATION_CHANGE, uuid_in(str(form.get("school", ""))))
    ledger = services_of(request).ledger
    found = (await ledger.state(choice.school.id)).delegations.get(delegation_id)
    if found is None or found.teacher_id != _teacher(request):
        raise NotFound("This is over already, or it is not yours to end.")
    answered(await ledger.submit(choice.school.id, Drop(actor_id(request.user), "delegation", delegation_id)), 200)
    return Redirect(f"{HOME}?school={choice.school.id}", status_code=303)


PAGE_ROUTES: list[Any] = [show_away, go_away, come_back]


def _teacher(request: PassRequest) -> UUID:
    """Whoever asks, as a person of the roster."""
    own = person_limit(request.user, Action.DELEGATION_CHANGE) or request.user.person_id
    if own is None:
        raise NotFound("No teacher of the roster stands behind your account.")
    return own


async def _page(
    request: PassRequest,
    choice: SchoolChoice,
    *,
    typed: Typed | None = None,
    saved: bool = False,
    error: CorridorError | None = None,
) -> Template:
    services = services_of(request)
    teacher_id = _teacher(request)
    state = await services.ledger.state(choice.school.id)
    today = local(state.campus, services.clock.now()).date()
    mine = [each for each in state.delegations.values() if each.teacher_id == teacher_id]
    context = {
        "school": choice.school,
        "rows": rows_of(state, mine, today),
        "teacher_id": teacher_id,
        "others": by_name((id, name) for id, name in state.campus.staff.items() if id != teacher_id),
        "sections": sections_taught(state.campus, teacher_id),
        "typed": typed or Typed(today.isoformat(), today.isoformat(), substitute=False),
        "saved": saved,
        "error": error,
    }
    return Template("away.html", context=context, status_code=error.status if error else 200)
