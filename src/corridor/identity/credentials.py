"""By what students are known at a kiosk: PINs, badges and QR cards. Asked there, given out by staff and students."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.clock import Clock
from corridor.base.database import Database
from corridor.base.errors import NotFound, NotPermitted, NotSignedIn
from corridor.base.settings import Settings
from corridor.campus.tables import Membership, Person
from corridor.identity import badges, pins
from corridor.identity.audit import audit
from corridor.identity.badge_import import BadgeRow, rows_to_add
from corridor.identity.badge_numbers import BadgeKeys, normal_number
from corridor.identity.badges import Assigned, students_here
from corridor.identity.buckets import Buckets
from corridor.identity.device_tables import Badge, StudentPin
from corridor.identity.limits import PINS, Attempts
from corridor.identity.passwords import Passwords
from corridor.identity.permissions import Action, Scope, require
from corridor.identity.principal import Principal

LONGEST_ID = 64
log = structlog.get_logger(__name__)


class NotKnown(NotSignedIn):
    code = "not_known"


class Credentials(msgspec.Struct, frozen=True):
    """What a student has to be known by. `pin_set_at` is null without a PIN."""

    pin_set_at: datetime | None
    badges: Sequence[Badge]


class CredentialService:
    """One a process. Every method is one transaction. Wrong tries are counted by each process for itself.

    The methods that change something ask for `credential.change`; which students somebody reaches with it is for the
    caller to see to (`corridor.policy.sight`).
    """

    def __init__(self, database: Database, clock: Clock, settings: Settings, passwords: Passwords) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings
        self._passwords = passwords
        self._tries = Attempts(PINS)
        self._unknown = Buckets(burst=25, refill=timedelta(seconds=15))

    @cached_property
    def keys(self) -> BadgeKeys:
        return BadgeKeys(self._settings)

    @cached_property
    def turn_key(self) -> bytes:
        """Signs students' turns at kiosks."""
        return hashlib.sha256(b"corridor turns\0" + self._settings.key()).digest()

    async def by_number(self, device: Principal, text: str) -> UUID | None:
        """Whose badge or card was held up to this device; None when it is nobody's at the device's school.

        Raises `TooManyAttempts` when the device was given many numbers that are nobody's. Student IDs are not counted:
        with them the PIN is still to come.
        """
        number, now = normal_number(text), self._clock.now()
        self._unknown.check(str(device.id), now)
        school_id = _school_of(device)
        async with self._database.session() as session:
            student_id = await badges.student_with(session, self.keys, school_id, number)
            known = student_id is not None or await _student_with_id(session, school_id, _typed_id(text)) is not None
        if not known:
            self._unknown.count(str(device.id), now)
        return student_id

    async def by_pin(self, device: Principal, identifier: str, pin: str) -> UUID:
        """The student with this ID and this PIN.

        Raises `NotKnown`, which does not tell whether the ID exists, or `TooManyAttempts` for this student or device.
        """
        now = self._clock.now()
        typed = _typed_id(identifier)
        async with self._database.session() as session:
            found = await _student_with_id(session, _school_of(device), typed)
            row = await session.get(StudentPin, found) if found else None
        pin_hash = row.pin_hash if row else None
        # With the PIN's own time: whoever gets a new PIN starts without failures.
        account = f"{found} {row.set_at if row else None}" if found else f"{_school_of(device)} {typed}"
        self._tries.admit(account, str(device.id), now)
        try:
            verdict = await self._passwords.verify(pin, pin_hash)
        except BaseException:
            self._tries.undecided(account, str(device.id), now)
            raise
        if found is None or not verdict.correct:
            log.warning("kiosk_pin_refused", device_id=str(device.id))
            raise NotKnown("This student ID and PIN do not fit together. Check both and try again.")
        self._tries.succeeded(account, str(device.id), now)
        return found

    async def of(self, student_ids: Collection[UUID]) -> dict[UUID, Credentials]:
        """What each of these students has."""
        async with self._database.session() as session:
            rows = await session.execute(
                select(StudentPin.student_id, StudentPin.set_at).where(StudentPin.student_id.in_(student_ids))
            )
            set_at: dict[UUID, datetime] = {row.student_id: row.set_at for row in rows}
            mine = await badges.badges_of(session, student_ids)
        return {id: Credentials(set_at.get(id), mine.get(id, ())) for id in student_ids}

    async def set_pin(self, by: Principal, student_id: UUID, school_id: UUID, pin: str) -> None:
        """Give the student a new PIN. Raises `InvalidInput` for an obvious one."""
        require(by, Action.CREDENTIAL_CHANGE, school_id=school_id, person_id=student_id)
        async with self._database.session() as session:
            person = await _student(session, school_id, student_id)
        pins.check_new_pin(pin, person.identifier)
        pin_hash = await self._passwords.hash(pin)
        async with self._database.session() as session:
            await pins.put_pin(session, by, student_id, school_id, pin_hash, self._clock.now())

    async def drop_pin(self, by: Principal, student_id: UUID, school_id: UUID) -> None:
        """Take the student's PIN away."""
        _must_be_staff(by, school_id)
        async with self._database.session() as session:
            await _student(session, school_id, student_id)
            await pins.drop_pin(session, by, student_id, school_id, self._clock.now())

    async def assign_badge(self, by: Principal, student_id: UUID, school_id: UUID, number: str) -> bool:
        """See `badges.assign`."""
        _must_be_staff(by, school_id)
        async with self._database.session() as session:
            await _student(session, school_id, student_id)
            return await badges.assign(
                session,
                self.keys,
                by,
                student_id=student_id,
                school_id=school_id,
                number=number,
                now=self._clock.now(),
            )

    async def withdraw_badge(self, by: Principal, student_id: UUID, school_id: UUID, badge_id: UUID) -> None:
        """See `badges.withdraw`."""
        _must_be_staff(by, school_id)
        async with self._database.session() as session:
            await _student(session, school_id, student_id)
            await badges.withdraw(
                session, by, badge_id=badge_id, student_id=student_id, school_id=school_id, now=self._clock.now()
            )

    async def import_badges(
        self, by: Principal, school_id: UUID, rows: Sequence[BadgeRow], *, replace: bool = False
    ) -> Assigned:
        """Give out the badges of a whole list, or, raising `UnfitFile` with all that is wrong, none of them.

        `replace`: the badges that these students had until now are withdrawn.
        """
        _must_be_staff(by, school_id)
        now = self._clock.now()
        async with self._database.session() as session:
            new = await rows_to_add(session, self.keys, rows)
            gone = 0
            if replace:
                kept = [each for row in rows for each in self.keys.hashes(row.number)]
                gone = await badges.withdraw_numbers(session, [row.student_id for row in rows], kept, now)
            badges.add(session, self.keys, by, [(row.student_id, row.number) for row in new], now)
            if new or gone:
                await audit(session, now, by, "badges.imported", school_id=school_id, assigned=len(new), withdrawn=gone)
        return Assigned(len(new), len(rows) - len(new))

    async def make_cards(self, by: Principal, school_id: UUID, student_ids: Sequence[UUID]) -> None:
        """Give a QR card to each of these students who has none."""
        _must_be_staff(by, school_id)
        async with self._database.session() as session:
            await badges.cards_for(
                session, self.keys, by, student_ids=student_ids, school_id=school_id, now=self._clock.now()
            )

    async def card_numbers(self, student_ids: Collection[UUID]) -> Mapping[UUID, str]:
        """What the QR cards of these students say."""
        async with self._database.session() as session:
            return await badges.card_numbers(session, self.keys, student_ids)


def _school_of(device: Principal) -> UUID:
    (school_id,) = device.school_ids or frozenset()
    return school_id


def _typed_id(text: str) -> str:
    return text.replace("\0", "").strip()[:LONGEST_ID].lower()


def _must_be_staff(by: Principal, school_id: UUID) -> None:
    if require(by, Action.CREDENTIAL_CHANGE, school_id=school_id) is Scope.OWN:
        raise NotPermitted("Badges, and PINs of others, are for staff to give out. Your own PIN you set at /me/pin.")


async def _student(session: AsyncSession, school_id: UUID, student_id: UUID) -> Person:
    found = (
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(Person.id == student_id, *students_here(school_id))
        .limit(1)
    )
    person = (await session.scalars(found)).one_or_none()
    if person is None:
        raise NotFound("There is no such student at this school.")
    return person


async def _student_with_id(session: AsyncSession, school_id: UUID, identifier: str) -> UUID | None:
    """The one student of the school with this identifier; zeros in front count only where they tell students apart."""
    if not identifier:
        return None
    plain = func.lower(Person.identifier)
    found = (
        select(Person.id, plain)
        .join(Membership, Membership.person_id == Person.id)
        .where(func.ltrim(plain, "0") == identifier.lstrip("0"), *students_here(school_id))
        .distinct()
        .limit(10)
    )
    rows = (await session.execute(found)).all()
    exact = [id for id, text in rows if text == identifier]
    ids = exact or [id for id, _ in rows]
    return ids[0] if len(ids) == 1 else None
