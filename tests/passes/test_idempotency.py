"""An Idempotency-Key makes a command safe to repeat, and belongs to its asker and to one school."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from corridor.app import make_decider, make_rebuild
from corridor.base.database import Database
from corridor.identity.principal import Role
from corridor.ledger.verify import verify
from tests.school import make_school
from tests.world import Api, World, running


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with running(database, await make_school(database), tmp_path) as world:
        yield world


@pytest.fixture
async def admin(world: World) -> Api:
    return await world.caller(Role.DISTRICT_ADMIN)


async def test_the_same_key_at_two_schools_makes_two_passes(world: World, admin: Api) -> None:
    first = world.school
    second = await make_school(world.database, name="Lincoln", district_id=first.district_id)
    made = []
    for school in (first, second):
        body = {"student_id": str(school.students[0]), "destination_id": str(school.nurse)}
        answer = await admin.post(f"/schools/{school.id}/passes", body, key="first of the day")
        assert answer.status_code == 201
        made.append(answer.json())
    assert made[0]["id"] != made[1]["id"]
    for school, pass_ in zip((first, second), made, strict=True):
        assert (await admin.get(f"/passes/{pass_['id']}")).json()["school_id"] == str(school.id)
        finding = await verify(world.database, make_decider().kinds, make_rebuild(), school.id)
        assert finding.clean, finding


async def test_the_same_key_of_two_askers_makes_two_passes(world: World) -> None:
    ids = set()
    for number in range(2):
        student = await world.student(number)
        body = {"destination_id": str(world.school.nurse)}
        answer = await student.post(f"/schools/{world.school.id}/passes", body, key="1")
        ids.add(answer.json()["id"])
    assert len(ids) == 2


async def test_a_refusal_is_repeated_as_it_was_even_when_it_would_be_allowed_by_now(world: World, admin: Api) -> None:
    path = f"/schools/{world.school.id}/passes"
    body = {"student_id": str(world.school.students[0]), "destination_id": str(world.school.nurse)}
    open_pass = (await admin.post(path, body)).json()
    refused = await admin.post(path, body, key="1")
    await admin.post(f"/passes/{open_pass['id']}/end")
    again = await admin.post(path, body, key="1")
    assert (refused.status_code, again.status_code) == (409, 409)
    assert again.json() == refused.json()
    assert (await admin.post(path, body, key="2")).status_code == 201


async def test_what_was_no_command_at_all_uses_no_key_up(world: World, admin: Api) -> None:
    path = f"/schools/{world.school.id}/passes"
    body = {"student_id": str(world.school.students[0]), "destination_id": str(world.school.nurse)}
    assert (await admin.post(path, body | {"minutes": 998, "reason": " " * 3}, key="1")).status_code == 201
    assert (await admin.post(path, {"student_id": "nobody"}, key="2")).status_code == 400
    ended = (await admin.get(path)).json()["items"][0]["id"]
    assert (await admin.post(f"/passes/{ended}/end", key="2")).status_code == 200


@pytest.mark.parametrize("key", ["", "k" * 256])
async def test_a_key_has_1_to_255_characters(world: World, admin: Api, key: str) -> None:
    body = {"student_id": str(world.school.students[0]), "destination_id": str(world.school.nurse)}
    headers = admin.headers | {"Idempotency-Key": key}
    path = f"/api/v1/schools/{world.school.id}/passes"
    answer = await world.client.post(path, json=body, headers=headers)
    assert answer.status_code == 422


async def test_a_location_is_added_once_for_a_key_and_once_more_at_another_school(world: World, admin: Api) -> None:
    second = await make_school(world.database, name="Lincoln", district_id=world.school.district_id)
    body = {"name": "Gym", "kind": "gym"}
    path = f"/schools/{world.school.id}/locations"
    first = await admin.post(path, body, key="1")
    again = await admin.post(path, body, key="1")
    elsewhere = await admin.post(f"/schools/{second.id}/locations", body, key="1")
    assert [answer.status_code for answer in (first, again, elsewhere)] == [201] * 3
    assert first.json() == again.json()
    assert elsewhere.json()["id"] != first.json()["id"]
