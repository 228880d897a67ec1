"""The way from the first step of signing in to a session: second step, set-up, a password of one's own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.errors import Conflict, CorridorError, InvalidInput, NotSignedIn
from corridor.identity import accounts, passkeys, second_step
from corridor.identity.audit import audit
from corridor.identity.buckets import Buckets
from corridor.identity.first_step import MOST_WRONG, Need, Waiting, arrival_of, first_step_of, what_is_missing
from corridor.identity.limits import SECOND_STEPS, Attempts, network_of
from corridor.identity.passkeys import Site
from corridor.identity.principal import Principal, Role
from corridor.identity.sessions import Arrival
from corridor.identity.sign_in_tables import FirstStep
from corridor.identity.tables import Account

if TYPE_CHECKING:
    from corridor.identity.service import HalfSignedIn, IdentityService, SignedIn


class FirstStepGone(NotSignedIn):
    """The cookie of the first step is unknown or its time is up."""

    code = "first_step_gone"

    def __init__(self) -> None:
        super().__init__("This took too long. Sign in again from the start.")


class WrongCode(CorridorError):
    code = "wrong_code"
    status = 401

    def __init__(self) -> None:
        super().__init__("This code is wrong, or was used already. Wait for the next one and type that.")


class NextSteps:
    """For pages that somebody between the steps sees. Each method takes the token of their cookie and raises
    `FirstStepGone` when it is good for nothing any more."""

    def __init__(self, identity: "IdentityService") -> None:
        self._identity = identity
        self.attempts = Attempts(SECOND_STEPS)
        self._asked = Buckets(1000, timedelta(seconds=1))

    async def waiting(self, token: str) -> Waiting:
        """Who waits, and for what."""
        async with self._step(token) as (session, row, account):
            return await self._waiting(session, row, account)

    async def give_code(self, token: str, code: str, address: str) -> "SignedIn | HalfSignedIn":
        """Pass the second step with a code of the app or a recovery code. Raises `WrongCode` or `TooManyAttempts`."""
        identity = self._identity
        async with self._step(token) as (session, row, account):
            await self._expect(session, row, account, Need.SECOND_STEP)
            passed = await self.check_code(session, account.id, code, address)
            if passed is not None:
                return await self._passed(session, row, account, passed)
            row.wrong += 1
            if row.wrong >= MOST_WRONG:
                await session.delete(row)
        identity.log_wrong_code(account.id, address)
        raise WrongCode

    async def check_code(self, session: AsyncSession, account_id: UUID, code: str, address: str) -> str | None:
        """Use up a code, or count a wrong one: "totp", "recovery" or `None`. Raises `TooManyAttempts`."""
        identity, now = self._identity, self._identity.clock.now()
        self.attempts.admit(str(account_id), address, now)
        try:
            passed = await second_step.take_code(session, identity.sealer, account_id, code, identity.code_now())
        except BaseException:
            self.attempts.undecided(str(account_id), address, now)
            raise
        if passed is not None:
            self.attempts.succeeded(str(account_id), address, now)
            if passed == "recovery":
                me = _as_principal(await accounts.locked_account(session, account_id))
                await audit(session, now, me, "account.recovery_code_used", about=account_id)
        return passed

    async def ask_passkey(self, token: str, site: Site) -> str:
        """The options for showing a passkey as the second step."""
        async with self._step(token) as (session, row, account):
            await self._expect(session, row, account, Need.SECOND_STEP)
            return await passkeys.ask_to_show(session, site, token, self._identity.clock.now(), account.id)

    async def show_passkey(self, token: str, site: Site, credential: str) -> "SignedIn | HalfSignedIn":
        """Pass the second step with a passkey. Raises `PasskeyRefused`."""
        async with self._step(token) as (session, row, account):
            await self._expect(session, row, account, Need.SECOND_STEP)
            now = self._identity.clock.now()
            await passkeys.show(session, site, credential, token, now, account.id)
            return await self._passed(session, row, account, "passkey")

    async def enrolment(self, token: str) -> second_step.Enrolment:
        """What the authenticator app that is being set up needs."""
        async with self._step(token) as (session, row, account):
            await self._expect(session, row, account, Need.SET_UP)
            return await second_step.begin_totp(session, self._identity.sealer, account.id, account.username)

    async def set_up_app(self, token: str, code: str, address: str) -> list[str]:
        """Set up the authenticator app with a first code of it; the answer is the recovery codes."""
        identity, now = self._identity, self._identity.clock.now()
        async with self._step(token) as (session, row, account):
            await self._expect(session, row, account, Need.SET_UP)
            self.attempts.admit(str(account.id), address, now)
            await second_step.confirm_totp(session, identity.sealer, account.id, code, identity.code_now())
            self.attempts.succeeded(str(account.id), address, now)
            return await self._is_set_up(session, row, account, "totp")

    async def ask_to_register(self, token: str, site: Site) -> str:
        """The options for making a passkey."""
        async with self._step(token) as (session, row, account):
            await self._expect(session, row, account, Need.SET_UP)
            now = self._identity.clock.now()
            return await passkeys.ask_to_register(session, site, account, account.username, token, now, alone=True)

    async def set_up_passkey(self, token: str, site: Site, credential: str, name: str) -> list[str]:
        """Set up a passkey; the answer is the recovery codes."""
        async with self._step(token) as (session, row, account):
            await self._expect(session, row, account, Need.SET_UP)
            now = self._identity.clock.now()
            await passkeys.register(session, site, account.id, credential, name, token, now, alone=True)
            return await self._is_set_up(session, row, account, "passkey")

    async def put_off(self, token: str) -> "SignedIn | HalfSignedIn":
        """Leave the set-up for another day. Raises `Conflict` when it is due."""
        async with self._step(token) as (session, row, account):
            waiting = await self._waiting(session, row, account)
            if waiting.need is Need.SET_UP and waiting.later_until is None:
                raise Conflict("The second step is due now. Set it up to go on.")
            row.put_off = True
            return await self._go_on(session, row, account)

    async def choose_password(self, token: str, password: str) -> "SignedIn | HalfSignedIn":
        """Replace the password that somebody else gave out."""
        identity = self._identity
        async with self._step(token) as (session, row, account):
            await self._expect(session, row, account, Need.NEW_PASSWORD)
            username, known_hash = account.username, account.password_hash
        if (await identity.passwords.verify(password, known_hash)).correct:
            raise InvalidInput("This is the password that you were given. Choose one that only you know.")
        password_hash = await identity.new_hash(password, username)
        async with self._step(token) as (session, row, account):
            await self._expect(session, row, account, Need.NEW_PASSWORD)
            arrival, put_off = arrival_of(row), row.put_off
            await identity.put_password(session, account.id, password_hash, by=_as_principal(account))
            identity.forget(account.id)
            return await identity.arrive(session, account, arrival, None, put_off=put_off)

    async def ask_passkey_alone(self, site: Site, browser: str, address: str) -> str:
        """The options for signing in with nothing but a passkey. Raises `TooManyAttempts`."""
        now, network = self._identity.clock.now(), network_of(address)
        self._asked.check(network, now)
        self._asked.count(network, now)
        async with self._identity.database.session() as session:
            return await passkeys.ask_to_show(session, site, browser, self._identity.clock.now(), None)

    async def sign_in_with_passkey(
        self, site: Site, credential: str, browser: str, arrival: Arrival, *, replaces: str | None
    ) -> "SignedIn | HalfSignedIn":
        """Sign in with a passkey whose device has checked who holds it: that is both steps. Raises `PasskeyRefused`."""
        identity = self._identity
        async with identity.database.session() as session:
            passkey = await passkeys.show(session, site, credential, browser, identity.clock.now(), None)
            account = await accounts.locked_account(session, passkey.account_id)
            if not await accounts.may_sign_in(session, account):
                raise identity.refusal(arrival.address)
            return await identity.arrive(session, account, arrival, replaces)

    async def finish(self, token: str) -> "SignedIn | HalfSignedIn":
        """Go on once nothing is missing here any more."""
        async with self._step(token) as (session, row, account):
            return await self._go_on(session, row, account)

    @asynccontextmanager
    async def _step(self, token: str) -> AsyncIterator[tuple[AsyncSession, FirstStep, Account]]:
        async with self._identity.database.session() as session:
            row = await first_step_of(session, token, self._identity.clock.now())
            if row is None:
                raise FirstStepGone
            account = await accounts.locked_account(session, row.account_id)
            if not await accounts.may_sign_in(session, account):
                raise FirstStepGone
            yield session, row, account

    async def _waiting(self, session: AsyncSession, row: FirstStep, account: Account) -> Waiting:
        policy = await self._identity.policy.current(session)
        methods = await second_step.methods_of(session, account.id)
        need, until = what_is_missing(
            account, arrival_of(row), methods, policy, self._identity.clock.now(), put_off=row.put_off
        )
        return Waiting(row, account, methods, need, until)

    async def _expect(self, session: AsyncSession, row: FirstStep, account: Account, need: Need) -> None:
        if (await self._waiting(session, row, account)).need is not need:
            raise Conflict("This step is not the next one. Go on from the page that sign-in leads to.")

    async def _passed(
        self, session: AsyncSession, row: FirstStep, account: Account, how: str
    ) -> "SignedIn | HalfSignedIn":
        row.second_step = how
        return await self._go_on(session, row, account)

    async def _is_set_up(self, session: AsyncSession, row: FirstStep, account: Account, how: str) -> list[str]:
        row.second_step = how
        now = self._identity.clock.now()
        await audit(session, now, _as_principal(account), "account.second_step_added", about=account.id, method=how)
        return await second_step.new_recovery_codes(session, account.id)

    async def _go_on(self, session: AsyncSession, row: FirstStep, account: Account) -> "SignedIn | HalfSignedIn":
        """To the session, or to what is still missing, under a new token each time."""
        outcome = await self._identity.arrive(session, account, arrival_of(row), None, put_off=row.put_off)
        await session.delete(row)
        return outcome


def _as_principal(account: Account) -> Principal:
    """Who changes their own account before they are signed in."""
    return Principal(
        id=account.id, kind="account", role=Role(account.role), name=account.username, school_ids=frozenset()
    )
