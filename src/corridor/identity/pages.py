"""Signing in and out with a browser."""

import ipaddress
import secrets
from typing import Annotated, Any, Final
from urllib.parse import quote, urlsplit

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import Cookie, State
from litestar.params import QueryParameter, URLEncodedBody
from litestar.response import Redirect, Template

from corridor.base.errors import CorridorError, InvalidInput
from corridor.identity import csrf
from corridor.identity.accounts import DemoAccount
from corridor.identity.api import (
    PUBLIC,
    SESSION_COOKIE,
    VISIT_COOKIE,
    address_of,
    browser_binding,
    identity_of,
    sign_on_of,
)
from corridor.identity.passkeys import Site, site_at
from corridor.identity.paths import HOME, own_path
from corridor.identity.service import HalfSignedIn, SignedIn
from corridor.identity.sign_in_policy import PEOPLE

SIGN_IN = "/sign-in"
NEXT_STEP = "/sign-in/next"
STEP_COOKIE = "corridor_step"
"""Holds the token of somebody between the steps."""

_SEE_OTHER: Final = 303


class SignInForm(msgspec.Struct):
    username: str = ""
    password: str = ""
    next: str = ""
    stay: str = ""

    def __repr__(self) -> str:
        return "SignInForm()"


@get(SIGN_IN, include_in_schema=False, opt={"permission": PUBLIC})
async def show_sign_in(
    request: Request[None, None, State], wanted: Annotated[str, QueryParameter(name="next")] = ""
) -> Response[Any]:
    cookie = request.cookies.get(SESSION_COOKIE)
    if cookie and await identity_of(request).by_session(cookie):
        return Redirect(own_path(wanted), status_code=_SEE_OTHER)
    return await _sign_in_page(request, SignInForm(next=wanted))


@post(SIGN_IN, include_in_schema=False, opt={"permission": PUBLIC})
async def sign_in(request: Request[None, None, State], data: URLEncodedBody[SignInForm]) -> Response[Any]:
    try:
        if _cookie_would_be_lost(request):
            raise InvalidInput(
                "This address is not encrypted (http), so your browser would not stay signed in. Open it with https. "
                "An installation without https needs the setting secure_cookies = false."
            )
        outcome = await identity_of(request).sign_in(
            data.username,
            data.password,
            address=address_of(request),
            user_agent=request.headers.get("user-agent", ""),
            replaces=request.cookies.get(SESSION_COOKIE),
            stay=bool(data.stay),
        )
    except CorridorError as error:
        return await _sign_in_page(request, data, error)
    return welcome(request, outcome, data.next)


def welcome(request: Request[Any, Any, Any], outcome: SignedIn | HalfSignedIn, wanted: str) -> Redirect:
    """The answer to whoever has shown who they are: the session's cookie, and on to the page they wanted; or, while
    something is missing, the cookie of the first step, and on to the next."""
    secure = must_be_secure(request)
    if isinstance(outcome, HalfSignedIn):
        response = Redirect(f"{NEXT_STEP}?next={quote(own_path(wanted))}", status_code=_SEE_OTHER)
        response.set_cookie(own_cookie(STEP_COOKIE, outcome.token, secure=secure, path=SIGN_IN))
        return response
    response = Redirect(own_path(wanted), status_code=_SEE_OTHER)
    # Without an age, the browser forgets it when it is closed, which is right for a computer that pupils share.
    age = int((outcome.expires_at - identity_of(request).clock.now()).total_seconds()) if outcome.stays else None
    response.set_cookie(own_cookie(SESSION_COOKIE, outcome.token, secure=secure, max_age=age))
    response.delete_cookie(VISIT_COOKIE)
    response.delete_cookie(STEP_COOKIE, path=SIGN_IN)
    return response


@post("/sign-out", include_in_schema=False, opt={"permission": PUBLIC})
async def sign_out(request: Request[None, None, State]) -> Redirect:
    if cookie := request.cookies.get(SESSION_COOKIE):
        await identity_of(request).sign_out(cookie)
    response = Redirect(SIGN_IN, status_code=_SEE_OTHER)
    response.delete_cookie(SESSION_COOKIE)
    return response


def to_sign_in(request: Request[Any, Any, Any], error: CorridorError) -> Response[Any]:
    """For the `exception_handlers` of pages, on `NotSignedIn`: off to the sign-in page, and back here afterwards."""
    is_htmx = request.headers.get("hx-request") == "true"
    if is_htmx:
        shown = urlsplit(request.headers.get("hx-current-url", ""))
        here, query = shown.path or HOME, shown.query
    elif request.method == "GET":
        here, query = quote(request.scope["path"]), request.scope["query_string"].decode("latin-1")
    else:
        here, query = HOME, ""
    there = f"{SIGN_IN}?next={quote(here + ('?' + query if query else ''))}"
    if is_htmx:
        # htmx follows a plain redirect unseen and would put the sign-in page into a corner of this one.
        return Response(b"", headers={"hx-redirect": there})
    return Redirect(there, status_code=_SEE_OTHER)


async def _sign_in_page(
    request: Request[None, None, State], form: SignInForm, error: CorridorError | None = None
) -> Template:
    identity = identity_of(request)
    demo_accounts: list[DemoAccount] = (
        list(request.app.state.get("demo_accounts", ())) if identity.settings.demo else []
    )
    policy = await identity.policy.current()
    context = {
        "next": own_path(form.next),
        "username": form.username,
        "stay": bool(form.stay),
        "may_stay": any(policy.of(role).stay_days for role in PEOPLE),
        "sends_mail": identity.outbox.ready,
        "passkeys": site_of(request) is not None,
        "demo": identity.settings.demo,
        "demo_accounts": demo_accounts,
        "providers": await sign_on_of(request).providers.offered(),
    }
    return bound_page(request, "sign_in.html", context, error)


def bound_page(
    request: Request[Any, Any, Any], name: str, context: dict[str, Any], error: CorridorError | None = None
) -> Template:
    """A page for somebody who is not signed in yet. Its forms are bound to a cookie, which it brings if need be."""
    binding = browser_binding(request)
    cookies = []
    if binding is None:
        binding = secrets.token_urlsafe(18)
        # Even where the session's cookie would be lost, the form should come back, to hear why.
        cookies.append(own_cookie(VISIT_COOKIE, binding, secure=request.url.scheme == "https"))
    headers = {"cache-control": "no-store"}
    if error is not None and "retry_after" in error.extra:
        headers["retry-after"] = str(error.extra["retry_after"])
    token = csrf.new_token(identity_of(request).csrf_key, binding)
    return Template(
        name,
        context={"form_token": token, "error": error.detail if error else None} | context,
        cookies=cookies,
        headers=headers,
        status_code=error.status if error else 200,
    )


def site_of(request: Request[Any, Any, Any]) -> Site | None:
    """Where the browser is, as passkeys know it; `None` where there can be none."""
    settings = identity_of(request).settings
    here = request.headers.get("origin") or str(request.base_url)
    return site_at(here if settings.demo or not settings.public_url else settings.public_url)


def needed_site(request: Request[Any, Any, Any]) -> Site:
    """`site_of`, or `InvalidInput` where there are no passkeys."""
    site = site_of(request)
    if site is None:
        raise InvalidInput("Browsers know passkeys only where an address is a name, not a number such as 127.0.0.1.")
    return site


def own_cookie(key: str, value: str, *, secure: bool, path: str = "/", max_age: int | None = None) -> Cookie:
    return Cookie(key, value=value, path=path, httponly=True, samesite="lax", secure=secure, max_age=max_age)


def must_be_secure(request: Request[Any, Any, Any]) -> bool:
    """By the setting, except over plain http to this very machine, where nothing travels."""
    plain = request.url.scheme == "http" and not request.headers.get("origin", "").startswith("https:")
    stays_here = plain and _is_loopback(request.headers.get("host", ""))
    return identity_of(request).settings.secure_cookies and not stays_here


def _cookie_would_be_lost(request: Request[Any, Any, Any]) -> bool:
    """Browsers drop a Secure cookie that comes over plain http. What the browser says counts: a proxy may have ended
    the encryption."""
    return must_be_secure(request) and request.headers.get("origin", "").startswith("http:")


def _is_loopback(host: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


PAGE_ROUTES: list[Any] = [show_sign_in, sign_in, sign_out]
