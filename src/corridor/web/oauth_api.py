"""OAuth 2 for programs: the token endpoint (RFC 6749, section 4.4), its description (RFC 8414), and the clients."""

import base64
import binascii
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import parse_qsl, unquote_plus
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, post
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from corridor.base.errors import CorridorError
from corridor.identity.api import NO_COOKIES, PUBLIC, address_of, identity_of
from corridor.identity.limits import TooManyAttempts
from corridor.identity.oauth import LASTS, InvalidClient, OAuthError
from corridor.identity.oauth_tables import OAuthClient
from corridor.identity.permissions import Action
from corridor.identity.principal import Principal, Role

TOKEN_PATH = "/oauth/token"
_FORM = "application/x-www-form-urlencoded"
_NOT_KEPT = {"cache-control": "no-store", "pragma": "no-cache"}
_KNOWN = ("grant_type", "scope", "client_id", "client_secret")


class AccessToken(msgspec.Struct):
    """RFC 6749, section 5.1. `expires_in` is in seconds, `scope` has spaces between."""

    access_token: str
    expires_in: int
    scope: str
    token_type: str = "Bearer"

    def __repr__(self) -> str:
        return "AccessToken()"


class OAuthRefusal(msgspec.Struct):
    """RFC 6749, section 5.2."""

    error: str
    error_description: str


@post(TOKEN_PATH, include_in_schema=False, status_code=200, opt={"permission": PUBLIC, NO_COOKIES: True})
async def fetch_token(request: Request[None, None, State]) -> Response[AccessToken]:
    """An access token for a client that shows its secret. Cookies are not looked at."""
    fields = await _fields(request)
    if fields.get("grant_type") is None:
        raise OAuthError("Say grant_type=client_credentials.")
    if fields["grant_type"] != "client_credentials":
        raise OAuthError("The only grant_type is client_credentials.", code="unsupported_grant_type")
    client_id, secret = _client_of(request, fields)
    granted = await identity_of(request).oauth.grant(
        client_id,
        secret,
        scope=fields.get("scope"),
        address=address_of(request),
    )
    token = AccessToken(granted.token, int(LASTS.total_seconds()), " ".join(granted.scopes))
    return Response(token, headers=_NOT_KEPT)


@get(
    "/.well-known/oauth-authorization-server",
    include_in_schema=False,
    opt={"permission": PUBLIC},
)
async def show_metadata(request: Request[None, None, State]) -> Response[dict[str, Any]]:
    """RFC 8414: where tokens are had, and how."""
    issuer = (identity_of(request).settings.public_url or str(request.base_url)).rstrip("/")
    described = {
        "issuer": issuer,
        "token_endpoint": f"{issuer}{TOKEN_PATH}",
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "scopes_supported": [action.value for action in Action],
        "service_documentation": f"{issuer}/api/docs",
    }
    return Response(described, media_type="application/json")


def refuse(request: Request[Any, Any, Any], error: CorridorError) -> Response[OAuthRefusal]:
    """In the form of RFC 6749, section 5.2."""
    headers = dict(_NOT_KEPT)
    if isinstance(error, TooManyAttempts):
        headers["retry-after"] = str(error.extra["retry_after"])
        refusal = OAuthRefusal("temporarily_unavailable", error.detail)
    else:
        refusal = OAuthRefusal(error.code if isinstance(error, OAuthError) else "server_error", error.detail)
    if isinstance(error, InvalidClient):
        headers["www-authenticate"] = 'Basic realm="Corridor"'
    return Response(refusal, status_code=error.status, headers=headers, media_type="application/json")


def refuse_unread(request: Request[Any, Any, Any], error: HTTPException) -> Response[OAuthRefusal]:
    """What the framework could not read."""
    refusal = OAuthRefusal("invalid_request", "The request cannot be read as a form.")
    return Response(refusal, status_code=error.status_code, headers=dict(_NOT_KEPT), media_type="application/json")


async def _fields(request: Request[None, None, State]) -> dict[str, str]:
    """The form's fields, each once. Raises `OAuthError`."""
    if request.content_type[0] != _FORM:
        raise OAuthError(f"Send the fields as {_FORM}.")
    try:
        pairs = parse_qsl((await request.body()).decode(), keep_blank_values=True, max_num_fields=50)
    except ValueError:
        raise OAuthError("The request cannot be read as a form.") from None
    named = [(name, value) for name, value in pairs if name in _KNOWN and value]
    if len(named) != len(dict(named)):
        raise OAuthError("A field stands twice in the request.")
    return dict(named)


def _client_of(request: Request[None, None, State], fields: dict[str, str]) -> tuple[str, str]:
    """The client's id and secret: by HTTP Basic, or as fields, never both. Raises `OAuthError`."""
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        if "client_id" not in fields or "client_secret" not in fields:
            raise InvalidClient("Send client_id and client_secret, as fields or by HTTP Basic.")
        return fields["client_id"], fields["client_secret"]
    if "client_secret" in fields:
        raise OAuthError("Send the client's secret in one way: by HTTP Basic or as a field.")
    if scheme.lower() != "basic":
        raise InvalidClient("A client shows who it is by HTTP Basic, or with client_id and client_secret as fields.")
    try:
        text = base64.b64decode(credential.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        raise InvalidClient("The header Authorization cannot be read.") from None
    client_id, colon, secret = text.partition(":")
    if not colon:
        raise InvalidClient("The header Authorization cannot be read.")
    client_id = unquote_plus(client_id)
    if fields.get("client_id", client_id) != client_id:
        raise OAuthError("The field client_id names another client than the header Authorization.")
    return client_id, unquote_plus(secret)


class ClientInput(msgspec.Struct, forbid_unknown_fields=True):
    """Without `school_id` the client reaches the whole district; `scopes` of null means all of its role."""

    name: str
    role: Role = Role.INTEGRATION
    school_id: UUID | None = None
    scopes: list[str] | None = None


class ClientView(msgspec.Struct, kw_only=True):
    """`id` is the client_id of OAuth."""

    id: UUID
    name: str
    role: Role
    school_id: UUID | None
    scopes: list[str] | None
    created_at: datetime
    last_used_at: datetime | None
    disabled_at: datetime | None


class CreatedClient(ClientView, kw_only=True):
    """`client_secret` is shown this once."""

    client_secret: str

    def __repr__(self) -> str:
        return f"CreatedClient({self.id})"


class ClientPage(msgspec.Struct):
    """`next` goes into `after` to read on; null at the end."""

    items: list[ClientView]
    next: UUID | None


class ClientController(Controller):
    path = "/oauth-clients"
    tags = ["Identity"]
    opt = {"permission": Action.TOKEN_MANAGE}

    @get("/", summary="OAuth clients")
    async def index(
        self,
        request: Request[Principal, str, State],
        after: FromQuery[UUID | None] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=200)] = 100,
    ) -> ClientPage:
        """The clients you may manage, oldest first; none shows its secret."""
        found = await identity_of(request).oauth.list(request.user, after=after, limit=limit + 1)
        rows = found[:limit]
        following = rows[-1].id if len(found) > limit else None
        return ClientPage([ClientView(**_client_fields(row)) for row in rows], following)

    @post("/", summary="Register an OAuth client")
    async def create(
        self, request: Request[Principal, str, State], data: JSONBody[ClientInput]
    ) -> Response[CreatedClient]:
        """The answer shows the secret once. The client can do no more than you, in no more schools than yours."""
        made = await identity_of(request).oauth.create(
            request.user, name=data.name, role=data.role, school_id=data.school_id, scopes=data.scopes
        )
        created = CreatedClient(**_client_fields(made.row), client_secret=made.secret)
        return Response(created, headers={"cache-control": "no-store"})

    @post("/{client_id:uuid}/secret", summary="Give an OAuth client a new secret", status_code=200)
    async def renew(
        self, request: Request[Principal, str, State], client_id: FromPath[UUID]
    ) -> Response[CreatedClient]:
        """The old secret and the tokens fetched with it count no longer."""
        made = await identity_of(request).oauth.renew_secret(request.user, client_id)
        created = CreatedClient(**_client_fields(made.row), client_secret=made.secret)
        return Response(created, headers={"cache-control": "no-store"})

    @delete("/{client_id:uuid}", summary="Disable an OAuth client")
    async def disable(self, request: Request[Principal, str, State], client_id: FromPath[UUID]) -> None:
        """It gets no more tokens, and those it has are refused, by every server within two seconds."""
        await identity_of(request).oauth.disable(request.user, client_id)


API_ROUTES: list[Any] = [ClientController]
OPEN_ROUTES: list[Any] = [fetch_token, show_metadata]
OAUTH_EXCEPTION_HANDLERS: dict[Any, Any] = {CorridorError: refuse, HTTPException: refuse_unread}
_CLIENT_FIELDS = ClientView.__struct_fields__


def _client_fields(client: OAuthClient) -> dict[str, Any]:
    return {name: getattr(client, name) for name in _CLIENT_FIELDS} | {"role": Role(client.role)}
