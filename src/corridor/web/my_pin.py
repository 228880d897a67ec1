"""A student's own PIN for kiosks."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery, URLEncodedBody
from litestar.response import Redirect, Template

from corridor.base.errors import CorridorError, InvalidInput, NotFound
from corridor.identity.api import identity_of
from corridor.identity.permissions import Action, Scope, require
from corridor.identity.pins import LONGEST, SHORTEST
from corridor.passes.api import PassRequest, services_of
from corridor.web.seen import seen_words

HOME = "/me/pin"
_PERMISSION = {"permission": Action.CREDENTIAL_CHANGE}


class PinForm(msgspec.Struct):
    pin: str = ""
    again: str = ""

    def __repr__(self) -> str:
        return "PinForm()"


@get(HOME, include_in_schema=False, opt=_PERMISSION)
async def show_pin(request: PassRequest, saved: FromQuery[bool] = False) -> Template:
    return await _page(request, saved=saved)


@post(HOME, include_in_schema=False, opt=_PERMISSION)
async def set_pin(request: PassRequest, data: URLEncodedBody[PinForm]) -> Response[Any]:
    student_id, school_id = await _self(request)
    try:
        if data.pin != data.again:
            raise InvalidInput("The two are not the same. Type the PIN once more in both fields.", field="again")
        await identity_of(request).credentials.set_pin(request.user, student_id, school_id, data.pin)
    except CorridorError as error:
        return await _page(request, error=error)
    return Redirect(f"{HOME}?saved=true", status_code=303)


PAGE_ROUTES: list[Any] = [show_pin, set_pin]


async def _self(request: PassRequest) -> tuple[UUID, UUID]:
    """The student who asks, and their school. Raises `NotFound` for anybody else."""
    person_id = request.user.person_id
    if require(request.user, Action.CREDENTIAL_CHANGE) is Scope.OWN and person_id is not None:
        for school_id in sorted(request.user.school_ids or ()):
            state = await services_of(request).ledger.state(school_id)
            if person_id in state.campus.students:
                return person_id, school_id
    raise NotFound("This page is for students. PINs of others are set under PINs and badges.")


async def _page(request: PassRequest, *, saved: bool = False, error: CorridorError | None = None) -> Template:
    student_id, school_id = await _self(request)
    services = services_of(request)
    school = (await services.ledger.state(school_id)).campus.school
    mine = (await identity_of(request).credentials.of([student_id]))[student_id]
    set_at = mine.pin_set_at and seen_words(mine.pin_set_at, services.clock.now(), school.time_zone)
    context = {
        "school": school,
        "set_at": set_at,
        "badges": len(mine.badges),
        "saved": saved,
        "error": error,
        "shortest": SHORTEST,
        "longest": LONGEST,
    }
    return Template("my_pin.html", context=context, status_code=error.status if error else 200)
