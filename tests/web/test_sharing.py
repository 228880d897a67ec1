"""Who works where, and what a school shows to whom, over HTTP."""

from typing import Any

import pytest

from corridor.identity.principal import Role
from tests.school import make_school
from tests.web.visitor import Visitor, visitor, words
from tests.world import World


async def principal(world: World) -> Visitor:
    return await visitor(world, Role.SCHOOL_ADMIN, school_id=world.school.id)


async def save(world: World, someone: Visitor, **form: Any) -> int:
    answer = await someone.post("/admin/sharing", school=str(world.school.id), **form)
    return answer.status_code


async def test_a_school_opens_every_student_to_its_teachers_and_closes_them_again(world: World) -> None:
    boss = await principal(world)
    assert "the students of their own classes" in words(await boss.get("/admin/sharing"))
    assert await save(world, boss, teachers="all", masked=["nurse", "counselor"]) == 303
    state = await world.services.ledger.state(world.school.id)
    assert state.privacy is not None
    assert state.privacy.open_to_staff
    assert set(state.privacy.masked) == {"nurse", "counselor"}
    assert await save(world, boss, teachers="own") == 303
    state = await world.services.ledger.state(world.school.id)
    assert state.privacy is not None
    assert (state.privacy.open_to_staff, state.privacy.masked) == (False, frozenset())


@pytest.mark.parametrize("form", [{"teachers": "some"}, {"teachers": "own", "masked": ["moon"]}])
async def test_what_the_form_does_not_offer_is_refused(world: World, form: dict[str, Any]) -> None:
    assert await save(world, await principal(world), **form) == 422
    assert (await world.services.ledger.state(world.school.id)).privacy is None


async def test_somebody_is_named_for_a_place_and_sees_its_desk_until_they_leave(world: World) -> None:
    boss, person = await principal(world), world.school.teachers[1]
    nurse = await visitor(world, Role.DESTINATION_STAFF, person_id=person)
    place = str(world.school.nurse)
    assert (await nurse.get("/desk", location=place)).status_code == 403
    there = f"/admin/sharing/{world.school.nurse}"
    answer = await boss.post(there, school=str(world.school.id), person=str(person))
    assert answer.status_code == 303
    assert "Teacher1 Example" in words(await boss.get("/admin/sharing"))
    assert (await nurse.get("/desk", location=place)).status_code == 200
    await boss.post(there, school=str(world.school.id), leaves=str(person))
    assert (await nurse.get("/desk", location=place)).status_code == 403


async def test_only_the_school_s_own_people_are_named(world: World) -> None:
    other = await make_school(world.database, name="Lincoln", district_id=world.school.district_id)
    boss = await principal(world)
    there = f"/admin/sharing/{world.school.nurse}"
    for person in (other.teachers[0], world.school.students[0]):
        assert (await boss.post(there, school=str(world.school.id), person=str(person))).status_code == 422
    assert (await boss.post(f"/admin/sharing/{other.nurse}", school=str(world.school.id))).status_code == 404
    assert (await boss.post(there, school=str(other.id), person=str(other.teachers[0]))).status_code == 404


async def test_the_api_limits_who_sees_a_record_and_lifts_it(world: World) -> None:
    admin = await world.caller(Role.SCHOOL_ADMIN, school_id=world.school.id)
    school, student = f"/schools/{world.school.id}", str(world.school.students[0])
    assert (await admin.get(f"{school}/restrictions")).json()["items"] == []
    made = await admin.put(f"{school}/students/{student}/restriction", {})
    assert made.json()["student_id"] == student
    assert (await admin.get(f"{school}/restrictions")).json()["items"] == [made.json()]
    assert (await admin.delete(f"{school}/students/{student}/restriction")).status_code == 204
    assert (await admin.delete(f"{school}/students/{student}/restriction")).status_code == 404
    stranger = await admin.put(f"{school}/students/{world.school.id}/restriction", {})
    assert stranger.status_code == 422


async def test_the_api_says_and_sets_the_same(world: World) -> None:
    admin = await world.caller(Role.SCHOOL_ADMIN, school_id=world.school.id)
    school = f"/schools/{world.school.id}"
    assert (await admin.get(f"{school}/privacy")).json() == {"open_to_staff": False, "masked": ["nurse"]}
    wanted = {"open_to_staff": True, "masked": ["counselor", "nurse"]}
    assert (await admin.put(f"{school}/privacy", wanted)).json() == wanted
    assert (await admin.get(f"{school}/privacy")).json() == wanted
    post = {"staff_ids": [str(world.school.teachers[1])]}
    made = await admin.put(f"{school}/locations/{world.school.nurse}/post", post)
    assert made.json() == {"location_id": str(world.school.nurse), **post}
    assert (await admin.get(f"{school}/posts")).json()["items"] == [made.json()]
    assert (await admin.put(f"{school}/locations/{world.school.id}/post", post)).status_code == 404
    assert (await admin.put(f"{school}/privacy", {"open_to_staff": True, "masked": ["moon"]})).status_code == 400


@pytest.mark.parametrize("role", [Role.TEACHER, Role.FRONT_OFFICE, Role.HALL_MONITOR, Role.INTEGRATION])
async def test_who_sees_what_is_for_administrators_to_change(world: World, role: Role) -> None:
    someone = await world.caller(role, school_id=world.school.id)
    school = f"/schools/{world.school.id}"
    assert (await someone.put(f"{school}/privacy", {"open_to_staff": True, "masked": []})).status_code == 403
