"""Administration: legal holds. What is held is not deleted, whatever the district decided about keeping records."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect, Template

from corridor.base.errors import Conflict, CorridorError, InvalidInput
from corridor.campus.queries import search_students
from corridor.identity.access import Look
from corridor.identity.api import looked
from corridor.identity.permissions import Action
from corridor.passes.api import PassRequest
from corridor.passes.pages import SchoolChoice, choose_school
from corridor.passes.teacher_desk import uuid_in
from corridor.privacy.api import lift_hold, looked_at_holds, place_hold, services_of
from corridor.privacy.holds import list_holds
from corridor.web.admin_frame import frame

HOME = "/admin/legal-holds"
_MOST_FOUND = 12
_CHANGE = {"permission": Action.LEGAL_HOLD_CHANGE}


class HoldForm(msgspec.Struct):
    """Without a student the hold is on the whole school."""

    school: str = ""
    student: str = ""
    reason: str = ""


@get(HOME, include_in_schema=False, opt=_CHANGE)
async def show_holds(
    request: PassRequest,
    school: FromQuery[UUID | None] = None,
    find: FromQuery[str] = "",
    student: FromQuery[UUID | None] = None,
) -> Template:
    """`find` searches for a student to hold; `student` is the one whom the form is for."""
    return await _page(request, await choose_school(request, Action.LEGAL_HOLD_CHANGE, school), find, student)


@post(HOME, include_in_schema=False, opt=_CHANGE)
async def place(request: PassRequest, data: URLEncodedBody[HoldForm]) -> Response[Any]:
    choice = await choose_school(request, Action.LEGAL_HOLD_CHANGE, uuid_in(data.school))
    student_id = uuid_in(data.student)
    try:
        await place_hold(request, choice.school.id, student_id, data.reason)
    except (InvalidInput, Conflict) as error:
        return await _page(request, choice, student_id=student_id, typed=data, error=error)
    return _home(choice)


@post(HOME + "/{hold_id:uuid}/lift", include_in_schema=False, opt=_CHANGE)
async def lift(request: PassRequest, hold_id: FromPath[UUID], data: URLEncodedBody[HoldForm]) -> Response[Any]:
    choice = await choose_school(request, Action.LEGAL_HOLD_CHANGE, uuid_in(data.school))
    try:
        await lift_hold(request, choice.school.id, hold_id, data.reason)
    except InvalidInput as error:
        return await _page(request, choice, lifting=hold_id, error=error)
    return _home(choice)


PAGE_ROUTES: list[Any] = [show_holds, place, lift]


async def _page(
    request: PassRequest,
    choice: SchoolChoice,
    find: str = "",
    student_id: UUID | None = None,
    *,
    typed: HoldForm | None = None,
    lifting: UUID | None = None,
    error: CorridorError | None = None,
) -> Template:
    services = services_of(request)
    find = find.replace("\0", "").strip()[:80]
    async with services.database.raw() as connection:
        holds = await list_holds(connection, choice.school.id)
    found = await search_students(services.database, choice.school.id, find, _MOST_FOUND)
    await looked_at_holds(request, choice.school.id, holds)
    await looked(
        request, choice.school.id, "search", Look.LIST, student_ids=[each.id for each in found], number=len(found)
    )
    state = await services.ledger.state(choice.school.id)
    context = frame(request, choice, HOME) | {
        "standing": [hold for hold in holds if hold.lifted_at is None],
        "lifted": [hold for hold in holds if hold.lifted_at],
        "find": find,
        "found": found,
        "student": state.campus.students.get(student_id) if student_id else None,
        "typed": typed or HoldForm(),
        "lifting": lifting,
        "error": error,
    }
    return Template("admin_holds.html", context=context, status_code=error.status if error else 200)


def _home(choice: SchoolChoice) -> Redirect:
    return Redirect(f"{HOME}?school={choice.school.id}", status_code=303)
