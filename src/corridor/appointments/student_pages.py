"""A student's appointments, and the free slots to ask for."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect, Template

from corridor.appointments import commands
from corridor.appointments.agenda import agenda
from corridor.appointments.api import at_school
from corridor.appointments.slots import Slot, slots_on
from corridor.base.errors import Conflict, CorridorError, InvalidInput, NotFound
from corridor.base.ids import new_id
from corridor.campus.model import Location
from corridor.campus.timetable import local
from corridor.day.state import SchoolState
from corridor.identity.permissions import Action
from corridor.passes.api import PassRequest, answered, services_of
from corridor.passes.student_pages import Self, find_self
from corridor.passes.teacher_desk import uuid_in

HOME = "/student/appointments"
_SLOT_DAYS = 5
_DAYS_AHEAD = 21


class WishForm(msgspec.Struct):
    place: str = ""
    begins: str = ""
    note: str = ""


class DaySlots(msgspec.Struct, frozen=True):
    day: date
    slots: tuple[Slot, ...]


@get(HOME, include_in_schema=False, opt={"permission": Action.APPOINTMENT_ASK})
async def show_mine(request: PassRequest, place: FromQuery[UUID | None] = None) -> Template:
    """A student's appointments, and the slots they may ask for."""
    return _mine(request, await find_self(request), place)


@post(HOME, include_in_schema=False, opt={"permission": Action.APPOINTMENT_ASK})
async def ask(request: PassRequest, data: URLEncodedBody[WishForm]) -> Response[Any]:
    me = await find_self(request)
    place_id = uuid_in(data.place)
    try:
        begins = at_school(me.state, datetime.fromisoformat(data.begins))
    except ValueError:
        raise InvalidInput("Choose one of the times that are shown.", field="begins") from None
    if place_id is None:
        raise InvalidInput("Choose one of the times that are shown.", field="begins")
    command = commands.AskForAppointment(new_id(), me.id, place_id, begins, data.note or None)
    try:
        answered(await services_of(request).ledger.submit(me.school_id, command), 201)
    except (Conflict, InvalidInput) as error:
        return _mine(request, await find_self(request), place_id, error)
    return Redirect(HOME, status_code=303)


@post(HOME + "/{appointment_id:uuid}/cancel", include_in_schema=False, opt={"permission": Action.APPOINTMENT_ASK})
async def decline(request: PassRequest, appointment_id: FromPath[UUID]) -> Response[Any]:
    me = await find_self(request)
    try:
        command = commands.CancelAppointment(me.id, appointment_id, me.id)
        answered(await services_of(request).ledger.submit(me.school_id, command), 200)
    except (Conflict, NotFound) as error:
        return _mine(request, await find_self(request), None, error)
    return Redirect(HOME, status_code=303)


PAGE_ROUTES: list[Any] = [show_mine, ask, decline]


def _mine(request: PassRequest, me: Self, place_id: UUID | None, error: CorridorError | None = None) -> Template:
    state, now = me.state, services_of(request).clock.now()
    today = local(state.campus, now).date()
    places = [state.campus.locations[id] for id, plan in state.slot_plans.items() if plan.self_service]
    places = sorted((place for place in places if place.active), key=lambda place: place.name.casefold())
    place = next((each for each in places if each.id == place_id), None)
    context = {
        "school": state.campus.school,
        "entries": agenda(state, today, 28, student_id=me.id),
        "locations": state.campus.locations,
        "places": places,
        "place": place,
        "days": _free_days(state, place, now) if place else [],
        "today": today,
        "error": error,
    }
    return Template("student_appointments.html", context=context, status_code=error.status if error else 200)


def _free_days(state: SchoolState, place: Location, now: datetime) -> list[DaySlots]:
    """The next days that have free slots."""
    today = local(state.campus, now).date()
    days = []
    for ahead in range(_DAYS_AHEAD):
        day = today + timedelta(days=ahead)
        free = tuple(slot for slot in slots_on(state, place.id, day) if slot.free and slot.starts > now)
        if free:
            days.append(DaySlots(day, free))
        if len(days) == _SLOT_DAYS:
            break
    return days
