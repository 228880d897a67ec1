"""Groups of students over HTTP."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from corridor.base.ids import new_id
from corridor.day.policy import RuleText, Scope
from corridor.day.words import Effect
from corridor.identity.principal import Role
from corridor.policy.commands import Keep
from tests.school import make_school
from tests.world import Api, World


async def admin(world: World) -> Api:
    return await world.caller(Role.SCHOOL_ADMIN, school_id=world.school.id)


def groups(world: World) -> str:
    return f"/schools/{world.school.id}/groups"


async def make(world: World, name: str = "Band", students: list[str] | None = None) -> Any:
    answer = await (await admin(world)).post(groups(world), {"name": name, "students": students or []})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def identify(world: World, **identifiers: int) -> None:
    """Give students the identifiers by which lists name them."""
    async with world.database.session() as session:
        for identifier, number in identifiers.items():
            values = {"text": identifier.removeprefix("n"), "id": world.school.students[number]}
            await session.execute(text("UPDATE person SET identifier = :text WHERE id = :id"), values)


async def use_in_rule(world: World, group_id: Any) -> None:
    rule = RuleText(
        id=new_id(), kind="no_travel", params={}, effect=Effect.REFUSE, scope=Scope(group_ids=frozenset({group_id}))
    )
    await world.services.ledger.submit(world.school.id, Keep(new_id(), rule))


async def test_a_group_is_made_read_changed_and_removed(world: World) -> None:
    someone = await admin(world)
    made = await make(world, students=[str(world.school.students[0])])
    path = f"{groups(world)}/{made['id']}"
    listed = (await someone.get(groups(world))).json()["items"]
    assert listed == [{"id": made["id"], "name": "Band", "students": 1, "rules": []}]
    renamed = await someone.put(path, {"name": "Marching  band"})
    assert renamed.json()["name"] == "Marching band"
    assert renamed.json()["student_ids"] == [str(world.school.students[0])]
    emptied = await someone.put(path, {"name": "Marching band", "students": []})
    assert emptied.json()["student_ids"] == []
    assert (await someone.delete(path)).status_code == 204
    assert (await someone.get(path)).status_code == 404


async def test_students_are_named_by_id_identifier_or_grade(world: World) -> None:
    await identify(world, n00123=1, n777=2)
    made = await make(world)
    path = f"{groups(world)}/{made['id']}/students"
    someone = await admin(world)
    answer = await someone.post(path, {"add": [str(world.school.students[0]), "123", "777"]})
    assert set(answer.json()["student_ids"]) == {str(id) for id in world.school.students[:3]}
    answer = await someone.post(path, {"remove": ["777"]})
    assert set(answer.json()["student_ids"]) == {str(id) for id in world.school.students[:2]}
    answer = await someone.post(path, {"add_grades": ["7"]})
    assert len(answer.json()["student_ids"]) == len(world.school.students)


async def test_one_unknown_identifier_changes_nothing(world: World) -> None:
    made = await make(world)
    path = f"{groups(world)}/{made['id']}"
    someone = await admin(world)
    answer = await someone.post(f"{path}/students", {"add": [str(world.school.students[0]), "nobody"]})
    assert (answer.status_code, answer.json()["unknown"]) == (422, ["nobody"])
    assert (await someone.get(path)).json()["student_ids"] == []


async def test_a_name_is_given_once(world: World) -> None:
    await make(world, "Band")
    answer = await (await admin(world)).post(groups(world), {"name": "BAND"})
    assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")


async def test_a_group_that_a_rule_names_stays(world: World) -> None:
    made = await make(world)
    state = await world.services.ledger.state(world.school.id)
    await use_in_rule(world, next(iter(state.groups)))
    someone = await admin(world)
    answer = await someone.delete(f"{groups(world)}/{made['id']}")
    assert (answer.status_code, answer.json()["code"]) == (409, "in_use")
    assert len((await someone.get(groups(world))).json()["items"][0]["rules"]) == 1


async def test_the_same_key_makes_one_group(world: World) -> None:
    someone = await admin(world)
    first = await someone.post(groups(world), {"name": "Band"}, key="k")
    again = await someone.post(groups(world), {"name": "Band"}, key="k")
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"


async def test_two_who_add_at_once_both_count(world: World) -> None:
    made = await make(world)
    path = f"{groups(world)}/{made['id']}/students"
    someone = await admin(world)
    await asyncio.gather(
        *(someone.post(path, {"add": [str(world.school.students[number])]}, key=f"k{number}") for number in range(3))
    )
    replayed = await someone.post(path, {"add": [str(world.school.students[0])]}, key="k0")
    assert replayed.headers["idempotency-replayed"] == "true"
    assert len((await someone.get(f"{groups(world)}/{made['id']}")).json()["student_ids"]) == 3


async def test_the_csv_names_everyone_and_runs_no_formula(world: World) -> None:
    async with world.database.session() as session:
        await session.execute(
            text("UPDATE person SET given_name = '=HYPERLINK(1)', identifier = '+42', email = '@x' WHERE id = :id"),
            {"id": world.school.students[0]},
        )
    made = await make(world, students=[str(id) for id in world.school.students[:2]])
    answer = await (await admin(world)).get(f"{groups(world)}/{made['id']}/students.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text.lstrip("\ufeff").splitlines() == [
        "identifier,name,grade,email",
        "'+42,'=HYPERLINK(1) Example,7,'@x",
        ",Student01 Example,7,",
    ]


@pytest.mark.parametrize("role", [Role.TEACHER, Role.HALL_MONITOR, Role.STUDENT])
async def test_groups_are_not_for_everyone(world: World, role: Role) -> None:
    someone = await world.caller(role, person_id=world.school.teachers[0])
    assert (await someone.get(groups(world))).status_code == 403


async def test_the_front_office_reads_and_does_not_change(world: World) -> None:
    made = await make(world)
    office = await world.caller(Role.FRONT_OFFICE, school_id=world.school.id)
    assert (await office.get(f"{groups(world)}/{made['id']}")).status_code == 200
    assert (await office.put(f"{groups(world)}/{made['id']}", {"name": "x"})).status_code == 403


async def test_another_school_s_students_and_groups_are_out_of_reach(world: World) -> None:
    other = await make_school(world.database, name="Lincoln", district_id=world.school.district_id)
    someone = await admin(world)
    assert (await someone.get(f"/schools/{other.id}/groups")).status_code == 404
    answer = await someone.post(groups(world), {"name": "Mixed", "students": [str(other.students[0])]})
    assert answer.status_code == 422
