"""What the other rooms and the shell ask of identity: sign in, who is this, accounts, tokens."""

import hashlib
from datetime import datetime
from functools import cached_property
from uuid import UUID

import msgspec
import structlog
from sqlalchemy.exc import IntegrityError

from corridor.base.clock import Clock
from corridor.base.database import Database
from corridor.base.errors import Conflict, CorridorError, NotSignedIn
from corridor.base.ids import new_id
from corridor.base.settings import Settings
from corridor.campus.tables import Person, School
from corridor.identity import accounts, sessions, tokens
from corridor.identity.cache import Known, PrincipalCache
from corridor.identity.limits import SignInAttempts
from corridor.identity.passwords import SHORTEST, Passwords, check_new_password
from corridor.identity.principal import Principal, Role
from corridor.identity.tables import Account, AccountStatus, ApiToken

log = structlog.get_logger(__name__)


class SignInRefused(NotSignedIn):
    code = "sign_in_refused"


class SignedIn(msgspec.Struct, frozen=True):
    """`token` is for the browser's cookie and nowhere else."""

    token: str
    account_id: UUID
    role: Role
    expires_at: datetime

    def __repr__(self) -> str:
        return f"SignedIn({self.account_id})"


class IdentityService:
    """One a process. Every method is one transaction; what it changes counts at once in this process and within
    `cache.LIFETIME` in the others."""

    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        self.database = database
        self.clock = clock
        self.settings = settings
        self.passwords = Passwords()
        self.attempts = SignInAttempts()
        self._sessions = PrincipalCache(self._load_session, clock)
        self._tokens = PrincipalCache(self._load_token, clock)

    @cached_property
    def csrf_key(self) -> bytes:
        return hashlib.sha256(b"corridor csrf\0" + self.settings.key()).digest()

    async def by_session(self, token: str) -> Principal | None:
        """Whom a browser's cookie stands for."""
        return await self._sessions.get(sessions.digest(token))

    async def by_bearer(self, token: str) -> Principal | None:
        """Whom an API token stands for."""
        return await self._tokens.get(sessions.digest(token)) if token.startswith(tokens.PREFIX) else None

    async def sign_in(
        self, username: str, password: str, *, address: str, user_agent: str = "", replaces: str | None = None
    ) -> SignedIn:
        """Check a password and start a session under a new token; the session of the cookie `replaces` ends.

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
            raise self._refusal(address)
        async with self.database.session() as session:
            account = await accounts.locked_account(session, account.id)
            # The password may have been changed, or the account disabled, while the old hash was being checked.
            if account.password_hash != checked_hash or not await accounts.may_sign_in(session, account):
                raise self._refusal(address)
            if verdict.renewed_hash:
                account.password_hash = verdict.renewed_hash
            token, row = await sessions.start_session(session, account, address=address, user_agent=user_agent, now=now)
            if replaces:
                await sessions.end_session(session, sessions.digest(replaces))
        if replaces:
            self._sessions.forget(sessions.digest(replaces))
        self.attempts.succeeded(name, address, now)
        log.info("signed_in", account_id=str(account.id), address=address)
        return SignedIn(token, account.id, Role(account.role), row.expires_at)

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
    ) -> Account:
        """Make an account.

        `person` is the source id, identifier, e-mail address or username of somebody in the roster; `school` the id,
        source id, identifier or name of the one school it is for. Without a username it gets the person's own, without
        a password nobody can sign in with one. Raises `InvalidInput`, `NotFound` or `Conflict`.
        """
        someone = await self.find_person(person) if person else None
        school_id = (await self.find_school(school)).id if school else None
        accounts.check_role(role, person=someone, school_id=school_id)
        name = accounts.username_for(someone, username)
        now = self.clock.now()
        account = Account(
            id=new_id(),
            person_id=someone.id if someone else None,
            username=name,
            password_hash=await self._new_hash(password, name) if password is not None else None,
            role=role,
            school_id=school_id,
            status=AccountStatus.ACTIVE,
            created_at=now,
            password_changed_at=now if password is not None else None,
        )
        try:
            async with self.database.session() as session:
                session.add(account)
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

    async def set_password(self, account_id: UUID, password: str) -> None:
        """Give the account a new password and end its sessions."""
        async with self.database.session() as session:
            username = (await accounts.locked_account(session, account_id)).username
        password_hash = await self._new_hash(password, username)
        async with self.database.session() as session:
            account = await accounts.locked_account(session, account_id)
            account.password_hash = password_hash
            account.password_changed_at = self.clock.now()
            await sessions.end_sessions_of(session, account_id)
        self._sessions.forget_principal(account_id)

    async def disable_account(self, account_id: UUID) -> None:
        """Let nobody sign in to the account any more, and end its sessions."""
        await self._set_status(account_id, AccountStatus.DISABLED)

    async def enable_account(self, account_id: UUID) -> None:
        await self._set_status(account_id, AccountStatus.ACTIVE)

    async def end_sessions(self, account_id: UUID) -> None:
        """Sign the account out everywhere."""
        async with self.database.session() as session:
            await sessions.end_sessions_of(session, account_id)
        self._sessions.forget_principal(account_id)

    async def create_token(
        self,
        *,
        name: str,
        role: Role,
        school_id: UUID | None = None,
        person_id: UUID | None = None,
        expires_at: datetime | None = None,
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

    async def _set_status(self, account_id: UUID, status: AccountStatus) -> None:
        async with self.database.session() as session:
            account = await accounts.locked_account(session, account_id)
            account.status = status
            await sessions.end_sessions_of(session, account_id)
        self._sessions.forget_principal(account_id)

    async def _new_hash(self, password: str, username: str) -> str:
        check_new_password(password, username, shortest=1 if self.settings.demo else SHORTEST)
        return await self.passwords.hash(password)

    def _refusal(self, address: str) -> CorridorError:
        log.warning("sign_in_refused", address=address)
        return SignInRefused("This username and password do not fit together. Check both and try again.")

    async def _load_session(self, token_hash: bytes) -> Known | None:
        async with self.database.session() as session:
            return await sessions.load_session(session, token_hash, self.clock.now())

    async def _load_token(self, token_hash: bytes) -> Known | None:
        async with self.database.session() as session:
            return await tokens.load_token(session, token_hash, self.clock.now())
