"""A small school with people in it, and the identity service on its database."""

from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest

from corridor.base.clock import FixedClock
from corridor.base.database import Database
from corridor.base.ids import new_id
from corridor.base.settings import Settings
from corridor.campus.tables import District, Membership, Person, School
from corridor.campus.words import PersonRole
from corridor.identity.service import IdentityService

START = datetime(2026, 10, 12, 14, 0, tzinfo=UTC)


class Campus(NamedTuple):
    """Ids of two schools and of the people at the first one; the counselor belongs to the district as a whole."""

    north: UUID
    south: UUID
    student: UUID
    teacher: UUID
    counselor: UUID


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, secret_key="a key for tests only")


@pytest.fixture
def identity(database: Database, clock: FixedClock, settings: Settings) -> IdentityService:
    return IdentityService(database, clock, settings)


@pytest.fixture
async def campus(database: Database) -> Campus:
    district = District(id=new_id(), name="Riverbend", source_id=None)
    north, south = (
        School(id=new_id(), district_id=district.id, name=name, time_zone="America/Chicago", source_id=name.lower())
        for name in ("North", "South")
    )
    ana = Person(
        id=new_id(),
        given_name="Ana",
        family_name="Ruiz",
        source_id="s-1",
        identifier="1001",
        email="Ana.Ruiz@x.example",
    )
    lee = Person(
        id=new_id(),
        given_name="Leander",
        preferred_given_name="Lee",
        family_name="Cho",
        source_id="t-1",
        identifier="2001",
        username="LCho",
    )
    kim = Person(id=new_id(), given_name="Kim", family_name="Olsen", source_id="c-1", identifier="3001")
    memberships = [
        Membership(id=new_id(), person_id=person.id, school_id=school, role=role)
        for person, school, role in (
            (ana, north.id, PersonRole.STUDENT),
            (lee, north.id, PersonRole.TEACHER),
            (kim, None, PersonRole.COUNSELOR),
        )
    ]
    async with database.session() as session:
        session.add(district)
        await session.flush()
        session.add_all([north, south, ana, lee, kim])
        await session.flush()
        session.add_all(memberships)
    return Campus(north.id, south.id, ana.id, lee.id, kim.id)
