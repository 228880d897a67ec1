"""A kiosk's start page: a code to pair it with, then a field in which students say who they are."""

from typing import Any, Final

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.params import FromQuery, URLEncodedBody
from litestar.response import Redirect, Template

from corridor.base.errors import CorridorError, NotFound
from corridor.campus.model import Location
from corridor.day.state import SchoolState
from corridor.identity import csrf
from corridor.identity.api import DEVICE_COOKIE, PUBLIC, address_of, identity_of
from corridor.identity.pairing import shown_code
from corridor.identity.permissions import Action
from corridor.identity.principal import Principal
from corridor.identity.turns import new_turn, sealed
from corridor.passes.api import services_of
from corridor.web.kiosk_cookies import PAIRING_COOKIE, PATH, TURN_COOKIE, device_cookie, pairing_cookie, turn_cookie

KIOSK: Final = {"permission": Action.KIOSK_USE}
_SEE_OTHER: Final = 303
_OVER = "That took a while, so you were signed out. Say again who you are."


class IdentifyForm(msgspec.Struct):
    """`who` is a student ID, or what a reader typed; with `pin` it is an ID."""

    who: str = ""
    pin: str = ""
    asked: str = ""

    def __repr__(self) -> str:
        return "IdentifyForm()"


KioskRequest = Request[Principal, str, State]


@get(PATH, include_in_schema=False, opt={"permission": PUBLIC})
async def show_start(request: Request[None, None, State], over: FromQuery[bool] = False) -> Response[Any]:
    """For a kiosk, who are you; for any other browser, the code to pair it with."""
    cookie = request.cookies.get(DEVICE_COOKIE)
    device = await identity_of(request).devices.by_cookie(cookie) if cookie else None
    if cookie and device:
        response = await _identify_page(request, device, cookie, said=_OVER if over else None)
        response.set_cookie(device_cookie(request, cookie))
        response.delete_cookie(TURN_COOKIE, path=PATH)
        return response
    return await _pair(request)


@get(PATH + "/pairing", include_in_schema=False, opt={"permission": PUBLIC})
async def show_pairing(request: Request[None, None, State]) -> Response[bytes]:
    """Whether it is worth loading the start page again: 204 while the code still waits, else 200."""
    browser = request.cookies.get(PAIRING_COOKIE)
    waits = browser is not None and await identity_of(request).devices.waits(browser)
    return Response(b"", status_code=204 if waits else 200)


@get(PATH + "/alive", include_in_schema=False, opt=KIOSK, status_code=204)
async def show_alive() -> None:
    """Nothing, for a kiosk that is still one."""


@post(PATH + "/identify", include_in_schema=False, opt=KIOSK)
async def identify(request: KioskRequest, data: URLEncodedBody[IdentifyForm]) -> Response[Any]:
    """A card or a badge is enough; after a student ID comes the PIN."""
    device, cookie = request.user, request.cookies[DEVICE_COOKIE]
    identity = identity_of(request)
    state, room = await kiosk_room(request)
    if room is None or not data.who.strip():
        return Redirect(PATH, status_code=_SEE_OTHER)
    try:
        if data.asked:
            student_id = await identity.credentials.by_pin(device, data.who, data.pin)
        else:
            known = await identity.credentials.by_number(device, data.who)
            if known is None:
                return _pin_page(request, state, room, data.who)
            student_id = known
        if student_id not in state.campus.students:
            raise NotFound("The school's roster of today does not have you yet. The office can tell more.")
    except CorridorError as error:
        if data.asked:
            return _pin_page(request, state, room, data.who, error)
        return await _identify_page(request, device, cookie, error=error)
    turn = new_turn(device.id, student_id, services_of(request).clock.now())
    response = Redirect(f"{PATH}/turn", status_code=_SEE_OTHER)
    response.set_cookie(turn_cookie(request, sealed(turn, identity.credentials.turn_key, cookie)))
    return response


@post(PATH + "/done", include_in_schema=False, opt=KIOSK)
async def be_done(request: KioskRequest) -> Redirect:
    """Forget the student."""
    response = Redirect(PATH, status_code=_SEE_OTHER)
    response.delete_cookie(TURN_COOKIE, path=PATH)
    return response


@post(PATH + "/demo", include_in_schema=False, opt={"permission": PUBLIC})
async def open_demo(request: Request[None, None, State]) -> Redirect:
    """Make this browser the demo's kiosk, as if its code had been approved."""
    identity = identity_of(request)
    kiosk = request.app.state.get("demo_kiosk") if identity.settings.demo else None
    token = await identity.devices.renew(kiosk.device_id) if kiosk else None
    if token is None:
        raise NotFound("There is no kiosk to try here.")
    response = Redirect(PATH, status_code=_SEE_OTHER)
    response.set_cookie(device_cookie(request, token))
    return response


START_ROUTES: list[Any] = [show_start, show_pairing, show_alive, identify, be_done, open_demo]


async def kiosk_room(request: KioskRequest) -> tuple[SchoolState, Location | None]:
    """The school as it is now, and the kiosk's room, None when it is out of use."""
    return await _room_of(request, request.user)


async def _room_of(request: Request[Any, Any, Any], device: Principal) -> tuple[SchoolState, Location | None]:
    (school_id,) = device.school_ids or frozenset()
    assert device.location_id is not None
    state = await services_of(request).ledger.state(school_id)
    room = state.campus.locations.get(device.location_id)
    return state, room if room and room.active else None


async def _pair(request: Request[None, None, State]) -> Response[Any]:
    devices = identity_of(request).devices
    browser = request.cookies.get(PAIRING_COOKIE)
    if browser and (paired := await devices.fetch(browser)):
        response: Response[Any] = Redirect(PATH, status_code=_SEE_OTHER)
        response.set_cookie(device_cookie(request, paired.token))
        response.delete_cookie(PAIRING_COOKIE, path=PATH)
        return response
    pending = await devices.begin_pairing(
        address=address_of(request),
        user_agent=request.headers.get("user-agent", ""),
        browser=browser,
    )
    context = {"code": shown_code(pending.code), "expires_at": pending.expires_at}
    response = Template("kiosk_pair.html", context=context)
    if pending.browser != browser:
        response.set_cookie(pairing_cookie(request, pending.browser))
    return response


async def _identify_page(
    request: Request[Any, Any, Any],
    device: Principal,
    cookie: str,
    *,
    said: str | None = None,
    error: CorridorError | None = None,
) -> Response[Any]:
    state, room = await _room_of(request, device)
    context = {
        "school": state.campus.school,
        "room": room,
        "said": said,
        "error": error,
        "form_token": csrf.new_token(identity_of(request).csrf_key, cookie),
    }
    name = "kiosk_identify.html" if room else "kiosk_closed.html"
    return _answer(name, context, error)


def _pin_page(
    request: KioskRequest, state: SchoolState, room: Location, who: str, error: CorridorError | None = None
) -> Response[Any]:
    context = {"school": state.campus.school, "room": room, "who": who.strip()[:64], "error": error}
    return _answer("kiosk_pin.html", context, error)


def _answer(name: str, context: dict[str, Any], error: CorridorError | None) -> Template:
    headers = {}
    if error is not None and "retry_after" in error.extra:
        headers["retry-after"] = str(error.extra["retry_after"])
    return Template(name, context=context, status_code=error.status if error else 200, headers=headers)
