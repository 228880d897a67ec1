"""The steps of retention: for each kind of record, what has been kept long enough, and its destruction in batches."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.identity import audit
from corridor.ledger.redact import lock_stream, redact
from corridor.privacy.retention_kinds import Kind
from corridor.privacy.retention_passes import (
    KNOWN_PASSES,
    KNOWN_REFUSALS,
    NOBODY_HELD,
    PASSES_WITH_REASONS,
    Values,
    forget_passes,
    forget_reasons,
    forget_refusals,
)
from corridor.privacy.retention_policies import count_former, forget_former

Count = Callable[[AsyncSession, Values], Awaitable[int]]


class Step(msgspec.Struct, frozen=True):
    """`count` tells how many there are, `destroy` destroys up to `most` and returns how many it did."""

    count: Count
    destroy: Count


_LOOKS = """
    FROM access_entry AS entry WHERE school_id = :school AND at < :until AND NOT EXISTS (
        SELECT FROM access_entry_student AS seen
        WHERE seen.school_id = entry.school_id AND seen.seq = entry.seq
        AND seen.student_id = ANY(CAST(:held AS uuid[])))"""
_DROP_LOOKS = (
    text("DELETE FROM access_entry_student WHERE school_id = :school AND seq = ANY(:seqs)"),
    text("DELETE FROM access_entry WHERE school_id = :school AND seq = ANY(:seqs)"),
)
_ANSWERS = f"""
    FROM ledger_answer AS answer
    WHERE school_id = ANY(:streams) AND recorded_at < :until AND {NOBODY_HELD.format("answer")}"""
_CHANGES = f"""
    FROM ledger_event AS event
    WHERE school_id = :stream AND recorded_at < :until AND body IS NOT NULL AND {NOBODY_HELD.format("event")}"""
_SESSIONS = "FROM login_session WHERE expires_at < :until"
_MAILS = "FROM mail WHERE created_at < :until AND (sent_at IS NOT NULL OR given_up_at IS NOT NULL)"
_IMPORTS = "FROM roster_import WHERE coalesce(ended_at, started_at) < :until"


def _counted(which: str) -> Count:
    async def count(session: AsyncSession, values: Values) -> int:
        return int(await session.scalar(text(f"SELECT count(*) {which}"), values) or 0)

    return count


def _deleted(which: str) -> Count:
    table = which.split()[1]

    async def delete(session: AsyncSession, values: Values) -> int:
        chosen = f"DELETE FROM {table} WHERE ctid IN (SELECT ctid {which} LIMIT :most)"  # noqa: S608 - our own words
        done: Any = await session.execute(text(chosen), values)
        return int(done.rowcount)

    return delete


def _former(kind: Kind) -> Step:
    async def count(session: AsyncSession, values: Values) -> int:
        return await count_former(session, kind, values)

    async def destroy(session: AsyncSession, values: Values) -> int:
        return await forget_former(session, kind, values)

    return Step(count, destroy)


async def _forget_looks(session: AsyncSession, values: Values) -> int:
    seqs = (await session.scalars(text(f"SELECT seq {_LOOKS} ORDER BY seq LIMIT :most"), values)).all()
    await redact(session, values["records"], seqs)
    chosen = {"school": values["school"], "seqs": list(seqs)}
    for drop in _DROP_LOOKS:
        await session.execute(drop, chosen)
    return len(seqs)


async def _forget_changes(session: AsyncSession, values: Values) -> int:
    await lock_stream(session, audit.STREAM)
    chosen = {**values, "stream": audit.STREAM}
    seqs = (await session.scalars(text(f"SELECT seq {_CHANGES} ORDER BY seq LIMIT :most"), chosen)).all()
    return await redact(session, audit.STREAM, seqs)


async def _count_changes(session: AsyncSession, values: Values) -> int:
    return await _counted(_CHANGES)(session, {**values, "stream": audit.STREAM})


SCHOOL_STEPS: Mapping[Kind, Step] = {
    Kind.REFUSAL: Step(_counted(KNOWN_REFUSALS), forget_refusals),
    Kind.REASON: Step(_counted(PASSES_WITH_REASONS), forget_reasons),
    Kind.PASS: Step(_counted(KNOWN_PASSES), forget_passes),
    Kind.APPOINTMENT: _former(Kind.APPOINTMENT),
    Kind.AWAY: _former(Kind.AWAY),
    Kind.DECISION: _former(Kind.DECISION),
    Kind.ACCESS_LOG: Step(_counted(_LOOKS), _forget_looks),
    Kind.ANSWER: Step(_counted(_ANSWERS), _deleted(_ANSWERS)),
}
"""In this order: what a pass takes along would else not be counted as a refusal or a reason."""

DISTRICT_STEPS: Mapping[Kind, Step] = {
    Kind.SESSION: Step(_counted(_SESSIONS), _deleted(_SESSIONS)),
    Kind.MAIL: Step(_counted(_MAILS), _deleted(_MAILS)),
    Kind.IMPORT: Step(_counted(_IMPORTS), _deleted(_IMPORTS)),
    Kind.AUDIT: Step(_count_changes, _forget_changes),
}
