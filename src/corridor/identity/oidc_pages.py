"""Signing in with a service outside: off to it, and back from it."""

from typing import Annotated, Any, Final

from litestar import Request, Response, get
from litestar.datastructures import Cookie, State
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Redirect, Template

from corridor.base.errors import CorridorError
from corridor.identity.api import PUBLIC, SESSION_COOKIE, address_of, identity_of, sign_on_of
from corridor.identity.oidc import LASTS, Arrived, StaleSignOn
from corridor.identity.pages import must_be_secure, welcome
from corridor.identity.sessions import Arrival
from corridor.identity.sign_in_policy import SINGLE_SIGN_ON

SIGN_ON_COOKIE = "corridor_sign_on"
_PATH = "/sign-in/with"
_SEE_OTHER: Final = 303

Visit = Request[None, None, State]


@get(_PATH + "/{key:str}", include_in_schema=False, opt={"permission": PUBLIC})
async def start(
    request: Visit, key: FromPath[str], wanted: Annotated[str, QueryParameter(name="next")] = ""
) -> Response[Any]:
    """Off to the service. A service's own portal may link here, too."""
    return await _depart(request, key, wanted, restarted=False)


@get(_PATH + "/{key:str}/callback", include_in_schema=False, opt={"permission": PUBLIC})
async def come_back(
    request: Visit,
    key: FromPath[str],
    code: FromQuery[str | None] = None,
    state_given: Annotated[str | None, QueryParameter(name="state")] = None,
    iss: FromQuery[str | None] = None,
    error: FromQuery[str | None] = None,
) -> Response[Any]:
    """Back from the service. Whoever comes from its portal without having been sent there is sent there."""
    arrived = Arrived(code, state_given, iss, error)
    cookie = request.cookies.get(SIGN_ON_COOKIE)
    sign_on = sign_on_of(request)
    if sign_on.is_unasked(arrived, cookie):
        return await _depart(request, key, "", restarted=True)
    address = address_of(request)
    try:
        vouched = await sign_on.finish(key, arrived, cookie, address)
        arrival = Arrival(
            address=address,
            user_agent=request.headers.get("user-agent", ""),
            via=SINGLE_SIGN_ON,
        )
        replaces = request.cookies.get(SESSION_COOKIE)
        outcome = await identity_of(request).begin_session(vouched.account_id, arrival, replaces=replaces)
    except StaleSignOn as problem:
        # Whatever this browser has under way may still be finished: somebody else may have sent it here.
        return _refusal(key, problem)
    except CorridorError as problem:
        response: Response[Any] = _refusal(key, problem)
    else:
        response = welcome(request, outcome, vouched.next)
    response.delete_cookie(SIGN_ON_COOKIE, path=_PATH)
    return response


def own_site(request: Request[Any, Any, Any]) -> str:
    """Our own address, as services know it."""
    return (identity_of(request).settings.public_url or str(request.base_url)).rstrip("/")


async def _depart(request: Visit, key: str, wanted: str, *, restarted: bool) -> Response[Any]:
    try:
        departure = await sign_on_of(request).start(key, own_site(request), wanted, restarted=restarted)
    except CorridorError as problem:
        return _refusal(key, problem)
    response = Redirect(departure.url, status_code=_SEE_OTHER)
    response.set_cookie(
        Cookie(
            SIGN_ON_COOKIE,
            value=departure.cookie,
            path=_PATH,
            max_age=int(LASTS.total_seconds()),
            httponly=True,
            # Lax: the service sends the browser back from its own site.
            samesite="lax",
            secure=must_be_secure(request),
        )
    )
    response.headers["cache-control"] = "no-store"
    return response


def _refusal(key: str, problem: CorridorError) -> Template:
    context = {"detail": problem.detail, "again": f"{_PATH}/{key}" if problem.status != 404 else None}
    return Template("sign_on_refused.html", context=context, status_code=problem.status)


PAGE_ROUTES: list[Any] = [start, come_back]
