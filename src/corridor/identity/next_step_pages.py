"""The pages between the first step of signing in and a session, and signing in with a passkey alone.

They are open to everybody, since nobody is signed in yet: the cookie of the first step says who waits.
"""

from typing import Annotated, Any, Final
from urllib.parse import quote

import msgspec
from litestar import MediaType, Request, Response, get, post
from litestar.datastructures import State
from litestar.params import QueryParameter, URLEncodedBody
from litestar.response import Redirect, Template

from corridor.base.errors import CorridorError, InvalidInput
from corridor.identity.api import PUBLIC, SESSION_COOKIE, address_of, browser_binding, identity_of
from corridor.identity.first_step import Need
from corridor.identity.next_steps import FirstStepGone
from corridor.identity.pages import NEXT_STEP, SIGN_IN, STEP_COOKIE, bound_page, needed_site, site_of, welcome
from corridor.identity.paths import own_path
from corridor.identity.qr import qr_svg
from corridor.identity.service import HalfSignedIn, SignedIn
from corridor.identity.sessions import Arrival

_SEE_OTHER: Final = 303
_OPEN = {"permission": PUBLIC}
_PASSKEY = f"{SIGN_IN}/passkey"

Visit = Request[None, None, State]


class StepForm(msgspec.Struct):
    """What the forms of the steps send; each uses some of it."""

    next: str = ""
    code: str = ""
    credential: str = ""
    name: str = ""
    new: str = ""
    again: str = ""
    stay: str = ""

    def __repr__(self) -> str:
        return "StepForm()"


Form = URLEncodedBody[StepForm]


@get(NEXT_STEP, include_in_schema=False, opt=_OPEN)
async def show_next_step(request: Visit, wanted: Annotated[str, QueryParameter(name="next")] = "") -> Response[Any]:
    """Whatever is missing next."""
    return await _page(request, wanted)


@post(f"{NEXT_STEP}/code", include_in_schema=False, opt=_OPEN)
async def give_code(request: Visit, data: Form) -> Response[Any]:
    try:
        outcome = await identity_of(request).steps.give_code(_token(request), data.code, address_of(request))
    except CorridorError as error:
        return await _page(request, data.next, error)
    return await _go_on(request, outcome, data.next)


@post(f"{NEXT_STEP}/passkey/options", include_in_schema=False, opt=_OPEN, media_type=MediaType.JSON, status_code=200)
async def ask_passkey(request: Visit) -> str:
    return await identity_of(request).steps.ask_passkey(_token(request), needed_site(request))


@post(f"{NEXT_STEP}/passkey", include_in_schema=False, opt=_OPEN)
async def show_passkey(request: Visit, data: Form) -> Response[Any]:
    try:
        steps = identity_of(request).steps
        outcome = await steps.show_passkey(_token(request), needed_site(request), data.credential)
    except CorridorError as error:
        return await _page(request, data.next, error)
    return await _go_on(request, outcome, data.next)


@get(f"{NEXT_STEP}/qr.svg", include_in_schema=False, opt=_OPEN, media_type="image/svg+xml")
async def show_qr(request: Visit) -> Response[str]:
    enrolment = await identity_of(request).steps.enrolment(_token(request))
    return Response(qr_svg(enrolment.uri), media_type="image/svg+xml", headers={"cache-control": "no-store"})


@post(f"{NEXT_STEP}/app", include_in_schema=False, opt=_OPEN)
async def set_up_app(request: Visit, data: Form) -> Response[Any]:
    try:
        codes = await identity_of(request).steps.set_up_app(_token(request), data.code, address_of(request))
    except CorridorError as error:
        return await _page(request, data.next, error)
    return _codes_page(request, codes, data.next)


@post(
    f"{NEXT_STEP}/new-passkey/options", include_in_schema=False, opt=_OPEN, media_type=MediaType.JSON, status_code=200
)
async def ask_to_register(request: Visit) -> str:
    return await identity_of(request).steps.ask_to_register(_token(request), needed_site(request))


@post(f"{NEXT_STEP}/new-passkey", include_in_schema=False, opt=_OPEN)
async def set_up_passkey(request: Visit, data: Form) -> Response[Any]:
    try:
        steps = identity_of(request).steps
        codes = await steps.set_up_passkey(_token(request), needed_site(request), data.credential, data.name)
    except CorridorError as error:
        return await _page(request, data.next, error)
    return _codes_page(request, codes, data.next)


@post(f"{NEXT_STEP}/later", include_in_schema=False, opt=_OPEN)
async def put_off(request: Visit, data: Form) -> Response[Any]:
    try:
        outcome = await identity_of(request).steps.put_off(_token(request))
    except CorridorError as error:
        return await _page(request, data.next, error)
    return await _go_on(request, outcome, data.next)


@post(f"{NEXT_STEP}/password", include_in_schema=False, opt=_OPEN)
async def choose_password(request: Visit, data: Form) -> Response[Any]:
    try:
        check_twice(data.new, data.again)
        outcome = await identity_of(request).steps.choose_password(_token(request), data.new)
    except CorridorError as error:
        return await _page(request, data.next, error)
    return await _go_on(request, outcome, data.next)


@post(f"{NEXT_STEP}/done", include_in_schema=False, opt=_OPEN)
async def finish(request: Visit, data: Form) -> Response[Any]:
    try:
        outcome = await identity_of(request).steps.finish(_token(request))
    except CorridorError as error:
        return await _page(request, data.next, error)
    return await _go_on(request, outcome, data.next)


@post(f"{_PASSKEY}/options", include_in_schema=False, opt=_OPEN, media_type=MediaType.JSON, status_code=200)
async def ask_passkey_alone(request: Visit) -> str:
    steps = identity_of(request).steps
    return await steps.ask_passkey_alone(needed_site(request), browser_binding(request) or "", address_of(request))


@post(_PASSKEY, include_in_schema=False, opt=_OPEN)
async def sign_in_with_passkey(request: Visit, data: Form) -> Response[Any]:
    arrival = Arrival(
        address=address_of(request),
        user_agent=request.headers.get("user-agent", ""),
        via="passkey",
        second_step="passkey",
        stay=bool(data.stay),
    )
    try:
        outcome = await identity_of(request).steps.sign_in_with_passkey(
            needed_site(request),
            data.credential,
            browser_binding(request) or "",
            arrival,
            replaces=request.cookies.get(SESSION_COOKIE),
        )
    except CorridorError as error:
        return bound_page(request, "passkey_refused.html", {"next": own_path(data.next)}, error)
    return welcome(request, outcome, data.next)


def check_twice(new: str, again: str) -> None:
    """Refuse a new password that was not typed twice alike."""
    if new != again:
        raise InvalidInput("The two passwords differ. Type the new one twice, the same each time.", field="again")


async def _page(request: Visit, wanted: str, error: CorridorError | None = None) -> Response[Any]:
    identity = identity_of(request)
    try:
        waiting = await identity.steps.waiting(_token(request))
    except FirstStepGone:
        # After too many wrong codes, or too late: from the start.
        return Redirect(f"{SIGN_IN}?next={quote(own_path(wanted))}", status_code=_SEE_OTHER)
    context: dict[str, Any] = {
        "next": own_path(wanted),
        "methods": waiting.methods,
        "username": waiting.account.username,
    }
    if waiting.need is Need.SECOND_STEP:
        context["passkeys"] = waiting.methods.passkeys > 0 and site_of(request) is not None
        return bound_page(request, "second_step.html", context, error)
    if waiting.need is Need.SET_UP:
        enrolment = await identity.steps.enrolment(_token(request))
        context |= {"secret": _spaced(enrolment.secret), "passkeys": site_of(request) is not None}
        context |= {"later_until": waiting.later_until, "time_zone": identity.settings.time_zone}
        return bound_page(request, "second_step_set_up.html", context, error)
    if waiting.need is Need.NEW_PASSWORD:
        return bound_page(request, "password_of_ones_own.html", context, error)
    return await _go_on(request, await identity.steps.finish(_token(request)), wanted)


def _codes_page(request: Visit, codes: list[str], wanted: str) -> Template:
    return bound_page(request, "second_step_codes.html", {"codes": codes, "next": own_path(wanted)})


async def _go_on(request: Visit, outcome: SignedIn | HalfSignedIn, wanted: str) -> Redirect:
    if isinstance(outcome, SignedIn) and (before := request.cookies.get(SESSION_COOKIE)):
        await identity_of(request).sign_out(before)
    return welcome(request, outcome, wanted)


def _token(request: Visit) -> str:
    return request.cookies.get(STEP_COOKIE, "")


def _spaced(secret: str) -> str:
    """For typing: in groups of four."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


PAGE_ROUTES: list[Any] = [
    show_next_step,
    give_code,
    ask_passkey,
    show_passkey,
    show_qr,
    set_up_app,
    ask_to_register,
    set_up_passkey,
    put_off,
    choose_password,
    finish,
    ask_passkey_alone,
    sign_in_with_passkey,
]
