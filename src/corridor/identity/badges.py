"""Badges and QR cards: whose they are, given out and taken back."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.errors import Conflict, InvalidInput, NotFound
from corridor.base.ids import new_id
from corridor.campus.tables import Membership, Person
from corridor.campus.words import PersonRole
from corridor.identity.audit import audit
from corridor.identity.badge_numbers import BadgeKeys, check_number, normal_number
from corridor.identity.device_tables import Badge, BadgeKind
from corridor.identity.principal import Principal


class Assigned(msgspec.Struct, frozen=True):
    """How many badges an import gave out, and how many students had theirs already."""

    new: int
    unchanged: int


def students_here(school_id: UUID) -> tuple[ColumnElement[bool], ...]:
    """Conditions on `Person` joined with `Membership`: the students of a school who may come in."""
    return (
        Membership.school_id == school_id,
        Membership.role == PersonRole.STUDENT,
        Membership.active.is_(True),
        Person.active.is_(True),
    )


async def student_with(session: AsyncSession, keys: BadgeKeys, school_id: UUID, number: str) -> UUID | None:
    """Whose badge or card this is, if it is in use and theirs is this school."""
    row = (
        await session.execute(
            select(Badge.id, Badge.student_id, Badge.number_hash)
            .join(Person, Person.id == Badge.student_id)
            .join(Membership, Membership.person_id == Person.id)
            .where(Badge.number_hash.in_(keys.hashes(number)), Badge.withdrawn_at.is_(None), *students_here(school_id))
            .limit(1)
        )
    ).one_or_none()
    if row is None:
        return None
    if row.number_hash != keys.hash(number):
        await session.execute(update(Badge).where(Badge.id == row.id).values(number_hash=keys.hash(number)))
    student_id: UUID = row.student_id
    return student_id


async def badges_of(session: AsyncSession, student_ids: Collection[UUID]) -> dict[UUID, list[Badge]]:
    """The badges and cards in use, by student, the oldest first."""
    found = (
        select(Badge).where(Badge.student_id.in_(student_ids), Badge.withdrawn_at.is_(None)).order_by(Badge.assigned_at)
    )
    mine: dict[UUID, list[Badge]] = {}
    for badge in await session.scalars(found):
        mine.setdefault(badge.student_id, []).append(badge)
    return mine


async def student_ids_among(session: AsyncSession, numbers: Collection[str]) -> set[str]:
    """Those of the numbers by which a student is known, which everybody may know."""
    plain = func.regexp_replace(func.upper(Person.identifier), "[^[:alnum:]]", "", "g")
    return {number for (number,) in await session.execute(select(plain).where(plain.in_(numbers), Person.active))}


async def assign(
    session: AsyncSession,
    keys: BadgeKeys,
    by: Principal,
    *,
    student_id: UUID,
    school_id: UUID,
    number: str,
    now: datetime,
) -> bool:
    """Give the student a badge; False when it was theirs already.

    Raises `InvalidInput` for what cannot be a badge number, `Conflict` for one that is somebody else's.
    """
    number = normal_number(number)
    check_number(number)
    if await student_ids_among(session, [number]):
        raise InvalidInput(
            "This is a student ID, which others know and could type. Scanned at a kiosk it asks for the PIN, so it "
            "needs no assigning.",
            field="number",
        )
    holder = await session.scalar(
        select(Badge.student_id).where(Badge.number_hash.in_(keys.hashes(number)), Badge.withdrawn_at.is_(None))
    )
    if holder == student_id:
        return False
    if holder is not None:
        raise Conflict("This badge is somebody else's. Withdraw it there first.", field="number")
    add(session, keys, by, [(student_id, number)], now)
    await session.flush()
    await audit(session, now, by, "badge.assigned", about=student_id, school_id=school_id)
    return True


def add(
    session: AsyncSession, keys: BadgeKeys, by: Principal, numbers: Iterable[tuple[UUID, str]], now: datetime
) -> None:
    """Give out badges that have been looked at: student and number."""
    session.add_all(_row(student_id, BadgeKind.BADGE, keys.hash(number), by, now) for student_id, number in numbers)


async def withdraw(
    session: AsyncSession, by: Principal, *, badge_id: UUID, student_id: UUID, school_id: UUID, now: datetime
) -> None:
    """Take a badge or a card of the student out of use; a second time changes nothing. Raises `NotFound`."""
    badge = await session.get(Badge, badge_id, with_for_update=True)
    if badge is None or badge.student_id != student_id:
        raise NotFound("There is no such badge, or it is not this student's.")
    if badge.withdrawn_at is None:
        badge.withdrawn_at = now
        await audit(session, now, by, "badge.withdrawn", about=student_id, school_id=school_id, kind=badge.kind)


async def withdraw_numbers(
    session: AsyncSession, student_ids: Collection[UUID], keep: Collection[bytes], now: datetime
) -> int:
    """Take the students' badges out of use, but for these numbers' and for QR cards. Returns how many."""
    gone = await session.execute(
        update(Badge)
        .where(
            Badge.student_id.in_(student_ids),
            Badge.kind == BadgeKind.BADGE,
            Badge.withdrawn_at.is_(None),
            Badge.number_hash.not_in(list(keep)),
        )
        .values(withdrawn_at=now)
        .returning(Badge.id)
    )
    return len(gone.all())


async def cards_for(
    session: AsyncSession,
    keys: BadgeKeys,
    by: Principal,
    *,
    student_ids: Sequence[UUID],
    school_id: UUID,
    now: datetime,
) -> None:
    """Give a QR card to each of the students who has none that can be printed."""
    known = await card_numbers(session, keys, student_ids)
    new = [id for id in student_ids if id not in known]
    for student_id in new:
        row = _row(student_id, BadgeKind.CARD, b"", by, now)
        row.number_hash = keys.hash(keys.card_numbers(row.id)[0])
        session.add(row)
    if new:
        await audit(session, now, by, "cards.made", school_id=school_id, number=len(new))


async def card_numbers(session: AsyncSession, keys: BadgeKeys, student_ids: Collection[UUID]) -> Mapping[UUID, str]:
    """The numbers of the students' newest QR cards, as far as they can still be told."""
    numbers = {}
    for student_id, mine in (await badges_of(session, student_ids)).items():
        for badge in mine:
            if badge.kind == BadgeKind.CARD:
                told = (text for text in keys.card_numbers(badge.id) if badge.number_hash in keys.hashes(text))
                if text := next(told, None):
                    numbers[student_id] = text
    return numbers


def _row(student_id: UUID, kind: BadgeKind, number_hash: bytes, by: Principal, now: datetime) -> Badge:
    return Badge(
        id=new_id(),
        student_id=student_id,
        kind=kind,
        number_hash=number_hash,
        assigned_at=now,
        assigned_by=by.person_id or by.id,
        withdrawn_at=None,
    )
