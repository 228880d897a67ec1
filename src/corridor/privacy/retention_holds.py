"""What must not be destroyed for now: records under a legal hold, and those that a family has asked for."""

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.ledger.redact import lock_stream
from corridor.privacy.load import load_records
from corridor.privacy.state import stream_of

_NEWEST = text("SELECT coalesce(max(recorded_at), now()) FROM ledger_head WHERE school_id = :stream")


class KeptBack(msgspec.Struct, frozen=True):
    """Of whom nothing may go: these students, or the `whole` school. `reasons` counts holds and open requests."""

    whole: bool = False
    students: frozenset[UUID] = frozenset()
    holds: int = 0
    requests: int = 0

    @property
    def values(self) -> dict[str, Any]:
        """For SQL: `held` are ids, `held_words` the same as text."""
        ids = sorted(self.students)
        return {"held": ids, "held_words": [str(id) for id in ids]}


async def kept_back(session: AsyncSession, school_id: UUID) -> KeptBack:
    """What is kept back now. Nothing is added to that until the transaction ends."""
    stream_id = stream_of(school_id)
    await lock_stream(session, stream_id)
    raw = await (await session.connection()).get_raw_connection()
    driver: Any = raw.driver_connection
    newest = await session.scalar(_NEWEST, {"stream": stream_id})
    state = await load_records(driver, stream_id, newest)
    return KeptBack(state.whole_held, state.held_students, len(state.holds), len(state.open_requests))
