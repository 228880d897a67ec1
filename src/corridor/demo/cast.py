"""Puts the made-up people behind accounts and tokens: those that visitors sign in to, and those of the simulation."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.campus.tables import Person
from corridor.demo.accounts import Cast, CastMember
from corridor.demo.plan import SchoolPlan
from corridor.identity.principal import Role
from corridor.identity.second_step import forget_second_step, methods_of
from corridor.identity.service import IdentityService
from corridor.identity.sessions import end_sessions_of
from corridor.identity.tables import Account, AccountStatus, ApiToken
from corridor.identity.tokens import add_token

_STAFF_TOKEN = "Demo: simulated school day"
_SET_UP_TOKEN = "Demo: set-up"
_STUDENT_TOKEN = "Demo: simulated student"
_UNUSED_FOR = timedelta(hours=1)
_POSTS = {
    "ext:nurse": "Nurse",
    "counselor": "Counselor",
    "ext:librarian": "Library",
    "ext:office": "Main office",
}
"""Where the staff of these roles work."""

_DEVICES_A_SECTION = 3
_DEVICES_ELSEWHERE = 24


async def write_accounts(identity: IdentityService, cast: Cast) -> None:
    """Make the demo's accounts, or put the chosen people behind those that exist."""
    for member in cast.members:
        account = await identity.find_account(member.account.username)
        if account is None:
            await identity.create_account(
                role=member.account.role,
                username=member.account.username,
                password=member.account.password,
                person=member.person_id,
            )
        else:
            await _recast(identity, account, member)
            await _as_it_was(identity, account, member)


async def _recast(identity: IdentityService, known: Account, member: CastMember) -> None:
    person = await identity.find_person(member.person_id)
    if known.person_id == person.id and known.role == member.account.role and known.status == AccountStatus.ACTIVE:
        return
    async with identity.database.session() as session:
        account = await session.get_one(Account, known.id)
        account.person_id, account.role, account.status = person.id, member.account.role, AccountStatus.ACTIVE
        # Whoever is signed in would find themselves to be someone else.
        await end_sessions_of(session, account.id)


async def _as_it_was(identity: IdentityService, known: Account, member: CastMember) -> None:
    """Undo what a visitor changed about signing in, so that the account's button works again."""
    async with identity.database.session() as session:
        if known.password_changed_at == known.created_at and not (await methods_of(session, known.id)).any:
            return
        await forget_second_step(session, known.id)
        account = await session.get_one(Account, known.id)
        account.password_hash = await identity.new_hash(member.account.password, account.username)
        account.password_changed_at, account.password_expires_at = account.created_at, None
        await end_sessions_of(session, known.id)


def students_with_devices(random: Random, cast: Cast, school: SchoolPlan) -> list[str]:
    """Students of the high school who ask for themselves, by roster id: most are of the demo teacher's sections."""
    played = cast.person_ids(Role.STUDENT)
    chosen = [id for id in cast.section.student_ids if id not in played]
    for section in cast.taught:
        chosen += random.sample(section.student_ids, min(_DEVICES_A_SECTION, len(section.student_ids)))
    chosen += (student.id for student in random.sample(school.students, min(_DEVICES_ELSEWHERE, len(school.students))))
    return [id for id in dict.fromkeys(chosen) if id not in played]


async def person_ids(session: AsyncSession, roster_ids: Collection[str]) -> dict[str, UUID]:
    """The people with these ids of the roster."""
    rows = await session.execute(select(Person.source_id, Person.id).where(Person.source_id.in_(roster_ids)))
    return {source_id: id for source_id, id in rows if source_id is not None}


async def posts_of(session: AsyncSession, school: SchoolPlan) -> dict[str, list[str]]:
    """By place, the ids of the people who work there."""
    known = await person_ids(session, [person.id for person in school.staff if person.role in _POSTS])
    posts: dict[str, list[str]] = {}
    for person in school.staff:
        if person.role in _POSTS and person.id in known:
            posts.setdefault(_POSTS[person.role], []).append(str(known[person.id]))
    return posts


class Tokens(msgspec.Struct, frozen=True):
    """Of the staff in the simulation, of the administrator who sets the schools up, and of students, by person."""

    staff: str
    set_up: str
    students: dict[str, str]


async def write_tokens(session: AsyncSession, students: Mapping[str, UUID], now: datetime) -> Tokens:
    """New tokens for the demo. Those of earlier demos go."""
    last_used_at = func.coalesce(ApiToken.last_used_at, ApiToken.created_at)
    await session.execute(
        delete(ApiToken).where(
            ApiToken.name.in_((_STAFF_TOKEN, _SET_UP_TOKEN, _STUDENT_TOKEN)), last_used_at < now - _UNUSED_FOR
        )
    )
    staff = await add_token(session, name=_STAFF_TOKEN, role=Role.INTEGRATION, now=now)
    set_up = await add_token(session, name=_SET_UP_TOKEN, role=Role.DISTRICT_ADMIN, now=now)
    tokens = {}
    for person_id in students.values():
        made = await add_token(session, name=_STUDENT_TOKEN, role=Role.STUDENT, person_id=person_id, now=now)
        tokens[str(person_id)] = made.secret
    return Tokens(staff.secret, set_up.secret, tokens)
