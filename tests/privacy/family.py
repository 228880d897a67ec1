"""A guardian of the first two students of the tests' school."""

from uuid import UUID

from sqlalchemy import insert, update

from corridor.base.ids import new_id
from corridor.campus.tables import Guardianship, Person
from corridor.identity.principal import Role
from tests.web.visitor import Visitor, visitor
from tests.world import World


async def add_guardian(world: World, *children: int, name: str = "Maria") -> UUID:
    """Somebody of the roster who is the guardian of these students."""
    guardian_id = new_id()
    async with world.database.session() as session:
        await session.execute(insert(Person), [{"id": guardian_id, "given_name": name, "family_name": "Example"}])
        for number in children:
            pair = {"guardian_id": guardian_id, "student_id": world.school.students[number]}
            await session.execute(insert(Guardianship), [pair])
    return guardian_id


async def give_identifiers(world: World) -> None:
    """The students get student IDs: 1000, 1001, and so on."""
    async with world.database.session() as session:
        for number, id in enumerate(world.school.students):
            await session.execute(update(Person).where(Person.id == id).values(identifier=str(1000 + number)))


async def guardian(world: World, *children: int) -> Visitor:
    """A guardian of these students, looking at pages."""
    return await visitor(world, Role.GUARDIAN, person_id=await add_guardian(world, *children))


async def pass_taken(world: World, number: int, minutes: int = 7, place: UUID | None = None) -> str:
    """A pass of the student's, begun and over after so many minutes; its id."""
    teacher = await world.teacher()
    body = {
        "student_id": str(world.school.students[number]),
        "destination_id": str(place or world.school.library),
    }
    answer = await teacher.post(f"/schools/{world.school.id}/passes", body)
    assert answer.status_code == 201, answer.text
    pass_id: str = answer.json()["id"]
    await world.tick(minutes=minutes)
    answer = await teacher.post(f"/passes/{pass_id}/return")
    assert answer.status_code == 200, answer.text
    return pass_id
