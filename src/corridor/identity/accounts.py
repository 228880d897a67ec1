"""Accounts: made from a person of the roster or for somebody who is not in it."""

import unicodedata
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.errors import Conflict, InvalidInput, NotFound
from corridor.base.ids import new_id
from corridor.campus.tables import Person, School
from corridor.identity.principal import MACHINE_ROLES, PERSONAL_ROLES, Role
from corridor.identity.tables import Account, AccountStatus

LONGEST_USERNAME = 254

# Any number that no other lock of the database has.
_LETTING_GO = 2026_11_25


class DemoAccount(msgspec.Struct, frozen=True):
    """An account of the made-up district, offered for one-click sign-in. `about` says what can be seen with it."""

    username: str
    password: str
    name: str
    role: Role
    about: str = ""


def normal_username(username: str) -> str:
    """The form in which a username is stored and compared."""
    return unicodedata.normalize("NFKC", username).strip().lower()


async def find_person(session: AsyncSession, key: str) -> Person:
    """The person with this source id, else identifier, else e-mail address, else username.

    Raises `NotFound`, or `Conflict` when several share it.
    """
    by: tuple[tuple[str, ColumnElement[bool]], ...] = (
        ("source id", Person.source_id == key),
        ("identifier", Person.identifier == key),
        ("e-mail address", func.lower(Person.email) == key.lower()),
        ("username", func.lower(Person.username) == key.lower()),
    )
    for what, matches in by:
        people = (await session.scalars(select(Person).where(matches).order_by(Person.active.desc()).limit(2))).all()
        if len(people) == 1 or (len(people) == 2 and people[0].active and not people[1].active):
            return people[0]
        if people:
            raise Conflict(f"Several people have the {what} '{key}'. Name the person by source id.")
    raise NotFound(f"Nobody in the roster has '{key}' as source id, identifier, e-mail address or username.")


async def find_school(session: AsyncSession, key: str) -> School:
    """The school with this id, source id, identifier or name. Raises `NotFound`, or `Conflict` for several."""
    try:
        matches: ColumnElement[bool] = School.id == UUID(key)
    except ValueError:
        matches = (School.source_id == key) | (School.identifier == key) | (func.lower(School.name) == key.lower())
    schools = (await session.scalars(select(School).where(matches).limit(2))).all()
    if len(schools) == 2:
        raise Conflict(f"Several schools answer to '{key}'. Name the school by its id.")
    if not schools:
        raise NotFound(f"No school has '{key}' as id, source id, identifier or name.")
    return schools[0]


def check_role(role: Role, *, person: Person | None, school_id: UUID | None) -> None:
    """Refuse an account that could not see anything, or that nobody should sign in to."""
    if role in MACHINE_ROLES:
        raise InvalidInput(f"Nobody signs in as {role}. Create an API token with that role instead.")
    if person is not None and not person.active:
        raise InvalidInput(f"The roster says that this person ({person.source_id or person.id}) is no longer here.")
    if person is None and role in PERSONAL_ROLES:
        raise InvalidInput(f"An account with the role {role} needs a person of the roster: say which.")
    if person is None and school_id is None and role is not Role.DISTRICT_ADMIN:
        raise InvalidInput(f"An account with the role {role} and no person needs a school: say which.")


def username_for(person: Person | None, wanted: str | None) -> str:
    """The username to give: the one that is wanted, else the person's own, else their e-mail address."""
    name = normal_username(wanted or (person and (person.username or person.email)) or "")
    if not name:
        raise InvalidInput("The roster has neither username nor e-mail address for this person: say which username.")
    if len(name) > LONGEST_USERNAME or any(not letter.isprintable() or letter.isspace() for letter in name):
        raise InvalidInput(
            f"The username '{name[:40]}' cannot be used: at most {LONGEST_USERNAME} visible characters, no spaces."
        )
    return name


def new_account(
    *,
    person: Person | None,
    username: str | None,
    role: Role,
    school_id: UUID | None,
    now: datetime,
    password_hash: str | None,
) -> Account:
    """An account that is yet to be added. Without a username it gets the person's own. Raises `InvalidInput`."""
    return Account(
        id=new_id(),
        person_id=person.id if person else None,
        username=username_for(person, username),
        password_hash=password_hash,
        role=role,
        school_id=school_id,
        status=AccountStatus.ACTIVE,
        created_at=now,
        password_changed_at=now if password_hash is not None else None,
    )


async def account_named(session: AsyncSession, username: str) -> Account | None:
    return (await session.scalars(select(Account).where(Account.username == normal_username(username)))).one_or_none()


async def locked_account(session: AsyncSession, account_id: UUID) -> Account:
    """The account, held against any other change until the transaction ends. Raises `NotFound`."""
    account = await session.get(Account, account_id, with_for_update=True)
    if account is None:
        raise NotFound("There is no such account.")
    return account


async def one_at_a_time(session: AsyncSession) -> None:
    """Wait until nobody else is letting go of an account, before any account is held: two administrators could each let
    go of the other."""
    await session.execute(select(func.pg_advisory_xact_lock(_LETTING_GO)))


async def keep_an_administrator(session: AsyncSession, account: Account) -> None:
    """Refuse to let go of the last account that can administer the district, after `one_at_a_time`. Raises
    `Conflict`."""
    if account.role != Role.DISTRICT_ADMIN or account.school_id is not None or account.status != AccountStatus.ACTIVE:
        return
    of_district = (Account.role == Role.DISTRICT_ADMIN, Account.school_id.is_(None))
    rows = await session.scalars(select(Account).where(*of_district).execution_options(populate_existing=True))
    for other in rows.all():
        if other.id != account.id and await may_sign_in(session, other):
            return
    raise Conflict(
        "This is the last account that can administer the whole district. Make another district administrator first."
    )


async def may_sign_in(session: AsyncSession, account: Account) -> bool:
    """Whether the account is active, and its person, if it has one, still here and not barred by the roster."""
    if account.status != AccountStatus.ACTIVE:
        return False
    if account.person_id is None:
        return True
    return bool(await session.scalar(select(Person.active & Person.may_sign_in).where(Person.id == account.person_id)))
