"""What was corrected of a student's passes, as the ledger has it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from corridor.passes.events import Corrected, PassCorrected

_CORRECTIONS = """
    SELECT recorded_at, body::text FROM ledger_event
    WHERE school_id = %(school)s AND kind = 'pass_corrected' AND body IS NOT NULL
      AND body -> 'before' ->> 'student_id' = %(student)s
    ORDER BY seq"""
_decoder = msgspec.json.Decoder(PassCorrected)


class Correction(msgspec.Struct, frozen=True):
    """`before` and `after` are what differs, by the fields' names. `by` is a person or an account."""

    at: datetime
    pass_id: UUID
    by: UUID
    note: str
    request_id: UUID | None
    before: dict[str, Any]
    after: dict[str, Any]


async def corrections_of(
    connection: psycopg.AsyncConnection[Any], school_id: UUID, student_id: UUID
) -> list[Correction]:
    """In the order in which they were made. Who may ask is the caller's to check."""
    cursor = await connection.execute(_CORRECTIONS, {"school": school_id, "student": str(student_id)})
    return [_correction(at, _decoder.decode(body)) for at, body in await cursor.fetchall()]


def _correction(at: datetime, event: PassCorrected) -> Correction:
    changed = [
        name for name in Corrected.__struct_fields__ if getattr(event.before, name) != getattr(event.after, name)
    ]
    return Correction(
        at=at,
        pass_id=event.pass_id,
        by=event.by,
        note=event.note,
        request_id=event.request_id,
        before={name: getattr(event.before, name) for name in changed},
        after={name: getattr(event.after, name) for name in changed},
    )
