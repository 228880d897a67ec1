"""Between the first step of signing in and a session: what is still missing, and a cookie that opens only that."""

import secrets
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.ids import new_id
from corridor.identity.principal import Role
from corridor.identity.second_step import Methods
from corridor.identity.sessions import LONGEST_USER_AGENT, Arrival, digest
from corridor.identity.sign_in_policy import SignInPolicy
from corridor.identity.sign_in_tables import FirstStep
from corridor.identity.tables import Account

LASTS = timedelta(minutes=15)
MOST_WRONG = 10
"""After so many wrong codes the password has to be given again."""


class Need(StrEnum):
    """What is missing: the second step, one to be set up, or a password of one's own."""

    SECOND_STEP = "second_step"
    SET_UP = "set_up"
    NEW_PASSWORD = "new_password"


class Waiting(msgspec.Struct, frozen=True):
    """Somebody between the steps. `later_until`: a set-up may be put off until then."""

    row: FirstStep
    account: Account
    methods: Methods
    need: Need | None
    later_until: datetime | None


def what_is_missing(
    account: Account, arrival: Arrival, methods: Methods, policy: SignInPolicy, now: datetime, *, put_off: bool = False
) -> tuple[Need | None, datetime | None]:
    """The next thing to do before there is a session, and until when it may be put off."""
    if arrival.second_step is None:
        if methods.any and policy.asks_second_step(arrival.via):
            return Need.SECOND_STEP, None
        due = policy.second_step_due(Role(account.role), arrival.via, account.created_at)
        if due is not None and not methods.any:
            if now >= due:
                return Need.SET_UP, None
            if not put_off:
                return Need.SET_UP, due
    if account.password_expires_at is not None and arrival.via == "password":
        return Need.NEW_PASSWORD, None
    return None, None


async def begin_first_step(
    session: AsyncSession, account: Account, arrival: Arrival, now: datetime, *, put_off: bool = False
) -> tuple[str, FirstStep]:
    """A fresh token, for a cookie of its own, and its row. Those whose time is up are swept out."""
    await session.execute(delete(FirstStep).where(FirstStep.expires_at <= now))
    token = secrets.token_urlsafe(32)
    row = FirstStep(
        id=new_id(),
        token_hash=digest(token),
        account_id=account.id,
        created_at=now,
        expires_at=now + LASTS,
        user_agent=arrival.user_agent[:LONGEST_USER_AGENT],
        address=arrival.address,
        via=arrival.via,
        stay=arrival.stay,
        second_step=arrival.second_step,
        put_off=put_off,
    )
    session.add(row)
    return token, row


async def first_step_of(session: AsyncSession, token: str, now: datetime) -> FirstStep | None:
    """The row of this cookie, held against any other use until the transaction ends."""
    query = select(FirstStep).where(FirstStep.token_hash == digest(token), FirstStep.expires_at > now)
    return (await session.scalars(query.with_for_update())).one_or_none()


def arrival_of(row: FirstStep) -> Arrival:
    return Arrival(
        address=row.address, user_agent=row.user_agent, via=row.via, second_step=row.second_step, stay=row.stay
    )
