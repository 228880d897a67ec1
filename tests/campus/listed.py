"""A roster source for tests: records from lists, and what the campus says afterwards in the source's identifiers."""

from collections.abc import AsyncGenerator, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from corridor.base.clock import FixedClock
from corridor.base.database import Database
from corridor.campus.roster import RosterReport, import_roster
from corridor.campus.roster.records import (
    Batch,
    CourseRecord,
    EnrollmentRecord,
    GoneRecord,
    Kind,
    Meeting,
    Mode,
    OrgRecord,
    PersonRecord,
    Problem,
    Record,
    Role,
    RoleRecord,
    Scope,
    SectionRecord,
    TermRecord,
)
from corridor.campus.words import PersonRole

NOW = datetime(2026, 10, 6, 12, 30, tzinfo=UTC)
ZONE = "America/New_York"
FULL = frozenset[str]()

_KINDS = {
    OrgRecord: Kind.SCHOOLS,
    TermRecord: Kind.TERMS,
    CourseRecord: Kind.COURSES,
    PersonRecord: Kind.PEOPLE,
    RoleRecord: Kind.MEMBERSHIPS,
    SectionRecord: Kind.SECTIONS,
    EnrollmentRecord: Kind.ENROLLMENTS,
}
_INLINE = (Kind.SCHOOLS, Kind.TERMS, Kind.COURSES, Kind.PEOPLE, Kind.SECTIONS, Kind.ENROLLMENTS)


class Listed:
    """`records` in any order; `gone` are identifiers by kind. Each of `kinds` has `mode`, the others are absent."""

    def __init__(
        self,
        *records: Record,
        mode: Mode = Mode.BULK,
        kinds: Iterable[Kind] = _INLINE,
        gone: Mapping[Kind, Iterable[str]] | None = None,
        problems: Iterable[Problem] = (),
        silent: Mapping[Kind, frozenset[str]] | None = None,
    ) -> None:
        self.label = "a list"
        self.records = records
        self.mode = mode
        self.kinds = tuple(kinds)
        self.gone = gone or {}
        self.problems = tuple(problems)
        self.silent = silent or {}

    async def pull(self) -> AsyncGenerator[Batch | Scope]:
        yield Batch(stage="Reading", problems=self.problems)
        for kind in self.kinds:
            yield Scope(kind=kind, mode=self.mode, silent=self.silent.get(kind, FULL))
            records = [record for record in self.records if _KINDS[type(record)] is kind]
            left: list[Record] = [GoneRecord(source_id=id, file="list", line=0) for id in self.gone.get(kind, ())]
            yield Batch(stage="Reading", kind=kind, records=[*records, *left])


def org(id: str, name: str = "", type: str = "school", identifier: str | None = None) -> OrgRecord:
    return OrgRecord(source_id=id, file="orgs", line=1, name=name or f"School {id}", type=type, identifier=identifier)


def term(id: str, title: str = "Year", **fields: Any) -> TermRecord:
    whole_year: dict[str, Any] = {"kind": "schoolYear", "starts_on": date(2026, 8, 20), "ends_on": date(2027, 6, 15)}
    return TermRecord(source_id=id, file="terms", line=1, title=title, **whole_year | fields)


def course(id: str, title: str = "Maths", **fields: Any) -> CourseRecord:
    return CourseRecord(source_id=id, file="courses", line=1, title=title, **fields)


def person(id: str, role: str | None = "student", schools: str = "s1", **fields: Any) -> PersonRecord:
    """With `role` None the roles come as records of their own."""
    roles = (
        None
        if role is None
        else tuple(Role(school, PersonRole(role), index == 0) for index, school in enumerate(schools.split()))
    )
    names = {"given_name": f"Given {id}", "family_name": f"Family {id}"}
    return PersonRecord(source_id=id, file="people", line=1, roles=roles, **names | fields)


def role(id: str, person: str, role: str = "student", org: str = "s1", **fields: Any) -> RoleRecord:
    return RoleRecord(source_id=id, file="roles", line=1, person=person, org=org, role=PersonRole(role), **fields)


def section(id: str, periods: str = "1", room: str | None = "204", **fields: Any) -> SectionRecord:
    meetings = tuple(Meeting(period, room) for period in periods.split())
    given = {"title": f"Section {id}", "school": "s1", "meetings": meetings}
    return SectionRecord(source_id=id, file="sections", line=1, **given | fields)


def enrollment(section: str, person: str, role: str = "student", id: str = "", **fields: Any) -> EnrollmentRecord:
    return EnrollmentRecord(
        source_id=id or f"{section}-{person}",
        file="enrollments",
        line=1,
        section=section,
        person=person,
        role=PersonRole(role),
        **fields,
    )


def small_roster() -> list[Record]:
    """One district, one school, a section of two students with their teacher."""
    return [
        org("d", "Our district", "district"),
        org("s1", "Washington"),
        term("y"),
        course("m", org="d"),
        person("t1", "teacher"),
        person("p1", identifier="1001"),
        person("p2", identifier="1002"),
        section("c1", terms=("y",), course="m"),
        enrollment("c1", "t1", "teacher", is_primary=True),
        enrollment("c1", "p1"),
        enrollment("c1", "p2"),
    ]


async def load(database: Database, source: Listed | list[Record], **options: Any) -> RosterReport:
    """Import, with all removals allowed unless `options` say otherwise."""
    source = source if isinstance(source, Listed) else Listed(*source)
    given: dict[str, Any] = {"clock": FixedClock(NOW), "time_zone": ZONE, "allow_removals": 100}
    return await import_roster(database, source, **given | options)


async def fetch(database: Database, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    async with database.raw() as connection:
        cursor = await connection.execute(sql.encode(), values or None)
        return await cursor.fetchall()


_ACTIVE = {
    "schools": "SELECT source_id, name, identifier FROM school WHERE active",
    "terms": """SELECT t.source_id, t.title, t.kind, t.starts_on, t.ends_on, p.source_id
                FROM term t LEFT JOIN term p ON p.id = t.parent_id WHERE t.active""",
    "courses": """SELECT c.source_id, c.title, c.code, s.source_id
                  FROM course c LEFT JOIN school s ON s.id = c.school_id WHERE c.active""",
    "people": """SELECT source_id, given_name, family_name, identifier, lower(email), grade, may_sign_in
                 FROM person WHERE active AND source_id IS NOT NULL""",
    "memberships": """SELECT p.source_id, s.source_id, m.role, m.is_primary
                      FROM membership m JOIN person p ON p.id = m.person_id LEFT JOIN school s ON s.id = m.school_id
                      WHERE m.active AND p.active AND coalesce(s.active, true)""",
    "guardians": """SELECT g.source_id, s.source_id FROM guardianship a
                    JOIN person g ON g.id = a.guardian_id JOIN person s ON s.id = a.student_id WHERE a.active""",
    "sections": """SELECT c.source_id, c.title, c.code, s.source_id, k.source_id
                   FROM section c JOIN school s ON s.id = c.school_id LEFT JOIN course k ON k.id = c.course_id
                   WHERE c.active AND s.active""",
    "section terms": """SELECT c.source_id, t.source_id FROM section_term x JOIN section c ON c.id = x.section_id
                        JOIN term t ON t.id = x.term_id WHERE c.active AND t.active""",
    "meetings": """SELECT c.source_id, m.period, m.days, lower(l.name) FROM section_meeting m
                   JOIN section c ON c.id = m.section_id LEFT JOIN location l ON l.id = m.location_id WHERE c.active""",
    "enrollments": """SELECT e.source_id, c.source_id, p.source_id, e.role, e.is_primary, e.begins_on, e.ends_on
                      FROM enrollment e JOIN section c ON c.id = e.section_id JOIN person p ON p.id = e.person_id
                      WHERE e.active AND c.active AND p.active""",
}


async def active_roster(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """All that is active, by the source's identifiers alone, in an order of its own."""
    return {name: sorted(await fetch(database, sql), key=repr) for name, sql in _ACTIVE.items()}


async def empty(database: Database) -> None:
    """Take everything out of the campus and the ledger."""
    tables = "district, person, term, roster_import, ledger_head"
    async with database.raw() as connection:
        await connection.execute(f"TRUNCATE {tables} CASCADE".encode())
        await connection.commit()
