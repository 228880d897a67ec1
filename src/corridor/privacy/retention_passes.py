"""Passes and refusals that have been kept long enough: whose they were is forgotten, in the ledger and in the tables.

A row that has been forgotten keeps time, place, type, minutes and how it ended. Its student is a random id that no
other row has, and `requested_by` is null, which it never is for a pass that is still known.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.day.state import OPEN
from corridor.ledger.redact import redact

Values = Mapping[str, Any]
"""`school`, `until`, `held` (ids of students of whom nothing goes), `held_words` (the same as text), `most`."""

NOBODY_HELD = """NOT EXISTS (
    SELECT FROM unnest(CAST(:held_words AS text[])) AS held (id) WHERE strpos({0}.body::text, held.id) > 0)"""
"""For a table whose rows have a body."""

_OLD_PASSES = f"""
    FROM pass WHERE school_id = :school AND status NOT IN ({", ".join(f"'{status}'" for status in sorted(OPEN))})
    AND ended_at < :until AND student_id <> ALL(CAST(:held AS uuid[]))"""
KNOWN_PASSES = _OLD_PASSES + " AND requested_by IS NOT NULL"
PASSES_WITH_REASONS = _OLD_PASSES + " AND (reason IS NOT NULL OR lift_reason IS NOT NULL OR deny_reason IS NOT NULL)"
KNOWN_REFUSALS = """
    FROM refusal JOIN ledger_event AS event USING (school_id, seq)
    WHERE school_id = :school AND at < :until AND student_id <> ALL(CAST(:held AS uuid[])) AND event.body IS NOT NULL"""

_FORGET_PASSES = text("""
    UPDATE pass SET student_id = gen_random_uuid(), section_id = NULL, reason = NULL, lift_reason = NULL,
        deny_reason = NULL, appointment_id = NULL, requested_by = NULL,
        decided_by = nullif(decided_by, student_id), ended_by = nullif(ended_by, student_id)
    WHERE id = ANY(:ids)""")
_FORGET_REASONS = text("UPDATE pass SET reason = NULL, lift_reason = NULL, deny_reason = NULL WHERE id = ANY(:ids)")
_FORGET_REFUSALS_OF = text("""
    UPDATE refusal SET student_id = gen_random_uuid(), pass_id = gen_random_uuid()
    WHERE school_id = :school AND pass_id = ANY(:ids)""")
_FORGET_REFUSALS = text("""
    UPDATE refusal SET student_id = gen_random_uuid(), pass_id = gen_random_uuid() WHERE id = ANY(:ids)""")
_NEXT_SEQ = text("""
    SELECT seq FROM ledger_event WHERE school_id = :school AND seq >= :first AND recorded_at > :ended
    ORDER BY seq LIMIT 1""")
_EVENTS = """
    SELECT seq FROM ledger_event AS event
    WHERE school_id = :school AND seq >= :first AND seq < :next AND body IS NOT NULL AND kind LIKE 'pass\\_%'"""
_EVENTS_OF = text(_EVENTS + " AND (body ->> 'pass_id')::uuid = ANY(:ids)")
_REASONS_OF = text(
    _EVENTS
    + """ AND (body ->> 'pass_id')::uuid = ANY(:ids)
    AND (body ->> 'reason' IS NOT NULL OR body ->> 'lift_reason' IS NOT NULL)"""
)
_CORRECTIONS_OF = text("""
    SELECT seq FROM ledger_event AS event
    WHERE school_id = :school AND kind = 'pass_corrected' AND body IS NOT NULL
      AND (body ->> 'pass_id')::uuid = ANY(:ids)""")
_LINES_OF_NOBODY = text(
    _EVENTS
    + """ AND kind = 'pass_line_ordered' AND NOT EXISTS (
        SELECT FROM json_array_elements_text(body -> 'pass_ids') AS named (id) JOIN pass ON pass.id = named.id::uuid
        WHERE pass.requested_by IS NOT NULL)"""
)
_BIGGEST = 2**62


async def forget_passes(session: AsyncSession, values: Values) -> int:
    """Up to `most` of them, the oldest first. Returns how many."""
    chosen = await _choose(session, KNOWN_PASSES, values)
    if not chosen:
        return 0
    seqs = (await session.scalars(_EVENTS_OF, chosen)).all()
    # A correction may come long after a pass is over.
    corrections = (await session.scalars(_CORRECTIONS_OF, chosen)).all()
    await redact(session, values["school"], sorted({*seqs, *corrections}))
    await session.execute(_FORGET_PASSES, chosen)
    await session.execute(_FORGET_REFUSALS_OF, chosen)
    await redact(session, values["school"], (await session.scalars(_LINES_OF_NOBODY, chosen)).all())
    return len(chosen["ids"])


async def forget_reasons(session: AsyncSession, values: Values) -> int:
    """Up to `most` of them, the oldest first. Returns of how many passes."""
    chosen = await _choose(session, PASSES_WITH_REASONS, values)
    if not chosen:
        return 0
    seqs = (await session.scalars(_REASONS_OF, chosen)).all()
    corrections = (await session.scalars(_CORRECTIONS_OF, chosen)).all()
    await redact(session, values["school"], sorted({*seqs, *corrections}))
    await session.execute(_FORGET_REASONS, chosen)
    return len(chosen["ids"])


async def forget_refusals(session: AsyncSession, values: Values) -> int:
    """Up to `most` of them, the oldest first. Returns how many."""
    rows = (
        await session.execute(text(f"SELECT refusal.id, seq {KNOWN_REFUSALS} ORDER BY seq LIMIT :most"), values)
    ).all()
    await redact(session, values["school"], [row.seq for row in rows])
    if rows:
        await session.execute(_FORGET_REFUSALS, {"ids": [row.id for row in rows]})
    return len(rows)


async def _choose(session: AsyncSession, which: str, values: Values) -> dict[str, Any] | None:
    """Passes, and the part of the ledger that their events lie in."""
    rows = (
        await session.execute(text(f"SELECT id, seq, ended_at {which} ORDER BY seq LIMIT :most FOR UPDATE"), values)
    ).all()
    if not rows:
        return None
    chosen = {"school": values["school"], "ids": [row.id for row in rows], "first": rows[0].seq}
    following = await session.scalar(_NEXT_SEQ, chosen | {"ended": max(row.ended_at for row in rows)})
    return chosen | {"next": following or _BIGGEST}
