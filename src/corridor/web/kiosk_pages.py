"""A student's turn at a kiosk: where to, out, in line, back. As on the student's own page, on the kiosk's channel."""

from contextlib import suppress
from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template

from corridor.base.errors import Conflict, CorridorError, InvalidInput, NotFound, NotSignedIn
from corridor.base.ids import new_id
from corridor.campus.model import Location
from corridor.day.state import SchoolState
from corridor.day.words import Channel
from corridor.identity import turns
from corridor.identity.api import DEVICE_COOKIE, NotPaired, identity_of
from corridor.identity.csrf import StaleForm
from corridor.passes import commands
from corridor.passes.api import PassRefused, answered, services_of
from corridor.passes.student_view import StudentView, alternatives, classrooms, offer_of, view_student
from corridor.web.kiosk_cookies import PATH, TURN_COOKIE, turn_cookie
from corridor.web.kiosk_start import KIOSK, START_ROUTES, KioskRequest, kiosk_room

TURN: Final = PATH + "/turn"
_SEE_OTHER: Final = 303
_VERBS: dict[str, type[commands.OnPass]] = {
    "return": commands.ReturnPass,
    "arrive": commands.ArriveOnPass,
    "depart": commands.DepartOnPass,
    "cancel": commands.CancelPass,
    "start": commands.StartPass,
}


class TurnOver(NotSignedIn):
    code = "turn_over"

    def __init__(self) -> None:
        super().__init__("That took a while, so you were signed out. Say again who you are.")


class GoForm(msgspec.Struct):
    """`turn` is the id of the turn that the form was shown in."""

    destination_id: UUID
    turn: str = ""


class TurnForm(msgspec.Struct):
    turn: str = ""


class AtKiosk(msgspec.Struct, frozen=True):
    """Who stands at which kiosk. `cookie` keeps the turn going."""

    turn: turns.Turn
    state: SchoolState
    room: Location
    cookie: str

    @property
    def student_id(self) -> UUID:
        return self.turn.student_id


async def at_kiosk(request: KioskRequest, form_turn: str | None = None) -> AtKiosk:
    """Whose turn it is. `form_turn` is what a form says: one that was shown to somebody else counts for nothing.

    Raises `TurnOver`.
    """
    identity, now = identity_of(request), services_of(request).clock.now()
    device_token = request.cookies[DEVICE_COOKIE]
    key = identity.credentials.turn_key
    turn = turns.opened(
        request.cookies.get(TURN_COOKIE, ""), key, device_id=request.user.id, device_token=device_token, now=now
    )
    state, room = await kiosk_room(request)
    if turn is None or room is None or turn.student_id not in state.campus.students:
        raise TurnOver
    if form_turn is not None and form_turn != str(turn.id):
        raise TurnOver
    turn = turns.used(turn, now)
    return AtKiosk(turn, state, room, turns.sealed(turn, key, device_token))


@get(TURN, include_in_schema=False, opt=KIOSK)
async def show_turn(request: KioskRequest) -> Response[Any]:
    return _page(request, await at_kiosk(request))


@get(PATH + "/rooms", include_in_schema=False, opt=KIOSK)
async def show_rooms(request: KioskRequest) -> Response[Any]:
    """Every classroom, for a student who is sent to one."""
    at = await at_kiosk(request)
    now = services_of(request).clock.now()
    rooms = [place for place in classrooms(at.state, at.student_id, now) if place.id != at.room.id]
    return _page(request, at, rooms=rooms)


@get(PATH + "/to/{place_id:uuid}", include_in_schema=False, opt=KIOSK)
async def show_offer(request: KioskRequest, place_id: FromPath[UUID]) -> Response[Any]:
    """A destination that is not open: why, from when, and where else to go."""
    at = await at_kiosk(request)
    return _page(request, at, place=_place(at, place_id))


@post(PATH + "/passes", include_in_schema=False, opt=KIOSK)
async def go(request: KioskRequest, data: URLEncodedBody[GoForm]) -> Response[Any]:
    """Ask for a pass from the kiosk's room."""
    at = await at_kiosk(request, data.turn)
    place = _place(at, data.destination_id)
    command = commands.RequestPass(
        pass_id=new_id(),
        by=at.student_id,
        student_id=at.student_id,
        destination_id=place.id,
        channel=Channel.KIOSK,
        origin_id=at.room.id,
        may_wait=True,
    )
    try:
        answered(await services_of(request).ledger.submit(at.state.campus.school.id, command), 201)
    except (PassRefused, InvalidInput) as error:
        at = await at_kiosk(request)
        if _view(request, at).current is None:
            return _page(request, at, place=place, refusal=error)
    return _to_turn(request, at)


@post(PATH + "/passes/{pass_id:uuid}/{verb:str}", include_in_schema=False, opt=KIOSK)
async def move(
    request: KioskRequest, pass_id: FromPath[UUID], verb: FromPath[str], data: URLEncodedBody[TurnForm]
) -> Response[Any]:
    """I'm back, I'm here, I'm leaving, never mind, I go."""
    at = await at_kiosk(request, data.turn)
    if verb not in _VERBS:
        raise NotFound(f"There is no '{verb}' here.")
    command = _VERBS[verb](pass_id, at.student_id, at.student_id)
    try:
        # Someone else may have been quicker: then the page shows what is so now.
        with suppress(Conflict):
            answered(await services_of(request).ledger.submit(at.state.campus.school.id, command), 200)
    except PassRefused as error:
        return _page(request, await at_kiosk(request), refusal=error)
    return _to_turn(request, at)


def _to_start(request: Request[Any, Any, Any], error: CorridorError) -> Response[Any]:
    return Redirect(PATH if isinstance(error, NotPaired) else f"{PATH}?over=true", status_code=_SEE_OTHER)


def _as_message(request: Request[Any, Any, Any], error: CorridorError) -> Response[Any]:
    headers = {"retry-after": str(error.extra["retry_after"])} if "retry_after" in error.extra else {}
    return Template("kiosk_message.html", context={"error": error}, status_code=error.status, headers=headers)


KIOSK_ROUTER = Router(
    "/",
    route_handlers=[*START_ROUTES, show_turn, show_rooms, show_offer, go, move],
    exception_handlers={
        NotPaired: _to_start,
        TurnOver: _to_start,
        StaleForm: _to_start,
        CorridorError: _as_message,
    },
)
PAGE_ROUTES: list[Any] = [KIOSK_ROUTER]


def _view(request: KioskRequest, at: AtKiosk) -> StudentView:
    now = services_of(request).clock.now()
    return view_student(at.state, at.student_id, now, channel=Channel.KIOSK, room=at.room)


def _page(
    request: KioskRequest,
    at: AtKiosk,
    *,
    place: Location | None = None,
    rooms: list[Location] | None = None,
    refusal: CorridorError | None = None,
) -> Response[Any]:
    """The student's turn. `place`: one destination and what stands against it; `rooms`: the classrooms."""
    now = services_of(request).clock.now()
    context: dict[str, Any] = {
        "school": at.state.campus.school,
        "room": at.room,
        "view": _view(request, at),
        "turn": at.turn.id,
        "offer": None,
        "others": [],
        "rooms": rooms,
        "refusal": refusal,
    }
    if place is not None:
        offer = offer_of(at.state, at.student_id, place, now, channel=Channel.KIOSK, origin_id=at.room.id)
        others = alternatives(at.state, at.student_id, offer, now, channel=Channel.KIOSK, origin_id=at.room.id)
        context |= {"offer": offer, "others": others}
    response: Response[Any] = Template(
        "kiosk_turn.html", context=context, status_code=refusal.status if refusal else 200
    )
    response.set_cookie(turn_cookie(request, at.cookie))
    return response


def _to_turn(request: KioskRequest, at: AtKiosk) -> Response[Any]:
    response = Redirect(TURN, status_code=_SEE_OTHER)
    response.set_cookie(turn_cookie(request, at.cookie))
    return response


def _place(at: AtKiosk, place_id: UUID) -> Location:
    place = at.state.campus.locations.get(place_id)
    if place is None or not place.active:
        raise NotFound("There is no such place at your school, or it is out of use.")
    return place
