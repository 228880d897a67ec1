"""Read a school's campus from its tables."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import psycopg

from corridor.campus.model import (
    BellSchedule,
    CalendarDay,
    Campus,
    Location,
    Meeting,
    Period,
    School,
    Section,
    Student,
    Term,
    Zone,
)
from corridor.campus.words import LocationKind

Connection = psycopg.AsyncConnection[Any]

_STUDENTS = """
    SELECT p.id, coalesce(p.preferred_given_name, p.given_name), coalesce(p.preferred_family_name, p.family_name),
           p.grade
    FROM person p JOIN membership m ON m.person_id = p.id
    WHERE m.school_id = %s AND m.role = 'student' AND m.active AND p.active"""
_STAFF = """
    SELECT DISTINCT p.id, coalesce(p.preferred_given_name, p.given_name),
           coalesce(p.preferred_family_name, p.family_name)
    FROM person p JOIN membership m ON m.person_id = p.id
    WHERE (m.school_id = %s OR m.school_id IS NULL) AND m.role NOT IN ('student', 'guardian')
      AND m.active AND p.active"""
_SECTIONS = """
    SELECT s.id, s.title, min(t.starts_on), max(t.ends_on)
    FROM section s LEFT JOIN section_term st ON st.section_id = s.id LEFT JOIN term t ON t.id = st.term_id AND t.active
    WHERE s.school_id = %s AND s.active GROUP BY s.id ORDER BY s.title, s.id"""
_MEETINGS = """
    SELECT m.section_id, m.period, m.days, m.location_id, m.cycles
    FROM section_meeting m JOIN section s ON s.id = m.section_id WHERE s.school_id = %s AND s.active ORDER BY m.id"""
_ENROLLMENTS = """
    SELECT e.section_id, e.person_id, e.role
    FROM enrollment e JOIN section s ON s.id = e.section_id JOIN person p ON p.id = e.person_id
    WHERE s.school_id = %s AND s.active AND e.active AND p.active ORDER BY e.is_primary DESC, e.id"""
_PERIODS = """
    SELECT b.id, b.name, b.days, p.name, p.starts_at, p.ends_at
    FROM bell_schedule b JOIN bell_period p ON p.bell_schedule_id = b.id WHERE b.school_id = %s
    ORDER BY b.name, p.starts_at"""

_CALENDAR = "SELECT on_date, schedule_id, cycle, note, as_usual FROM calendar_day WHERE school_id = %s ORDER BY on_date"
_ZONES = "SELECT id, school_id, name, active FROM zone WHERE school_id = %s ORDER BY name"
_TERMS = """
    SELECT DISTINCT t.starts_on, t.ends_on FROM term t
    JOIN section_term st ON st.term_id = t.id JOIN section s ON s.id = st.section_id
    WHERE s.school_id = %s AND s.active AND t.active"""


async def load_campus(connection: Connection, school_id: UUID) -> Campus:
    """The campus of one school, in as many queries as it has parts."""

    async def rows(sql: str) -> list[Any]:
        return await (await connection.execute(sql, [school_id], binary=True)).fetchall()

    school = (await rows("SELECT id, name, time_zone FROM school WHERE id = %s"))[0]
    locations = {
        row[0]: Location(row[0], row[1], row[2], LocationKind(row[3]), *row[4:])
        for row in await rows(
            "SELECT id, school_id, name, kind, capacity, out_capacity, zone_id, made_by, active FROM location "
            "WHERE school_id = %s ORDER BY name"
        )
    }
    students = {
        id: Student(id, f"{given} {family}", f"{family}, {given}", grade)
        for id, given, family, grade in await rows(_STUDENTS)
    }
    staff = {id: f"{given} {family}" for id, given, family in await rows(_STAFF)}
    sections = await _sections(rows)
    sections_of: dict[UUID, list[UUID]] = defaultdict(list)
    taught_by: dict[UUID, list[UUID]] = defaultdict(list)
    for section in sections.values():
        for student_id in section.student_ids:
            sections_of[student_id].append(section.id)
        for teacher_id in section.teacher_ids:
            taught_by[teacher_id].append(section.id)
    starts = [section.begins_on for section in sections.values() if section.begins_on]
    ends = [section.ends_on for section in sections.values() if section.ends_on]
    return Campus(
        School(*school),
        locations,
        students,
        staff,
        sections,
        dict(sections_of),
        _schedules(await rows(_PERIODS)),
        {row[0]: CalendarDay(*row[1:]) for row in await rows(_CALENDAR)},
        {row[0]: Zone(*row) for row in await rows(_ZONES)},
        tuple(sorted((Term(*row) for row in await rows(_TERMS)), key=_length)),
        min(starts, default=None),
        max(ends, default=None),
        dict(taught_by),
    )


def _length(term: Term) -> tuple[timedelta, date]:
    return term.ends_on - term.begins_on, term.begins_on


async def _sections(rows: Any) -> dict[UUID, Section]:
    meetings: dict[UUID, list[Meeting]] = defaultdict(list)
    for section_id, period, days, location_id, cycles in await rows(_MEETINGS):
        meetings[section_id].append(Meeting(period, frozenset(days or ()), location_id, frozenset(cycles or ())))
    teachers: dict[UUID, list[UUID]] = defaultdict(list)
    students: dict[UUID, list[UUID]] = defaultdict(list)
    for section_id, person_id, role in await rows(_ENROLLMENTS):
        (students if role == "student" else teachers)[section_id].append(person_id)
    return {
        id: Section(id, title, tuple(meetings[id]), tuple(teachers[id]), tuple(students[id]), begins_on, ends_on)
        for id, title, begins_on, ends_on in await rows(_SECTIONS)
    }


def _schedules(rows: list[Any]) -> tuple[BellSchedule, ...]:
    schedules: dict[UUID, tuple[str, frozenset[int]]] = {}
    periods: dict[UUID, list[Period]] = defaultdict(list)
    for id, name, days, period, starts_at, ends_at in rows:
        schedules[id] = (name, frozenset(days))
        periods[id].append(Period(period, starts_at, ends_at))
    return tuple(BellSchedule(id, name, days, tuple(periods[id])) for id, (name, days) in schedules.items())
