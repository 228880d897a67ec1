"""What people do about the security of their own account: password, second step, sessions."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.errors import Conflict, InvalidInput, NotFound, NotPermitted
from corridor.identity import accounts, passkeys, second_step
from corridor.identity.audit import audit
from corridor.identity.passkeys import Site
from corridor.identity.principal import Principal
from corridor.identity.second_step import Methods
from corridor.identity.sessions import LivingSession, sessions_of
from corridor.identity.sign_in_tables import Passkey
from corridor.identity.tables import Account, LoginSession

if TYPE_CHECKING:
    from corridor.identity.service import IdentityService

FRESH = timedelta(minutes=15)
"""How long after having shown who they are people may change their second step."""


class ConfirmFirst(NotPermitted):
    """Whoever sits there has to show once more who they are."""

    code = "confirm_first"

    def __init__(self) -> None:
        super().__init__("Confirm that it is you first, then do this again.")


class Overview(msgspec.Struct, frozen=True):
    """`fresh`: no confirmation is needed for now. `must_have`: the role needs a second step."""

    account: Account
    sessions: list[LivingSession]
    methods: Methods
    passkeys: list[Passkey]
    fresh: bool
    must_have: bool


class OwnSecurity:
    """Every method is for the person whose browser is signed in; a token or a device has no such things and gets
    `NotPermitted`."""

    def __init__(self, identity: "IdentityService") -> None:
        self._identity = identity

    async def overview(self, me: Principal) -> Overview:
        policy, now = await self._identity.policy.current(), self._identity.clock.now()
        async with self._identity.database.session() as session:
            account = await _account_of(session, me)
            return Overview(
                account,
                await sessions_of(session, me.id, policy, now),
                await second_step.methods_of(session, me.id),
                await passkeys.passkeys_of(session, me.id),
                fresh=await self._is_fresh(session, me),
                must_have=policy.of(me.role).second_step,
            )

    async def sessions(self, me: Principal) -> list[LivingSession]:
        policy, now = await self._identity.policy.current(), self._identity.clock.now()
        async with self._identity.database.session() as session:
            await _account_of(session, me)
            return await sessions_of(session, me.id, policy, now)

    async def end_session(self, me: Principal, session_id: UUID) -> None:
        """Raises `NotFound` for one that is not one's own."""
        async with self._identity.database.session() as session:
            await _account_of(session, me)
            ended = await session.execute(
                delete(LoginSession)
                .where(LoginSession.id == session_id, LoginSession.account_id == me.id)
                .returning(LoginSession.id)
            )
            if ended.first() is None:
                raise NotFound("There is no such session, or it has ended already.")
        self._identity.forget(me.id)

    async def end_other_sessions(self, me: Principal) -> None:
        async with self._identity.database.session() as session:
            await _account_of(session, me)
            await session.execute(
                delete(LoginSession).where(LoginSession.account_id == me.id, LoginSession.id != me.session_id)
            )
        self._identity.forget(me.id)

    async def change_password(self, me: Principal, old: str, new: str, address: str) -> None:
        """Raises `InvalidInput` for a wrong old password, `TooManyAttempts`. All other sessions end."""
        await self._check_password(me, old, address)
        if old == new:
            raise InvalidInput("This is the password you have. Choose another one.", field="new")
        await self._identity.set_password(me.id, new, by=me, but=me.session_id)

    async def confirm(self, me: Principal, secret: str, address: str) -> None:
        """Show who one is: with the password, or with a code of the second step."""
        identity = self._identity
        async with identity.database.session() as session:
            account = await _account_of(session, me)
            by_code = account.password_hash is None
            if by_code and await identity.steps.check_code(session, me.id, secret, address) is None:
                raise InvalidInput("This code is wrong, or was used already.", field="secret")
        if not by_code:
            await self._check_password(me, secret, address)
        async with identity.database.session() as session:
            await _mark(session, me, confirmed_at=identity.clock.now())

    async def begin_app(self, me: Principal) -> second_step.Enrolment:
        async with self._identity.database.session() as session:
            account = await self._fresh_account(session, me)
            return await second_step.begin_totp(session, self._identity.sealer, me.id, account.username)

    async def set_up_app(self, me: Principal, code: str, address: str) -> list[str]:
        """Put the app in force; the answer is the recovery codes where there were none."""
        identity, now = self._identity, self._identity.clock.now()
        async with identity.database.session() as session:
            await self._fresh_account(session, me)
            identity.steps.attempts.admit(str(me.id), address, now)
            await second_step.confirm_totp(session, identity.sealer, me.id, code, identity.code_now())
            identity.steps.attempts.succeeded(str(me.id), address, now)
            return await self._added(session, me, "totp")

    async def remove_app(self, me: Principal) -> None:
        async with self._identity.database.session() as session:
            await self._fresh_account(session, me)
            await second_step.remove_totp(session, me.id)
            await self._removed(session, me, "totp")

    async def new_codes(self, me: Principal) -> list[str]:
        """Fresh recovery codes in place of those before."""
        async with self._identity.database.session() as session:
            await self._fresh_account(session, me)
            if not (await second_step.methods_of(session, me.id)).any:
                raise Conflict("Recovery codes stand in for a second step, and you have none. Set one up first.")
            await audit(session, self._identity.clock.now(), me, "account.recovery_codes_renewed", about=me.id)
            return await second_step.new_recovery_codes(session, me.id)

    async def ask_to_register(self, me: Principal, site: Site, browser: str, *, alone: bool) -> str:
        async with self._identity.database.session() as session:
            account = await self._fresh_account(session, me)
            now = self._identity.clock.now()
            return await passkeys.ask_to_register(session, site, account, me.name, browser, now, alone=alone)

    async def register(
        self, me: Principal, site: Site, credential: str, name: str, browser: str, *, alone: bool
    ) -> list[str]:
        """Keep a passkey; the answer is the recovery codes where there were none."""
        async with self._identity.database.session() as session:
            await self._fresh_account(session, me)
            now = self._identity.clock.now()
            await passkeys.register(session, site, me.id, credential, name, browser, now, alone=alone)
            return await self._added(session, me, "passkey")

    async def remove_passkey(self, me: Principal, passkey_id: UUID) -> None:
        async with self._identity.database.session() as session:
            await self._fresh_account(session, me)
            await passkeys.remove_passkey(session, me.id, passkey_id)
            await self._removed(session, me, "passkey")

    async def _check_password(self, me: Principal, password: str, address: str) -> None:
        identity, now = self._identity, self._identity.clock.now()
        async with identity.database.session() as session:
            account = await _account_of(session, me)
        if account.password_hash is None:
            raise Conflict("Your account has no password. You sign in another way.")
        identity.attempts.admit(account.username, address, now)
        try:
            verdict = await identity.passwords.verify(password, account.password_hash)
        except BaseException:
            identity.attempts.undecided(account.username, address, now)
            raise
        if not verdict.correct:
            raise InvalidInput("This is not your password.", field="old")
        identity.attempts.undecided(account.username, address, now)

    async def _is_fresh(self, session: AsyncSession, me: Principal) -> bool:
        login = await session.get(LoginSession, me.session_id) if me.session_id else None
        return login is not None and self._identity.clock.now() - login.confirmed_at < FRESH

    async def _fresh_account(self, session: AsyncSession, me: Principal) -> Account:
        account = await _account_of(session, me)
        if not await self._is_fresh(session, me):
            raise ConfirmFirst
        return await accounts.locked_account(session, account.id)

    async def _added(self, session: AsyncSession, me: Principal, method: str) -> list[str]:
        await audit(session, self._identity.clock.now(), me, "account.second_step_added", about=me.id, method=method)
        # Whoever sits here has just shown it, so that this session counts as one that passed it.
        await _mark(session, me, second_step=method)
        self._identity.forget(me.id)
        left = (await second_step.methods_of(session, me.id)).codes_left
        return [] if left else await second_step.new_recovery_codes(session, me.id)

    async def _removed(self, session: AsyncSession, me: Principal, method: str) -> None:
        policy = await self._identity.policy.current(session)
        methods = await second_step.methods_of(session, me.id)
        if not methods.any:
            if policy.of(me.role).second_step:
                raise Conflict("Your role needs a second step. Set up another one first, then remove this one.")
            await second_step.forget_second_step(session, me.id)
        await audit(session, self._identity.clock.now(), me, "account.second_step_removed", about=me.id, method=method)


async def _account_of(session: AsyncSession, me: Principal) -> Account:
    if me.kind != "account" or me.session_id is None:
        raise NotPermitted("This is for people who are signed in with a browser, not for tokens and devices.")
    return await session.get_one(Account, me.id)


async def _mark(
    session: AsyncSession, me: Principal, *, second_step: str | None = None, confirmed_at: datetime | None = None
) -> None:
    given = {"second_step": second_step, "confirmed_at": confirmed_at}
    values = {name: value for name, value in given.items() if value is not None}
    await session.execute(update(LoginSession).where(LoginSession.id == me.session_id).values(values))
