"""Events that nobody decides, added to a stream of their own in the transaction of what they tell of.

A school's day never comes this way: its events are decided. This is for records of what was done elsewhere, such as an
account that was changed, which must be there exactly when the change is.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.ids import new_id
from corridor.ledger.batch import Working, event_rows
from corridor.ledger.store import INSERT_EVENTS, Head, ensure_heads
from corridor.ledger.tables import LedgerHead
from corridor.ledger.upsert import encode_rows
from corridor.ledger.words import Event, Recorded


async def append(session: AsyncSession, stream_id: UUID, events: Sequence[Event], now: datetime) -> None:
    """Add the events to the end of the stream, which is begun if need be; others wait until the transaction ends."""
    await ensure_heads(session, [stream_id])
    row = (await session.scalars(select(LedgerHead).where(LedgerHead.school_id == stream_id).with_for_update())).one()
    await session.refresh(row)
    work = Working(Head(stream_id, row.seq, row.hash, row.recorded_at, row.config_version), None, (), gap=False)
    work.now = max(now, row.recorded_at)
    command_id = new_id()
    for event in events:
        work.seq += 1
        work.added.append(Recorded(stream_id, work.seq, work.now, event.kind, event, command_id))
    connection = await session.connection()
    await connection.exec_driver_sql(INSERT_EVENTS, (encode_rows(list(event_rows(work))).decode(),))
    row.seq, row.hash, row.recorded_at = work.seq, work.hash, work.now
