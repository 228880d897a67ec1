"""The page about one's own sign-in: password, second step, sessions."""

from typing import Annotated, Any, Final
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import MediaType, Request, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath, FromQuery, QueryParameter, URLEncodedBody
from litestar.response import Redirect, Template

from corridor.base.errors import CorridorError
from corridor.identity.api import SESSION_COOKIE, address_of, identity_of
from corridor.identity.device_name import device_name
from corridor.identity.next_step_pages import check_twice
from corridor.identity.own_security import ConfirmFirst
from corridor.identity.pages import needed_site, site_of
from corridor.identity.paths import own_path
from corridor.identity.permissions import Action
from corridor.identity.principal import Principal
from corridor.identity.qr import qr_svg

HOME = "/me/security"
CONFIRM = "/me/confirm"
_SEE_OTHER: Final = 303
_MINE = {"permission": Action.ME_CHANGE}

Visit = Request[Principal, str, State]


class OwnForm(msgspec.Struct):
    """What the forms send; each uses some of it."""

    old: str = ""
    new: str = ""
    again: str = ""
    code: str = ""
    credential: str = ""
    name: str = ""
    alone: str = ""
    secret: str = ""
    next: str = ""

    def __repr__(self) -> str:
        return "OwnForm()"


Form = URLEncodedBody[OwnForm]


@get(HOME, include_in_schema=False, opt=_MINE)
async def show_security(request: Visit, done: FromQuery[str] = "") -> Template:
    return await _page(request, done=done)


@post(f"{HOME}/password", include_in_schema=False, opt=_MINE)
async def change_password(request: Visit, data: Form) -> Response[Any]:
    try:
        check_twice(data.new, data.again)
        await identity_of(request).own.change_password(request.user, data.old, data.new, address_of(request))
    except CorridorError as error:
        return await _page(request, error=error, at="password")
    return _back("password")


@get(f"{HOME}/app", include_in_schema=False, opt=_MINE)
async def show_app(request: Visit) -> Response[Any]:
    """Set up an authenticator app."""
    try:
        return await _app_page(request)
    except ConfirmFirst:
        return _confirm_first(f"{HOME}/app")


@post(f"{HOME}/app", include_in_schema=False, opt=_MINE)
async def set_up_app(request: Visit, data: Form) -> Response[Any]:
    try:
        codes = await identity_of(request).own.set_up_app(request.user, data.code, address_of(request))
    except ConfirmFirst:
        return _confirm_first(f"{HOME}/app")
    except CorridorError as error:
        return await _app_page(request, error)
    return _codes_page(codes) if codes else _back("app")


@get(f"{HOME}/app/qr.svg", include_in_schema=False, opt=_MINE, media_type="image/svg+xml")
async def show_qr(request: Visit) -> Response[str]:
    enrolment = await identity_of(request).own.begin_app(request.user)
    return Response(qr_svg(enrolment.uri), media_type="image/svg+xml", headers={"cache-control": "no-store"})


@post(f"{HOME}/app/remove", include_in_schema=False, opt=_MINE)
async def remove_app(request: Visit) -> Response[Any]:
    try:
        await identity_of(request).own.remove_app(request.user)
    except ConfirmFirst:
        return _confirm_first(HOME)
    except CorridorError as error:
        return await _page(request, error=error, at="second-step")
    return _back("removed")


@post(f"{HOME}/codes", include_in_schema=False, opt=_MINE)
async def renew_codes(request: Visit) -> Response[Any]:
    try:
        return _codes_page(await identity_of(request).own.new_codes(request.user))
    except ConfirmFirst:
        return _confirm_first(HOME)
    except CorridorError as error:
        return await _page(request, error=error, at="second-step")


@post(f"{HOME}/passkeys/options", include_in_schema=False, opt=_MINE, media_type=MediaType.JSON, status_code=200)
async def ask_to_register(request: Visit, data: Form) -> str:
    own = identity_of(request).own
    return await own.ask_to_register(request.user, needed_site(request), _browser(request), alone=bool(data.alone))


@post(f"{HOME}/passkeys", include_in_schema=False, opt=_MINE)
async def add_passkey(request: Visit, data: Form) -> Response[Any]:
    try:
        codes = await identity_of(request).own.register(
            request.user,
            needed_site(request),
            data.credential,
            data.name,
            _browser(request),
            alone=bool(data.alone),
        )
    except ConfirmFirst:
        return _confirm_first(HOME)
    except CorridorError as error:
        return await _page(request, error=error, at="second-step")
    return _codes_page(codes) if codes else _back("passkey")


@post(HOME + "/passkeys/{passkey_id:uuid}/remove", include_in_schema=False, opt=_MINE)
async def remove_passkey(request: Visit, passkey_id: FromPath[UUID]) -> Response[Any]:
    try:
        await identity_of(request).own.remove_passkey(request.user, passkey_id)
    except ConfirmFirst:
        return _confirm_first(HOME)
    except CorridorError as error:
        return await _page(request, error=error, at="second-step")
    return _back("removed")


@post(HOME + "/sessions/{session_id:uuid}/end", include_in_schema=False, opt=_MINE)
async def end_session(request: Visit, session_id: FromPath[UUID]) -> Redirect:
    await identity_of(request).own.end_session(request.user, session_id)
    return _back("ended")


@post(f"{HOME}/sessions/end-others", include_in_schema=False, opt=_MINE)
async def end_others(request: Visit) -> Redirect:
    await identity_of(request).own.end_other_sessions(request.user)
    return _back("ended")


@get(CONFIRM, include_in_schema=False, opt=_MINE)
async def show_confirm(request: Visit, wanted: Annotated[str, QueryParameter(name="next")] = "") -> Template:
    """Show once more who one is, before something that matters."""
    return await _confirm_page(request, wanted)


@post(CONFIRM, include_in_schema=False, opt=_MINE)
async def confirm(request: Visit, data: Form) -> Response[Any]:
    try:
        await identity_of(request).own.confirm(request.user, data.secret, address_of(request))
    except CorridorError as error:
        return await _confirm_page(request, data.next, error)
    return Redirect(own_path(data.next), status_code=_SEE_OTHER)


async def _page(request: Visit, *, done: str = "", error: CorridorError | None = None, at: str = "") -> Template:
    identity = identity_of(request)
    found = await identity.own.overview(request.user)
    context = {
        "account": found.account,
        "methods": found.methods,
        "passkeys": found.passkeys,
        "fresh": found.fresh,
        "must_have": found.must_have,
        "sessions": [(living, device_name(living.row.user_agent)) for living in found.sessions],
        "this_one": request.user.session_id,
        "site": site_of(request),
        "port": request.url.port,
        "time_zone": identity.settings.time_zone,
        "now": identity.clock.now(),
        "done": done,
        "error": error,
        "at": at,
    }
    return Template("own_security.html", context=context, status_code=error.status if error else 200)


async def _app_page(request: Visit, error: CorridorError | None = None) -> Template:
    secret = (await identity_of(request).own.begin_app(request.user)).secret
    spaced = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    context = {"secret": spaced, "error": error}
    return Template("own_app.html", context=context, status_code=error.status if error else 200)


async def _confirm_page(request: Visit, wanted: str, error: CorridorError | None = None) -> Template:
    found = await identity_of(request).own.overview(request.user)
    context = {
        "next": own_path(wanted),
        "has_password": found.account.password_hash is not None,
        "has_app": found.methods.totp,
        "error": error,
    }
    return Template("own_confirm.html", context=context, status_code=error.status if error else 200)


def _codes_page(codes: list[str]) -> Template:
    return Template("own_codes.html", context={"codes": codes})


def _back(done: str) -> Redirect:
    return Redirect(f"{HOME}?done={done}", status_code=_SEE_OTHER)


def _confirm_first(wanted: str) -> Redirect:
    return Redirect(f"{CONFIRM}?next={quote(wanted)}", status_code=_SEE_OTHER)


def _browser(request: Visit) -> str:
    return request.cookies.get(SESSION_COOKIE, "")


PAGE_ROUTES: list[Any] = [
    show_security,
    change_password,
    show_app,
    set_up_app,
    show_qr,
    remove_app,
    renew_codes,
    ask_to_register,
    add_passkey,
    remove_passkey,
    end_session,
    end_others,
    show_confirm,
    confirm,
]
