"""The desk of a destination: who comes, who is here, who waits; close it for a while, and call students."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, QueryParameter, URLEncodedBody
from litestar.response import Redirect, Template

from corridor.appointments.commands import SummonStudent
from corridor.base.errors import InvalidInput, NotFound
from corridor.base.ids import new_id
from corridor.campus.queries import search_students
from corridor.day.state import SchoolState
from corridor.identity.access import Look
from corridor.identity.api import csrf_token, looked
from corridor.identity.permissions import Action, require, rights_of, scope_of
from corridor.ledger.words import Command
from corridor.passes import commands
from corridor.passes.api import (
    PLAIN_VERBS,
    PassRefused,
    PassRequest,
    act_on_pass,
    actor_id,
    answered,
    command_id_of,
    eyes_for,
    id_for,
    lift_of,
    must_issue,
    must_reach_place,
    must_sit_at,
    services_of,
    sight_for,
)
from corridor.passes.desk import desk_at, desk_context, places
from corridor.passes.line import standing_of
from corridor.passes.pages import choose_school, wants_fragment
from corridor.passes.refusal_sheet import LiftForm, Retry, refusal_context
from corridor.passes.teacher_desk import uuid_in
from corridor.policy.commands import CloseLocation, Drop

HOME = "/desk"
_VERBS = frozenset({"arrive", "depart", "end", "cancel"})
_LONGEST_CLOSURE = 12 * 60
_MOST_FOUND = 8
_TO_SHEET = {"hx-retarget": "#sheet-body", "hx-reswap": "innerHTML"}


class CloseForm(msgspec.Struct):
    """For so many `minutes`, empty until somebody opens it again; `away`: open, but nobody is there to receive
    students. `instead` is where to go meanwhile."""

    minutes: str = ""
    away: str = ""
    instead: str = ""


class CallForm(LiftForm, kw_only=True):
    """`at_once`: the pass begins now, without the teacher's doing."""

    student: str = ""
    reason: str = ""
    at_once: str = ""


class Seat(msgspec.Struct, frozen=True):
    """Who sits at which location of which school."""

    school_id: UUID
    location_id: UUID
    state: SchoolState
    seq: int

    @property
    def path(self) -> str:
        return f"{HOME}?location={self.location_id}"


@get(HOME, include_in_schema=False, opt={"permission": Action.LINE_MANAGE})
async def show_desk(
    request: PassRequest, location: FromQuery[UUID | None] = None, school: FromQuery[UUID | None] = None
) -> Template:
    """The desk of the location that the address names; without one, the locations to choose from."""
    if location:
        return await _desk(request, location)
    choice = await choose_school(request, Action.LINE_MANAGE, school)
    state = await services_of(request).ledger.state(choice.school.id)
    eyes = await eyes_for(request, choice.school.id, Action.LINE_MANAGE)
    found = [
        each
        for each in places(state, services_of(request).clock.now())
        if eyes.sight.has_place(each.location.id) and eyes.knows_place(each.location.id)
    ]
    if len(found) == 1 and not eyes.sight.everyone:
        return await _desk(request, found[0].location.id)
    return Template("desk_choice.html", context={"school": choice.school, "schools": choice.all, "places": found})


@post(
    HOME + "/{location_id:uuid}/passes/{pass_id:uuid}/{verb:str}",
    include_in_schema=False,
    opt={"permission": (Action.PASS_MOVE, Action.PASS_END, Action.PASS_CANCEL)},
)
async def move(
    request: PassRequest, location_id: FromPath[UUID], pass_id: FromPath[UUID], verb: FromPath[str]
) -> Response[Any]:
    """Here, sent back, ended, taken out of the line."""
    seat = await _seat(request, location_id)
    if verb not in _VERBS:
        raise NotFound(f"There is no '{verb}' here.")
    action, command, _, _ = PLAIN_VERBS[verb]
    answered(await act_on_pass(request, pass_id, action, command), 200)
    return _done(request, seat)


@post(
    HOME + "/{location_id:uuid}/passes/{pass_id:uuid}/up",
    include_in_schema=False,
    opt={"permission": Action.LINE_MANAGE},
)
async def move_up(request: PassRequest, location_id: FromPath[UUID], pass_id: FromPath[UUID]) -> Response[Any]:
    """One place further to the front of the line."""
    seat = await _seat(request, location_id)
    standing = standing_of(seat.state, pass_id)
    if standing and standing.place > 1:
        place = standing.place - 1
        answer = await act_on_pass(
            request,
            pass_id,
            Action.LINE_MANAGE,
            lambda pass_id, by, own: commands.MoveInLine(pass_id, by, own, place=place),
        )
        answered(answer, 200)
    return _done(request, seat)


@post(
    HOME + "/{location_id:uuid}/passes/{pass_id:uuid}/start",
    include_in_schema=False,
    opt={"permission": Action.PASS_MOVE},
)
async def start(
    request: PassRequest, location_id: FromPath[UUID], pass_id: FromPath[UUID], data: URLEncodedBody[LiftForm]
) -> Response[Any]:
    """Have a student come who waits, or who is expected later."""
    seat = await _seat(request, location_id)
    lift, why = lift_of(request.user, data.override)
    answer = await act_on_pass(
        request, pass_id, Action.PASS_MOVE, lambda pass_id, by, own: commands.StartPass(pass_id, by, own, lift, why)
    )
    try:
        answered(answer, 200)
    except PassRefused as error:
        retry = Retry(f"{HOME}/{location_id}/passes/{pass_id}/start", "Have them come anyway", {})
        return _refusal(request, seat, seat.state.passes[pass_id].student_id, error, data, retry)
    return _done(request, seat)


@post(HOME + "/{location_id:uuid}/close", include_in_schema=False, opt={"permission": Action.CLOSURE_CHANGE})
async def close(request: PassRequest, location_id: FromPath[UUID], data: URLEncodedBody[CloseForm]) -> Response[Any]:
    seat = await _seat(request, location_id)
    command = CloseLocation(
        actor_id(request.user),
        location_id,
        staff_away=bool(data.away),
        minutes=_minutes(data.minutes) or None,
        instead_id=uuid_in(data.instead),
    )
    await _decide(request, seat, command)
    return _done(request, seat)


@post(HOME + "/{location_id:uuid}/open", include_in_schema=False, opt={"permission": Action.CLOSURE_CHANGE})
async def reopen(request: PassRequest, location_id: FromPath[UUID]) -> Response[Any]:
    seat = await _seat(request, location_id)
    if location_id in seat.state.closures:
        await _decide(request, seat, Drop(actor_id(request.user), "closure", location_id))
    return _done(request, seat)


@get(HOME + "/{location_id:uuid}/call", include_in_schema=False, opt={"permission": Action.SUMMON})
async def show_call(
    request: PassRequest,
    location_id: FromPath[UUID],
    text: Annotated[str, QueryParameter(name="find")] = "",
    part: FromQuery[bool] = False,
) -> Template:
    """Students to call here, found by a part of their name. `part`: only those who were found."""
    seat = await _seat(request, location_id)
    sight = await sight_for(request, Action.STUDENT_VIEW, seat.school_id)
    found = await search_students(
        services_of(request).database, seat.school_id, text, _MOST_FOUND, least=2, among=sight.only
    )
    await looked(request, seat.school_id, "search", Look.LIST, student_ids=[each.id for each in found])
    context = {"found": found, "find": text, "key": str(new_id())}
    if part:
        return Template("desk_found.html", context=_context(request, seat) | context)
    return _sheet(request, seat, "desk_call.html", context)


@post(HOME + "/{location_id:uuid}/call", include_in_schema=False, opt={"permission": Action.SUMMON})
async def call(request: PassRequest, location_id: FromPath[UUID], data: URLEncodedBody[CallForm]) -> Response[Any]:
    """Call a student here: whoever has them sends them, or the pass begins at once."""
    seat = await _seat(request, location_id)
    student_id = uuid_in(data.student)
    if student_id is None:
        raise InvalidInput("Choose a student from the list.", field="student")
    await must_issue(request, seat.school_id, [student_id], location_id, action=Action.SUMMON)
    lift, why = lift_of(request.user, data.override)
    command_id = command_id_of(request)
    command = SummonStudent(
        pass_id=id_for(command_id, seat.school_id),
        by=actor_id(request.user),
        student_id=student_id,
        destination_id=location_id,
        reason=data.reason.strip() or None,
        at_once=bool(data.at_once),
        lift=lift,
        lift_reason=why,
    )
    answer = await services_of(request).ledger.submit(seat.school_id, command, command_id)
    try:
        answered(answer, 201)
    except PassRefused as error:
        kept = {"student": data.student, "reason": data.reason, "at_once": data.at_once}
        retry = Retry(f"{HOME}/{location_id}/call", "Call anyway", kept)
        return _refusal(request, seat, student_id, error, data, retry)
    return _done(request, seat)


PAGE_ROUTES: list[Any] = [show_desk, move, move_up, start, close, reopen, show_call, call]


async def _desk(request: PassRequest, location_id: UUID) -> Template:
    seat = await _seat(request, location_id)
    context = _context(request, seat)
    shown = {visit.pass_.student_id for visit in context["desk"].visits}
    await looked(request, seat.school_id, "desk", Look.LIST, student_ids=shown)
    return Template("desk.html", context=context)


async def _seat(request: PassRequest, location_id: UUID) -> Seat:
    """Raises `NotFound` for a location that is out of the asker's reach."""
    ledger = services_of(request).ledger
    require(request.user, Action.LINE_MANAGE)
    for school_id in ledger.known_schools():
        known = ledger.known(school_id)
        if known and location_id in known[0].campus.locations and request.user.reaches(school_id):
            await must_sit_at(request, school_id, location_id)
            return Seat(school_id, location_id, *(ledger.known(school_id) or known))
    raise NotFound("There is no such location, or it is not at one of your schools.")


async def _decide(request: PassRequest, seat: Seat, command: Command) -> None:
    await must_reach_place(request, Action.CLOSURE_CHANGE, seat.school_id, seat.location_id)
    answered(await services_of(request).ledger.submit(seat.school_id, command, command_id_of(request)), 200)


def _context(request: PassRequest, seat: Seat) -> dict[str, Any]:
    desk = desk_at(seat.state, seat.location_id, services_of(request).clock.now())
    rights = rights_of(request.user.role)
    return desk_context(seat.state, desk, rights, csrf_token({"request": request})) | {"seat": seat}


def _sheet(request: PassRequest, seat: Seat, name: str, context: dict[str, Any], status_code: int = 200) -> Template:
    """A sheet over the page, or, without htmx, a page of its own."""
    part = wants_fragment(request)
    return Template(
        name if part else "desk_sheet.html",
        context=_context(request, seat) | context | {"sheet": name},
        status_code=status_code,
        headers=_TO_SHEET if part else {},
    )


def _refusal(
    request: PassRequest, seat: Seat, student_id: UUID, error: PassRefused, form: LiftForm, retry: Retry
) -> Template:
    may_override = scope_of(request.user, Action.RULE_OVERRIDE) is not None
    context = refusal_context(seat.state, student_id, seat.location_id, error, form, retry, may_override=may_override)
    # The sheet speaks of the location; the page behind it has a `place` with more to it.
    return _sheet(request, seat, "refusal.html", context, status_code=409)


def _done(request: PassRequest, seat: Seat) -> Response[Any]:
    """What changed comes over the live connection; here the sheet is put away."""
    if wants_fragment(request):
        return Response("", status_code=200, media_type="text/html", headers=_TO_SHEET)
    return Redirect(seat.path, status_code=303)


def _minutes(text: str) -> int:
    """0 for none."""
    if not text:
        return 0
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:4]) <= _LONGEST_CLOSURE:
        raise InvalidInput(f"Give 1 to {_LONGEST_CLOSURE} minutes, or none.", field="minutes")
    return int(text)
