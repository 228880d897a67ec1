"""What first responders see through their link: who is out and where, and nothing else.

The link's secret stands in the fragment of its address, so that it is in no log and in no referrer; a script puts it
into the form of `/responder/open`, whose answer is a cookie for `/responder`.
"""

import secrets
from typing import Any, Final

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.params import URLEncodedBody
from litestar.response import Redirect, Template

from corridor.base.errors import CorridorError, NotSignedIn
from corridor.identity import csrf
from corridor.identity.api import PUBLIC, SESSION_COOKIE, VISIT_COOKIE, address_of, browser_binding, identity_of
from corridor.identity.links import open_link, standing_link
from corridor.identity.pages import must_be_secure, own_cookie
from corridor.identity.permissions import Action
from corridor.passes.api import PassRequest
from corridor.passes.pages import wants_fragment
from corridor.privacy.api import services_of
from corridor.privacy.disclosures import show_through

HOME = "/responder"
_SEE_OTHER: Final = 303
_ENDED = HOME + "/ended"


class OpenForm(msgspec.Struct):
    secret: str = ""

    def __repr__(self) -> str:
        return "OpenForm()"


@get("/open", include_in_schema=False, opt={"permission": PUBLIC})
async def show_open(request: Request[None, None, State]) -> Template:
    """A button, so that no preview of the link opens it."""
    binding = browser_binding(request)
    cookies = []
    if binding is None:
        binding = secrets.token_urlsafe(18)
        cookies.append(own_cookie(VISIT_COOKIE, binding, secure=request.url.scheme == "https"))
    context = {"form_token": csrf.new_token(identity_of(request).csrf_key, binding)}
    return Template("responder_open.html", context=context, cookies=cookies, headers={"cache-control": "no-store"})


@post("/open", include_in_schema=False, opt={"permission": PUBLIC})
async def exchange(request: Request[None, None, State], data: URLEncodedBody[OpenForm]) -> Redirect:
    """The secret for a cookie. Whoever was signed in with this browser is signed out: it may do less now, not both."""
    identity = identity_of(request)
    async with identity.database.session() as session:
        cookie, _ = await open_link(session, data.secret, identity.clock.now())
    if before := request.cookies.get(SESSION_COOKIE):
        await identity.sign_out(before)
    response = Redirect(HOME, status_code=_SEE_OTHER)
    response.set_cookie(own_cookie(SESSION_COOKIE, cookie, secure=must_be_secure(request)))
    response.delete_cookie(VISIT_COOKIE)
    return response


@get("/", include_in_schema=False, opt={"permission": Action.RESPONDER_VIEW})
async def show_list(request: PassRequest) -> Template:
    """The list, which asks for itself again every ten seconds; every time is a use of the link."""
    services = services_of(request)
    async with services.database.session() as session:
        link = await standing_link(session, request.user, services.records.clock.now())
    state = await services.ledger.state(link.school_id)
    out = await show_through(services.records, state, request.user, link, address_of(request))
    context = {"school": state.campus.school, "link": link, "out": out}
    template = "responder_list.html" if wants_fragment(request) else "responder.html"
    return Template(template, context=context, headers={"cache-control": "no-store"})


@get("/ended", include_in_schema=False, opt={"permission": PUBLIC})
async def show_ended() -> Template:
    return Template("responder_ended.html")


def _to_ended(request: Request[Any, Any, Any], error: CorridorError) -> Response[Any]:
    """For a link that has ended, and for whoever has none: not to the sign-in page, which is of no use to them."""
    if request.headers.get("hx-request") == "true":
        return Response(b"", headers={"hx-redirect": _ENDED})
    return Redirect(_ENDED, status_code=_SEE_OTHER)


PAGE_ROUTES: list[Any] = [
    Router(
        HOME,
        route_handlers=[show_open, exchange, show_list, show_ended],
        exception_handlers={NotSignedIn: _to_ended},
    )
]
