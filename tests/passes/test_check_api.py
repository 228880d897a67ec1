"""The check and the line over HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from corridor.base.database import Database
from corridor.identity.principal import Role
from tests.school import make_school
from tests.world import World, running


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with running(database, await make_school(database), tmp_path) as world:
        yield world


def check_path(world: World) -> str:
    return f"/schools/{world.school.id}/passes/check"


async def issue(world: World, number: int, **more: Any) -> dict[str, Any]:
    """A pass to the restroom, which has two places."""
    body = {"student_id": str(world.school.students[number]), "destination_id": str(world.school.restroom), **more}
    answer = await (await world.teacher()).post(f"/schools/{world.school.id}/passes", body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def fill(world: World) -> list[str]:
    return [(await issue(world, number))["id"] for number in (4, 5)]


async def line_of(world: World) -> dict[str, Any]:
    teacher = await world.teacher()
    answer = await teacher.get(f"/schools/{world.school.id}/locations/{world.school.restroom}/line")
    assert answer.status_code == 200, answer.text
    line: dict[str, Any] = answer.json()
    return line


async def test_a_student_learns_what_asking_would_lead_to(world: World) -> None:
    pupil = await world.student()
    answer = await pupil.get(check_path(world), destination_id=str(world.school.restroom))
    assert answer.status_code == 200
    assert answer.json() | {"pass_type_id": None} == {
        "outcome": "asks",
        "reasons": [],
        "allowed_at": None,
        "pass_type_id": None,
        "minutes": 6,
        "place": None,
        "wait_seconds": None,
        "instead": [],
    }


async def test_a_full_place_tells_staff_and_puts_students_in_line(world: World) -> None:
    await fill(world)
    query = {"student_id": str(world.school.students[0]), "destination_id": str(world.school.restroom)}
    teacher = await world.teacher()
    told = (await teacher.get(check_path(world), **query)).json()
    assert (told["outcome"], told["reasons"][0]["code"]) == ("refused", "full")
    would_wait = (await teacher.get(check_path(world), wait=True, **query)).json()
    assert (would_wait["outcome"], would_wait["place"], would_wait["wait_seconds"]) == ("waits", 1, 180)
    pupil = (await (await world.student()).get(check_path(world), **query)).json()
    assert (pupil["outcome"], pupil["place"]) == ("asks", 1)


async def test_nothing_is_done_or_recorded(world: World) -> None:
    await test_a_student_learns_what_asking_would_lead_to(world)
    async with world.database.raw() as connection:
        for table in ("ledger_event", "pass", "refusal"):
            cursor = await connection.execute(f"SELECT count(*) FROM {table} WHERE school_id = %s", [world.school.id])
            assert await cursor.fetchone() == (0,), table


async def test_one_asks_only_for_oneself_and_in_ones_own_school(world: World) -> None:
    pupil = await world.student()
    other = {"student_id": str(world.school.students[1]), "destination_id": str(world.school.restroom)}
    assert (await pupil.get(check_path(world), **other)).status_code == 404
    teacher = await world.teacher()
    nobody = await teacher.get(check_path(world), destination_id=str(world.school.restroom))
    assert (nobody.status_code, nobody.json()["field"]) == (422, "student_id")
    lincoln = await make_school(world.database, name="Lincoln", district_id=world.school.district_id)
    assert (await teacher.get(f"/schools/{lincoln.id}/passes/check", **other)).status_code == 404
    kiosk = await world.caller(Role.KIOSK, school_id=world.school.id)
    assert (await kiosk.get(check_path(world), **other)).status_code == 403


async def test_a_line_is_seen_reordered_and_taken_out_of(world: World) -> None:
    await fill(world)
    first, second = (await issue(world, 0, wait=True))["id"], (await issue(world, 1, wait=True))["id"]
    line = await line_of(world)
    assert (line["capacity"], line["taken"]) == (2, 2)
    assert [(each["pass_id"], each["place"]) for each in line["items"]] == [(first, 1), (second, 2)]
    teacher = await world.teacher()
    assert (await teacher.post(f"/passes/{second}/line", {"place": 1})).status_code == 200
    assert [each["pass_id"] for each in (await line_of(world))["items"]] == [second, first]
    assert (await teacher.post(f"/passes/{second}/line", {"place": 3})).status_code == 422
    assert (await teacher.post(f"/passes/{second}/cancel")).json()["status"] == "cancelled"
    assert [each["pass_id"] for each in (await line_of(world))["items"]] == [first]


async def test_who_waits_reads_their_own_place_and_nobody_elses(world: World) -> None:
    await fill(world)
    first, second = (await issue(world, 0, wait=True))["id"], (await issue(world, 1, wait=True))["id"]
    pupil = await world.student(1)
    place = (await pupil.get(f"/passes/{second}/line")).json()
    assert (place["place"], place["wait_seconds"], place["offered_until"]) == (2, 360, None)
    assert (await pupil.get(f"/passes/{first}/line")).status_code == 404
    assert (await pupil.post(f"/passes/{second}/line", {"place": 1})).status_code == 403
    where = f"/schools/{world.school.id}/locations/{world.school.restroom}/line"
    assert (await pupil.get(where)).status_code == 403


async def test_an_offer_is_taken_by_whose_turn_it_is(world: World) -> None:
    out = await fill(world)
    waiting = (await issue(world, 0, wait=True))["id"]
    pupil = await world.student()
    too_early = await pupil.post(f"/passes/{waiting}/start")
    assert (too_early.status_code, too_early.json()["code"]) == (409, "not_your_turn")
    await (await world.teacher()).post(f"/passes/{out[0]}/return")
    await world.tick(seconds=1)
    assert (await pupil.get(f"/passes/{waiting}/line")).json()["offered_until"] is not None
    started = await pupil.post(f"/passes/{waiting}/start")
    assert (started.status_code, started.json()["status"]) == (200, "active")
    assert (await pupil.get(f"/passes/{waiting}/line")).status_code == 404


async def test_staff_send_who_waits_past_what_they_lift(world: World) -> None:
    await fill(world)
    waiting = (await issue(world, 0, wait=True))["id"]
    teacher = await world.teacher()
    refused = await teacher.post(f"/passes/{waiting}/start")
    assert (refused.status_code, refused.json()["reasons"][0]["code"]) == (409, "full")
    override = {"codes": ["full"], "reason": "cannot wait"}
    sent = (await teacher.post(f"/passes/{waiting}/start", {"override": override})).json()
    assert (sent["status"], sent["lifted"], sent["lift_reason"]) == ("active", ["full"], "cannot wait")
    pupil = await world.student()
    assert (await pupil.post(f"/passes/{waiting}/start", {"override": override})).status_code == 403


async def test_what_staff_lifted_is_not_for_the_student_to_read(world: World) -> None:
    await fill(world)
    made = await issue(world, 0, override={"codes": ["full"], "reason": "between us"})
    assert (made["lifted"], made["lift_reason"]) == (["full"], "between us")
    pupil = await world.student()
    for shown in (
        (await pupil.get(f"/passes/{made['id']}")).json(),
        (await pupil.get(f"/schools/{world.school.id}/passes")).json()["items"][0],
        (await pupil.post(f"/passes/{made['id']}/arrive")).json(),
    ):
        assert (shown["id"], shown["lifted"], shown["lift_reason"], shown["noted"]) == (made["id"], [], None, [])
