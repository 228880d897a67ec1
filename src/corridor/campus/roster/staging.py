"""Records into temporary tables, batch by batch, so that all checks are set operations and memory stays small.

Every staging table has the row's place (`seq`, `file`, `line`), its `source_id`, whether it is `gone`, a `new_id` in
case it is new, and what the later steps fill in: `id` (the Corridor row it stands for) and `dropped` (left out).
References are text columns named `*_ref`, in the source's identifiers.
"""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

import msgspec
import psycopg

from corridor.base.ids import new_id
from corridor.campus.roster.records import (
    Batch,
    CourseRecord,
    EnrollmentRecord,
    GoneRecord,
    Kind,
    OrgRecord,
    PersonRecord,
    Record,
    RoleRecord,
    SectionRecord,
    TermRecord,
)

Connection = psycopg.AsyncConnection[Any]
Row = Sequence[Any]

_PLACE = "seq bigint, file text, line int, source_id text, gone bool, modified_at timestamptz, new_id uuid"
_FOUND = "id uuid, dropped bool NOT NULL DEFAULT false, rekeyed bool NOT NULL DEFAULT false"


class Stage(msgspec.Struct, frozen=True):
    """A staging table: `read` are the columns that the source fills, `resolved` those that the checks fill."""

    table: str
    read: str
    resolved: str = ""

    @property
    def names(self) -> list[str]:
        return [column.split()[0] for column in f"{_PLACE}, {self.read}".split(", ")]

    def create(self) -> str:
        parts = [_PLACE, self.read, *([self.resolved] if self.resolved else []), _FOUND]
        return f"CREATE TEMPORARY TABLE {self.table} ({', '.join(parts)})"

    def copy(self) -> str:
        return f"COPY {self.table} ({', '.join(self.names)}) FROM STDIN"


STAGES = {
    Kind.SCHOOLS: Stage("stage_school", "name text, type text, identifier text"),
    Kind.TERMS: Stage(
        "stage_term",
        "title text, kind text, starts_on date, ends_on date, parent_ref text, school_year text",
        "parent_id uuid",
    ),
    Kind.COURSES: Stage("stage_course", "title text, code text, org_ref text", "school_id uuid"),
    Kind.PEOPLE: Stage(
        "stage_person",
        "given_name text, middle_name text, family_name text, preferred_given_name text, preferred_family_name text, "
        "pronouns text, identifier text, username text, email text, phone text, grade text, may_sign_in bool, "
        "primary_ref text, says_roles bool",
        "is_student bool",
    ),
    Kind.SECTIONS: Stage(
        "stage_section",
        "school_ref text, course_ref text, title text, code text, kind text",
        "school_id uuid, course_id uuid, signature text",
    ),
    Kind.ENROLLMENTS: Stage(
        "stage_enrollment",
        "section_ref text, person_ref text, role text, is_primary bool, begins_on date, ends_on date",
        "section_id uuid, person_id uuid",
    ),
    Kind.MEMBERSHIPS: Stage(
        "stage_role",
        "person_ref text, org_ref text, role text, is_primary bool, begins_on date, ends_on date",
        "person_seq bigint, person_id uuid, school_id uuid",
    ),
}

# What hangs on a staged row: `seq` is that row's.
_DETAILS = {
    "stage_agent": "seq bigint, agent_ref text",
    "stage_section_term": "seq bigint, term_ref text",
    "stage_meeting": "seq bigint, new_id uuid, period text, room text, days smallint[], cycles text[]",
    "stage_kept": "kind text, source_id text",
}

# Where the parts of a person and of a section are staged, and the column that points to their row.
DETAILS_OF = {
    Kind.PEOPLE: (("stage_role", "person_seq"), ("stage_agent", "seq")),
    Kind.SECTIONS: (("stage_section_term", "seq"), ("stage_meeting", "seq")),
}

# A role that stands in its person's row: `person_seq` is that row's.
_COPY_INLINE_ROLES = "COPY stage_role (seq, file, line, gone, new_id, person_seq, org_ref, role, is_primary) FROM STDIN"


class Staging:
    """Writes batches of records into the staging tables of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._seq = 0

    async def create(self) -> None:
        for stage in STAGES.values():
            await self._connection.execute(stage.create())
        for table, columns in _DETAILS.items():
            await self._connection.execute(f"CREATE TEMPORARY TABLE {table} ({columns})")

    async def add(self, batch: Batch) -> None:
        kept = [(str(p.kind), p.keeps) for p in batch.problems if p.kind is not None and p.keeps is not None]
        await self._copy("COPY stage_kept (kind, source_id) FROM STDIN", kept)
        if batch.kind is None or not batch.records:
            return
        rows: list[Row] = []
        details: dict[str, list[Row]] = {}
        for record in batch.records:
            self._seq += 1
            rows.append(_row(batch.kind, record, self._seq))
            if isinstance(record, PersonRecord):
                self._add_person_details(record, details)
            elif isinstance(record, SectionRecord):
                self._add_section_details(record, details)
        await self._copy(STAGES[batch.kind].copy(), rows)
        for copy, extra in details.items():
            await self._copy(copy, extra)

    async def finish(self) -> None:
        """Tell the planner how large the tables have become."""
        tables = [stage.table for stage in STAGES.values()] + list(_DETAILS)
        await self._connection.execute(f"ANALYZE {', '.join(tables)}")

    def _add_person_details(self, person: PersonRecord, details: dict[str, list[Row]]) -> None:
        roles = details.setdefault(_COPY_INLINE_ROLES, [])
        seq = self._seq
        for role in person.roles or ():
            self._seq += 1
            roles.append(
                (self._seq, person.file, person.line, False, new_id(), seq, role.org, role.role, role.is_primary)
            )
        agents = details.setdefault("COPY stage_agent (seq, agent_ref) FROM STDIN", [])
        agents += [(seq, agent) for agent in person.agents]

    def _add_section_details(self, section: SectionRecord, details: dict[str, list[Row]]) -> None:
        terms = details.setdefault("COPY stage_section_term (seq, term_ref) FROM STDIN", [])
        terms += [(self._seq, term) for term in section.terms]
        meetings = details.setdefault("COPY stage_meeting (seq, new_id, period, room, days, cycles) FROM STDIN", [])
        meetings += [
            (
                *(self._seq, new_id(), meeting.period, meeting.room),
                list(meeting.days) if meeting.days else None,
                sorted(meeting.cycles) if meeting.cycles else None,
            )
            for meeting in section.meetings
        ]

    async def _copy(self, statement: str, rows: Sequence[Row]) -> None:
        if not rows:
            return
        async with self._connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
            for row in rows:
                await copy.write_row(row)


def _row(kind: Kind, record: Record, seq: int) -> Row:
    gone = isinstance(record, GoneRecord) or (isinstance(record, RoleRecord) and record.gone)
    place = (seq, record.file, record.line, record.source_id, gone, record.modified_at, new_id())
    if isinstance(record, GoneRecord):
        return place + (None,) * (len(STAGES[kind].names) - len(place))
    return place + tuple(_VALUES[type(record)](record))


_VALUES: dict[type[Record], Callable[[Any], Row]] = {
    OrgRecord: attrgetter("name", "type", "identifier"),
    TermRecord: attrgetter("title", "kind", "starts_on", "ends_on", "parent", "school_year"),
    CourseRecord: attrgetter("title", "code", "org"),
    PersonRecord: attrgetter(
        *("given_name", "middle_name", "family_name", "preferred_given_name", "preferred_family_name", "pronouns"),
        *("identifier", "username", "email", "phone", "grade", "may_sign_in", "primary_org", "says_roles"),
    ),
    RoleRecord: attrgetter("person", "org", "role", "is_primary", "begins_on", "ends_on"),
    SectionRecord: attrgetter("school", "course", "title", "code", "kind"),
    EnrollmentRecord: attrgetter("section", "person", "role", "is_primary", "begins_on", "ends_on"),
}
