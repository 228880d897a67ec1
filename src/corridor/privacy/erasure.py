"""The end of a contract: every personal record of a school, or of everybody, is destroyed at once and certified."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Table, delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.clock import Clock
from corridor.base.database import Base, Database
from corridor.base.errors import Conflict
from corridor.base.ids import new_id
from corridor.campus.tables import Person
from corridor.identity import audit
from corridor.ledger.redact import lock_stream, redact_all
from corridor.ledger.store import bump_config, table_of
from corridor.privacy.certificate import Certificate, StreamHead
from corridor.privacy.retention_holds import kept_back
from corridor.privacy.retention_people import delete_rows
from corridor.privacy.retention_tables import DeletionCertificate
from corridor.privacy.state import stream_of

_COUNTED = {
    "pass": "Passes",
    "refusal": "Passes that were not allowed",
    "policy": "Rules, groups, accommodations, appointments and absences",
    "access_entry": "Looks at records",
    "disclosure": "Disclosures",
    "records_request": "Requests of families",
    "ledger_answer": "Kept answers",
    "person": "People",
    "account": "Accounts",
    "login_session": "Sign-ins",
    "student_pin": "PINs",
    "badge": "Badges",
    "api_token": "Tokens of programs",
    "device": "Kiosk devices",
    "enrollment": "Places in classes",
    "guardianship": "Guardians' ties",
    "mail": "Mails",
    "roster_import": "Reports of roster imports",
}
STAYS = frozenset(
    """
    school district term ledger_head ledger_event pass refusal location zone bell_schedule bell_period calendar_day
    pass_type pass_settings job_done retention_setting retention_run deletion_certificate sign_in_policy
    """.split()
)
"""Tables whose rows are of no person, or have been emptied of it. Of all others nothing stays."""

_OF_PASSES = text("""
    UPDATE pass SET student_id = gen_random_uuid(), section_id = NULL, reason = NULL, lift_reason = NULL,
        deny_reason = NULL, appointment_id = NULL, requested_by = NULL, decided_by = NULL, ended_by = NULL,
        noted = '{}', leg = NULL, line = NULL, offered_until = NULL, held_until = NULL,
        ended_at = coalesce(ended_at, :now),
        status = CASE WHEN status IN ('requested', 'waiting', 'scheduled', 'active') THEN 'lapsed' ELSE status END
    WHERE school_id = ANY(:schools)""")
_OF_REFUSALS = text("""
    UPDATE refusal SET student_id = gen_random_uuid(), pass_id = gen_random_uuid() WHERE school_id = ANY(:schools)""")
_LEFT = text("""
    SELECT id FROM person WHERE NOT EXISTS (SELECT FROM membership WHERE person_id = person.id)
    AND NOT EXISTS (
        SELECT FROM guardianship JOIN membership ON membership.person_id = student_id WHERE guardian_id = person.id)""")
_SPAN = text("SELECT min(recorded_at), max(recorded_at) FROM ledger_event WHERE school_id = ANY(:streams)")
_SCHOOLS = text("""
    SELECT id, name FROM school WHERE CAST(:school AS uuid) IS NULL OR id = :school ORDER BY id""")


class _Head(msgspec.Struct):
    stream_id: UUID
    name: str
    before: bytes
    redacted: int = 0


class Erasure:
    """Works in one transaction: afterwards either everything is gone, and certified, or nothing."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def erase(self, school_id: UUID | None, ordered_by: str) -> Certificate:
        """Destroy the personal records of this school, or of everybody. `ordered_by` is whose order it is, in words.

        Raises `Conflict` while a legal hold or a family's open request stands.
        """
        now = self._clock.now()
        async with self._database.session() as session:
            schools = {row.id: row.name for row in await session.execute(_SCHOOLS, {"school": school_id})}
            heads = await self._lock(session, schools, everything=school_id is None)
            streams = [head.stream_id for head in heads]
            span = (await session.execute(_SPAN, {"streams": streams})).one()
            counts = await _counts(session)
            for head in heads:
                head.redacted = await redact_all(session, head.stream_id)
            values = {"schools": list(schools), "now": now}
            await session.execute(_OF_PASSES, values)
            await session.execute(_OF_REFUSALS, values)
            await (_empty(session) if school_id is None else _take_school_away(session, list(schools), streams))
            after = await _counts(session)
            numbers = {words: counts[table] - after[table] for table, words in _COUNTED.items() if table not in STAYS}
            emptied = await self._emptied(session, list(schools))
            await bump_config(session, list(schools))
            certificate = Certificate(
                id=new_id(),
                made_at=now,
                ordered_by=ordered_by,
                district=await session.scalar(text("SELECT name FROM district LIMIT 1")) or "",
                schools=sorted(schools.values()),
                everything=school_id is None,
                first=span[0],
                last=span[1],
                counts={**emptied, "Events": sum(head.redacted for head in heads), **numbers},
                heads=[await _after(session, head) for head in heads],
            )
            session.add(DeletionCertificate(id=certificate.id, made_at=now, body=msgspec.to_builtins(certificate)))
            await audit.audit(
                session, now, None, "erasure.done", about=certificate.id, school_id=school_id, counts=certificate.counts
            )
        return certificate

    async def _lock(self, session: AsyncSession, schools: dict[UUID, str], *, everything: bool) -> list[_Head]:
        """Hold every chain concerned, and see that nothing stands against it."""
        found = list(schools.items())
        if everything:
            found.append((audit.STREAM, "Changes by administrators"))
        heads = []
        for stream_id, name in found:
            if before := await lock_stream(session, stream_id):
                heads.append(_Head(stream_id, name, before))
        for school_id, name in schools.items():
            kept = await kept_back(session, school_id)
            if kept.holds or kept.requests:
                raise Conflict(
                    f"{name}: nothing may be destroyed while a legal hold ({kept.holds}) or a family's request "
                    f"({kept.requests} open) stands. Lift or answer them first.",
                    code="kept_back",
                )
            if before := await lock_stream(session, stream_of(school_id)):
                heads.append(_Head(stream_of(school_id), f"{name}, records", before))
        return heads

    async def _emptied(self, session: AsyncSession, schools: list[UUID]) -> dict[str, int]:
        return {
            _COUNTED[name]: int(
                await session.scalar(select(func.count()).select_from(table).where(table.c.school_id.in_(schools))) or 0
            )
            for name in ("pass", "refusal")
            for table in (Base.metadata.tables[name],)
        }


async def _after(session: AsyncSession, head: _Head) -> StreamHead:
    row = (
        await session.execute(
            text("SELECT hash, seq FROM ledger_head WHERE school_id = :stream"), {"stream": head.stream_id}
        )
    ).one()
    return StreamHead(head.name, row.seq, row.seq, head.before.hex(), row.hash.hex())


async def _counts(session: AsyncSession) -> dict[str, int]:
    return {
        name: int(await session.scalar(select(func.count()).select_from(Base.metadata.tables[name])) or 0)
        for name in _COUNTED
    }


async def _empty(session: AsyncSession) -> None:
    for table in reversed(Base.metadata.sorted_tables):
        if table.name not in STAYS:
            await session.execute(delete(table))
    await session.execute(text("UPDATE school SET active = false"))


async def _take_school_away(session: AsyncSession, schools: list[UUID], streams: Sequence[UUID]) -> None:
    """Whatever is of these schools, then whoever is at no school any more."""
    for table in _of_schools():
        await delete_rows(session, table, table.c.school_id.in_(schools))
    await session.execute(text("DELETE FROM ledger_answer WHERE school_id = ANY(:streams)"), {"streams": list(streams)})
    people: Any = table_of(Person)
    ids = (await session.scalars(_LEFT)).all()
    await delete_rows(session, people, people.c.id.in_(ids))
    await session.execute(text("UPDATE school SET active = false WHERE id = ANY(:schools)"), {"schools": schools})


def _of_schools() -> list[Table]:
    """What names a school, those first that others do not hang on."""
    return [
        table for table in reversed(Base.metadata.sorted_tables) if "school_id" in table.c and table.name not in STAYS
    ]
