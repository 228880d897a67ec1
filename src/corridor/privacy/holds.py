"""Legal holds as people read them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from corridor.identity.names import names_of

_LIST = """
    SELECT id, student_id, reason, placed_at, placed_by, lifted_at, lifted_by, lift_reason
    FROM legal_hold WHERE school_id = %s ORDER BY lifted_at IS NOT NULL, placed_at DESC LIMIT %s"""
_MOST_LISTED = 500


class HoldView(msgspec.Struct, frozen=True):
    """Without `student_id` the whole school is held. It stands while `lifted_at` is null."""

    id: UUID
    student_id: UUID | None
    student_name: str | None
    reason: str
    placed_at: datetime
    placed_by_name: str
    lifted_at: datetime | None
    lifted_by_name: str | None
    lift_reason: str | None


async def list_holds(connection: psycopg.AsyncConnection[Any], school_id: UUID) -> list[HoldView]:
    """Those that stand first, then the newest. Who may ask is the caller's to check."""
    rows = await (await connection.execute(_LIST, [school_id, _MOST_LISTED])).fetchall()
    names = await names_of(connection, {id for row in rows for id in (row[1], row[4], row[6]) if id})
    gone = "Somebody who has left"
    return [
        HoldView(
            id=id,
            student_id=student_id,
            student_name=names.get(student_id, "A former student") if student_id else None,
            reason=reason,
            placed_at=placed_at,
            placed_by_name=names.get(placed_by, gone),
            lifted_at=lifted_at,
            lifted_by_name=names.get(lifted_by, gone) if lifted_by else None,
            lift_reason=lift_reason,
        )
        for id, student_id, reason, placed_at, placed_by, lifted_at, lifted_by, lift_reason in rows
    ]
