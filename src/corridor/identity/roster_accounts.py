"""Accounts for all students or teachers of a school, from the roster: for single sign-on, or for cards and PINs."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec
from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.errors import InvalidInput
from corridor.base.ids import new_id
from corridor.campus.tables import Membership, Person
from corridor.campus.words import PersonRole
from corridor.identity.accounts import username_for
from corridor.identity.principal import Role
from corridor.identity.tables import Account, AccountStatus

_AT_ONCE = 500


class RosterGroup(StrEnum):
    """Whose accounts are made."""

    STUDENTS = "students"
    TEACHERS = "teachers"

    @property
    def role(self) -> Role:
        return Role.STUDENT if self is RosterGroup.STUDENTS else Role.TEACHER

    @property
    def on_roster(self) -> PersonRole:
        return PersonRole.STUDENT if self is RosterGroup.STUDENTS else PersonRole.TEACHER


class MadeAccounts(msgspec.Struct, frozen=True):
    """How many accounts were made, how many people had one already, and for how many none could be made: the roster
    gives them no username, e-mail address or identifier, or somebody else's account has it."""

    made: int
    had_one: int
    nameless: int
    name_taken: int


async def make_accounts(session: AsyncSession, school_id: UUID, group: RosterGroup, now: datetime) -> MadeAccounts:
    """The accounts have no password. A second time makes only those of people who have come since."""
    people = (
        select(Person, exists().where(Account.person_id == Person.id))
        .where(
            Person.active,
            exists().where(
                Membership.person_id == Person.id,
                Membership.school_id == school_id,
                Membership.role == group.on_roster,
                Membership.active,
            ),
        )
        .order_by(Person.id)
    )
    had_one = nameless = 0
    rows = []
    for person, has_one in (await session.execute(people)).all():
        if has_one:
            had_one += 1
            continue
        try:
            username = username_for(person, None if person.username or person.email else person.identifier)
        except InvalidInput:
            nameless += 1
            continue
        rows.append(
            {
                "id": new_id(),
                "person_id": person.id,
                "username": username,
                "role": group.role,
                "status": AccountStatus.ACTIVE,
                "created_at": now,
            }
        )
    made = 0
    for start in range(0, len(rows), _AT_ONCE):
        added = await session.execute(
            insert(Account)
            .values(rows[start : start + _AT_ONCE])
            .on_conflict_do_nothing(index_elements=["username"])
            .returning(Account.id)
        )
        made += len(added.all())
    return MadeAccounts(made, had_one, nameless, len(rows) - made)
