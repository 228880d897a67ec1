"""The student's pages: where to go, and the pass one is on."""

from contextlib import suppress
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Template

from corridor.base.errors import Conflict, InvalidInput, NotFound
from corridor.campus.model import Location
from corridor.day.state import SchoolState
from corridor.identity.permissions import Action, person_limit
from corridor.passes import commands
from corridor.passes.api import (
    PLAIN_VERBS,
    PassInput,
    PassRefused,
    PassRequest,
    act_on_pass,
    answered,
    ask_for_pass,
    services_of,
)
from corridor.passes.pages import done, wants_fragment
from corridor.passes.student_view import alternatives, classrooms, minute_choices, offer_of, view_student

HOME = "/student"
_VERBS: dict[str, tuple[Action, type[commands.OnPass]]] = {
    **{verb: PLAIN_VERBS[verb][:2] for verb in ("arrive", "depart", "return", "cancel")},
    "start": (Action.PASS_MOVE, commands.StartPass),
}


class AskForm(msgspec.Struct):
    """What a student fills in; all but the destination may be left empty."""

    destination_id: UUID
    origin_id: str = ""
    minutes: str = ""
    reason: str = ""


class Self(msgspec.Struct, frozen=True):
    """The student who asks, in their school."""

    id: UUID
    school_id: UUID
    state: SchoolState


async def find_self(request: PassRequest) -> Self:
    """Who asks, as a student. Raises `NotFound` for anybody else, and for a student whom no school's roster has."""
    student_id = person_limit(request.user, Action.PASS_REQUEST)
    ledger = services_of(request).ledger
    for school_id in sorted(request.user.school_ids or ()):
        state = await ledger.state(school_id)
        if student_id is not None and student_id in state.campus.students:
            return Self(student_id, school_id, state)
    raise NotFound("This page is for students, and no school's roster has you as one. The office can tell more.")


@get(HOME, include_in_schema=False, opt={"permission": Action.PASS_REQUEST})
async def show_student(request: PassRequest) -> Template:
    return _whole_or_part(request, _view(request, await find_self(request)))


@get(HOME + "/rooms", include_in_schema=False, opt={"permission": Action.PASS_REQUEST})
async def show_rooms(request: PassRequest) -> Template:
    """Every classroom, for a student who is sent to one."""
    me = await find_self(request)
    rooms = classrooms(me.state, me.id, services_of(request).clock.now())
    return _whole_or_part(request, _view(request, me) | {"rooms": rooms})


@get(HOME + "/to/{place_id:uuid}", include_in_schema=False, opt={"permission": Action.PASS_REQUEST})
async def show_offer(request: PassRequest, place_id: FromPath[UUID]) -> Template:
    """A destination, to ask for or to read why not."""
    me = await find_self(request)
    return _whole_or_part(request, _view(request, me) | _offer(request, me, _place(me, place_id)))


@post(HOME + "/passes", include_in_schema=False, opt={"permission": Action.PASS_REQUEST})
async def ask(request: PassRequest, data: URLEncodedBody[AskForm]) -> Response[Any]:
    return await _ask(request, await find_self(request), data)


async def _ask(request: PassRequest, me: Self, data: AskForm) -> Response[Any]:
    place = _place(me, data.destination_id)
    wish = PassInput(
        destination_id=place.id,
        origin_id=_origin(me, data.origin_id),
        minutes=_minutes(data.minutes),
        reason=data.reason or None,
    )
    try:
        answered(await ask_for_pass(request, me.school_id, wish), 201)
    except (PassRefused, InvalidInput) as error:
        me = await find_self(request)
        view = _view(request, me)
        if view["view"].current is None:
            refused = view | _offer(request, me, place) | {"refusal": error, "filled_in": data}
            return _whole_or_part(request, refused, status_code=error.status)
    return done(request, HOME, await _now(request))


@post(HOME + "/passes/{pass_id:uuid}/instead", include_in_schema=False, opt={"permission": Action.PASS_CANCEL})
async def go_elsewhere(request: PassRequest, pass_id: FromPath[UUID]) -> Response[Any]:
    """Leave the line, and ask for the place that is free; whether it still is, is looked at first."""
    me = await find_self(request)
    view = view_student(me.state, me.id, services_of(request).clock.now())
    place = view.waiting.instead if view.waiting and view.current and view.current.pass_.id == pass_id else None
    if place:
        answered(await act_on_pass(request, pass_id, Action.PASS_CANCEL, commands.CancelPass), 200)
        return await _ask(request, me, AskForm(place.id))
    return done(request, HOME, await _now(request))


@post(HOME + "/passes/{pass_id:uuid}/{verb:str}", include_in_schema=False, opt={"permission": Action.PASS_MOVE})
async def move(request: PassRequest, pass_id: FromPath[UUID], verb: FromPath[str]) -> Response[Any]:
    """I go, I'm here, I'm leaving, I'm back, never mind."""
    await find_self(request)
    if verb not in _VERBS:
        raise NotFound(f"There is no '{verb}' here.")
    action, command = _VERBS[verb]
    try:
        # Someone else may have been quicker: then the page shows what is so now.
        with suppress(Conflict):
            answered(await act_on_pass(request, pass_id, action, command), 200)
    except PassRefused as error:
        context = _view(request, await find_self(request)) | {"refusal": error}
        return _whole_or_part(request, context, status_code=error.status)
    return done(request, HOME, await _now(request))


PAGE_ROUTES: list[Any] = [show_student, show_rooms, show_offer, ask, go_elsewhere, move]


async def _now(request: PassRequest) -> Template:
    context = _view(request, await find_self(request))
    return Template("student_now.html", context=context, headers={"hx-replace-url": HOME})


def _whole_or_part(request: Request[Any, Any, Any], context: dict[str, Any], status_code: int = 200) -> Template:
    name = "student_now.html" if wants_fragment(request) else "student.html"
    return Template(name, context=context, status_code=status_code)


def _view(request: PassRequest, me: Self) -> dict[str, Any]:
    view = view_student(me.state, me.id, services_of(request).clock.now())
    return {"view": view, "school": view.school}


def _offer(request: PassRequest, me: Self, place: Location) -> dict[str, Any]:
    now = services_of(request).clock.now()
    offer = offer_of(me.state, me.id, place, now)
    choices = minute_choices(offer)
    return {"offer": offer, "choices": choices, "others": alternatives(me.state, me.id, offer, now)}


def _place(me: Self, place_id: UUID) -> Location:
    place = me.state.campus.locations.get(place_id)
    if place is None or not place.active:
        raise NotFound("There is no such place at your school, or it is out of use.")
    return place


def _origin(me: Self, text: str) -> UUID | None:
    """One of the school's locations; the decision checks it."""
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInput("Choose where you are from the list.", field="origin_id") from None


def _minutes(text: str) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 3:
        raise InvalidInput("Choose the minutes from the list.", field="minutes")
    return int(text)
