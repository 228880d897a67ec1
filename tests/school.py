"""A small school for tests, in the tables or in memory.

Washington Middle School, in New York: periods 1 to 3 from 08:00 to 11:00 every weekday, two teachers, some students,
all of them in Algebra (204, period 1) and in Art (110, period 2).
"""

from datetime import UTC, date, datetime, time
from uuid import UUID

import msgspec
from sqlalchemy import insert

from corridor.base.database import Database
from corridor.base.ids import new_id
from corridor.campus import tables
from corridor.ledger.store import ensure_heads
from corridor.policy.defaults import add_defaults

ZONE = "America/New_York"
PERIODS = (("1", time(8), time(9)), ("2", time(9), time(10)), ("3", time(10), time(11)))
# A Tuesday, 08:30 in New York: everyone is in Algebra.
MORNING = datetime(2026, 10, 6, 12, 30, tzinfo=UTC)


class TestSchool(msgspec.Struct):
    """The identifiers of what was made."""

    __test__ = False

    id: UUID
    district_id: UUID
    students: list[UUID]
    teachers: list[UUID]
    algebra: UUID
    art: UUID
    room_204: UUID
    room_110: UUID
    restroom: UUID
    nurse: UUID
    library: UUID


async def make_school(
    database: Database, *, students: int = 6, name: str = "Washington Middle School", district_id: UUID | None = None
) -> TestSchool:
    """Write the school into an empty or a used database."""
    made = TestSchool(
        new_id(),
        district_id or new_id(),
        [new_id() for _ in range(students)],
        [new_id(), new_id()],
        *(new_id() for _ in range(7)),
    )
    async with database.session() as session:

        async def add(table: type, *rows: dict[str, object]) -> None:
            for row in rows:
                await session.execute(insert(table), [row])

        if district_id is None:
            await add(tables.District, {"id": made.district_id, "name": "Test district"})
        await add(tables.School, {"id": made.id, "district_id": made.district_id, "name": name, "time_zone": ZONE})
        people = [
            *((id, f"Student{number:02}", "Example", "student", "7") for number, id in enumerate(made.students)),
            *((id, f"Teacher{number}", "Example", "teacher", None) for number, id in enumerate(made.teachers)),
        ]
        for id, given, family, role, grade in people:
            await add(tables.Person, {"id": id, "given_name": given, "family_name": family, "grade": grade})
            await add(tables.Membership, {"id": new_id(), "person_id": id, "school_id": made.id, "role": role})
        places = [
            (made.room_204, "204", "classroom", None),
            (made.room_110, "110", "classroom", None),
            (made.restroom, "Restroom A", "restroom", 2),
            (made.nurse, "Nurse", "nurse", None),
            (made.library, "Library", "library", None),
        ]
        for id, title, kind, capacity in places:
            await add(
                tables.Location,
                {
                    "id": id,
                    "school_id": made.id,
                    "name": title,
                    "kind": kind,
                    "capacity": capacity,
                    "made_by": "starter",
                },
            )
        term = {
            "id": new_id(),
            "title": "Year",
            "kind": "schoolYear",
            "starts_on": date(2026, 8, 1),
            "ends_on": date(2027, 6, 30),
        }
        await add(tables.Term, term)
        for id, title, period, room, teacher in (
            (made.algebra, "Algebra", "1", made.room_204, made.teachers[0]),
            (made.art, "Art", "2", made.room_110, made.teachers[1]),
        ):
            await add(tables.Section, {"id": id, "school_id": made.id, "title": title, "kind": "scheduled"})
            await add(tables.SectionTerm, {"section_id": id, "term_id": term["id"]})
            await add(tables.SectionMeeting, {"id": new_id(), "section_id": id, "period": period, "location_id": room})
            for person_id, role in ((teacher, "teacher"), *((student, "student") for student in made.students)):
                await add(tables.Enrollment, {"id": new_id(), "section_id": id, "person_id": person_id, "role": role})
        schedule = new_id()
        await add(
            tables.BellSchedule,
            {"id": schedule, "school_id": made.id, "name": "Regular", "days": [1, 2, 3, 4, 5], "assumed": False},
        )
        for period, starts_at, ends_at in PERIODS:
            await add(
                tables.BellPeriod,
                {
                    "id": new_id(),
                    "bell_schedule_id": schedule,
                    "name": period,
                    "starts_at": starts_at,
                    "ends_at": ends_at,
                },
            )
        await ensure_heads(session, [made.id])
        await add_defaults(session, [made.id])
    return made
