"""The services that people sign in with: what administrators enter, checked and kept. A secret goes in and never comes
out again."""

import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.clock import Clock
from corridor.base.database import Database
from corridor.base.errors import Conflict, CorridorError, InvalidInput, NotFound
from corridor.base.ids import new_id
from corridor.base.outside import AddressRefused, Outside
from corridor.base.sealed import Sealer
from corridor.base.text import one_line
from corridor.campus.tables import Person
from corridor.identity.audit import audit
from corridor.identity.oidc_discovery import Discovery, issuer_of
from corridor.identity.oidc_presets import PRESETS, MatchBy, Preset, PresetName, check_organizations
from corridor.identity.principal import Principal
from corridor.identity.provider_tables import SECRET_PURPOSE, AccountLink, SignInProvider
from corridor.identity.tables import Account

CALLBACK = "/sign-in/with/{}/callback"
MOST_PROVIDERS = 20
LONGEST_NAME = 40
MOST_LINKS_SHOWN = 50

_KEY = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_CLAIM = re.compile(r"[\x21-\x7e]{1,100}")
_VISIBLE = re.compile(r"[\x20-\x7e]*")
_LONGEST_ID = 300
_LONGEST_SECRET = 2000


class ProviderWish(msgspec.Struct, forbid_unknown_fields=True):
    """What an administrator wants of a service. `key` and `preset` count when it is added and stay. An empty
    `client_secret` keeps the one that is there. `issuer` is only for services without an address that everybody uses.
    Empty `match_by` and `match_claim` mean the preset's best."""

    preset: PresetName = PresetName.OTHER
    key: str = ""
    name: str = ""
    issuer: str = ""
    client_id: str = ""
    client_secret: str = ""
    allowed: Annotated[list[str], msgspec.Meta(max_length=50)] = []
    match_by: MatchBy | None = None
    match_claim: str = ""
    makes_accounts: bool = False
    enabled: bool = True

    def __repr__(self) -> str:
        return f"ProviderWish({self.preset}, {self.key})"


class Link(msgspec.Struct, frozen=True):
    """An account and when somebody last came to it from the service."""

    account_id: UUID
    username: str
    name: str | None
    last_used_at: str


class Finding(msgspec.Struct, frozen=True):
    """What came of asking a service: `problem` says what was wrong, and is empty when all was right."""

    ok: bool
    issuer: str
    problem: str = ""


EndSessions = Callable[[UUID], Awaitable[None]]


class Providers:
    """One a process. Every change is one transaction, with its record for the audit."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        sealer: Callable[[], Sealer],
        outside: Outside,
        discovery: Discovery,
        end_sessions: EndSessions,
    ) -> None:
        self._database = database
        self._clock = clock
        self._sealer = sealer
        self._outside = outside
        self._discovery = discovery
        self._end_sessions = end_sessions

    async def all(self) -> list[SignInProvider]:
        """In the order in which they were added."""
        async with self._database.session() as session:
            return list((await session.scalars(select(SignInProvider).order_by(SignInProvider.id))).all())

    async def offered(self) -> list[SignInProvider]:
        """Those that the sign-in page shows."""
        return [provider for provider in await self.all() if provider.enabled]

    async def one(self, provider_id: UUID) -> SignInProvider:
        """Raises `NotFound`."""
        async with self._database.session() as session:
            return await _found(session, provider_id)

    async def by_key(self, key: str) -> SignInProvider:
        """The enabled one of this key. Raises `NotFound`."""
        async with self._database.session() as session:
            query = select(SignInProvider).where(SignInProvider.key == key, SignInProvider.enabled)
            provider = (await session.scalars(query)).one_or_none()
        if provider is None:
            raise NotFound(
                "Nobody signs in with this service here any more. Go to the sign-in page and choose another."
            )
        return provider

    def secret_of(self, provider: SignInProvider) -> str | None:
        return self._sealer().open(provider.sealed_secret, SECRET_PURPOSE) if provider.sealed_secret else None

    async def free_key(self, preset: PresetName) -> str:
        """The key that the next service of this kind would get."""
        taken = {provider.key for provider in await self.all()}
        names = [str(preset), *(f"{preset}-{number}" for number in range(2, MOST_PROVIDERS + 2))]
        return next(name for name in names if name not in taken)

    async def add(self, wish: ProviderWish, by: Principal) -> SignInProvider:
        """Raises `InvalidInput`, with the field that is wrong, or `Conflict`."""
        key = wish.key or await self.free_key(wish.preset)
        if not _KEY.fullmatch(key):
            raise InvalidInput("The key has 1 to 40 small letters, digits and hyphens between them.", field="key")
        now = self._clock.now()
        provider = SignInProvider(
            id=new_id(), key=key, preset=wish.preset, sealed_secret=None, created_at=now, changed_at=now
        )
        self._put(provider, wish)
        try:
            async with self._database.session() as session:
                if (await session.scalar(select(func.count()).select_from(SignInProvider)) or 0) >= MOST_PROVIDERS:
                    raise Conflict(f"There are {MOST_PROVIDERS} services already. Remove one first.")
                session.add(provider)
                await session.flush()
                await audit(session, now, by, "sign_in.provider_added", about=provider.id, **_told(provider))
        except IntegrityError as error:
            raise Conflict(f"There is a service with the key '{key}' already. Choose another.") from error
        return provider

    async def change(self, provider_id: UUID, wish: ProviderWish, by: Principal) -> SignInProvider:
        """Raises `NotFound` or `InvalidInput`, with the field that is wrong."""
        async with self._database.session() as session:
            provider = await _found(session, provider_id, locked=True)
            before = _told(provider)
            self._put(provider, wish)
            provider.changed_at = self._clock.now()
            changed = {name: value for name, value in _told(provider).items() if before[name] != value}
            secret: dict[str, Any] = {"new_secret": True} if wish.client_secret else {}
            await audit(
                session, provider.changed_at, by, "sign_in.provider_changed", about=provider.id, **changed, **secret
            )
        return provider

    async def switch(self, provider_id: UUID, by: Principal, *, enabled: bool) -> SignInProvider:
        """Offer the service, or do not for now. Its links stay. Raises `NotFound`."""
        async with self._database.session() as session:
            provider = await _found(session, provider_id, locked=True)
            provider.enabled, provider.changed_at = enabled, self._clock.now()
            what = "sign_in.provider_enabled" if enabled else "sign_in.provider_disabled"
            await audit(session, provider.changed_at, by, what, about=provider.id, key=provider.key)
        return provider

    async def remove(self, provider_id: UUID, by: Principal) -> None:
        """Remove the service and its links; the accounts stay. Raises `NotFound`."""
        async with self._database.session() as session:
            provider = await _found(session, provider_id, locked=True)
            links = await session.scalar(
                select(func.count()).select_from(AccountLink).where(AccountLink.provider_id == provider_id)
            )
            await session.delete(provider)
            await audit(
                session,
                self._clock.now(),
                by,
                "sign_in.provider_removed",
                about=provider_id,
                key=provider.key,
                links=links,
            )

    async def number_of_links(self) -> dict[UUID, int]:
        """How many accounts are linked, by service."""
        query = select(AccountLink.provider_id, func.count()).group_by(AccountLink.provider_id)
        async with self._database.session() as session:
            return {row[0]: row[1] for row in await session.execute(query)}

    async def links(self, provider_id: UUID, find: str = "") -> list[Link]:
        """The linked accounts whose username or name holds `find`, by username, at most `MOST_LINKS_SHOWN`."""
        name = func.concat(Person.given_name, " ", Person.family_name)
        query = (
            select(Account.id, Account.username, Account.person_id, name, AccountLink.last_used_at)
            .join(Account, Account.id == AccountLink.account_id)
            .outerjoin(Person, Person.id == Account.person_id)
            .where(AccountLink.provider_id == provider_id)
            .order_by(Account.username)
            .limit(MOST_LINKS_SHOWN)
        )
        if find := one_line(find):
            query = query.where(
                Account.username.icontains(find, autoescape=True) | name.icontains(find, autoescape=True)
            )
        async with self._database.session() as session:
            await _found(session, provider_id)
            return [
                Link(account_id, username, shown if person_id else None, used.date().isoformat())
                for account_id, username, person_id, shown, used in await session.execute(query)
            ]

    async def unlink(self, provider_id: UUID, account_id: UUID, by: Principal) -> None:
        """Forget which user of the service the account was, and sign it out: the next who fits is looked up anew.
        Raises `NotFound`."""
        async with self._database.session() as session:
            query = select(AccountLink).where(
                AccountLink.provider_id == provider_id, AccountLink.account_id == account_id
            )
            link = (await session.scalars(query.with_for_update())).one_or_none()
            if link is None:
                raise NotFound("This account is not linked to the service.")
            await session.delete(link)
            await audit(
                session, self._clock.now(), by, "account.unlinked", about=account_id, provider_id=str(provider_id)
            )
        await self._end_sessions(account_id)

    async def test(self, provider: SignInProvider) -> Finding:
        """Ask the service for its description and its keys, as a sign-in would."""
        try:
            metadata = await self._discovery.metadata(provider.issuer, fresh=True)
            keys = await self._discovery.keys(provider.issuer)
        except CorridorError as error:
            return Finding(ok=False, issuer=provider.issuer, problem=error.detail)
        if not keys:
            return Finding(ok=False, issuer=provider.issuer, problem="The service shows no key that can be used.")
        return Finding(ok=True, issuer=metadata.issuer)

    def _put(self, provider: SignInProvider, wish: ProviderWish) -> None:
        preset = PRESETS[PresetName(provider.preset)]
        provider.name = _text(wish.name or preset.title, "name", LONGEST_NAME)
        provider.client_id = _text(wish.client_id, "client_id", _LONGEST_ID)
        provider.allowed = check_organizations(preset, wish.allowed)
        issuer = preset.issuer_for(provider.allowed, issuer_of(wish.issuer))
        try:
            self._outside.checked(issuer)
        except AddressRefused as error:
            raise InvalidInput(error.detail, field="issuer") from error
        self._put_secret(provider, preset, wish, issuer)
        provider.issuer = issuer
        provider.match_by, provider.match_claim = _matching(preset, wish)
        provider.makes_accounts, provider.enabled = wish.makes_accounts, wish.enabled

    def _put_secret(self, provider: SignInProvider, preset: Preset, wish: ProviderWish, issuer: str) -> None:
        secret = wish.client_secret.strip()
        if len(secret) > _LONGEST_SECRET or not _VISIBLE.fullmatch(secret):
            raise InvalidInput("The client secret cannot be read. Copy it again.", field="client_secret")
        moved = provider.sealed_secret is not None and _site(provider.issuer) != _site(issuer)
        if moved and not secret:
            raise InvalidInput(
                "Enter the client secret again: the one that is kept was given by another service.",
                field="client_secret",
            )
        if secret:
            provider.sealed_secret = self._sealer().seal(secret, SECRET_PURPOSE)
        elif provider.sealed_secret is None and preset.name is not PresetName.OTHER:
            raise InvalidInput(f"Enter the client secret that {preset.title} shows.", field="client_secret")


def _matching(preset: Preset, wish: ProviderWish) -> tuple[MatchBy, str]:
    match_by = wish.match_by or next(iter(preset.matches))
    if match_by not in preset.matches:
        known = ", ".join(preset.matches)
        raise InvalidInput(f"{preset.title} does not tell the {match_by}. Choose one of {known}.", field="match_by")
    claim = wish.match_claim.strip() if preset.name is PresetName.OTHER else ""
    if claim and not _CLAIM.fullmatch(claim):
        raise InvalidInput("A claim's name has visible letters and signs only, no spaces.", field="match_claim")
    return match_by, claim or preset.matches[match_by][0]


def _text(value: str, field: str, longest: int) -> str:
    text = one_line(value)
    if not 1 <= len(text) <= longest:
        words = field.replace("_", " ")
        raise InvalidInput(f"The {words} has 1 to {longest} characters; this one has {len(text)}.", field=field)
    return text


def _site(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]


def _told(provider: SignInProvider) -> dict[str, Any]:
    """What the audit is told of a service."""
    fields = ("key", "preset", "name", "issuer", "client_id", "allowed", "match_by", "match_claim", "makes_accounts")
    return {field: getattr(provider, field) for field in (*fields, "enabled")}


async def _found(session: AsyncSession, provider_id: UUID, *, locked: bool = False) -> SignInProvider:
    provider = await session.get(SignInProvider, provider_id, with_for_update=True if locked else None)
    if provider is None:
        raise NotFound("There is no such sign-in service.")
    return provider
