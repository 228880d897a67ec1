"""Redaction: the one place that takes body and salt from events. Digest and hash stay, so that the chain still holds.

Both calls belong in one transaction with whatever else is to be forgotten of these events.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.ledger.tables import LedgerHead

_REDACT = text("""
    UPDATE ledger_event SET body = NULL, salt = NULL
    WHERE school_id = :stream AND seq = ANY(:seqs) AND body IS NOT NULL""")
_REDACT_ALL = text("""
    UPDATE ledger_event SET body = NULL, salt = NULL WHERE school_id = :stream AND body IS NOT NULL""")


async def lock_stream(session: AsyncSession, stream_id: UUID) -> bytes | None:
    """Have everybody else who adds to this stream wait until the transaction ends. Returns the hash of its newest
    event, None for a stream that is not there."""
    return await session.scalar(
        select(LedgerHead.hash).where(LedgerHead.school_id == stream_id).with_for_update(),
        execution_options={"populate_existing": True},
    )


async def redact(session: AsyncSession, stream_id: UUID, seqs: Sequence[int]) -> int:
    """Forget what these events said. Returns of how many that was still known."""
    if not seqs:
        return 0
    done = await session.execute(_REDACT, {"stream": stream_id, "seqs": list(seqs)})
    return int(done.rowcount)  # type: ignore[attr-defined]


async def redact_all(session: AsyncSession, stream_id: UUID) -> int:
    """Forget what every event of the stream said. Returns of how many that was still known."""
    done = await session.execute(_REDACT_ALL, {"stream": stream_id})
    return int(done.rowcount)  # type: ignore[attr-defined]
