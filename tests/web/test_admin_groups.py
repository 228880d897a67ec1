"""The page of a school's groups: made, filled by search, grade and list, and used."""

import re
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from corridor.base.ids import new_id
from corridor.day.policy import Group, RuleText, Scope
from corridor.day.words import Effect
from corridor.identity.principal import Role
from corridor.policy.commands import Keep
from tests.web.visitor import Visitor, visitor, words
from tests.world import World


async def admin(world: World) -> Visitor:
    return await visitor(world, Role.SCHOOL_ADMIN, school_id=world.school.id)


async def a_group(world: World, *members: int, name: str = "Band") -> Group:
    group = Group(new_id(), name, frozenset(world.school.students[number] for number in members))
    await world.services.ledger.submit(world.school.id, Keep(new_id(), group))
    return group


async def members(world: World, group: Group) -> set[Any]:
    return set((await world.services.ledger.state(world.school.id)).groups[group.id].student_ids)


async def upload(world: World, group: Group, content: str) -> httpx.Response:
    someone = await admin(world)
    return await someone.client.post(
        f"/admin/groups/{group.id}/upload",
        data={"school": str(world.school.id)},
        files={"file": ("band.csv", content.encode(), "text/csv")},
        headers=someone._headers,
    )


async def test_a_group_is_made_and_then_shown(world: World) -> None:
    someone = await admin(world)
    assert "There is no group yet" in words(await someone.get("/admin/groups"))
    answer = await someone.post("/admin/groups", school=str(world.school.id), name="Band")
    assert answer.status_code == 303
    assert "Nobody is in it yet" in words(await someone.get(answer.headers["location"]))
    page = words(await someone.get("/admin/groups"))
    assert "Band Not used by any rule 0 students" in page


async def test_a_name_that_another_group_has_is_refused_in_place(world: World) -> None:
    await a_group(world)
    answer = await (await admin(world)).post("/admin/groups", school=str(world.school.id), name="band")
    assert answer.status_code == 409
    assert "There is already a group named Band." in words(answer)
    assert 'value="band"' in answer.text


async def test_students_are_found_added_and_taken_out(world: World) -> None:
    group = await a_group(world)
    someone = await admin(world)
    page = await someone.get(f"/admin/groups/{group.id}", find="student03")
    assert words(page).count("Student03 Example") == 1
    added = await someone.post(
        f"/admin/groups/{group.id}/students", school=str(world.school.id), add=str(world.school.students[3])
    )
    assert added.status_code == 303
    assert await members(world, group) == {world.school.students[3]}
    await someone.post(
        f"/admin/groups/{group.id}/students", school=str(world.school.id), remove=str(world.school.students[3])
    )
    assert await members(world, group) == set()


async def test_after_a_student_is_added_the_search_goes_on(world: World) -> None:
    group = await a_group(world)
    someone = await admin(world)
    added = await someone.post(
        f"/admin/groups/{group.id}/students",
        school=str(world.school.id),
        add=str(world.school.students[3]),
        find="Student0 & co",
    )
    there = added.headers["location"]
    assert there.endswith("find=Student0+%26+co#add")
    assert 'value="Student0 &amp; co"' in (await someone.client.get(there, headers=someone._headers)).text


async def test_a_large_group_says_how_many_are_not_shown(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corridor.web.admin_groups.MOST_SHOWN", 2)
    group = await a_group(world, 0, 1, 2, 3, 4)
    page = words(await (await admin(world)).get(f"/admin/groups/{group.id}"))
    assert "And 3 more, by name." in page


async def test_everyone_in_a_grade_is_added_at_once(world: World) -> None:
    group = await a_group(world)
    someone = await admin(world)
    assert "grade 7" in words(await someone.get(f"/admin/groups/{group.id}"))
    await someone.post(f"/admin/groups/{group.id}/students", school=str(world.school.id), grade="7")
    assert len(await members(world, group)) == 6


async def test_a_list_changes_nothing_before_it_is_confirmed(world: World) -> None:
    group = await a_group(world, 0)
    page = await upload(world, group, "Name\nStudent01 Example\nNobody Here\nStudent00 Example\n")
    said = words(page)
    assert page.status_code == 200, said
    assert "names 2 students of this school, 1 of them already in the group" in said
    assert "3 Nobody Here No student of this school has this name." in said
    assert await members(world, group) == {world.school.students[0]}
    ids = re.search(r'name="ids" value="([^"]+)"', page.text)
    assert ids
    someone = await admin(world)
    await someone.post(f"/admin/groups/{group.id}/list", school=str(world.school.id), ids=ids.group(1), how="add")
    assert await members(world, group) == set(world.school.students[:2])


async def test_a_list_may_take_the_place_of_who_was_in_the_group(world: World) -> None:
    group = await a_group(world, 0, 1, 2)
    page = await upload(world, group, "Name\nStudent01 Example\n")
    assert "2 would leave" in words(page)
    someone = await admin(world)
    kept = str(world.school.students[1])
    await someone.post(f"/admin/groups/{group.id}/list", school=str(world.school.id), ids=kept, how="replace")
    assert await members(world, group) == {world.school.students[1]}


async def test_a_name_of_two_students_is_shown_and_left_out(world: World) -> None:
    async with world.database.session() as session:
        await session.execute(
            text("UPDATE person SET given_name = 'Student00' WHERE id = :id"), {"id": world.school.students[1]}
        )
    page = words(await upload(world, await a_group(world), "Name\nStudent00 Example\n"))
    assert "1 row could mean more than one student. It is left out." in page


@pytest.mark.parametrize(
    ("content", "said"),
    [("", "The file is empty"), ("colour\nred\n", "identifier, email or name"), ("Name\n", "The file has no rows")],
)
async def test_a_file_that_is_no_list_says_what_to_do(world: World, content: str, said: str) -> None:
    answer = await upload(world, await a_group(world), content)
    assert answer.status_code == 422
    assert said in words(answer)


async def test_a_group_in_use_stays_and_says_by_what(world: World) -> None:
    group = await a_group(world)
    rule = RuleText(
        id=new_id(), kind="no_travel", params={}, effect=Effect.REFUSE, scope=Scope(group_ids=frozenset({group.id}))
    )
    await world.services.ledger.submit(world.school.id, Keep(new_id(), rule))
    someone = await admin(world)
    assert "Used by: May not travel" in words(await someone.get("/admin/groups"))
    answer = await someone.post(f"/admin/groups/{group.id}/remove", school=str(world.school.id))
    assert answer.status_code == 409
    assert "It is still used: 1 rule. Change that first." in words(answer)


async def test_an_unused_group_is_removed(world: World) -> None:
    group = await a_group(world)
    someone = await admin(world)
    answer = await someone.post(f"/admin/groups/{group.id}/remove", school=str(world.school.id))
    assert answer.status_code == 303
    assert (await someone.get(f"/admin/groups/{group.id}")).status_code == 404


async def test_the_front_office_sees_groups_without_what_changes_them(world: World) -> None:
    group = await a_group(world, 0)
    office = await visitor(world, Role.FRONT_OFFICE, school_id=world.school.id)
    page = await office.get(f"/admin/groups/{group.id}")
    assert page.status_code == 200
    assert "Rename" not in words(page)
    assert (await office.post("/admin/groups", name="x")).status_code == 403


async def test_teachers_and_students_do_not_see_groups(world: World) -> None:
    for role, person_id in ((Role.TEACHER, world.school.teachers[0]), (Role.STUDENT, world.school.students[0])):
        assert (await (await visitor(world, role, person_id=person_id)).get("/admin/groups")).status_code == 403
