"""Passes over HTTP, on the real application and database."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from corridor.app import make_decider, make_rebuild
from corridor.base.database import Database
from corridor.base.ids import new_id
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


async def test_a_pass_goes_from_request_to_return(world: World) -> None:
    student, teacher = await world.student(), await world.teacher()
    asked = await student.post(f"/schools/{world.school.id}/passes", {"destination_id": str(world.school.restroom)})
    assert asked.status_code == 201, asked.text
    pass_ = asked.json()
    assert pass_["status"] == "requested"
    assert pass_["origin_id"] == str(world.school.room_204)
    assert pass_["section_id"] == str(world.school.algebra)
    approved = (await teacher.post(f"/passes/{pass_['id']}/approve")).json()
    assert (approved["status"], approved["leg"]) == ("active", "outbound")
    board = (await teacher.get(f"/schools/{world.school.id}/board")).json()
    assert [row["student_name"] for row in board["items"]] == ["Student00 Example"]
    arrived = (await student.post(f"/passes/{pass_['id']}/arrive")).json()
    assert arrived["leg"] == "at_destination"
    departed = (await student.post(f"/passes/{pass_['id']}/depart")).json()
    assert departed["leg"] == "returning"
    returned = (await student.post(f"/passes/{pass_['id']}/return")).json()
    assert (returned["status"], returned["ended_how"]) == ("ended", "returned")
    assert (await teacher.get(f"/schools/{world.school.id}/board")).json()["items"] == []
    finding = await verify(world.database, make_decider().kinds, make_rebuild(), world.school.id)
    assert finding.clean, finding


async def test_a_refusal_carries_its_reasons(world: World, admin: Api) -> None:
    body = {"student_id": str(world.school.students[0]), "destination_id": str(world.school.restroom)}
    assert (await admin.post(f"/schools/{world.school.id}/passes", body)).status_code == 201
    refused = await admin.post(f"/schools/{world.school.id}/passes", body)
    assert refused.status_code == 409
    assert refused.headers["content-type"] == "application/problem+json"
    reasons = refused.json()["reasons"]
    assert [reason["code"] for reason in reasons] == ["one_open_pass"]
    assert reasons[0]["allowed_at"] is None


async def test_a_place_for_two_lets_in_two_of_twenty_at_one_instant(database: Database, tmp_path: Path) -> None:
    school = await make_school(database, students=20)
    async with running(database, school, tmp_path) as world:
        admin = await world.caller(Role.DISTRICT_ADMIN)
        answers = await asyncio.gather(
            *(
                admin.post(
                    f"/schools/{school.id}/passes",
                    {"student_id": str(student), "destination_id": str(school.restroom)},
                )
                for student in school.students
            )
        )
    assert sorted(answer.status_code for answer in answers) == [201] * 2 + [409] * 18


async def test_an_idempotency_key_takes_a_command_once(world: World, admin: Api) -> None:
    body = {"student_id": str(world.school.students[0]), "destination_id": str(world.school.nurse)}
    path = f"/schools/{world.school.id}/passes"
    first = await admin.post(path, body, key="one")
    again = await admin.post(path, body, key="one")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    other = await admin.post(path, body | {"destination_id": str(world.school.library)}, key="one")
    assert other.status_code == 422
    assert other.json()["code"] == "idempotency_key_reused"


async def test_a_student_reaches_only_their_own_passes(world: World) -> None:
    mine, other = await world.student(0), await world.student(1)
    made = (
        await mine.post(f"/schools/{world.school.id}/passes", {"destination_id": str(world.school.restroom)})
    ).json()
    assert (await other.get(f"/passes/{made['id']}")).status_code == 404
    assert (await other.post(f"/passes/{made['id']}/cancel")).status_code == 404
    assert (await other.get(f"/schools/{world.school.id}/passes")).json()["items"] == []
    for_another = {"destination_id": str(world.school.restroom), "student_id": str(world.school.students[0])}
    assert (await other.post(f"/schools/{world.school.id}/passes", for_another)).status_code == 404
    assert (await mine.get(f"/passes/{made['id']}")).status_code == 200
    assert (await mine.post(f"/passes/{made['id']}/approve")).status_code == 403


async def test_time_makes_a_pass_overdue_and_then_ends_it(world: World, admin: Api) -> None:
    body = {"student_id": str(world.school.students[0]), "destination_id": str(world.school.restroom), "minutes": 5}
    made = (await admin.post(f"/schools/{world.school.id}/passes", body)).json()
    await world.tick(minutes=5)
    assert (await admin.get(f"/passes/{made['id']}")).json()["overdue"] is True
    await world.tick(minutes=15)
    ended = (await admin.get(f"/passes/{made['id']}")).json()
    assert (ended["status"], ended["ended_how"], ended["ended_by"]) == ("ended", "auto", None)


async def test_a_location_is_changed_through_the_ledger(world: World, admin: Api) -> None:
    changed = await admin.patch(f"/locations/{world.school.restroom}", {"capacity": 1})
    assert changed.json()["capacity"] == 1
    path = f"/schools/{world.school.id}/passes"
    statuses = [
        (await admin.post(path, {"student_id": str(student), "destination_id": str(world.school.restroom)})).status_code
        for student in world.school.students[:2]
    ]
    assert statuses == [201, 409]
    events = (await admin.get(f"/schools/{world.school.id}/events")).json()["items"]
    assert [event["kind"] for event in events] == ["location_changed", "pass_issued", "pass_refused"]
    assert (await admin.patch(f"/locations/{new_id()}", {"capacity": 1})).status_code == 404
    assert (await admin.patch(f"/locations/{world.school.restroom}", {"capacity": -1})).status_code == 422


async def test_pages_of_passes_lead_from_one_to_the_next(world: World, admin: Api) -> None:
    for student in world.school.students:
        body = {"student_id": str(student), "destination_id": str(world.school.library)}
        assert (await admin.post(f"/schools/{world.school.id}/passes", body)).status_code == 201
    path = f"/schools/{world.school.id}/passes"
    seen, after = [], None
    while True:
        page = (await admin.get(path, limit=4, **({"after": after} if after else {}))).json()
        seen += [item["student_id"] for item in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert seen == [str(student) for student in reversed(world.school.students)]
    active = (await admin.get(path, status="active", student_id=str(world.school.students[0]))).json()["items"]
    assert len(active) == 1
    assert (await admin.get(path, **{"from": "2026-10-07T00:00:00"})).json()["items"] == []


@pytest.mark.parametrize("bad", ["abc", "-1", "9" * 30])
async def test_a_wrong_cursor_says_so(world: World, admin: Api, bad: str) -> None:
    answer = await admin.get(f"/schools/{world.school.id}/passes", after=bad)
    assert answer.status_code == 422


async def test_lists_of_the_campus(world: World, admin: Api) -> None:
    assert [school["id"] for school in (await admin.get("/schools")).json()["items"]] == [str(world.school.id)]
    students = (await admin.get(f"/schools/{world.school.id}/students", query="student03")).json()
    assert [student["id"] for student in students["items"]] == [str(world.school.students[3])]
    page = (await admin.get(f"/schools/{world.school.id}/students", limit=4)).json()
    rest = (await admin.get(f"/schools/{world.school.id}/students", limit=4, after=page["next"])).json()
    assert len(page["items"] + rest["items"]) == 6
    assert rest["next"] is None
    names = [place["name"] for place in (await admin.get(f"/schools/{world.school.id}/locations")).json()["items"]]
    assert names == ["110", "204", "Library", "Nurse", "Restroom A"]
    types = (await admin.get(f"/schools/{world.school.id}/pass-types")).json()["items"]
    assert "Restroom" in [kind["name"] for kind in types]
    sections = (await admin.get(f"/schools/{world.school.id}/sections")).json()["items"]
    assert {section["title"] for section in sections} == {"Algebra", "Art"}


async def test_errors_are_problems(world: World, admin: Api) -> None:
    cases = [
        await admin.get(f"/schools/{new_id()}/board"),
        await admin.get("/nowhere"),
        await admin.post(f"/schools/{world.school.id}/passes", {"destination_id": "x"}),
        await admin.post(f"/schools/{world.school.id}/passes", {"destination_id": str(new_id())}),
        await Api(world.client, "wrong").get("/schools"),
    ]
    assert [case.status_code for case in cases] == [404, 404, 400, 422, 401]
    for case in cases:
        assert case.headers["content-type"] == "application/problem+json"
        assert {"type", "title", "status", "detail", "code"} <= set(case.json())


async def test_health_and_metrics_are_open(world: World) -> None:
    assert (await world.client.get("/health/live")).status_code == 200
    assert (await world.client.get("/health/ready")).status_code == 200
    assert "corridor_passes_open 0.0" in (await world.client.get("/metrics")).text


async def test_staff_override_a_full_place_with_a_reason(world: World) -> None:
    teacher = await world.teacher()
    path = f"/schools/{world.school.id}/passes"
    bodies = [
        {"student_id": str(student), "destination_id": str(world.school.restroom)} for student in world.school.students
    ]
    for body in bodies[:2]:
        await teacher.post(path, body)
    assert (await teacher.post(path, bodies[2])).status_code == 409
    lifted = await teacher.post(path, bodies[2] | {"override": {"codes": ["full"], "reason": "Not feeling well"}})
    assert lifted.status_code == 201
    assert lifted.json()["lifted"] == ["full"]
    assert lifted.json()["lift_reason"] == "Not feeling well"
    without = await teacher.post(path, bodies[3] | {"override": {"codes": ["full"], "reason": " "}})
    assert without.status_code == 422


async def test_a_board_is_the_same_compressed_or_not(world: World, admin: Api) -> None:
    body = {"student_id": str(world.school.students[0]), "destination_id": str(world.school.library)}
    await admin.post(f"/schools/{world.school.id}/passes", body)
    path = f"/api/v1/schools/{world.school.id}/board"
    plain = await world.client.get(path, headers=admin.headers | {"Accept-Encoding": "identity"})
    compressed = await world.client.get(path, headers=admin.headers | {"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert compressed.headers["content-encoding"] == "gzip"
    assert compressed.json() == plain.json()
