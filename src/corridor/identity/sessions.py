"""Browsers that are signed in: the cookie's token, how long it lasts, whom it stands for."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.ids import new_id
from corridor.campus.tables import Person
from corridor.identity.cache import Known
from corridor.identity.principal import Principal, Role
from corridor.identity.standing import Standing, own_ids, reach, standing_columns
from corridor.identity.tables import Account, AccountStatus, LoginSession

SEEN_EVERY = timedelta(minutes=1)
"""How exactly `last_seen_at` is kept: a request a second must not be a write a second."""

_LONGEST_USER_AGENT = 200


class SessionLimits(NamedTuple):
    """A session ends after `idle` without a request, and `longest` after it began whatever happens."""

    idle: timedelta
    longest: timedelta


_USUAL = SessionLimits(idle=timedelta(hours=12), longest=timedelta(days=7))
_POWERFUL = SessionLimits(idle=timedelta(hours=2), longest=timedelta(hours=12))
LIMITS = dict.fromkeys(Role, _USUAL) | {Role.SCHOOL_ADMIN: _POWERFUL, Role.DISTRICT_ADMIN: _POWERFUL}


def digest(secret: str) -> bytes:
    """What is stored of a random secret. It has 256 bits of entropy, so a fast hash without salt is enough."""
    return hashlib.sha256(secret.encode()).digest()


async def start_session(
    session: AsyncSession, account: Account, *, address: str, user_agent: str, now: datetime
) -> tuple[str, LoginSession]:
    """Sign the account in: a fresh token, for the cookie, and its row. Sessions past their limit are swept out."""
    await session.execute(delete(LoginSession).where(LoginSession.expires_at <= now))
    token = secrets.token_urlsafe(32)
    row = LoginSession(
        id=new_id(),
        token_hash=digest(token),
        account_id=account.id,
        created_at=now,
        last_seen_at=now,
        expires_at=now + LIMITS[Role(account.role)].longest,
        user_agent=user_agent[:_LONGEST_USER_AGENT],
        address=address,
    )
    session.add(row)
    return token, row


async def end_session(session: AsyncSession, token_hash: bytes) -> None:
    await session.execute(delete(LoginSession).where(LoginSession.token_hash == token_hash))


async def end_sessions_of(session: AsyncSession, account_id: UUID) -> None:
    await session.execute(delete(LoginSession).where(LoginSession.account_id == account_id))


async def load_session(session: AsyncSession, token_hash: bytes, now: datetime) -> Known | None:
    """Whom the cookie stands for now, noting that it was seen; `None` for an unknown or ended session, a disabled
    account and a person who has left or may not sign in."""
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
    idle = LIMITS[role].idle
    if account.status != AccountStatus.ACTIVE or standing.person_welcome is False:
        return None
    if now >= login.expires_at or now - login.last_seen_at >= idle:
        return None
    if now - login.last_seen_at >= SEEN_EVERY:
        await session.execute(update(LoginSession).where(LoginSession.id == login.id).values(last_seen_at=now))
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
    return Known(principal, min(login.expires_at, now + idle))
