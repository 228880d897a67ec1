"""A family of the made-up district: a guardian of the two students that visitors play, a letter that nobody has used
yet, and requests about the record."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.clock import Clock
from corridor.base.database import Database
from corridor.base.ids import derived_id, new_id
from corridor.base.settings import Settings
from corridor.campus.tables import Guardianship, School
from corridor.demo.accounts import Cast
from corridor.demo.cast import person_ids
from corridor.identity.principal import Role
from corridor.privacy.access_log import RecordsLedger
from corridor.privacy.family_tables import Invitation
from corridor.privacy.invitations import code_hash
from corridor.privacy.requests_commands import AnswerRequest, AskAboutRecord, NoteOnRequest
from corridor.privacy.requests_state import RequestKind, RequestStatus

CODE = "DEMO-FAMI-LY22"
"""Of the letter about the second student, for whoever wants to try it."""

_GOOD_FOR = timedelta(days=60)


async def write_family(database: Database, settings: Settings, clock: Clock, cast: Cast, school_source_id: str) -> None:
    """Make what is not there yet."""
    async with database.session() as session:
        known = await person_ids(session, [member.person_id for member in cast.members])
        by_role = {role: [known[m.person_id] for m in cast.members if m.account.role is role] for role in Role}
        [guardian_id], children = by_role[Role.GUARDIAN], by_role[Role.STUDENT]
        school_id = await session.scalar(select(School.id).where(School.source_id == school_source_id))
        assert school_id is not None
        await _write_pairs(session, guardian_id, children)
        await _write_letter(session, settings, clock, school_id, children[-1], by_role[Role.FRONT_OFFICE][0])
    records = RecordsLedger(database, clock)
    await records.start()
    try:
        await _ask(records, school_id, guardian_id, children[0], by_role[Role.SCHOOL_ADMIN][0])
    finally:
        await records.stop()


async def _write_pairs(session: AsyncSession, guardian_id: UUID, children: list[UUID]) -> None:
    """Who is played may be others than at the last start."""
    gone = (Guardianship.guardian_id == guardian_id, Guardianship.invited, Guardianship.student_id.not_in(children))
    await session.execute(delete(Guardianship).where(*gone))
    said = {"guardian_says": False, "student_says": False, "invited": True, "barred": False, "active": True}
    rows = [{"guardian_id": guardian_id, "student_id": id, **said} for id in children]
    await session.execute(upsert(Guardianship).values(rows).on_conflict_do_nothing())


async def _write_letter(
    session: AsyncSession, settings: Settings, clock: Clock, school_id: UUID, student_id: UUID, made_by: UUID
) -> None:
    id, now = derived_id("demo letter"), clock.now()
    await session.execute(delete(Invitation).where(Invitation.id == id, Invitation.used_at.is_(None)))
    if await session.get(Invitation, id) is None:
        letter = {
            "id": id,
            "school_id": school_id,
            "student_id": student_id,
            "code_hash": code_hash(settings, CODE),
            "made_at": now,
            "made_by": made_by,
            "expires_at": now + _GOOD_FOR,
            "tries": 0,
        }
        await session.execute(insert(Invitation), [letter])


async def _ask(records: RecordsLedger, school_id: UUID, guardian_id: UUID, student_id: UUID, staff_id: UUID) -> None:
    """One request that is open, and one that the school has answered."""
    state = await records.now_of(school_id)
    if any(each.student_id == student_id for each in state.requests.values()):
        return
    answered, open_one = new_id(), new_id()
    about: dict[str, Any] = {"by": guardian_id, "student_id": student_id}
    limit = "Please show the passes only to those who have to do with our child."
    yes = "Agreed. Who has your child in class or receives them, hall monitors and the office see them, nobody else."
    for command in (
        AskAboutRecord(request_id=answered, kind=RequestKind.RESTRICT, words=limit, **about),
        AnswerRequest(request_id=answered, by=staff_id, status=RequestStatus.ACCEPTED, answer=yes),
        AskAboutRecord(request_id=open_one, kind=RequestKind.INSPECT, **about),
        NoteOnRequest(request_id=open_one, by=staff_id, words="Called the family: e-mail is fine."),
    ):
        await records.record(school_id, command)
