"""Read what a school's records ledger remembers from the tables, and write it back as rows."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from corridor.base.errors import NotFound
from corridor.identity.access import Look
from corridor.ledger.decider import Rows
from corridor.ledger.store import table_of
from corridor.ledger.words import Recorded
from corridor.privacy.events import RecordLooked
from corridor.privacy.state import SAME_LOOK, RecordsState, Seen, stream_of
from corridor.privacy.tables import AccessEntry, AccessEntryStudent

Connection = psycopg.AsyncConnection[Any]

ENTRY_TABLE = table_of(AccessEntry)
ENTRY_STUDENT_TABLE = table_of(AccessEntryStudent)

_RECENT = """
    SELECT viewer_id, what, look, why, student_id, at
    FROM access_entry LEFT JOIN access_entry_student USING (school_id, seq)
    WHERE school_id = %s AND at > %s AND look <> 'export' ORDER BY seq, student_id"""


async def load_records(connection: Connection, stream_id: UUID, as_of: datetime) -> RecordsState:
    """The state as the tables tell it; `as_of` is the instant of the newest event. Raises `NotFound`."""

    async def rows(sql: str, *values: Any) -> list[Any]:
        return await (await connection.execute(sql, values, binary=True)).fetchall()

    school_ids = [row[0] for row in await rows("SELECT id FROM school")]
    school_id = next((id for id in school_ids if stream_of(id) == stream_id), None)
    if school_id is None:
        raise NotFound("There is no such school.")
    state = RecordsState(school_id, as_of)
    for viewer_id, what, look, why, student_id, at in await rows(_RECENT, school_id, as_of - SAME_LOOK):
        state.recent[Seen(viewer_id, what, Look(look), why, student_id)] = at
    return state


def look_rows(draft: RecordsState, events: Sequence[Recorded]) -> Rows:
    """The rows of looks."""
    looks = [(recorded, recorded.event) for recorded in events if isinstance(recorded.event, RecordLooked)]
    if not looks:
        return {}
    students = [row for recorded, event in looks for row in student_rows(draft.school_id, recorded, event)]
    rows: dict[Any, Any] = {ENTRY_TABLE: [entry_row(draft.school_id, *look) for look in looks]}
    if students:
        rows[ENTRY_STUDENT_TABLE] = students
    return rows


def entry_row(school_id: UUID, recorded: Recorded, event: RecordLooked) -> Mapping[str, Any]:
    return {
        "school_id": school_id,
        "seq": recorded.seq,
        "at": recorded.recorded_at,
        "viewer_id": event.viewer_id,
        "viewer_kind": event.viewer_kind,
        "viewer_role": event.viewer_role,
        "person_id": event.person_id,
        "what": event.what,
        "look": event.look,
        "number": event.number,
        "why": event.why,
        "address": event.address,
    }


def student_rows(school_id: UUID, recorded: Recorded, event: RecordLooked) -> Iterable[Mapping[str, Any]]:
    for student_id in event.student_ids:
        yield {"school_id": school_id, "seq": recorded.seq, "student_id": student_id}
