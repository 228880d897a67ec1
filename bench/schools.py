"""Schools to measure on, written straight into the campus tables.

Seven periods from eight to three o'clock on every day of the week, in whichever time zone it is nine o'clock now: so a
run finds everybody in class, at any hour. Classes of 25, each in a room of its own; no place has a limit.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from bench.load.jobs import Target
from corridor.base.clock import SystemClock
from corridor.base.database import Database
from corridor.base.ids import new_id
from corridor.base.settings import Settings
from corridor.campus import tables
from corridor.identity.principal import Role
from corridor.identity.service import IdentityService
from corridor.ledger.store import ensure_heads
from corridor.policy.defaults import add_defaults

CLASS_SIZE = 25
_PERIODS = 7
_FIRST_HOUR = 8
_PLACES = (*(f"Restroom {number}" for number in range(1, 9)), "Library", "Office", "Nurse", "Counselor")

Rows = Iterator[tuple[type, list[dict[str, Any]]]]


async def add_schools(database: Database, settings: Settings, sizes: list[int], *, first: int = 1) -> list[Target]:
    """Schools with so many students each, named by numbers from `first`, and a token for the front office of each."""
    district = new_id()
    targets = []
    async with database.session() as session:
        await session.execute(insert(tables.District), [{"id": district, "name": f"District {first}"}])
        for number, size in enumerate(sizes, start=first):
            school_id, students, places = new_id(), [new_id() for _ in range(size)], [new_id() for _ in _PLACES]
            for table, rows in _school(district, school_id, number, students, places):
                await session.execute(insert(table), rows)
            targets.append(Target(str(school_id), "", [str(id) for id in students], [str(id) for id in places]))
        school_ids = [UUID(target.school_id) for target in targets]
        await ensure_heads(session, school_ids)
        await add_defaults(session, school_ids)
    identity = IdentityService(database, SystemClock(), settings)
    for number, target in enumerate(targets):
        made = await identity.create_token(name="bench", role=Role.FRONT_OFFICE, school_id=UUID(target.school_id))
        targets[number] = Target(target.school_id, made.secret, target.students, target.places)
    return targets


def _school(district: UUID, school: UUID, number: int, students: list[UUID], places: list[UUID]) -> Rows:
    zone = zone_at_nine(datetime.now(UTC))
    row = {"id": school, "district_id": district, "name": f"School {number}", "time_zone": zone}
    yield tables.School, [row]
    teachers = [new_id() for _ in range(len(students) // CLASS_SIZE + 1)]
    people = [(id, "student") for id in students] + [(id, "teacher") for id in teachers]
    named = [
        {"id": id, "given_name": f"Given{index}", "family_name": f"Family{index}", "grade": "9"}
        for index, (id, _) in enumerate(people)
    ]
    yield tables.Person, named
    yield (
        tables.Membership,
        [{"id": new_id(), "person_id": id, "school_id": school, "role": role} for id, role in people],
    )
    rooms = [new_id() for _ in teachers]
    spots = [(id, f"Room {index}", "classroom") for index, id in enumerate(rooms)]
    spots += [(id, name, name.split()[0].lower()) for id, name in zip(places, _PLACES, strict=True)]
    yield (
        tables.Location,
        [{"id": id, "school_id": school, "name": name, "kind": kind, "made_by": "starter"} for id, name, kind in spots],
    )
    yield from _timetable(school, students, teachers, rooms)


def _timetable(school: UUID, students: list[UUID], teachers: list[UUID], rooms: list[UUID]) -> Rows:
    """In every period each teacher has a class, and the classes are mixed differently."""
    term, schedule = new_id(), new_id()
    dates = {"starts_on": date(2020, 1, 1), "ends_on": date(2099, 12, 31)}
    yield tables.Term, [{"id": term, "title": "Always", "kind": "schoolYear", **dates}]
    days = list(range(1, 8))
    yield tables.BellSchedule, [{"id": schedule, "school_id": school, "name": "Every day", "days": days}]
    sections, meetings, enrollments, bells = [], [], [], []
    for period in range(_PERIODS):
        hours = {"starts_at": time(_FIRST_HOUR + period), "ends_at": time(_FIRST_HOUR + period + 1)}
        bells.append({"id": new_id(), "bell_schedule_id": schedule, "name": str(period + 1), **hours})
        classes = [new_id() for _ in teachers]
        for section, teacher, room in zip(classes, teachers, rooms, strict=True):
            sections.append({"id": section, "school_id": school, "title": f"Class {period}", "kind": "scheduled"})
            meetings.append({"id": new_id(), "section_id": section, "period": str(period + 1), "location_id": room})
            enrollments.append({"id": new_id(), "section_id": section, "person_id": teacher, "role": "teacher"})
        for index, student in enumerate(students):
            section = classes[(index * (period + 1) // CLASS_SIZE) % len(classes)]
            enrollments.append({"id": new_id(), "section_id": section, "person_id": student, "role": "student"})
    yield tables.BellPeriod, bells
    yield tables.Section, sections
    yield tables.SectionTerm, [{"section_id": section["id"], "term_id": term} for section in sections]
    yield tables.SectionMeeting, meetings
    yield tables.Enrollment, enrollments


def zone_at_nine(now: datetime) -> str:
    """The name of a time zone in which it is nine o'clock and some minutes. (Its sign is turned round in the IANA
    database: Etc/GMT-5 is five hours ahead.)"""
    ahead = (9 - now.hour + 12) % 24 - 12
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"
