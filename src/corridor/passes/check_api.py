"""What would happen, and who waits for what, over HTTP."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from corridor.base.errors import InvalidInput, NotFound
from corridor.day.words import Channel
from corridor.identity.access import Look
from corridor.identity.api import looked
from corridor.identity.permissions import Action, person_limit, require
from corridor.passes import commands
from corridor.passes.api import (
    Override,
    PassRequest,
    act_on_pass,
    actor_id,
    eyes_for,
    lift_of,
    must_issue,
    services_of,
    told,
)
from corridor.passes.checking import foresee, instead, wish_for
from corridor.passes.line import Standing, line_at, standing_of
from corridor.passes.masking import ShownPass
from corridor.passes.queries import find_pass
from corridor.passes.refusal import ShownReason
from corridor.passes.wish import MOST_MINUTES, Outcome


class PassCheck(msgspec.Struct):
    """What asking now would lead to.

    `reasons` are all that the rules say, the strongest first. `allowed_at` is the earliest instant at which nothing
    would stand against it, the world unchanged, null when nothing does or time alone won't bring it. `place` and
    `wait_seconds` say where in line the student would stand and about how long. `instead` are locations to which the
    student could go now.
    """

    outcome: Outcome
    reasons: tuple[ShownReason, ...]
    allowed_at: datetime | None
    pass_type_id: UUID | None
    minutes: int
    place: int | None
    wait_seconds: int | None
    instead: list[UUID]


class Line(msgspec.Struct):
    """Those who wait for a location, in order. `taken` of its `capacity` places are in use, null: no limit."""

    location_id: UUID
    capacity: int | None
    taken: int
    items: list[Standing]


class StartInput(msgspec.Struct, forbid_unknown_fields=True):
    override: Override | None = None


class MoveInput(msgspec.Struct, forbid_unknown_fields=True):
    """The place in line to have, counted from 1."""

    place: Annotated[int, msgspec.Meta(ge=1, le=9999)]


@get(
    "/schools/{school_id:uuid}/passes/check",
    tags=["Passes"],
    summary="What would happen",
    opt={"permission": Action.PASS_CHECK},
)
async def check_pass(
    request: PassRequest,
    school_id: FromPath[UUID],
    destination_id: FromQuery[UUID],
    student_id: FromQuery[UUID | None] = None,
    origin_id: FromQuery[UUID | None] = None,
    pass_type_id: FromQuery[UUID | None] = None,
    minutes: Annotated[int | None, QueryParameter(ge=1, le=MOST_MINUTES)] = None,
    wait: FromQuery[bool | None] = None,
) -> PassCheck:
    """What asking for a pass with the same values would lead to. Nothing is done, and nothing recorded.

    A student asks about themself and may leave out `student_id`. `outcome` is `begins`, `asks` (staff would have to
    decide), `waits` (in line) or `refused`."""
    own = person_limit(request.user, Action.PASS_CHECK)
    require(request.user, Action.PASS_CHECK, school_id=school_id, person_id=student_id)
    whom = own or student_id
    if whom is None:
        raise InvalidInput("Say for whom the pass would be.", field="student_id")
    if own is None:
        await must_issue(request, school_id, [whom], destination_id, origin_id, action=Action.PASS_CHECK)
        await looked(request, school_id, "check", Look.RECORD, student_ids=[whom])
    services = services_of(request)
    state, now = await services.ledger.state(school_id), services.clock.now()
    wish = wish_for(
        whom,
        destination_id,
        by=actor_id(request.user),
        channel=Channel.STAFF if own is None else Channel.STUDENT,
        origin_id=origin_id,
        pass_type_id=pass_type_id,
        minutes=minutes,
        may_wait=own is not None if wait is None else wait,
    )
    found = foresee(state, wish, now)
    return PassCheck(
        found.outcome,
        found.reasons,
        found.allowed_at,
        found.pass_type.id if found.pass_type else None,
        found.minutes,
        found.turn.place if found.turn else None,
        found.turn.seconds if found.turn else None,
        [place.id for place in instead(state, wish, now)] if found.against else [],
    )


@post(
    "/passes/{pass_id:uuid}/start",
    tags=["Passes"],
    summary="Begin a pass that waits or is for later",
    status_code=200,
    opt={"permission": Action.PASS_MOVE},
)
async def start_pass(
    request: PassRequest, pass_id: FromPath[UUID], data: JSONBody[StartInput | None] = None
) -> Response[ShownPass]:
    """A student whose turn it is goes; staff may send whoever waits. The rules are asked again; answers 409 when they
    stand against it."""
    lift, why = lift_of(request.user, data.override if data else None)
    answer = await act_on_pass(
        request, pass_id, Action.PASS_MOVE, lambda pass_id, by, own: commands.StartPass(pass_id, by, own, lift, why)
    )
    return await told(request, answer, 200)


@get("/passes/{pass_id:uuid}/line", tags=["Line"], summary="A place in line", opt={"permission": Action.PASS_VIEW})
async def show_place(request: PassRequest, pass_id: FromPath[UUID]) -> Standing:
    """Where a waiting student stands now. Answers 404 for a pass that does not wait."""
    services = services_of(request)
    found, _ = await find_pass(services.ledger, services.database, request.user, pass_id)
    state = await services.ledger.state(found.school_id)
    standing = standing_of(state, pass_id)
    if standing is None:
        raise NotFound("This pass does not wait in line.")
    return standing


@post(
    "/passes/{pass_id:uuid}/line",
    tags=["Line"],
    summary="Move in line",
    status_code=200,
    opt={"permission": Action.LINE_MANAGE},
)
async def move_in_line(request: PassRequest, pass_id: FromPath[UUID], data: JSONBody[MoveInput]) -> Response[ShownPass]:
    answer = await act_on_pass(
        request,
        pass_id,
        Action.LINE_MANAGE,
        lambda pass_id, by, own: commands.MoveInLine(pass_id, by, own, place=data.place),
    )
    return await told(request, answer, 200)


@get(
    "/schools/{school_id:uuid}/locations/{location_id:uuid}/line",
    tags=["Line"],
    summary="Who waits for a location",
    opt={"permission": Action.LINE_MANAGE},
)
async def index_line(request: PassRequest, school_id: FromPath[UUID], location_id: FromPath[UUID]) -> Line:
    eyes = await eyes_for(request, school_id, Action.LINE_MANAGE)
    state = await services_of(request).ledger.state(school_id)
    place = state.campus.locations.get(location_id)
    if place is None or not eyes.knows_place(place.id):
        raise NotFound("There is no such location at this school, or its line is not yours to see.")
    whole = eyes.sight.everyone or eyes.sight.has_place(place.id)
    waiting = [each for each in line_at(state, place.id) if whole or eyes.sees(state.passes[each.pass_id])]
    await looked(request, school_id, "line", Look.LIST, student_ids=[each.student_id for each in waiting])
    return Line(place.id, place.capacity, state.going_to.get(place.id, 0), waiting)


API_ROUTES: list[Any] = [check_pass, start_pass, show_place, move_in_line, index_line]
