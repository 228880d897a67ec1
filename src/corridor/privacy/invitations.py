"""Invitations of guardians: letters with a code, made by staff, each good for one guardian of one student, once."""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.database import Database
from corridor.base.errors import Conflict, InvalidInput, NotFound
from corridor.base.ids import new_id
from corridor.base.settings import Settings
from corridor.campus.tables import Guardianship, Membership, Person
from corridor.campus.words import PersonRole
from corridor.identity.audit import audit
from corridor.identity.permissions import Action, require
from corridor.identity.principal import Principal
from corridor.privacy.family_tables import Invitation

MOST_LETTERS = 2000
MOST_DAYS = 90
MOST_TRIES = 5
"""Wrong student identifiers that may come with the right code; then the letter is worth nothing."""

_LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
_GROUPS, _GROUP = 3, 4
_OPEN = """
    SELECT i.id, i.student_id,
           concat_ws(' ', coalesce(p.preferred_given_name, p.given_name),
                     coalesce(p.preferred_family_name, p.family_name)),
           CASE WHEN g.id IS NOT NULL THEN concat_ws(' ', g.given_name, g.family_name) END,
           i.made_at, i.expires_at, i.tries
    FROM family_invitation i JOIN person p ON p.id = i.student_id LEFT JOIN person g ON g.id = i.guardian_id
    WHERE i.school_id = %s AND i.used_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > %s
    ORDER BY lower(p.family_name), lower(p.given_name), i.id LIMIT %s"""


class InvitationRefused(InvalidInput):
    """The code, or what came with it, opens nothing."""

    code = "invitation_refused"


class Letter(msgspec.Struct, frozen=True):
    """An invitation as it is printed. `code` is known at this moment only."""

    id: UUID
    student_id: UUID
    student_name: str
    guardian_name: str | None
    code: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"Letter({self.id})"


class OpenInvitation(msgspec.Struct, frozen=True):
    """An invitation that nobody has used yet. `tries` at `MOST_TRIES`: it is worth nothing any more."""

    id: UUID
    student_id: UUID
    student_name: str
    guardian_name: str | None
    made_at: datetime
    expires_at: datetime
    tries: int

    @property
    def locked(self) -> bool:
        return self.tries >= MOST_TRIES


class Wanted(msgspec.Struct, frozen=True):
    """For whom a letter is wanted: somebody of the roster, or, without `guardian_id`, whoever the family is."""

    student_id: UUID
    guardian_id: UUID | None = None


def new_code() -> str:
    """Such as "K7QM-2HXV-9TRD": 58 bits, without letters that look like digits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))


def code_hash(settings: Settings, code: str) -> bytes:
    """What is kept of a code: keyed, so that the database alone does not give it away. How it is spaced and whether it
    is in capitals does not matter."""
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    return hmac.new(settings.key(), b"family invitation\0" + plain.encode(), hashlib.sha256).digest()


async def make_invitations(
    database: Database,
    settings: Settings,
    now: datetime,
    viewer: Principal,
    school_id: UUID,
    wanted: Sequence[Wanted],
    days: int,
) -> list[Letter]:
    """Letters that are good for so many days, in the order of the students' names.

    Raises `NotFound` for a student who is not at this school, or for a guardian whom the roster does not give them.
    """
    require(viewer, Action.FAMILY_INVITE, school_id=school_id)
    if not wanted:
        raise InvalidInput("Nobody is to be invited: choose a student, a class or a grade.", field="student_id")
    if len(wanted) > MOST_LETTERS:
        raise InvalidInput(f"That would be {len(wanted)} letters; at most {MOST_LETTERS} at once.", field="student_id")
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInput(f"A letter can be good for 1 to {MOST_DAYS} days.", field="days")
    async with database.session() as session:
        students = await _students(session, school_id, {each.student_id for each in wanted})
        guardians = await _guardians(session, wanted)
        letters = []
        for each in wanted:
            student = students[each.student_id]
            guardian = guardians[each.student_id, each.guardian_id] if each.guardian_id else None
            letters.append(
                Letter(
                    id=new_id(),
                    student_id=student.id,
                    student_name=full_name(student),
                    guardian_name=full_name(guardian) if guardian else None,
                    code=new_code(),
                    expires_at=now + timedelta(days=days),
                )
            )
        for letter, each in zip(letters, wanted, strict=True):
            session.add(
                Invitation(
                    id=letter.id,
                    school_id=school_id,
                    student_id=letter.student_id,
                    guardian_id=each.guardian_id,
                    code_hash=code_hash(settings, letter.code),
                    made_at=now,
                    made_by=viewer.id,
                    expires_at=letter.expires_at,
                    tries=0,
                )
            )
        about = letters[0].id if len(letters) == 1 else None
        await audit(
            session, now, viewer, "invitation.made", about=about, school_id=school_id, number=len(letters), days=days
        )
    sort_names = {
        student.id: (student.family_name.casefold(), student.given_name.casefold()) for student in students.values()
    }
    return sorted(letters, key=lambda letter: (*sort_names[letter.student_id], letter.id))


async def open_invitations(
    database: Database, viewer: Principal, school_id: UUID, now: datetime, limit: int
) -> list[OpenInvitation]:
    """Those that somebody could still use, by the student's name."""
    require(viewer, Action.FAMILY_INVITE, school_id=school_id)
    async with database.raw() as connection:
        cursor = await connection.execute(_OPEN, [school_id, now, limit])
        return [OpenInvitation(*row) for row in await cursor.fetchall()]


async def revoke_invitations(
    database: Database, now: datetime, viewer: Principal, school_id: UUID, ids: Collection[UUID] | None
) -> int:
    """Make these open invitations of the school, or all without `ids`, worth nothing; how many there were."""
    require(viewer, Action.FAMILY_INVITE, school_id=school_id)
    which: list[Any] = [
        Invitation.school_id == school_id,
        Invitation.used_at.is_(None),
        Invitation.revoked_at.is_(None),
    ]
    if ids is not None:
        which.append(Invitation.id.in_(ids))
    async with database.session() as session:
        revoked = await session.scalars(
            update(Invitation).where(*which).values(revoked_at=now).returning(Invitation.id)
        )
        found = revoked.all()
        if found:
            about = found[0] if len(found) == 1 else None
            await audit(session, now, viewer, "invitation.revoked", about=about, school_id=school_id, number=len(found))
    return len(found)


async def check_code(database: Database, settings: Settings, now: datetime, code: str, identifier: str) -> None:
    """Refuse a code that opens nothing, and count a student identifier that does not go with it."""
    async with database.session() as session:
        invitation = await locked_invitation(session, settings, now, code)
        student = await session.get_one(Person, invitation.student_id)
        fits = not student.identifier or hmac.compare_digest(
            student.identifier.strip().casefold().encode(), identifier.strip().casefold().encode()
        )
        if not fits:
            invitation.tries += 1
    if not fits:
        raise InvitationRefused(
            "This code and this student ID do not go together. Check both; the school's office knows the student ID.",
            field="identifier",
        )


async def locked_invitation(session: AsyncSession, settings: Settings, now: datetime, code: str) -> Invitation:
    """The invitation of this code, held until the transaction ends. Raises `InvitationRefused` for one that is unknown,
    used, revoked, expired or has been guessed at."""
    found = select(Invitation).where(Invitation.code_hash == code_hash(settings, code)).with_for_update()
    invitation = (await session.scalars(found)).one_or_none()
    if invitation is None:
        raise InvitationRefused("Nobody has this code. Check it letter by letter.", field="code")
    if invitation.used_at is not None:
        raise InvitationRefused("This code has been used already. Ask the school for a new letter.", field="code")
    if invitation.revoked_at is not None or invitation.tries >= MOST_TRIES or invitation.expires_at <= now:
        raise InvitationRefused("This code is no longer good. Ask the school for a new letter.", field="code")
    here = (
        select(Membership.id)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.person_id == invitation.student_id,
            Membership.school_id == invitation.school_id,
            Membership.role == PersonRole.STUDENT,
            Membership.active,
            Person.active,
        )
    )
    if await session.scalar(here) is None:
        raise InvitationRefused("This student is no longer at the school that sent the letter.", field="code")
    return invitation


async def become_guardian(
    session: AsyncSession, now: datetime, invitation: Invitation, guardian: Person, by: Principal | None
) -> None:
    """Make the person a guardian of the invitation's student, and the invitation a used one.

    Raises `Conflict` for somebody whose access staff have ended, and for the student themself.
    """
    key = {"guardian_id": guardian.id, "student_id": invitation.student_id}
    if guardian.id == invitation.student_id:
        raise Conflict("Nobody is a guardian of themself.")
    known = await session.get(Guardianship, (guardian.id, invitation.student_id), with_for_update=True)
    if known is not None and known.barred:
        raise Conflict("The school has ended your access to this student's record. Talk to its office.")
    if known is None:
        session.add(
            Guardianship(**key, guardian_says=False, student_says=False, invited=True, barred=False, active=True)
        )
    else:
        known.invited = known.active = True
    invitation.used_at, invitation.used_by = now, guardian.id
    await audit(
        session,
        now,
        by,
        "guardian.joined",
        about=guardian.id,
        school_id=invitation.school_id,
        student_id=str(invitation.student_id),
        invitation_id=str(invitation.id),
    )


def full_name(person: Person) -> str:
    """As the person prefers it."""
    return f"{person.preferred_given_name or person.given_name} {person.preferred_family_name or person.family_name}"


async def _students(session: AsyncSession, school_id: UUID, ids: Collection[UUID]) -> dict[UUID, Person]:
    found = await session.scalars(
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Person.id.in_(ids),
            Person.active,
            Membership.school_id == school_id,
            Membership.role == PersonRole.STUDENT,
            Membership.active,
        )
    )
    students = {person.id: person for person in found}
    if len(students) < len(ids):
        raise NotFound("There is no such student at this school.")
    return students


async def _guardians(session: AsyncSession, wanted: Sequence[Wanted]) -> dict[tuple[UUID, UUID | None], Person]:
    ids = {each.guardian_id for each in wanted if each.guardian_id}
    if not ids:
        return {}
    rows = await session.execute(
        select(Guardianship.student_id, Person)
        .join(Person, Person.id == Guardianship.guardian_id)
        .where(Guardianship.guardian_id.in_(ids), Guardianship.active, Person.active)
    )
    found: dict[tuple[UUID, UUID | None], Person] = {(student_id, person.id): person for student_id, person in rows}
    if any(each.guardian_id and (each.student_id, each.guardian_id) not in found for each in wanted):
        raise NotFound("The roster does not name this person as a guardian of the student.")
    return found
