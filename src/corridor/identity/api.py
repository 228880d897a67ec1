"""The gate that every request passes, and the routes for API tokens and for oneself."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Annotated, Any, Protocol, cast
from uuid import UUID

import msgspec
from litestar import Controller, Litestar, Request, Response, delete, get, post
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.enums import RequestEncodingType, ScopeType
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from corridor.base.errors import CorridorError, NotSignedIn, SetupError
from corridor.identity import csrf
from corridor.identity.access import AccessLog, Look
from corridor.identity.oidc import SingleSignOn
from corridor.identity.permissions import Action, not_included, scope_of
from corridor.identity.permissions import Scope as Reach
from corridor.identity.principal import Principal, Role
from corridor.identity.service import IdentityService
from corridor.identity.tables import ApiToken

PUBLIC = "public"
"""The permission of a route that anybody may use. Who asks is not looked up there."""

SESSION_COOKIE = "corridor_session"
DEVICE_COOKIE = "corridor_device"
VISIT_COOKIE = "corridor_visit"
"""Holds a random value for a browser that is not signed in, so that the sign-in form can be bound to it."""


KIOSK_ROUTE = (Action.KIOSK_USE,)
"""The permission of what a paired kiosk does."""

NO_COOKIES = "no_cookies"
"""Set in the `opt` of a public route that looks at no cookie, so that no other site's form could borrow anything."""


class NotPaired(NotSignedIn):
    code = "not_paired"


class Services(Protocol):
    """What identity uses of `app.state.services`."""

    @property
    def identity(self) -> IdentityService: ...
    @property
    def access(self) -> AccessLog: ...
    @property
    def sign_on(self) -> SingleSignOn: ...


def identity_of(connection: ASGIConnection[Any, Any, Any, Any]) -> IdentityService:
    return cast(Services, connection.app.state.services).identity


def sign_on_of(connection: ASGIConnection[Any, Any, Any, Any]) -> SingleSignOn:
    return cast(Services, connection.app.state.services).sign_on


def needed_permissions(handler: BaseRouteHandler) -> tuple[Action, ...] | None:
    """What the route declares under `opt["permission"]`: an `Action`, a tuple of which one is enough, or `PUBLIC`
    (`None`). Raises `SetupError` for a route that declares nothing or something else."""
    declared = handler.opt.get("permission")
    if declared == PUBLIC or _is_automatic_options(handler):
        return None
    actions = declared if isinstance(declared, tuple) else (declared,)
    if not actions or not all(isinstance(action, Action) for action in actions):
        paths = ", ".join(sorted(handler.paths))
        raise SetupError(
            f"The route {paths} ({handler}) does not say who may use it: its permission is {declared!r}. "
            'Give it opt={"permission": Action....}, a tuple of actions, or "public".'
        )
    return actions


def _is_automatic_options(handler: BaseRouteHandler) -> bool:
    """Litestar answers OPTIONS by itself, with nothing but the methods of the path."""
    return isinstance(handler, HTTPRouteHandler) and handler.http_methods == {"OPTIONS"}


def check_routes(app: Litestar) -> None:
    """Fail at start-up if any route does not declare its permission: for `on_startup`. Raises `SetupError`."""
    for route in app.routes:
        handlers = route.route_handlers if isinstance(route, HTTPRoute) else [route.route_handler]
        for handler in handlers:
            needed_permissions(handler)


def gate(app: ASGIApp) -> ASGIApp:
    """Middleware, the innermost of the application: who asks, may their role do this, and did they mean it.

    Sets `request.user` to the `Principal` and `request.auth` to `bearer` or `session`; on public routes both are
    `None`. It is a middleware and not a guard because Litestar copies the route's handler for every guard of every
    request. A refusal is answered by the route's own exception handlers, here, so that it passes the outer middleware
    like any other answer.
    """

    async def pass_gate(scope: Scope, receive: Receive, send: Send) -> None:
        scope["user"] = scope["auth"] = None
        handler = cast(BaseRouteHandler, scope["route_handler"])
        try:
            actions = needed_permissions(handler)
            if actions == KIOSK_ROUTE:
                await _identify_device(scope)
            elif actions is not None:
                await _identify(scope)
            if actions is not None:
                _permit(scope, actions)
            if (
                scope["type"] == ScopeType.HTTP
                and scope["method"] not in csrf.SAFE_METHODS
                and scope["auth"] != "bearer"
                and not handler.opt.get(NO_COOKIES)
            ):
                await _check_intent(scope, receive)
        except CorridorError as error:
            await _refuse(handler, error, scope, receive, send)
        else:
            await app(scope, receive, send)

    return pass_gate


async def _identify(scope: Scope) -> None:
    identity = cast(Services, scope["litestar_app"].state.services).identity
    connection: ASGIConnection[Any, Any, Any, Any] = ASGIConnection(scope)
    scheme, _, credential = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        scope["auth"] = "bearer"
        scope["user"] = await identity.by_bearer(credential.strip())
    elif cookie := connection.cookies.get(SESSION_COOKIE):
        scope["auth"] = "session"
        scope["user"] = await identity.by_session(cookie)


async def _identify_device(scope: Scope) -> None:
    """A kiosk's routes know the device and nobody else, whoever is signed in to the same browser."""
    connection: ASGIConnection[Any, Any, Any, Any] = ASGIConnection(scope)
    scope["auth"] = "device"
    if cookie := connection.cookies.get(DEVICE_COOKIE):
        scope["user"] = await identity_of(connection).devices.by_cookie(cookie)


def _permit(scope: Scope, actions: tuple[Action, ...]) -> None:
    principal: Principal | None = scope["user"]
    if principal is None:
        if scope["auth"] == "bearer":
            raise NotSignedIn("The bearer token is unknown, has expired or was revoked.", code="token_refused")
        if scope["auth"] == "device":
            raise NotPaired("This browser is not a kiosk, or no longer. Open /kiosk to pair it.")
        raise NotSignedIn("Sign in first, or send an API token as 'Authorization: Bearer ...'.")
    if not any(scope_of(principal, action) for action in actions):
        raise not_included(principal, actions[0])


async def _check_intent(scope: HTTPScope, receive: Receive) -> None:
    request: Request[Any, Any, Any] = Request(scope, receive)
    headers = request.headers
    csrf.check_origin(fetch_site=headers.get("sec-fetch-site"), origin=headers.get("origin"), host=headers.get("host"))
    key, binding, token = identity_of(request).csrf_key, browser_binding(request), headers.get(csrf.HEADER)
    if token is None and request.content_type[0] in (RequestEncodingType.URL_ENCODED, RequestEncodingType.MULTI_PART):
        form = await request.form()
        field = form.get(csrf.FIELD)
        if not csrf.token_fits(key, binding, field if isinstance(field, str) else None):
            # Uploads are temporary files by now, and no route will close them.
            await form.close()
            raise csrf.StaleForm
    elif not csrf.token_fits(key, binding, token):
        raise csrf.StaleForm


async def _refuse(handler: BaseRouteHandler, error: CorridorError, scope: Scope, receive: Receive, send: Send) -> None:
    handlers = handler.resolve_exception_handlers()
    answer = next((handlers[kind] for kind in type(error).__mro__ if kind in handlers), None)
    if answer is None or scope["type"] != ScopeType.HTTP:
        raise error
    request: Request[Any, Any, Any] = Request(scope, receive, send)
    response = answer(request, error)
    asgi_response = response.to_asgi_response(app=None, request=request, type_encoders=handler.resolve_type_encoders())
    await asgi_response(scope, receive, send)


def browser_binding(connection: ASGIConnection[Any, Any, Any, Any]) -> str | None:
    """The cookie that forms of this browser are bound to."""
    if connection.scope.get("auth") == "device":
        return connection.cookies.get(DEVICE_COOKIE)
    return connection.cookies.get(SESSION_COOKIE) or connection.cookies.get(VISIT_COOKIE)


def csrf_token(context: Mapping[str, Any], /) -> str:
    """For templates, as `csrf_token()`: the value for a form's `_csrf` field or the header `X-CSRF-Token`. Empty for a
    browser without our cookies."""
    request: Request[Any, Any, Any] = context["request"]
    binding = browser_binding(request)
    return csrf.new_token(identity_of(request).csrf_key, binding) if binding else ""


def address_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Where a request comes from, as the server (or the proxy before it) says; empty when nobody knows."""
    return connection.client.host if connection.client else ""


async def looked(
    request: ASGIConnection[Any, Any, Any, Any],
    school_id: UUID,
    what: str,
    look: Look,
    *,
    student_ids: Collection[UUID] = (),
    number: int | None = None,
    why: str | None = None,
) -> None:
    """Remember that whoever sent this request looks. A look at one's own record is nobody else's and is not kept."""
    viewer: Principal = request.user
    if student_ids and viewer.own_ids.issuperset(student_ids):
        return
    access = cast(Services, request.app.state.services).access
    address = address_of(request)
    await access.looked(viewer, school_id, what, look, student_ids=student_ids, number=number, why=why, address=address)


class Me(msgspec.Struct):
    """`school_ids` is null for whoever reaches the whole district. `rights` says how far each right goes."""

    id: UUID
    kind: str
    role: Role
    name: str
    person_id: UUID | None
    school_ids: list[UUID] | None
    rights: dict[Action, Reach]


class TokenInput(msgspec.Struct, forbid_unknown_fields=True):
    """Without `school_id` the token reaches the schools of its person, and without a person the whole district.
    `scopes` are the only actions it is for; null means all of its role."""

    name: str
    role: Role
    school_id: UUID | None = None
    person_id: UUID | None = None
    expires_at: datetime | None = None
    scopes: list[str] | None = None


class TokenView(msgspec.Struct, kw_only=True):
    id: UUID
    name: str
    role: Role
    school_id: UUID | None
    person_id: UUID | None
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    scopes: list[str] | None


class CreatedToken(TokenView, kw_only=True):
    """`token` is shown this once."""

    token: str

    def __repr__(self) -> str:
        return f"CreatedToken({self.id})"


class TokenPage(msgspec.Struct):
    """`next` goes into `after` to read on; null at the end."""

    items: list[TokenView]
    next: UUID | None


_TOKEN_FIELDS = TokenView.__struct_fields__


def _fields(token: ApiToken) -> dict[str, Any]:
    return {name: getattr(token, name) for name in _TOKEN_FIELDS} | {"role": Role(token.role)}


@get("/me", tags=["Identity"], summary="Who am I", opt={"permission": Action.ME_VIEW})
async def show_me(request: Request[Principal, str, State]) -> Me:
    me = request.user
    return Me(
        id=me.id,
        kind=me.kind,
        role=me.role,
        name=me.name,
        person_id=me.person_id,
        school_ids=None if me.school_ids is None else sorted(me.school_ids),
        rights={action: reach for action in Action if (reach := scope_of(me, action))},
    )


class TokenController(Controller):
    path = "/tokens"
    tags = ["Identity"]
    opt = {"permission": Action.TOKEN_MANAGE}

    @get("/", summary="API tokens")
    async def index(
        self,
        request: Request[Principal, str, State],
        after: FromQuery[UUID | None] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=200)] = 100,
    ) -> TokenPage:
        """The tokens you may manage, oldest first; none shows its secret."""
        found = await identity_of(request).list_tokens(request.user, after=after, limit=limit + 1)
        rows = found[:limit]
        return TokenPage([TokenView(**_fields(row)) for row in rows], rows[-1].id if len(found) > limit else None)

    @post("/", summary="Make an API token")
    async def create(
        self, request: Request[Principal, str, State], data: JSONBody[TokenInput]
    ) -> Response[CreatedToken]:
        """The answer shows the token once. It can do no more than you, in no more schools than yours."""
        made = await identity_of(request).create_token(
            name=data.name,
            role=data.role,
            school_id=data.school_id,
            person_id=data.person_id,
            expires_at=data.expires_at,
            scopes=data.scopes,
            maker=request.user,
        )
        return Response(CreatedToken(**_fields(made.row), token=made.secret), headers={"cache-control": "no-store"})

    @delete("/{token_id:uuid}", summary="Revoke an API token")
    async def revoke(self, request: Request[Principal, str, State], token_id: FromPath[UUID]) -> None:
        """From now on the token is refused, by every server within two seconds."""
        await identity_of(request).revoke_token(token_id, viewer=request.user)


API_ROUTES: list[Any] = [show_me, TokenController]
