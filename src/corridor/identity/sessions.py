"""Browsers that are signed in: the cookie's token, how long it lasts, whom it stands for."""

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.ids import new_id
from corridor.campus.tables import Person
from corridor.identity.cache import Known
from corridor.identity.principal import Principal, Role
from corridor.identity.sign_in_policy import SignInPolicy
from corridor.identity.sign_in_tables import FirstStep
from corridor.identity.standing import Standing, own_ids, reach, standing_columns
from corridor.identity.tables import Account, AccountStatus, LoginSession

SEEN_EVERY = timedelta(minutes=1)
"""How exactly `last_seen_at` is kept: a request a second must not be a write a second."""

LONGEST_USER_AGENT = 200


def digest(secret: str) -> bytes:
    """What is stored of a random secret. It has 256 bits of entropy, so a fast hash without salt is enough."""
    return hashlib.sha256(secret.encode()).digest()


class LivingSession(msgspec.Struct, frozen=True):
    """A session and when it ends unless it is used again."""

    row: LoginSession
    ends_at: datetime


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody comes to be signed in: from which browser, and what they have shown.

    `via` is "password", "passkey" or "single_sign_on", `second_step` how a second one was passed. `stay`: they ask to
    stay signed in on this device.
    """

    address: str
    user_agent: str = ""
    via: str
    second_step: str | None = None
    stay: bool = False


async def start_session(
    session: AsyncSession, account: Account, arrival: Arrival, *, policy: SignInPolicy, now: datetime
) -> tuple[str, LoginSession]:
    """Sign the account in: a fresh token, for the cookie, and its row. Sessions past their limit are swept out."""
    await session.execute(delete(LoginSession).where(LoginSession.expires_at <= now))
    token = secrets.token_urlsafe(32)
    role = Role(account.role)
    stays = arrival.stay and policy.of(role).stay_days > 0
    row = LoginSession(
        id=new_id(),
        token_hash=digest(token),
        account_id=account.id,
        created_at=now,
        last_seen_at=now,
        expires_at=now + policy.limits(role, stays=stays).longest,
        user_agent=arrival.user_agent[:LONGEST_USER_AGENT],
        address=arrival.address,
        via=arrival.via,
        second_step=arrival.second_step,
        stays=stays,
        confirmed_at=now,
    )
    session.add(row)
    return token, row


async def end_session(session: AsyncSession, token_hash: bytes) -> None:
    await session.execute(delete(LoginSession).where(LoginSession.token_hash == token_hash))


async def end_sessions_of(session: AsyncSession, account_id: UUID, *, but: UUID | None = None) -> None:
    """Sign the account out everywhere, but for the session `but`, and leave no sign-in half done."""
    ended = delete(LoginSession).where(LoginSession.account_id == account_id)
    await session.execute(ended.where(LoginSession.id != but) if but else ended)
    await session.execute(delete(FirstStep).where(FirstStep.account_id == account_id))


async def sessions_of(
    session: AsyncSession, account_id: UUID, policy: SignInPolicy, now: datetime
) -> list[LivingSession]:
    """The account's sessions that still count, the one seen last first."""
    rows = await session.execute(
        select(LoginSession, Account.role, Account.created_at)
        .join(Account, Account.id == LoginSession.account_id)
        .where(LoginSession.account_id == account_id)
        .order_by(LoginSession.last_seen_at.desc(), LoginSession.id.desc())
    )
    living = ((row, _end_of(row, Role(role), since, policy)) for row, role, since in rows)
    return [LivingSession(row, ends_at) for row, ends_at in living if now < ends_at]


def _end_of(login: LoginSession, role: Role, since: datetime, policy: SignInPolicy) -> datetime:
    """When the session ends if nothing more happens, by today's policy: a stricter one counts for those that run."""
    idle, longest = policy.limits(role, stays=login.stays)
    ends = [login.expires_at, login.created_at + longest]
    if idle is not None:
        ends.append(login.last_seen_at + idle)
    if login.second_step is None and (due := policy.second_step_due(role, login.via, since)) is not None:
        ends.append(due)
    return min(ends)


async def load_session(session: AsyncSession, token_hash: bytes, policy: SignInPolicy, now: datetime) -> Known | None:
    """Whom the cookie stands for now, noting that it was seen; `None` for an unknown session. One that has ended, or
    whose account is disabled, or whose person has left or may not sign in, is removed: it does not come back to life
    with them."""
    found = (
        await session.execute(
            select(LoginSession, Account, *standing_columns(Account.person_id))
            .join(Account, Account.id == LoginSession.account_id)
            .outerjoin(Person, Person.id == Account.person_id)
            .where(LoginSession.token_hash == token_hash)
        )
    ).one_or_none()
    if found is None:
        return None
    login, account, *columns = found
    standing = Standing(*columns)
    role = Role(account.role)
    unwelcome = account.status != AccountStatus.ACTIVE or standing.person_welcome is False
    if unwelcome or now >= _end_of(login, role, account.created_at, policy):
        await end_session(session, token_hash)
        return None
    if now - login.last_seen_at >= SEEN_EVERY:
        # The row at hand says so too, for when it ends from now on.
        login.last_seen_at = now
    principal = Principal(
        id=account.id,
        kind="account",
        role=role,
        name=standing.person_name or account.username,
        person_id=account.person_id,
        own_ids=own_ids(role, account.person_id, standing),
        school_ids=reach(role, account.school_id, standing),
        session_id=login.id,
    )
    return Known(principal, _end_of(login, role, account.created_at, policy))
