"""What a roster import does to guardians whom the school has invited, or shut out."""

from sqlalchemy import insert, select, update

from corridor.base.database import Database
from corridor.base.ids import new_id
from corridor.campus.tables import Guardianship, Person
from tests.campus.listed import load, org, person

_FAMILY = [org("s1"), person("p1", agents=("g1",)), person("g1", "guardian")]


async def _pairs(database: Database) -> dict[str, bool]:
    async with database.session() as session:
        rows = await session.execute(
            select(Person.given_name, Guardianship.active).join(Person, Person.id == Guardianship.guardian_id)
        )
        return {row[0]: row[1] for row in rows}


async def _invite(database: Database) -> None:
    async with database.session() as session:
        student_id = await session.scalar(select(Person.id).where(Person.source_id == "p1"))
        guardian = {"id": new_id(), "given_name": "Invited", "family_name": "Person"}
        await session.execute(insert(Person), [guardian])
        pair = {"guardian_id": guardian["id"], "student_id": student_id, "guardian_says": False, "student_says": False}
        await session.execute(insert(Guardianship), [{**pair, "invited": True}])


async def test_an_import_does_not_end_a_guardianship_made_by_invitation(database: Database) -> None:
    await load(database, _FAMILY)
    await _invite(database)

    await load(database, [org("s1"), person("p1"), person("g1", "guardian")])

    pairs = await _pairs(database)
    assert pairs.pop("Invited") is True
    assert list(pairs.values()) == [False]


async def test_it_ends_when_the_student_leaves_and_holds_again_when_they_are_back(database: Database) -> None:
    await load(database, _FAMILY)
    await _invite(database)

    await load(database, [org("s1"), person("p2"), person("g1", "guardian")])
    assert (await _pairs(database))["Invited"] is False

    await load(database, [*_FAMILY, person("p2")])
    assert (await _pairs(database))["Invited"] is True


async def test_the_roster_does_not_bring_back_a_guardian_whom_staff_have_shut_out(database: Database) -> None:
    await load(database, _FAMILY)
    async with database.session() as session:
        await session.execute(update(Guardianship).values(barred=True, active=False))

    await load(database, [org("s1"), person("p1", agents=("g1",)), person("g1", "guardian", agents=("p1",))])

    assert list((await _pairs(database)).values()) == [False]
