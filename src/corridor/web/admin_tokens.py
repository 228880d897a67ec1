"""Administration: programs that call the API, with a token of their own or as OAuth clients."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from corridor.base.errors import CorridorError, InvalidInput
from corridor.campus.queries import list_schools
from corridor.campus.timetable import zone
from corridor.identity.api import identity_of
from corridor.identity.grants import may_hand_out
from corridor.identity.oauth import CLIENT_ROLES
from corridor.identity.oauth_tables import OAuthClient
from corridor.identity.permissions import Action, covers, require
from corridor.identity.principal import Role, parse_role
from corridor.identity.tables import ApiToken
from corridor.passes.api import PassRequest, services_of
from corridor.passes.teacher_desk import uuid_in
from corridor.web.admin_frame import frame
from corridor.web.seen import seen_words

HOME = "/admin/tokens"
_PERMISSION = {"permission": Action.TOKEN_MANAGE}
_MOST_SHOWN = 100
_MOST_READ = 1000
_MOST_SCHOOLS = 500
_SAID = {
    "revoked": "Revoked. The token is refused from now on.",
    "disabled": "Disabled. The client gets no more tokens, and those it has are refused.",
}


class ProgramForm(msgspec.Struct):
    """`kind` is token or client; `which` is all or some, and then `scopes` are those."""

    kind: str
    name: str
    role: Role
    school: str
    days: str
    which: str
    scopes: tuple[str, ...] = ()


class Secret(msgspec.Struct, frozen=True):
    """What is shown once. `client_id` is null for a token."""

    name: str
    secret: str
    client_id: UUID | None = None

    def __repr__(self) -> str:
        return "Secret()"


@get(HOME, include_in_schema=False, opt=_PERMISSION)
async def show_programs(
    request: PassRequest, new: FromQuery[str] = "", role: FromQuery[str] = "", said: FromQuery[str] = ""
) -> Template:
    """Tokens and clients; `new` is what to make one of, token or client, with the rights of `role`."""
    form = None
    if new in ("token", "client"):
        wanted = parse_role(role) if role else Role.INTEGRATION
        form = ProgramForm(new, "", wanted, "", "365", "all" if covers(request.user.role, wanted) else "some")
    return await _page(request, form=form, said=said)


@post(HOME, include_in_schema=False, opt=_PERMISSION)
async def make_program(request: PassRequest) -> Template:
    """Make a token or a client. The page that answers is the only one that shows its secret."""
    data = await request.form()
    form = ProgramForm(
        kind=str(data.get("kind", "token")),
        name=str(data.get("name", "")),
        role=parse_role(str(data.get("role", Role.INTEGRATION))),
        school=str(data.get("school", "")),
        days=str(data.get("days", "")),
        which=str(data.get("which", "all")),
        scopes=tuple(str(scope) for scope in data.getall("scopes", [])),
    )
    try:
        return await _page(request, secret=await _make(request, form))
    except CorridorError as error:
        return await _page(request, form=form, error=error)


@post(HOME + "/{token_id:uuid}/revoke", include_in_schema=False, opt=_PERMISSION)
async def revoke_token(request: PassRequest, token_id: FromPath[UUID]) -> Redirect:
    await identity_of(request).revoke_token(token_id, viewer=request.user)
    return Redirect(f"{HOME}?said=revoked", status_code=303)


@post(HOME + "/clients/{client_id:uuid}/disable", include_in_schema=False, opt=_PERMISSION)
async def disable_client(request: PassRequest, client_id: FromPath[UUID]) -> Redirect:
    await identity_of(request).oauth.disable(request.user, client_id)
    return Redirect(f"{HOME}?said=disabled", status_code=303)


@post(HOME + "/clients/{client_id:uuid}/secret", include_in_schema=False, opt=_PERMISSION)
async def renew_secret(request: PassRequest, client_id: FromPath[UUID]) -> Response[Any]:
    """A new secret in place of the old one, shown once."""
    made = await identity_of(request).oauth.renew_secret(request.user, client_id)
    return await _page(request, secret=Secret(made.row.name, made.secret, made.row.id))


PAGE_ROUTES: list[Any] = [show_programs, make_program, revoke_token, disable_client, renew_secret]


async def _make(request: PassRequest, form: ProgramForm) -> Secret:
    identity, now = identity_of(request), services_of(request).clock.now()
    scopes = None if form.which == "all" else list(form.scopes)
    school_id = uuid_in(form.school)
    if form.role not in CLIENT_ROLES:
        raise InvalidInput("A program of its own has a role that hangs on no person. Choose another.", field="role")
    if form.kind == "client":
        client = await identity.oauth.create(
            request.user, name=form.name, role=form.role, school_id=school_id, scopes=scopes
        )
        return Secret(client.row.name, client.secret, client.row.id)
    token = await identity.create_token(
        name=form.name,
        role=form.role,
        school_id=school_id,
        expires_at=_expiry(form.days, now),
        scopes=scopes,
        maker=request.user,
    )
    return Secret(token.row.name, token.secret)


def _expiry(days: str, now: datetime) -> datetime | None:
    if not days:
        return None
    if not (days.isascii() and days.isdigit() and 1 <= int(days[:5]) <= 3650 and len(days) <= 4):
        raise InvalidInput("Choose from the list how long the token lasts.", field="days")
    return now + timedelta(days=int(days))


async def _page(
    request: PassRequest,
    *,
    form: ProgramForm | None = None,
    secret: Secret | None = None,
    said: str = "",
    error: CorridorError | None = None,
) -> Template:
    require(request.user, Action.TOKEN_MANAGE)
    identity, services = identity_of(request), services_of(request)
    now = services.clock.now()
    schools = await list_schools(services.database, request.user.school_ids, None, _MOST_SCHOOLS)
    names = {school.id: school.name for school in schools}
    time_zone = schools[0].time_zone if schools else "UTC"
    tokens = await identity.list_tokens(request.user, limit=_MOST_READ)
    clients = await identity.oauth.list(request.user, limit=_MOST_READ)
    living = [token for token in reversed(tokens) if _lives(token, now)]
    context = frame(request, None, HOME) | {
        "tokens": [_token(token, names, now, time_zone) for token in living[:_MOST_SHOWN]],
        "hidden": max(0, len(living) - _MOST_SHOWN),
        "ended": len(tokens) - len(living),
        "clients": [_client(client, names, now, time_zone) for client in reversed(clients) if not client.disabled_at],
        "disabled": [_client(client, names, now, time_zone) for client in reversed(clients) if client.disabled_at],
        "form": form,
        "roles": [role for role in CLIENT_ROLES if may_hand_out(request.user, role)],
        "scopes": may_hand_out(request.user, form.role) if form else [],
        "may_all": form is not None and request.user.actions is None and covers(request.user.role, form.role),
        "schools": sorted(schools, key=lambda school: school.name.casefold()),
        "district": request.user.school_ids is None,
        "secret": secret,
        "said": _SAID.get(said),
        "error": error,
        "origin": str(request.base_url).rstrip("/"),
    }
    return Template(
        "admin_tokens.html",
        context=context,
        status_code=error.status if error else 200,
        headers={"cache-control": "no-store"},
    )


def _lives(token: ApiToken, now: datetime) -> bool:
    return token.revoked_at is None and (token.expires_at is None or now < token.expires_at)


def _token(token: ApiToken, names: dict[UUID, str], now: datetime, time_zone: str) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "reach": _reach(token.role, token.school_id, names, own=token.person_id is not None),
        "scopes": _scope_words(token.scopes),
        "used": seen_words(token.last_used_at, now, time_zone),
        "expires": _day_words(token.expires_at, time_zone) if token.expires_at else None,
    }


def _client(client: OAuthClient, names: dict[UUID, str], now: datetime, time_zone: str) -> dict[str, Any]:
    return {
        "id": client.id,
        "name": client.name,
        "reach": _reach(client.role, client.school_id, names, own=False),
        "scopes": _scope_words(client.scopes),
        "used": seen_words(client.last_used_at, now, time_zone),
        "disabled": seen_words(client.disabled_at, now, time_zone),
    }


def _day_words(at: datetime, time_zone: str) -> str:
    here = at.astimezone(zone(time_zone))
    return f"{here:%B} {here.day}, {here.year}"


def _reach(role: str, school_id: UUID | None, names: dict[UUID, str], *, own: bool) -> str:
    where = names.get(school_id, "a school") if school_id else "for one person" if own else "the whole district"
    return f"{role.replace('_', ' ')}, {where}"


def _scope_words(scopes: Sequence[str] | None) -> str:
    return "all of its role" if scopes is None else ", ".join(scopes)
