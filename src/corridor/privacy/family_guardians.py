"""Who is whose guardian: accounts made with an invitation, and what staff see and end."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.database import Database
from corridor.base.errors import Conflict, InvalidInput, NotFound, NotPermitted
from corridor.base.ids import new_id
from corridor.campus.tables import Guardianship, Membership, Person
from corridor.campus.words import PersonRole
from corridor.identity.accounts import username_for
from corridor.identity.audit import audit
from corridor.identity.bounded import Bounded
from corridor.identity.limits import TooManyAttempts, network_of
from corridor.identity.passwords import SHORTEST, check_new_password
from corridor.identity.permissions import Action, require
from corridor.identity.principal import Principal, Role
from corridor.identity.service import IdentityService
from corridor.identity.tables import Account, AccountStatus
from corridor.privacy.invitations import become_guardian, check_code, locked_invitation

LONGEST_NAME = 80
WRONG_CODES = 20
WRONG_CODE_EVERY = timedelta(minutes=1)
"""How many wrong codes may come from one address at once, and how soon one of them is forgiven."""

_GUARDIANS = """
    SELECT g.guardian_id, g.student_id, concat_ws(' ', p.given_name, p.family_name),
           concat_ws(' ', coalesce(s.preferred_given_name, s.given_name),
                     coalesce(s.preferred_family_name, s.family_name)), s.grade,
           g.guardian_says OR g.student_says, g.invited, g.barred, g.active AND p.active,
           EXISTS (SELECT FROM account a WHERE a.person_id = p.id AND a.role = 'guardian' AND a.status = 'active')
    FROM guardianship g JOIN person p ON p.id = g.guardian_id JOIN person s ON s.id = g.student_id
    WHERE (g.active OR g.barred) AND s.active
      AND EXISTS (SELECT FROM membership m WHERE m.person_id = s.id AND m.school_id = %(school)s
                  AND m.role = 'student' AND m.active)
      AND (%(student)s::uuid IS NULL OR s.id = %(student)s)
      AND (%(pattern)s::text IS NULL
           OR concat_ws(' ', coalesce(s.preferred_given_name, s.given_name), s.family_name) ILIKE %(pattern)s
           OR concat_ws(' ', p.given_name, p.family_name) ILIKE %(pattern)s)
    ORDER BY lower(s.family_name), lower(s.given_name), s.id, lower(p.given_name), p.id LIMIT %(limit)s"""


class JoinForm(msgspec.Struct):
    """What a guardian without an account types."""

    code: str = ""
    identifier: str = ""
    given_name: str = ""
    family_name: str = ""
    username: str = ""
    password: str = ""
    again: str = ""

    def __repr__(self) -> str:
        return "JoinForm()"


class GuardianRow(msgspec.Struct, frozen=True):
    """A guardian and a student. `from_roster` and `invited` say where the pair comes from; `barred` that staff have
    ended it, `active` that it holds."""

    guardian_id: UUID
    student_id: UUID
    guardian_name: str
    student_name: str
    grade: str | None
    from_roster: bool
    invited: bool
    barred: bool
    active: bool
    has_account: bool


class WrongCodes:
    """Counts wrong codes by address, in this process. Pure: `now` is passed in."""

    def __init__(self, *, size: int = 20_000) -> None:
        self._levels: Bounded[str, tuple[float, datetime]] = Bounded(size)

    def admit(self, address: str, now: datetime) -> None:
        """Raises `TooManyAttempts` with the time to wait when too many wrong codes came from there."""
        over = self._level(address, now) - WRONG_CODES + 1
        if over > 0:
            raise TooManyAttempts(over * WRONG_CODE_EVERY)

    def failed(self, address: str, now: datetime) -> None:
        self._levels.put(network_of(address), (self._level(address, now) + 1, now))

    def _level(self, address: str, now: datetime) -> float:
        level, at = self._levels.get(network_of(address)) or (0.0, now)
        return max(0.0, level - max(now - at, timedelta(0)) / WRONG_CODE_EVERY)


async def join(identity: IdentityService, wrong: WrongCodes, form: JoinForm, address: str) -> Account:
    """A guardian's new account, for a code and the student's identifier.

    Raises `InvitationRefused`, `TooManyAttempts`, `InvalidInput` for what was typed, and `Conflict` when the username
    is taken.
    """
    now, settings = identity.clock.now(), identity.settings
    given, family = _name(form.given_name, "given_name"), _name(form.family_name, "family_name")
    name = _username(form.username)
    try:
        check_new_password(form.password, name, shortest=1 if settings.demo else SHORTEST)
    except InvalidInput:
        raise InvalidInput(
            "Choose a password of at least 10 characters that is not your username.", field="password"
        ) from None
    if form.password != form.again:
        raise InvalidInput("The two passwords are not the same. Type the same one twice.", field="again")
    await check_limited(identity, wrong, form.code, form.identifier, address)
    password_hash = await identity.passwords.hash(form.password)
    try:
        async with identity.database.session() as session:
            invitation = await locked_invitation(session, settings, now, form.code)
            person = await _person(session, invitation.guardian_id)
            if person is None:
                person = Person(id=new_id(), given_name=given, family_name=family)
                session.add(person)
                await session.flush()
            account = Account(
                id=new_id(),
                person_id=person.id,
                username=name,
                password_hash=password_hash,
                role=Role.GUARDIAN,
                status=AccountStatus.ACTIVE,
                created_at=now,
                password_changed_at=now,
            )
            session.add(account)
            await session.flush()
            await become_guardian(session, now, invitation, person, None)
    except IntegrityError as error:
        raise Conflict(
            "Somebody has this username already. If it is you, sign in first and add the child there.", field="username"
        ) from error
    return account


async def add_child(
    identity: IdentityService, wrong: WrongCodes, viewer: Principal, code: str, identifier: str, address: str
) -> None:
    """Add the code's student to the account of a guardian who is signed in. Raises as `join` does."""
    require(viewer, Action.FAMILY_VIEW)
    if viewer.person_id is None:
        raise NotPermitted("This is for guardians' accounts only.")
    await check_limited(identity, wrong, code, identifier, address)
    now = identity.clock.now()
    async with identity.database.session() as session:
        invitation = await locked_invitation(session, identity.settings, now, code)
        if invitation.guardian_id not in (None, viewer.person_id):
            raise Conflict("This letter is for another guardian of the student. Ask the school for one of your own.")
        guardian = await session.get_one(Person, viewer.person_id)
        await become_guardian(session, now, invitation, guardian, viewer)
    identity.forget(viewer.id)


async def check_limited(identity: IdentityService, wrong: WrongCodes, code: str, identifier: str, address: str) -> None:
    """`check_code`, for an address that has not sent too many wrong ones."""
    now = identity.clock.now()
    wrong.admit(address, now)
    try:
        await check_code(identity.database, identity.settings, now, code, identifier)
    except InvalidInput:
        wrong.failed(address, now)
        raise


async def guardians_of(
    database: Database,
    viewer: Principal,
    school_id: UUID,
    *,
    text: str = "",
    student_id: UUID | None = None,
    limit: int,
) -> list[GuardianRow]:
    """The guardians of a school's students, by the student's name; `text` is a part of either's."""
    require(viewer, Action.FAMILY_INVITE, school_id=school_id)
    escaped = text.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("\0", "")
    values = {
        "school": school_id,
        "student": student_id,
        "pattern": f"%{escaped}%" if escaped else None,
        "limit": limit,
    }
    async with database.raw() as connection:
        cursor = await connection.execute(_GUARDIANS, values)
        return [GuardianRow(*row) for row in await cursor.fetchall()]


async def end_guardianship(
    identity: IdentityService, viewer: Principal, school_id: UUID, guardian_id: UUID, student_id: UUID
) -> None:
    """From now on the guardian sees nothing of the student, whatever the roster says. Raises `NotFound`."""
    async with identity.database.session() as session:
        pair = await _pair(session, viewer, school_id, guardian_id, student_id)
        pair.barred, pair.active = True, False
        await _audited(session, identity, viewer, "guardianship.ended", school_id, pair)
        accounts = await _accounts(session, guardian_id)
    for account_id in accounts:
        await identity.end_sessions(account_id)


async def allow_guardianship(
    identity: IdentityService, viewer: Principal, school_id: UUID, guardian_id: UUID, student_id: UUID
) -> None:
    """Take back that it was ended: it holds as far as the roster or an invitation says so. Raises `NotFound`."""
    async with identity.database.session() as session:
        pair = await _pair(session, viewer, school_id, guardian_id, student_id)
        pair.barred = False
        pair.active = pair.guardian_says or pair.student_says or pair.invited
        await _audited(session, identity, viewer, "guardianship.allowed", school_id, pair)
        accounts = await _accounts(session, guardian_id)
    for account_id in accounts:
        identity.forget(account_id)


async def _pair(
    session: AsyncSession, viewer: Principal, school_id: UUID, guardian_id: UUID, student_id: UUID
) -> Guardianship:
    require(viewer, Action.FAMILY_INVITE, school_id=school_id)
    found = await session.scalars(
        select(Guardianship)
        .join(Membership, Membership.person_id == Guardianship.student_id)
        .where(
            Guardianship.guardian_id == guardian_id,
            Guardianship.student_id == student_id,
            Membership.school_id == school_id,
            Membership.role == PersonRole.STUDENT,
            Membership.active,
        )
        .with_for_update(of=Guardianship)
    )
    pair = found.one_or_none()
    if pair is None:
        raise NotFound("There is no such guardian at this school.")
    return pair


async def _audited(
    session: AsyncSession, identity: IdentityService, by: Principal, what: str, school_id: UUID, pair: Guardianship
) -> None:
    await audit(
        session,
        identity.clock.now(),
        by,
        what,
        about=pair.guardian_id,
        school_id=school_id,
        student_id=str(pair.student_id),
    )


async def _accounts(session: AsyncSession, person_id: UUID) -> Sequence[UUID]:
    found = await session.scalars(select(Account.id).where(Account.person_id == person_id))
    return found.all()


async def _person(session: AsyncSession, guardian_id: UUID | None) -> Person | None:
    """The guardian of the roster whom a letter is for."""
    if guardian_id is None:
        return None
    if await session.scalar(select(Account.id).where(Account.person_id == guardian_id).limit(1)):
        raise Conflict("You have an account already. Sign in first, and add the child there.")
    return await session.get_one(Person, guardian_id)


def _name(text: str, field: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidInput("Type your given name and your family name.", field=field)
    return name


def _username(text: str) -> str:
    try:
        return username_for(None, text)
    except InvalidInput:
        raise InvalidInput("Type an e-mail address, or a username without spaces.", field="username") from None
