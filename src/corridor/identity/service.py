"""What the other rooms and the shell ask of identity: sign in, who is this, accounts, tokens."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

import msgspec
import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.clock import Clock, SystemClock
from corridor.base.database import Database
from corridor.base.errors import Conflict, CorridorError, NotFound, NotSignedIn
from corridor.base.sealed import Sealer
from corridor.base.settings import Settings
from corridor.campus.tables import Person, School
from corridor.identity import accounts, oauth, sessions, tokens
from corridor.identity.account_desk import AccountDesk
from corridor.identity.audit import audit
from corridor.identity.cache import Known, PrincipalCache
from corridor.identity.credentials import CredentialService
from corridor.identity.devices import Devices
from corridor.identity.first_step import Need, begin_first_step, what_is_missing
from corridor.identity.limits import Attempts
from corridor.identity.links import load_link
from corridor.identity.mail import NoOutbox, Outbox
from corridor.identity.next_steps import NextSteps
from corridor.identity.oauth import OAuthClients
from corridor.identity.own_security import OwnSecurity
from corridor.identity.password_links import PasswordLinks
from corridor.identity.passwords import SHORTEST, Passwords, check_new_password
from corridor.identity.principal import Principal, Role
from corridor.identity.second_step import methods_of
from corridor.identity.sessions import Arrival
from corridor.identity.sign_in_policy import PolicyShelf, SignInPolicy, renewed, save_policy
from corridor.identity.tables import Account, AccountStatus, ApiToken

log = structlog.get_logger(__name__)


class SignInRefused(NotSignedIn):
    code = "sign_in_refused"


class SignedIn(msgspec.Struct, frozen=True):
    """`token` is for the browser's cookie and nowhere else. `stays`: the cookie is to outlive the browser."""

    token: str
    account_id: UUID
    role: Role
    expires_at: datetime
    stays: bool = False

    def __repr__(self) -> str:
        return f"SignedIn({self.account_id})"


class HalfSignedIn(msgspec.Struct, frozen=True):
    """The first step is passed and `need` is missing. `token` is for a cookie of its own: it opens nothing but that."""

    token: str
    account_id: UUID
    role: Role
    expires_at: datetime
    need: Need

    def __repr__(self) -> str:
        return f"HalfSignedIn({self.account_id}, {self.need})"


class IdentityService:
    """One a process. Every method is one transaction; what it changes counts at once in this process and within
    `cache.LIFETIME` in the others."""

    def __init__(self, database: Database, clock: Clock, settings: Settings, outbox: Outbox | None = None) -> None:
        self.database = database
        self.clock = clock
        self.settings = settings
        self.outbox = outbox or NoOutbox()
        self.passwords = Passwords()
        self.attempts = Attempts()
        self.policy = PolicyShelf(database, clock)
        self.steps = NextSteps(self)
        self.own = OwnSecurity(self)
        self.links = PasswordLinks(self)
        self.desk = AccountDesk(self)
        self._sessions = PrincipalCache(self._load_session, clock)
        self._tokens = PrincipalCache(self._load_token, clock)
        self.devices = Devices(database, clock)
        self.credentials = CredentialService(database, clock, settings, self.passwords)
        self.oauth = OAuthClients(database, clock)
        self._code_clock: Clock = SystemClock() if settings.demo else clock

    @cached_property
    def sealer(self) -> Sealer:
        return Sealer(self.settings)

    def code_now(self) -> datetime:
        """The time by which authenticator apps count: the true one, even where the demo's day is another."""
        return self._code_clock.now()

    @cached_property
    def csrf_key(self) -> bytes:
        return hashlib.sha256(b"corridor csrf\0" + self.settings.key()).digest()

    async def by_session(self, token: str) -> Principal | None:
        """Whom a browser's cookie stands for."""
        return await self._sessions.get(sessions.digest(token))

    async def by_bearer(self, token: str) -> Principal | None:
        """Whom an API token, or an OAuth client's access token, stands for."""
        if token.startswith(oauth.PREFIX):
            return await self.oauth.by_token(token)
        return await self._tokens.get(sessions.digest(token)) if token.startswith(tokens.PREFIX) else None

    async def sign_in(
        self,
        username: str,
        password: str,
        *,
        address: str,
        user_agent: str = "",
        replaces: str | None = None,
        stay: bool = False,
    ) -> SignedIn | HalfSignedIn:
        """Check a password. Starts a session under a new token, at which the one of the cookie `replaces` ends, or says
        what is missing before there is one.

        Raises `SignInRefused`, which does not tell whether the account exists, `TooManyAttempts`, or `Unavailable`.
        """
        now = self.clock.now()
        name = accounts.normal_username(username)
        self.attempts.admit(name, address, now)
        try:
            async with self.database.session() as session:
                account = await accounts.account_named(session, name)
            checked_hash = account.password_hash if account else None
            verdict = await self.passwords.verify(password, checked_hash)
        except BaseException:
            self.attempts.undecided(name, address, now)
            raise
        if account is None or not verdict.correct:
            raise self.refusal(address)
        arrival = Arrival(address=address, user_agent=user_agent, via="password", stay=stay)
        async with self.database.session() as session:
            account = await accounts.locked_account(session, account.id)
            # The password may have been changed, or the account disabled, while the old hash was being checked.
            changed = account.password_hash != checked_hash
            expired = account.password_expires_at is not None and now >= account.password_expires_at
            if changed or expired or not await accounts.may_sign_in(session, account):
                raise self.refusal(address)
            if verdict.renewed_hash:
                account.password_hash = verdict.renewed_hash
            outcome = await self.arrive(session, account, arrival, replaces)
        self.attempts.succeeded(name, address, now)
        return outcome

    async def begin_session(
        self, account_id: UUID, arrival: Arrival, *, replaces: str | None = None
    ) -> SignedIn | HalfSignedIn:
        """Sign in whom another service vouches for, as `sign_in` does whom a password does. Raises `SignInRefused` for
        an account that may not sign in."""
        async with self.database.session() as session:
            account = await accounts.locked_account(session, account_id)
            if not await accounts.may_sign_in(session, account):
                raise self.refusal(arrival.address)
            return await self.arrive(session, account, arrival, replaces)

    async def arrive(
        self,
        session: AsyncSession,
        account: Account,
        arrival: Arrival,
        replaces: str | None,
        *,
        put_off: bool = False,
    ) -> SignedIn | HalfSignedIn:
        """A session for this account, which may sign in, or what is missing before there is one."""
        now, policy = self.clock.now(), await self.policy.current(session)
        methods = await methods_of(session, account.id)
        need, _ = what_is_missing(account, arrival, methods, policy, now, put_off=put_off)
        role = Role(account.role)
        if need is not None:
            token, step = await begin_first_step(session, account, arrival, now, put_off=put_off)
            return HalfSignedIn(token, account.id, role, step.expires_at, need)
        token, row = await sessions.start_session(session, account, arrival, policy=policy, now=now)
        if replaces:
            await sessions.end_session(session, sessions.digest(replaces))
            self._sessions.forget(sessions.digest(replaces))
        log.info("signed_in", account_id=str(account.id), address=arrival.address, via=arrival.via)
        return SignedIn(token, account.id, role, row.expires_at, row.stays)

    async def sign_out(self, token: str) -> None:
        """End the session of this cookie, if there is one."""
        token_hash = sessions.digest(token)
        async with self.database.session() as session:
            await sessions.end_session(session, token_hash)
        self._sessions.forget(token_hash)

    async def create_account(
        self,
        *,
        role: Role,
        username: str | None = None,
        password: str | None = None,
        person: str | None = None,
        school: str | None = None,
        by: Principal | None = None,
    ) -> Account:
        """Make an account; `by` is who does, `None` the command line.

        `person` is the source id, identifier, e-mail address or username of somebody in the roster; `school` the id,
        source id, identifier or name of the one school it is for. Without a username it gets the person's own, without
        a password nobody can sign in with one. Raises `InvalidInput`, `NotFound` or `Conflict`.
        """
        someone = await self.find_person(person) if person else None
        school_id = (await self.find_school(school)).id if school else None
        accounts.check_role(role, person=someone, school_id=school_id)
        name = accounts.username_for(someone, username)
        now = self.clock.now()
        account = accounts.new_account(
            person=someone,
            username=name,
            role=role,
            school_id=school_id,
            now=now,
            password_hash=await self.new_hash(password, name) if password is not None else None,
        )
        try:
            async with self.database.session() as session:
                session.add(account)
                await audit(session, now, by, "account.created", about=account.id, school_id=school_id, role=role)
        except IntegrityError as error:
            raise Conflict(f"There is an account with the username '{name}' already.") from error
        return account

    async def find_person(self, key: str) -> Person:
        """See `accounts.find_person`."""
        async with self.database.session() as session:
            return await accounts.find_person(session, key)

    async def find_school(self, key: str) -> School:
        """See `accounts.find_school`."""
        async with self.database.session() as session:
            return await accounts.find_school(session, key)

    async def find_account(self, username: str) -> Account | None:
        async with self.database.session() as session:
            return await accounts.account_named(session, username)

    async def must_find_account(self, username: str) -> Account:
        """Raises `NotFound`."""
        account = await self.find_account(username)
        if account is None:
            raise NotFound(f"There is no account with the username '{username}'.")
        return account

    async def set_password(
        self,
        account_id: UUID,
        password: str,
        *,
        by: Principal | None = None,
        but: UUID | None = None,
        good_for: timedelta | None = None,
    ) -> None:
        """Give the account a new password and end its sessions, except the one `but`. With `good_for` it is one that
        somebody else gave out: good for so long, and only to choose another."""
        async with self.database.session() as session:
            username = (await accounts.locked_account(session, account_id)).username
        password_hash = await self.new_hash(password, username)
        async with self.database.session() as session:
            await self.put_password(session, account_id, password_hash, by=by, but=but, good_for=good_for)
        self.forget(account_id)

    async def put_password(
        self,
        session: AsyncSession,
        account_id: UUID,
        password_hash: str,
        *,
        by: Principal | None,
        but: UUID | None = None,
        good_for: timedelta | None = None,
    ) -> None:
        """`set_password` within a transaction; `forget` must follow it."""
        now = self.clock.now()
        account = await accounts.locked_account(session, account_id)
        account.password_hash = password_hash
        account.password_changed_at = now
        account.password_expires_at = now + good_for if good_for else None
        await sessions.end_sessions_of(session, account_id, but=but)
        await self.links.end(session, account_id)
        what = "account.password_given" if good_for else "account.password_changed"
        await audit(session, now, by, what, about=account_id, school_id=account.school_id)

    def forget(self, account_id: UUID) -> None:
        """What was known of the account's sessions counts no longer: whoever is signed in to it is looked up again."""
        self._sessions.forget_principal(account_id)

    async def change_policy(self, wanted: SignInPolicy, by: Principal) -> SignInPolicy:
        """Change what the district demands of whoever signs in. It counts for running sessions too."""
        now = self.clock.now()
        async with self.database.session() as session:
            policy = renewed(await self.policy.current(session), wanted, now)
            await save_policy(session, policy, now)
            await audit(session, now, by, "sign_in.policy_changed", policy=msgspec.to_builtins(policy))
        self.policy.forget()
        self._sessions.forget_all()
        return policy

    async def disable_account(self, account_id: UUID, by: Principal | None = None) -> None:
        """Let nobody sign in to the account any more, and end its sessions."""
        await self._set_status(account_id, AccountStatus.DISABLED, by)

    async def enable_account(self, account_id: UUID, by: Principal | None = None) -> None:
        await self._set_status(account_id, AccountStatus.ACTIVE, by)

    async def end_sessions(self, account_id: UUID) -> None:
        """Sign the account out everywhere."""
        async with self.database.session() as session:
            await sessions.end_sessions_of(session, account_id)
        self.forget(account_id)

    async def create_token(
        self,
        *,
        name: str,
        role: Role,
        school_id: UUID | None = None,
        person_id: UUID | None = None,
        expires_at: datetime | None = None,
        scopes: Sequence[str] | None = None,
        maker: Principal | None = None,
    ) -> tokens.NewToken:
        """Make an API token; see `tokens.add_token`. Without a maker (the command line) there is no limit to it."""
        async with self.database.session() as session:
            return await tokens.add_token(
                session,
                name=name,
                role=role,
                now=self.clock.now(),
                school_id=school_id,
                person_id=person_id,
                expires_at=expires_at,
                scopes=scopes,
                maker=maker,
            )

    async def list_tokens(self, viewer: Principal, *, after: UUID | None = None, limit: int = 100) -> list[ApiToken]:
        async with self.database.session() as session:
            return await tokens.list_tokens(session, viewer, after=after, limit=limit)

    async def revoke_token(self, token_id: UUID, *, viewer: Principal | None = None) -> ApiToken:
        async with self.database.session() as session:
            token = await tokens.revoke_token(session, token_id, now=self.clock.now(), viewer=viewer)
        self._tokens.forget_principal(token_id)
        return token

    async def _set_status(self, account_id: UUID, status: AccountStatus, by: Principal | None) -> None:
        async with self.database.session() as session:
            await accounts.one_at_a_time(session)
            account = await accounts.locked_account(session, account_id)
            if status is AccountStatus.DISABLED:
                await accounts.keep_an_administrator(session, account)
            account.status = status
            await sessions.end_sessions_of(session, account_id)
            await self.links.end(session, account_id)
            what = "account.disabled" if status is AccountStatus.DISABLED else "account.enabled"
            await audit(session, self.clock.now(), by, what, about=account_id, school_id=account.school_id)
        self.forget(account_id)

    async def new_hash(self, password: str, username: str) -> str:
        check_new_password(password, username, shortest=1 if self.settings.demo else SHORTEST)
        return await self.passwords.hash(password)

    def refusal(self, address: str) -> CorridorError:
        log.warning("sign_in_refused", address=address)
        return SignInRefused("This username and password do not fit together. Check both and try again.")

    def log_wrong_code(self, account_id: UUID, address: str) -> None:
        log.warning("second_step_refused", account_id=str(account_id), address=address)

    async def _load_session(self, token_hash: bytes) -> Known | None:
        policy = await self.policy.current()
        async with self.database.session() as session:
            known = await sessions.load_session(session, token_hash, policy, self.clock.now())
            return known or await load_link(session, token_hash, self.clock.now())

    async def _load_token(self, token_hash: bytes) -> Known | None:
        async with self.database.session() as session:
            return await tokens.load_token(session, token_hash, self.clock.now())
