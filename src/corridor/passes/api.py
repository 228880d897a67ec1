"""Passes over HTTP."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Annotated, Any, Protocol, cast
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from corridor.base.clock import Clock
from corridor.base.database import Database
from corridor.base.errors import CorridorError, InvalidInput, NotPermitted
from corridor.base.ids import derived_id, new_id
from corridor.day.state import Pass, PassType, SchoolState, Status
from corridor.day.words import Channel
from corridor.identity.access import Look
from corridor.identity.api import looked
from corridor.identity.permissions import Action, Scope, person_limit, require, scope_of
from corridor.identity.principal import Principal
from corridor.ledger.engine import Ledger
from corridor.ledger.words import Answer
from corridor.passes import commands
from corridor.passes.masking import Eyes, ShownPass, eyes_of
from corridor.passes.queries import PassFilter, find_pass, list_passes
from corridor.passes.refusal import Refused
from corridor.passes.wish import MOST_MINUTES
from corridor.policy.sight import Sight, must_see_student, sight_of

LONGEST_KEY = 255
AS_IT_IS = "as_it_is"
"""Set in a route's `opt` when nothing is gained by compressing its answers: they are already, or fit into a packet."""

_JSON = "application/json"
_UNLIMITED = (Scope.SCHOOL, Scope.DISTRICT)


class Services(Protocol):
    """What passes use of `app.state.services`."""

    @property
    def ledger(self) -> Ledger[SchoolState]: ...
    @property
    def database(self) -> Database: ...
    @property
    def clock(self) -> Clock: ...


class PassRefused(CorridorError):
    """Rules stood against it; `extra["reasons"]` are all of them."""

    code = "refused"
    status = 409


class Override(msgspec.Struct, forbid_unknown_fields=True):
    """Lift the rules with these reason codes or rule ids, and say why."""

    codes: list[str]
    reason: str


class PassInput(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out is chosen: the origin by the timetable, the type by the destination, the minutes by the type.
    A student asks for themself and may leave out `student_id`. `wait` says whether to stand in line for a full
    destination; without it students do, and staff are told."""

    destination_id: UUID
    student_id: UUID | None = None
    origin_id: UUID | None = None
    pass_type_id: UUID | None = None
    minutes: Annotated[int, msgspec.Meta(ge=1, le=MOST_MINUTES)] | None = None
    reason: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    override: Override | None = None
    wait: bool | None = None


class ApproveInput(msgspec.Struct, forbid_unknown_fields=True):
    override: Override | None = None


class DenyInput(msgspec.Struct, forbid_unknown_fields=True):
    reason: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class ExtendInput(msgspec.Struct, forbid_unknown_fields=True):
    """How many minutes more."""

    minutes: Annotated[int, msgspec.Meta(ge=1, le=MOST_MINUTES)]


class PassPage(msgspec.Struct):
    """The newest first. `next` goes into `after` to read on; null at the end."""

    items: list[ShownPass]
    next: str | None


class PassTypePage(msgspec.Struct):
    items: list[PassType]
    next: None = None


PassRequest = Request[Principal, str, State]


def services_of(request: Request[Any, Any, Any]) -> Services:
    return cast("Services", request.app.state.services)


def command_id_of(request: PassRequest) -> UUID | None:
    """The command's id from the header Idempotency-Key, or None without one. Keys of different askers never meet."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not 1 <= len(key) <= LONGEST_KEY:
        raise InvalidInput(f"An Idempotency-Key has 1 to {LONGEST_KEY} characters; this one has {len(key)}.")
    return derived_id("idempotency", request.user.id, key)


def id_for(command_id: UUID | None, school_id: UUID) -> UUID:
    """The id of what a command makes: the same one whenever it comes again, and another one in another school."""
    return derived_id("made", school_id, command_id) if command_id else new_id()


def actor_id(principal: Principal) -> UUID:
    """Who the ledger says did it: the person, or the token or account that nobody in the roster stands behind."""
    return principal.person_id or principal.id


def answered(answer: Answer, status_code: int) -> Response[Any]:
    """The ledger's answer as it stands, or the refusal raised."""
    if answer.refused:
        refused = msgspec.json.decode(answer.body, type=Refused)
        raise PassRefused(refused.reasons[0].message, reasons=refused.reasons, allowed_at=refused.allowed_at)
    headers = {"idempotency-replayed": "true"} if answer.repeated else None
    return Response(answer.body, media_type=_JSON, status_code=status_code, headers=headers)


def lift_of(principal: Principal, override: Override | None) -> tuple[tuple[str, ...], str | None]:
    """Which rules to lift, and why. Raises `NotPermitted` for who may not."""
    if override is None:
        return (), None
    require(principal, Action.RULE_OVERRIDE)
    return tuple(override.codes), override.reason


async def told(request: PassRequest, answer: Answer, status_code: int) -> Response[ShownPass]:
    """`answered` with a pass, as whoever asked may read it."""
    response = answered(answer, status_code)
    if scope_of(request.user, Action.HEALTH_VIEW) in _UNLIMITED:
        return response
    pass_ = msgspec.json.decode(answer.body, type=Pass)
    eyes = await eyes_for(request, pass_.school_id)
    # What somebody has just asked for themself is no news to them.
    if eyes.own or (eyes.masks(pass_) and pass_.requested_by != actor_id(request.user)):
        response.content = msgspec.json.encode(eyes.shown(pass_))
    return response


async def eyes_for(request: PassRequest, school_id: UUID, action: Action = Action.PASS_VIEW) -> Eyes:
    """What whoever sent the request sees of the school's passes. Raises as `eyes_of`."""
    services = services_of(request)
    return eyes_of(await services.ledger.state(school_id), request.user, services.clock.now(), action)


async def sight_for(request: PassRequest, action: Action, school_id: UUID) -> Sight:
    """What of the school the sender's right to `action` reaches. Raises as `sight_of`."""
    services = services_of(request)
    return sight_of(await services.ledger.state(school_id), request.user, action, services.clock.now())


async def must_reach_place(request: PassRequest, action: Action, school_id: UUID, location_id: UUID) -> None:
    """Refuse unless the sender's right to `action` has this location. Raises `NotPermitted` or `NotFound`."""
    if not (await sight_for(request, action, school_id)).has_place(location_id):
        raise NotPermitted("This is not the place where you work. Ask the office to post you there.", action=action)


async def must_sit_at(request: PassRequest, school_id: UUID, location_id: UUID) -> None:
    """Refuse unless the sender may run the desk of this location. Raises `NotPermitted` or `NotFound`."""
    await must_reach_place(request, Action.LINE_MANAGE, school_id, location_id)
    if not (await eyes_for(request, school_id, Action.LINE_MANAGE)).knows_place(location_id):
        raise NotPermitted("Who is at this place is for those who work there to know.", action=Action.LINE_MANAGE)


async def must_issue(
    request: PassRequest,
    school_id: UUID,
    student_ids: Collection[UUID],
    destination_id: UUID,
    origin_id: UUID | None = None,
    *,
    action: Action = Action.PASS_ISSUE,
) -> None:
    """Refuse unless the sender may send these students this way. Nobody brings a student into their sight by making a
    pass: they must see the student already. Raises `NotPermitted` or `NotFound`."""
    seen = await sight_for(request, Action.STUDENT_VIEW, school_id)
    sent = await sight_for(request, action, school_id)
    for student_id in student_ids:
        must_see_student(seen, student_id)
    if not all(sent.has_trip(student_id, origin_id, destination_id) for student_id in student_ids):
        raise NotPermitted("You send students of your own classes, and to or from the place where you work.")


async def ask_for_pass(request: PassRequest, school_id: UUID, data: PassInput) -> Answer:
    """Submit a pass request in the name of whoever sent the HTTP request."""
    principal = request.user
    lift, lift_reason = lift_of(principal, data.override)
    if scope_of(principal, Action.PASS_ISSUE):
        require(principal, Action.PASS_ISSUE, school_id=school_id)
        channel, student_id = Channel.STAFF, data.student_id
        if student_id is None:
            raise InvalidInput("Say for whom the pass is.", field="student_id")
        await must_issue(request, school_id, [student_id], data.destination_id, data.origin_id)
    else:
        channel, student_id = Channel.STUDENT, person_limit(principal, Action.PASS_REQUEST)
        require(principal, Action.PASS_REQUEST, school_id=school_id, person_id=data.student_id)
        assert student_id is not None
    command_id = command_id_of(request)
    command = commands.RequestPass(
        pass_id=id_for(command_id, school_id),
        by=actor_id(principal),
        student_id=student_id,
        destination_id=data.destination_id,
        channel=channel,
        origin_id=data.origin_id,
        pass_type_id=data.pass_type_id,
        minutes=data.minutes,
        reason=data.reason,
        lift=lift,
        lift_reason=lift_reason,
        may_wait=channel is Channel.STUDENT if data.wait is None else data.wait,
    )
    return await services_of(request).ledger.submit(school_id, command, command_id)


@post(
    "/schools/{school_id:uuid}/passes",
    tags=["Passes"],
    summary="Ask for a pass, or issue one",
    opt={"permission": (Action.PASS_ISSUE, Action.PASS_REQUEST), AS_IT_IS: True},
)
async def create_pass(
    request: PassRequest, school_id: FromPath[UUID], data: JSONBody[PassInput]
) -> Response[ShownPass]:
    """Staff and programs issue a pass, which is active at once; a student's request may have to be approved first.

    Answers 409 with every reason when rules stand against it."""
    return await told(request, await ask_for_pass(request, school_id, data), 201)


async def act_on_pass(
    request: PassRequest, pass_id: UUID, action: Action, make: Callable[[UUID, UUID, UUID | None], commands.OnPass]
) -> Answer:
    """Submit a command about a pass; `make` takes the pass, who acts, and the student whose pass it must be."""
    services = services_of(request)
    principal = request.user
    pass_, _ = await find_pass(services.ledger, services.database, principal, pass_id, action=action)
    command = make(pass_id, actor_id(principal), person_limit(principal, action))
    return await services.ledger.submit(pass_.school_id, command, command_id_of(request))


@post(
    "/passes/{pass_id:uuid}/approve",
    tags=["Passes"],
    summary="Approve a request",
    status_code=200,
    opt={"permission": Action.PASS_DECIDE, AS_IT_IS: True},
)
async def approve_pass(
    request: PassRequest, pass_id: FromPath[UUID], data: JSONBody[ApproveInput | None] = None
) -> Response[ShownPass]:
    """The pass begins now. The rules are asked again; answers 409 when they stand against it."""
    lift, why = lift_of(request.user, data.override if data else None)
    answer = await act_on_pass(
        request,
        pass_id,
        Action.PASS_DECIDE,
        lambda pass_id, by, own: commands.ApprovePass(pass_id, by, own, lift, why),
    )
    return await told(request, answer, 200)


@post(
    "/passes/{pass_id:uuid}/deny",
    tags=["Passes"],
    summary="Deny a request",
    status_code=200,
    opt={"permission": Action.PASS_DECIDE, AS_IT_IS: True},
)
async def deny_pass(
    request: PassRequest, pass_id: FromPath[UUID], data: JSONBody[DenyInput | None] = None
) -> Response[ShownPass]:
    """The student reads the reason."""
    reason = data.reason if data else None
    answer = await act_on_pass(
        request, pass_id, Action.PASS_DECIDE, lambda pass_id, by, own: commands.DenyPass(pass_id, by, own, reason)
    )
    return await told(request, answer, 200)


@post(
    "/passes/{pass_id:uuid}/extend",
    tags=["Passes"],
    summary="Give more time",
    status_code=200,
    opt={"permission": Action.PASS_EXTEND, AS_IT_IS: True},
)
async def extend_pass(
    request: PassRequest, pass_id: FromPath[UUID], data: JSONBody[ExtendInput]
) -> Response[ShownPass]:
    """The pass is due that much later."""
    answer = await act_on_pass(
        request,
        pass_id,
        Action.PASS_EXTEND,
        lambda pass_id, by, own: commands.ExtendPass(pass_id, by, own, minutes=data.minutes),
    )
    return await told(request, answer, 200)


PLAIN_VERBS: dict[str, tuple[Action, type[commands.OnPass], str, str]] = {
    "arrive": (Action.PASS_MOVE, commands.ArriveOnPass, "Check in at the destination", "Ends a one-way pass."),
    "depart": (Action.PASS_MOVE, commands.DepartOnPass, "Leave the destination", "The student is on the way back."),
    "return": (Action.PASS_MOVE, commands.ReturnPass, "Be back", "The student is back; the pass has ended."),
    "cancel": (Action.PASS_CANCEL, commands.CancelPass, "Take back a request", "Nothing begins."),
    "end": (Action.PASS_END, commands.EndPass, "End as staff", "Ends the pass without saying that anyone is back."),
}
"""The commands on a pass that need nothing but the pass."""


def _plain_route(verb: str) -> Any:
    action, command, summary, description = PLAIN_VERBS[verb]

    @post(
        f"/passes/{{pass_id:uuid}}/{verb}",
        tags=["Passes"],
        summary=summary,
        description=description,
        status_code=200,
        operation_id=f"{verb}_pass",
        opt={"permission": action, AS_IT_IS: True},
    )
    async def act(request: PassRequest, pass_id: FromPath[UUID]) -> Response[ShownPass]:
        return await told(request, await act_on_pass(request, pass_id, action, command), 200)

    return act


@get("/passes/{pass_id:uuid}", tags=["Passes"], summary="A pass", opt={"permission": Action.PASS_VIEW})
async def show_pass(request: PassRequest, pass_id: FromPath[UUID]) -> ShownPass:
    services = services_of(request)
    pass_, eyes = await find_pass(services.ledger, services.database, request.user, pass_id)
    await looked(request, pass_.school_id, "pass", Look.RECORD, student_ids=[pass_.student_id])
    return eyes.shown(pass_)


@get("/schools/{school_id:uuid}/passes", tags=["Passes"], summary="Passes", opt={"permission": Action.PASS_VIEW})
async def index_passes(
    request: PassRequest,
    school_id: FromPath[UUID],
    status: FromQuery[Status | None] = None,
    student_id: FromQuery[UUID | None] = None,
    starts: Annotated[datetime | None, QueryParameter(name="from")] = None,
    ends: Annotated[datetime | None, QueryParameter(name="to")] = None,
    after: FromQuery[str | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=500)] = 100,
) -> PassPage:
    """`from` and `to` bound when they were asked for; an instant without a zone is UTC."""
    wanted = PassFilter(status, student_id, _instant(starts), _instant(ends), _seq(after))
    services = services_of(request)
    found = await list_passes(services.ledger, services.database, request.user, school_id, wanted, limit + 1)
    page = found[:limit]
    students = {pass_.student_id for pass_ in page}
    await looked(request, school_id, "passes", Look.RECORD if student_id else Look.LIST, student_ids=students)
    return PassPage(page, str(page[-1].seq) if len(found) > limit else None)


@get(
    "/schools/{school_id:uuid}/pass-types",
    tags=["Passes"],
    summary="Pass types",
    opt={"permission": Action.PASS_TYPE_VIEW},
)
async def index_pass_types(request: PassRequest, school_id: FromPath[UUID]) -> PassTypePage:
    require(request.user, Action.PASS_TYPE_VIEW, school_id=school_id)
    state = await services_of(request).ledger.state(school_id)
    return PassTypePage([pass_type for pass_type in state.pass_types.values() if pass_type.active])


API_ROUTES: list[Any] = [
    create_pass,
    approve_pass,
    deny_pass,
    extend_pass,
    *(_plain_route(verb) for verb in PLAIN_VERBS),
    show_pass,
    index_passes,
    index_pass_types,
]


def _instant(value: datetime | None) -> datetime | None:
    return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


def _seq(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 18:
        raise InvalidInput("Send as 'after' what the page before gave as 'next'.", field="after")
    return int(cursor)
