"""OAuth 2 client credentials (RFC 6749, section 4.4): programs that fetch short-lived access tokens."""

import hmac
import secrets
from datetime import timedelta
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.clock import Clock
from corridor.base.database import Database
from corridor.base.errors import CorridorError, InvalidInput, NotFound
from corridor.base.ids import new_id
from corridor.base.text import one_line
from corridor.campus.tables import School
from corridor.identity.audit import audit
from corridor.identity.buckets import Buckets
from corridor.identity.cache import Known, PrincipalCache
from corridor.identity.grants import check_lifetime, check_maker, checked_scopes
from corridor.identity.limits import network_of
from corridor.identity.oauth_tables import OAuthClient, OAuthToken
from corridor.identity.permissions import Action, require, rights_of
from corridor.identity.principal import PERSONAL_ROLES, Principal, Role
from corridor.identity.sessions import digest

PREFIX = "coa_"
"""Begins every access token, so that scanners for leaked secrets can find one."""

SECRET_PREFIX = "cos_"
LASTS = timedelta(hours=1)
CLIENT_ROLES = (
    Role.INTEGRATION,
    Role.HALL_MONITOR,
    Role.FRONT_OFFICE,
    Role.SCHOOL_ADMIN,
    Role.DISTRICT_ADMIN,
)
"""Roles whose rights do not hang on a person."""

_LONGEST_NAME = 200
_USED_EVERY = timedelta(minutes=1)
log = structlog.get_logger(__name__)


class OAuthError(CorridorError):
    """A refusal in the words of RFC 6749, section 5.2: `code` is its `error`."""

    code = "invalid_request"
    status = 400


class InvalidClient(OAuthError):
    code = "invalid_client"
    status = 401


class NewClient(msgspec.Struct, frozen=True):
    """`secret` cannot be shown again."""

    row: OAuthClient
    secret: str

    def __repr__(self) -> str:
        return f"NewClient({self.row.id})"


class Granted(msgspec.Struct, frozen=True):
    """An access token and what it is for."""

    token: str
    scopes: list[str]

    def __repr__(self) -> str:
        return "Granted()"


class OAuthClients:
    """One a process. What it changes counts at once in this process and within `cache.LIFETIME` in the others."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._cache = PrincipalCache(self._load, clock)
        self._wrong = Buckets(burst=20, refill=timedelta(seconds=10))

    async def by_token(self, token: str) -> Principal | None:
        """Which client an access token stands for."""
        return await self._cache.get(digest(token))

    async def grant(self, client_id: str, secret: str, *, scope: str | None, address: str) -> Granted:
        """An access token. `scope` asks for less than the client may, with spaces between.

        Raises `InvalidClient`, `OAuthError` with the code invalid_scope, or `TooManyAttempts`.
        """
        now = self._clock.now()
        network = network_of(address)
        self._wrong.check(network, now)
        try:
            id = UUID(client_id)
        except ValueError:
            id = UUID(int=0)
        async with self._database.session() as session:
            client = await session.get(OAuthClient, id, with_for_update=True)
            known = client is not None and hmac.compare_digest(client.secret_hash, digest(secret))
            if client is None or not known or client.disabled_at is not None:
                self._wrong.count(network, now)
                log.warning("oauth_client_refused", client_id=str(id), address=address)
                raise InvalidClient("The client_id and client_secret do not fit together, or the client is disabled.")
            scopes = _narrowed(client, scope)
            token = PREFIX + secrets.token_urlsafe(32)
            await session.execute(delete(OAuthToken).where(OAuthToken.expires_at <= now))
            session.add(
                OAuthToken(
                    token_hash=digest(token),
                    client_id=client.id,
                    scopes=scopes,
                    created_at=now,
                    expires_at=now + LASTS,
                )
            )
            client.last_used_at = now
            return Granted(token, scopes if scopes is not None else [action.value for action in _rights(client)])

    async def create(
        self,
        maker: Principal,
        *,
        name: str,
        role: Role = Role.INTEGRATION,
        school_id: UUID | None = None,
        scopes: list[str] | None = None,
    ) -> NewClient:
        """Register a client, which can do no more than its maker. Raises `InvalidInput`, `NotPermitted`, `NotFound`."""
        name = one_line(name)
        if not name or len(name) > _LONGEST_NAME:
            raise InvalidInput(f"A client needs a name of at most {_LONGEST_NAME} characters.", field="name")
        if role in PERSONAL_ROLES or role not in CLIENT_ROLES:
            raise InvalidInput(f"A client's role is one of {', '.join(CLIENT_ROLES)}.", field="role")
        scopes = checked_scopes(role, scopes)
        check_maker(maker, role, school_id, scopes)
        now = self._clock.now()
        secret = SECRET_PREFIX + secrets.token_urlsafe(32)
        client = OAuthClient(
            id=new_id(),
            name=name,
            role=role,
            school_id=school_id,
            scopes=scopes,
            secret_hash=digest(secret),
            created_at=now,
            last_used_at=None,
            disabled_at=None,
        )
        async with self._database.session() as session:
            if school_id is not None and await session.get(School, school_id) is None:
                raise NotFound("There is no such school.")
            await check_lifetime(session, maker, None, now)
            session.add(client)
            await audit(
                session,
                now,
                maker,
                "oauth_client.created",
                about=client.id,
                school_id=school_id,
                name=name,
                client_role=role.value,
                scopes=scopes,
            )
        return NewClient(client, secret)

    async def list(self, viewer: Principal, *, after: UUID | None = None, limit: int = 100) -> list[OAuthClient]:
        """The clients that the viewer may manage, the oldest first."""
        require(viewer, Action.TOKEN_MANAGE)
        query = select(OAuthClient).order_by(OAuthClient.id).limit(limit)
        if viewer.school_ids is not None:
            query = query.where(OAuthClient.school_id.in_(viewer.school_ids))
        if after is not None:
            query = query.where(OAuthClient.id > after)
        async with self._database.session() as session:
            return [*await session.scalars(query)]

    async def renew_secret(self, by: Principal, client_id: UUID) -> NewClient:
        """A new secret; the old one and the tokens fetched with it count no longer."""
        now = self._clock.now()
        async with self._database.session() as session:
            client = await _mine(session, by, client_id)
            check_maker(by, Role(client.role), client.school_id, client.scopes)
            if client.disabled_at is not None:
                raise NotFound("This client is disabled. Register it anew.")
            secret = SECRET_PREFIX + secrets.token_urlsafe(32)
            client.secret_hash = digest(secret)
            await _end_tokens(session, client_id)
            await audit(session, now, by, "oauth_client.secret_renewed", about=client.id, school_id=client.school_id)
        self._cache.forget_principal(client_id)
        return NewClient(client, secret)

    async def disable(self, by: Principal, client_id: UUID) -> OAuthClient:
        """End a client for good, and its tokens with it; a second time changes nothing."""
        now = self._clock.now()
        async with self._database.session() as session:
            client = await _mine(session, by, client_id)
            if client.disabled_at is None:
                client.disabled_at = now
                await _end_tokens(session, client_id)
                await audit(session, now, by, "oauth_client.disabled", about=client.id, school_id=client.school_id)
        self._cache.forget_principal(client_id)
        return client

    async def _load(self, token_hash: bytes) -> Known | None:
        now = self._clock.now()
        async with self._database.session() as session:
            found = (
                await session.execute(
                    select(OAuthToken, OAuthClient)
                    .join(OAuthClient, OAuthClient.id == OAuthToken.client_id)
                    .where(
                        OAuthToken.token_hash == token_hash,
                        OAuthToken.expires_at > now,
                        OAuthClient.disabled_at.is_(None),
                    )
                )
            ).one_or_none()
            if found is None:
                return None
            token, client = found
            if client.last_used_at is None or now - client.last_used_at >= _USED_EVERY:
                await session.execute(update(OAuthClient).where(OAuthClient.id == client.id).values(last_used_at=now))
        principal = Principal(
            id=client.id,
            kind="token",
            role=Role(client.role),
            name=client.name,
            school_ids=None if client.school_id is None else frozenset({client.school_id}),
            actions=None if token.scopes is None else frozenset(token.scopes),
        )
        return Known(principal, token.expires_at)


def _rights(client: OAuthClient) -> list[Action]:
    return [action for action in rights_of(Role(client.role)) if client.scopes is None or action in client.scopes]


def _narrowed(client: OAuthClient, scope: str | None) -> list[str] | None:
    """The scopes of the token: those asked for, which must be the client's."""
    wanted = set((scope or "").split())
    if not wanted:
        return client.scopes
    if beyond := sorted(wanted - {action.value for action in _rights(client)}):
        raise OAuthError(f"This client was not registered for the scope {beyond[0][:60]}.", code="invalid_scope")
    return [action.value for action in Action if action in wanted]


async def _mine(session: AsyncSession, by: Principal, client_id: UUID) -> OAuthClient:
    require(by, Action.TOKEN_MANAGE)
    client = await session.get(OAuthClient, client_id, with_for_update=True)
    seen = client is not None and (
        by.school_ids is None or (client.school_id is not None and by.reaches(client.school_id))
    )
    if client is None or not seen:
        raise NotFound("There is no such client, or it is not yours to manage.")
    return client


async def _end_tokens(session: AsyncSession, client_id: UUID) -> None:
    await session.execute(delete(OAuthToken).where(OAuthToken.client_id == client_id))
