"""Who looked at whose record: the access log and the disclosures, read together, the newest first."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from corridor.base.errors import InvalidInput
from corridor.identity.access import Look
from corridor.identity.names import names_of

MOST_STUDENTS_SHOWN = 3
"""So many of the students of one look are named in a list of looks."""

DISCLOSURE = "disclosure"
"""The kind of an entry that is no look but records handed out in an emergency."""

KINDS = (*Look, DISCLOSURE)

_LOOKS = f"""
    SELECT at, seq, school_id, viewer_id, viewer_kind, viewer_role, person_id, what, look AS kind, number, why, address,
        NULL::text AS parties,
        ARRAY(SELECT student_id FROM access_entry_student AS whose
            WHERE whose.school_id = entry.school_id AND whose.seq = entry.seq
            ORDER BY student_id LIMIT {MOST_STUDENTS_SHOWN}) AS student_ids
    FROM access_entry AS entry WHERE {{where}} ORDER BY at DESC, seq DESC LIMIT %(limit)s"""  # noqa: S608
_DISCLOSURES = f"""
    SELECT at, seq, school_id, by, by_kind, by_role, person_id, form, '{DISCLOSURE}', number, threat, address, parties,
        ARRAY(SELECT student_id FROM disclosure_student AS whose WHERE disclosure_id = entry.id
            ORDER BY student_id LIMIT {MOST_STUDENTS_SHOWN})
    FROM disclosure AS entry WHERE {{where}} ORDER BY at DESC, seq DESC LIMIT %(limit)s"""  # noqa: S608
# The conditions of both are our own words; what callers want travels as parameters.
_BOTH = """
    SELECT * FROM (({looks}) UNION ALL ({disclosures})) AS entry ORDER BY at DESC, seq DESC LIMIT %(limit)s"""
_SHARED = {
    "starts": "at >= %(starts)s",
    "ends": "at < %(ends)s",
    "by": "({viewer_kind} = 'account') = (%(by)s = 'people')",
    "before_at": "(at, seq) < (%(before_at)s, %(before_seq)s)",
}
_OF_LOOKS = _SHARED | {
    "student": "(school_id, seq) IN (SELECT school_id, seq FROM access_entry_student WHERE student_id = %(student)s)",
    "viewers": "(viewer_id = ANY(%(viewers)s) OR person_id = ANY(%(viewers)s))",
    "kind": "look = %(kind)s",
}
_OF_DISCLOSURES = _SHARED | {
    "student": "id IN (SELECT disclosure_id FROM disclosure_student WHERE student_id = %(student)s)",
    "viewers": "(by = ANY(%(viewers)s) OR person_id = ANY(%(viewers)s))",
    "kind": f"%(kind)s = '{DISCLOSURE}'",
}
_VIEWERS = """
    SELECT id FROM person WHERE concat_ws(' ', given_name, family_name) ILIKE %(pattern)s
        OR concat_ws(' ', preferred_given_name, coalesce(preferred_family_name, family_name)) ILIKE %(pattern)s
    UNION ALL SELECT id FROM account WHERE username ILIKE %(pattern)s
    UNION ALL SELECT id FROM api_token WHERE name ILIKE %(pattern)s
    UNION ALL SELECT id FROM responder_link WHERE parties ILIKE %(pattern)s"""


BY = ("people", "programs")
"""Who looked: somebody with an account, or a program, a kiosk or a link."""


class LookFilter(msgspec.Struct, frozen=True):
    """`viewer` is a part of a name, `kind` one of `KINDS`, `by` one of `BY`; `starts`: at or after, `ends`: before.
    `before` is the cursor that the page before gave."""

    student_id: UUID | None = None
    viewer: str = ""
    kind: str | None = None
    starts: datetime | None = None
    ends: datetime | None = None
    before: str | None = None
    by: str | None = None


class Entry(msgspec.Struct, frozen=True):
    """Somebody saw, or received, records of students.

    `kind` is record (one student's record), list (a list of many), export (a copy was taken away) or disclosure (handed
    out in an emergency). `what` names what was seen; of a disclosure, how it was handed out. `number` is how many
    students it was about, 0 if nobody counted; `student_ids` are up to three of them. `why` is the purpose where one
    was stated, of a disclosure the threat, and `parties` who received it. `address` is the network from which it was
    seen, null to whoever is not staff.
    """

    at: datetime
    school_id: UUID
    kind: str
    viewer_id: UUID
    viewer_name: str
    viewer_role: str
    viewer_kind: str
    what: str
    number: int
    student_ids: tuple[UUID, ...]
    why: str | None
    parties: str | None
    address: str | None

    @property
    def others(self) -> int:
        """How many more than one student it was about."""
        return max(self.number - 1, 0)


class EntryPage(msgspec.Struct, frozen=True):
    """`next` goes into `before` to read on; null at the end."""

    items: tuple[Entry, ...]
    next: str | None


async def who_looked(
    connection: psycopg.AsyncConnection[Any],
    school_ids: Collection[UUID],
    wanted: LookFilter,
    limit: int,
    *,
    addresses: bool,
) -> EntryPage:
    """Up to `limit` entries of these schools, the newest first. Who may ask is the caller's to check.

    Raises `InvalidInput` for a cursor that no page gave.
    """
    if wanted.kind is not None and wanted.kind not in KINDS:
        raise InvalidInput(f"The kind is one of {', '.join(KINDS)}.", field="kind")
    if wanted.by is not None and wanted.by not in BY:
        raise InvalidInput(f"It is one of {', '.join(BY)}.", field="by")
    before_at, before_seq = _cursor(wanted.before)
    values: dict[str, Any] = {
        "schools": list(school_ids),
        "student": wanted.student_id,
        "viewers": await _viewers(connection, wanted.viewer),
        "kind": wanted.kind,
        "by": wanted.by,
        "starts": wanted.starts,
        "ends": wanted.ends,
        "before_at": before_at,
        "before_seq": before_seq,
        "limit": limit + 1,
    }
    rows = await (await connection.execute(_query(values), values)).fetchall()
    shown = rows[:limit]
    names = await names_of(connection, {id for row in shown for id in (row[3], row[6]) if id})
    items = tuple(_entry(row, names, addresses=addresses) for row in shown)
    following = f"{shown[-1][0].isoformat()}_{shown[-1][1]}" if len(rows) > limit else None
    return EntryPage(items, following)


def _query(values: dict[str, Any]) -> str:
    """Both kinds of entries, each limited to what was asked for."""

    def where(conditions: dict[str, str], viewer_kind: str) -> str:
        wanted = (condition for name, condition in conditions.items() if values[name] is not None)
        shared = " AND ".join(["school_id = ANY(%(schools)s)", *wanted])
        return shared.replace("{viewer_kind}", viewer_kind)

    looks = _LOOKS.format(where=where(_OF_LOOKS, "viewer_kind"))
    disclosures = _DISCLOSURES.format(where=where(_OF_DISCLOSURES, "by_kind"))
    return _BOTH.format(looks=looks, disclosures=disclosures)


def _entry(row: Sequence[Any], names: dict[UUID, str], *, addresses: bool) -> Entry:
    at, _, school_id, viewer_id, viewer_kind, role, person_id, what, kind, number, why, address, parties, ids = row
    return Entry(
        at=at,
        school_id=school_id,
        kind=kind,
        viewer_id=viewer_id,
        viewer_name=names.get(person_id) or names.get(viewer_id) or "Somebody who has left",
        viewer_role=role,
        viewer_kind=viewer_kind,
        what=what,
        number=number,
        student_ids=tuple(ids),
        why=why,
        parties=parties,
        address=address if addresses else None,
    )


async def _viewers(connection: psycopg.AsyncConnection[Any], text: str) -> list[UUID] | None:
    """The people, accounts, tokens and links of this name; None for no name."""
    text = text.replace("\0", "").strip()
    if not text:
        return None
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return [row[0] for row in await (await connection.execute(_VIEWERS, {"pattern": f"%{escaped}%"})).fetchall()]


def _cursor(before: str | None) -> tuple[datetime | None, int | None]:
    if before is None:
        return None, None
    at, _, seq = before.partition("_")
    try:
        # In an address, the plus sign of an offset reads as a blank.
        found = datetime.fromisoformat(at.replace(" ", "+"))
        number = int(seq)
    except ValueError:
        found, number = None, 0
    if found is None or found.tzinfo is None or not 0 <= number < 2**63:
        raise InvalidInput("Send as 'before' what the page before gave as 'next'.", field="before")
    return found, number
