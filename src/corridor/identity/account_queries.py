"""Accounts and the people behind them, as lists for administrators."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, SQLColumnExpression, and_, exists, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.text import one_line
from corridor.campus.tables import Guardianship, Membership, Person
from corridor.identity.principal import Role
from corridor.identity.sign_in_tables import Passkey, Totp
from corridor.identity.standing import Standing, reach, standing_columns
from corridor.identity.tables import Account, AccountStatus, LoginSession


class AccountFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What of the list is wanted. `find` are words of a name, username, e-mail address or identifier. By name, from
    `offset` on, or, with `by_id`, in the order of their making from behind the id `after`."""

    id: UUID | None = None
    school_id: UUID | None = None
    find: str = ""
    role: Role | None = None
    status: AccountStatus | None = None
    by_id: bool = False
    after: UUID | None = None
    offset: int = 0
    limit: int = 50


class AccountRow(msgspec.Struct, frozen=True, kw_only=True):
    """An account in a list. `name` is the person's, else the username. `here` is false for a person who has left or
    whose access the roster has switched off. `reach` are the schools it reaches; `None`: all."""

    id: UUID
    username: str
    name: str
    person_id: UUID | None
    email: str | None
    role: Role
    status: AccountStatus
    here: bool
    school_id: UUID | None
    reach: frozenset[UUID] | None
    has_password: bool
    password_expires_at: datetime | None
    second_step: bool
    last_seen_at: datetime | None
    created_at: datetime


class RosterPerson(msgspec.Struct, frozen=True):
    """Somebody of the roster who has no account, and what they are at the school."""

    id: UUID
    name: str
    roles: list[str]
    identifier: str | None


_NAME = (
    func.coalesce(Person.preferred_given_name, Person.given_name)
    .concat(" ")
    .concat(func.coalesce(Person.preferred_family_name, Person.family_name))
)
_SEEN = select(func.max(LoginSession.last_seen_at)).where(LoginSession.account_id == Account.id).scalar_subquery()
_SECOND = or_(
    exists().where(Totp.account_id == Account.id, Totp.sealed_secret.is_not(None)),
    exists().where(Passkey.account_id == Account.id),
)


async def find_accounts(
    session: AsyncSession, school_ids: Collection[UUID] | None, wanted: AccountFilter
) -> list[AccountRow]:
    """The accounts that have to do with one of these schools (`None`: with any or none)."""
    query = (
        select(Account, Person.email, _SECOND, _SEEN, *standing_columns(Account.person_id))
        .outerjoin(Person, Person.id == Account.person_id)
        .where(*_conditions(school_ids, wanted))
        .limit(wanted.limit)
    )
    if wanted.by_id:
        query = query.order_by(Account.id)
    else:
        name = func.lower(func.coalesce(Person.family_name, Account.username))
        query = query.order_by(name, func.lower(Person.given_name), Account.id).offset(wanted.offset)
    rows = (await session.execute(query.execution_options(populate_existing=True))).all()
    return [_row(account, email, second, seen, Standing(*columns)) for account, email, second, seen, *columns in rows]


async def without_second_step(session: AsyncSession) -> dict[Role, tuple[int, int]]:
    """By role: how many active accounts there are, and how many of them have no second step."""
    query = (
        select(Account.role, func.count(), func.count().filter(~_SECOND))
        .where(Account.status == AccountStatus.ACTIVE)
        .group_by(Account.role)
    )
    return {Role(role): (number, without) for role, number, without in (await session.execute(query)).all()}


async def account_of(session: AsyncSession, person_id: UUID) -> bool:
    """Whether the person has an account."""
    return bool(await session.scalar(select(exists().where(Account.person_id == person_id))))


async def belongs(session: AsyncSession, person_id: UUID, school_ids: Collection[UUID] | None) -> bool:
    """Whether the person is at one of these schools, or, for `None`, there at all."""
    return school_ids is None or bool(await session.scalar(select(_at(school_ids, person_id))))


async def people_without_account(
    session: AsyncSession, school_id: UUID, find: str, limit: int
) -> Sequence[RosterPerson]:
    """Active people of the school who have no account, by name. `find` are words of a name or an identifier."""
    roles = func.array_agg(Membership.role.distinct())
    query = (
        select(Person.id, _NAME, roles, Person.identifier)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.school_id == school_id, Membership.active, Person.active)
        .where(~exists().where(Account.person_id == Person.id), *_said(find, _NAME, Person.identifier))
        .group_by(Person.id)
        .order_by(func.lower(Person.family_name), func.lower(Person.given_name), Person.id)
        .limit(limit)
    )
    return [
        RosterPerson(id, name, list(roles), identifier)
        for id, name, roles, identifier in (await session.execute(query)).all()
    ]


def _conditions(school_ids: Collection[UUID] | None, wanted: AccountFilter) -> list[ColumnElement[bool]]:
    conditions = _said(wanted.find, _NAME, Account.username, Person.email, Person.identifier)
    if school_ids is not None:
        conditions.append(_touches(school_ids))
    if wanted.school_id is not None:
        conditions.append(_touches([wanted.school_id]))
    if wanted.id is not None:
        conditions.append(Account.id == wanted.id)
    if wanted.role is not None:
        conditions.append(Account.role == wanted.role)
    if wanted.status is not None:
        conditions.append(Account.status == wanted.status)
    if wanted.after is not None:
        conditions.append(Account.id > wanted.after)
    return conditions


def _said(find: str, *columns: SQLColumnExpression[Any]) -> list[ColumnElement[bool]]:
    return [
        or_(*(column.icontains(word, autoescape=True) for column in columns)) for word in one_line(find).split()[:5]
    ]


def _touches(school_ids: Collection[UUID]) -> ColumnElement[bool]:
    child = Guardianship.student_id
    children = (
        select(true())
        .select_from(Guardianship)
        .join(Membership, Membership.person_id == child)
        .where(Guardianship.guardian_id == Account.person_id, Guardianship.active)
        .where(Membership.active, Membership.school_id.in_(school_ids))
        .exists()
    )
    return or_(
        Account.school_id.in_(school_ids),
        and_(
            Account.school_id.is_(None),
            or_(_at(school_ids, Account.person_id), and_(Account.role == Role.GUARDIAN, children)),
        ),
    )


def _at(school_ids: Collection[UUID], person_id: SQLColumnExpression[Any] | UUID) -> ColumnElement[bool]:
    return exists().where(Membership.person_id == person_id, Membership.active, Membership.school_id.in_(school_ids))


def _row(account: Account, email: str | None, second: bool, seen: datetime | None, standing: Standing) -> AccountRow:
    role = Role(account.role)
    return AccountRow(
        id=account.id,
        username=account.username,
        name=standing.person_name or account.username,
        person_id=account.person_id,
        email=email or (account.username if "@" in account.username else None),
        role=role,
        status=AccountStatus(account.status),
        here=standing.person_welcome is not False,
        school_id=account.school_id,
        reach=reach(role, account.school_id, standing),
        has_password=account.password_hash is not None,
        password_expires_at=account.password_expires_at,
        second_step=second,
        last_seen_at=seen,
        created_at=account.created_at,
    )
