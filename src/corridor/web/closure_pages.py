"""Closing a place for now and opening it again, from whatever page shows it.

Pages include `closure_form.html` with `closing`, as `closing_of` makes it, and `back`, the page to come back to.
"""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect, Template

from corridor.base.errors import InvalidInput, NotFound
from corridor.campus.model import Campus, Location
from corridor.campus.starters import natural_order
from corridor.campus.timetable import at_clock, local
from corridor.campus.words import LocationKind
from corridor.day.policy import Closure
from corridor.day.state import SchoolState
from corridor.identity.paths import own_path
from corridor.identity.permissions import Action
from corridor.passes.api import PassRequest, actor_id, answered, services_of
from corridor.passes.teacher_desk import uuid_in
from corridor.policy.commands import CloseLocation, Drop
from corridor.rules.closures import holds
from corridor.web.policy_closures_api import school_of_location

MINUTES = (5, 10, 15, 30, 60)
_PERMISSION = {"permission": Action.CLOSURE_CHANGE}


class Closing(msgspec.Struct, frozen=True):
    """A place, whether it is closed now, how long it may be closed for, and where to send students meanwhile."""

    place: Location
    closure: Closure | None
    instead: Location | None
    minutes: Sequence[int]
    places: Sequence[Location]


class ClosureForm(msgspec.Struct):
    """`how_long` is a number of minutes, "until" for the time of day in `until`, or "open" for as long as it takes,
    unless a time was given all the same. `what` is "closed" or "staff_away"."""

    back: str = ""
    what: str = "closed"
    how_long: str = "open"
    until: str = ""
    instead_id: str = ""
    note: str = ""


class BackForm(msgspec.Struct):
    back: str = ""


def closing_of(state: SchoolState, location_id: UUID, now: datetime) -> Closing:
    """What `closure_form.html` needs. Raises `NotFound`."""
    campus = state.campus
    place = campus.locations.get(location_id)
    if place is None:
        raise NotFound("There is no such location.")
    closure = state.closures.get(location_id)
    if closure and not holds(closure, now):
        closure = None
    others = [each for each in campus.locations.values() if each.active and each.id != location_id]
    return Closing(
        place,
        closure,
        campus.locations.get(closure.instead_id) if closure and closure.instead_id else None,
        MINUTES,
        sorted(others, key=lambda each: _nearness(each, place)),
    )


@get("/closures/{location_id:uuid}", include_in_schema=False, opt=_PERMISSION)
async def show_closure(request: PassRequest, location_id: FromPath[UUID], back: FromQuery[str] = "") -> Template:
    """One place, to close it or open it again."""
    state = await services_of(request).ledger.state(await school_of_location(request, location_id))
    closing = closing_of(state, location_id, services_of(request).clock.now())
    context = {"school": state.campus.school, "closing": closing, "back": own_path(back)}
    return Template("closure.html", context=context)


@post("/closures/{location_id:uuid}", include_in_schema=False, opt=_PERMISSION)
async def close(request: PassRequest, location_id: FromPath[UUID], data: URLEncodedBody[ClosureForm]) -> Redirect:
    services = services_of(request)
    school_id = await school_of_location(request, location_id)
    campus = (await services.ledger.state(school_id)).campus
    minutes, until = _how_long(campus, data, services.clock.now())
    command = CloseLocation(
        actor_id(request.user),
        location_id,
        data.what == "staff_away",
        minutes,
        until,
        uuid_in(data.instead_id),
        data.note,
    )
    answered(await services.ledger.submit(school_id, command), 200)
    return Redirect(own_path(data.back), status_code=303)


@post("/closures/{location_id:uuid}/open", include_in_schema=False, opt=_PERMISSION)
async def open_again(request: PassRequest, location_id: FromPath[UUID], data: URLEncodedBody[BackForm]) -> Redirect:
    """Open it, if nobody has done so already."""
    school_id = await school_of_location(request, location_id)
    state = await services_of(request).ledger.state(school_id)
    if location_id in state.closures:
        try:
            command = Drop(actor_id(request.user), "closure", location_id)
            answered(await services_of(request).ledger.submit(school_id, command), 200)
        except NotFound:
            pass  # Someone was quicker.
    return Redirect(own_path(data.back), status_code=303)


PAGE_ROUTES: list[Any] = [show_closure, close, open_again]


def _how_long(campus: Campus, form: ClosureForm, now: datetime) -> tuple[int | None, datetime | None]:
    if form.how_long == "until" or (form.how_long == "open" and form.until):
        return None, clock_today(campus, form.until, now)
    if form.how_long == "open":
        return None, None
    if not form.how_long.isascii() or not form.how_long.isdigit() or len(form.how_long) > 4:
        raise InvalidInput("Choose for how long.", field="how_long")
    return int(form.how_long), None


def clock_today(campus: Campus, text: str, now: datetime) -> datetime:
    """The instant of a time of day such as 10:15, today. Raises `InvalidInput`."""
    try:
        return at_clock(campus, local(campus, now).date(), time.fromisoformat(text.strip()))
    except ValueError:
        raise InvalidInput("Give the time as 10:15.", field="until") from None


def _nearness(other: Location, place: Location) -> Any:
    """Places of the same kind first: they are what students look for."""
    return other.kind is not place.kind, list(LocationKind).index(other.kind), natural_order(other.name)
