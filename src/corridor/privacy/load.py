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
from corridor.privacy.events import DisclosureMade, HoldLifted, HoldPlaced, RecordLooked
from corridor.privacy.requests_table import load_requests
from corridor.privacy.state import SAME_LOOK, Hold, RecordsState, Seen, stream_of
from corridor.privacy.tables import AccessEntry, AccessEntryStudent, DisclosureRow, DisclosureStudent, LegalHold

Connection = psycopg.AsyncConnection[Any]

ENTRY_TABLE = table_of(AccessEntry)
ENTRY_STUDENT_TABLE = table_of(AccessEntryStudent)
DISCLOSURE_TABLE = table_of(DisclosureRow)
DISCLOSURE_STUDENT_TABLE = table_of(DisclosureStudent)
HOLD_TABLE = table_of(LegalHold)

# A look at the list behind a link stands on record as a disclosure.
_RECENT = """
    SELECT viewer_id, what, look, why, student_id, at, seq
    FROM access_entry LEFT JOIN access_entry_student USING (school_id, seq)
    WHERE school_id = %(school)s AND at > %(since)s AND look <> 'export'
    UNION ALL
    SELECT link_id, 'responder', 'list', NULL, student_id, at, seq
    FROM disclosure LEFT JOIN disclosure_student ON disclosure_id = id
    WHERE disclosure.school_id = %(school)s AND at > %(since)s AND link_id IS NOT NULL
    ORDER BY seq, student_id"""
_HOLDS = """
    SELECT id, student_id, reason, placed_by, placed_at FROM legal_hold
    WHERE school_id = %(school)s AND lifted_at IS NULL ORDER BY seq"""


async def load_records(connection: Connection, stream_id: UUID, as_of: datetime) -> RecordsState:
    """The state as the tables tell it; `as_of` is the instant of the newest event. Raises `NotFound`."""

    async def rows(sql: str, **values: Any) -> list[Any]:
        return await (await connection.execute(sql, values, binary=True)).fetchall()

    school_ids = [row[0] for row in await rows("SELECT id FROM school")]
    school_id = next((id for id in school_ids if stream_of(id) == stream_id), None)
    if school_id is None:
        raise NotFound("There is no such school.")
    state = RecordsState(school_id, as_of)
    for viewer_id, what, look, why, student_id, at, _ in await rows(_RECENT, school=school_id, since=as_of - SAME_LOOK):
        state.recent[Seen(viewer_id, what, Look(look), why, student_id)] = at
    for row in await rows(_HOLDS, school=school_id):
        hold = Hold(*row)
        state.holds[hold.id] = hold
    state.requests = await load_requests(connection, school_id)
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


def disclosure_rows(draft: RecordsState, events: Sequence[Recorded]) -> Rows:
    made = [(recorded, recorded.event) for recorded in events if isinstance(recorded.event, DisclosureMade)]
    if not made:
        return {}
    students = [row for _, event in made for row in disclosed_rows(draft.school_id, event)]
    rows: dict[Any, Any] = {DISCLOSURE_TABLE: [disclosure_row(draft.school_id, *each) for each in made]}
    if students:
        rows[DISCLOSURE_STUDENT_TABLE] = students
    return rows


def disclosure_row(school_id: UUID, recorded: Recorded, event: DisclosureMade) -> Mapping[str, Any]:
    return {
        "id": event.disclosure_id,
        "school_id": school_id,
        "seq": recorded.seq,
        "at": recorded.recorded_at,
        "by": event.by,
        "by_kind": event.by_kind,
        "by_role": event.by_role,
        "person_id": event.person_id,
        "form": event.form,
        "threat": event.threat,
        "parties": event.parties,
        "number": len(event.student_ids),
        "unmasked": event.unmasked,
        "link_id": event.link_id,
        "address": event.address,
    }


def disclosed_rows(school_id: UUID, event: DisclosureMade) -> Iterable[Mapping[str, Any]]:
    for student_id in event.student_ids:
        yield {"school_id": school_id, "disclosure_id": event.disclosure_id, "student_id": student_id}


def hold_rows(draft: RecordsState, events: Sequence[Recorded]) -> Rows:
    # One hold may be placed and lifted in one batch: its last row counts.
    rows = {
        event.hold.id: hold_row(draft.school_id, recorded, event)
        for recorded in events
        if isinstance(event := recorded.event, HoldPlaced | HoldLifted)
    }
    return {HOLD_TABLE: list(rows.values())} if rows else {}


def hold_row(school_id: UUID, recorded: Recorded, event: HoldPlaced | HoldLifted) -> Mapping[str, Any]:
    lifted = event if isinstance(event, HoldLifted) else None
    return {
        "id": event.hold.id,
        "school_id": school_id,
        "seq": recorded.seq,
        "student_id": event.hold.student_id,
        "reason": event.hold.reason,
        "placed_at": event.hold.placed_at,
        "placed_by": event.hold.by,
        "lifted_at": recorded.recorded_at if lifted else None,
        "lifted_by": lifted.by if lifted else None,
        "lift_reason": lifted.reason if lifted else None,
    }
