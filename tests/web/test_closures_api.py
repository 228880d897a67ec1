"""Places closed for now, and places whose staff are away: over HTTP and on pages."""

from datetime import timedelta
from typing import Any

import pytest

from corridor.identity.principal import Role
from tests.school import make_school
from tests.web.visitor import Visitor, visitor, words
from tests.world import Api, World


async def office(world: World) -> Api:
    return await world.caller(Role.FRONT_OFFICE, school_id=world.school.id)


async def page_of(world: World, role: Role = Role.FRONT_OFFICE) -> Visitor:
    return await visitor(world, role, school_id=world.school.id)


def closure(world: World) -> str:
    return f"/locations/{world.school.restroom}/closure"


async def shut(world: World, **what: Any) -> Any:
    answer = await (await office(world)).put(closure(world), what)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def ask(world: World, number: int = 0) -> Any:
    student = await world.student(number)
    return await student.post(f"/schools/{world.school.id}/passes", {"destination_id": str(world.school.restroom)})


async def listed(world: World) -> Any:
    return (await (await world.teacher()).get(f"/schools/{world.school.id}/closures")).json()["items"]


async def test_a_closed_place_takes_nobody_and_says_until_when_and_where_to_go(world: World) -> None:
    made = await shut(world, minutes=20, instead_id=str(world.school.nurse), note="Burst pipe")
    assert made["until"] == "2026-10-06T12:50:00Z"
    answer = await ask(world)
    assert answer.status_code == 409
    assert "Restroom A is closed. Go to Nurse instead." in answer.json()["detail"]
    assert answer.json()["allowed_at"] == "2026-10-06T12:50:00Z"
    assert "Burst pipe" not in answer.text


async def test_it_opens_by_itself_and_is_then_shown_as_over(world: World) -> None:
    await shut(world, minutes=20)
    assert [item["over"] for item in await listed(world)] == [False]
    world.clock.advance(timedelta(minutes=20))
    assert [item["over"] for item in await listed(world)] == [True]
    assert (await ask(world)).status_code == 201


async def test_it_stays_closed_until_someone_opens_it(world: World) -> None:
    await shut(world)
    world.clock.advance(timedelta(hours=1))
    assert (await ask(world)).status_code == 409
    someone = await office(world)
    assert (await someone.delete(closure(world))).status_code == 204
    assert (await ask(world)).status_code == 201
    assert (await someone.delete(closure(world))).status_code == 404


async def test_staff_may_be_away_from_a_place_that_is_open(world: World) -> None:
    await shut(world, staff_away=True, until="2026-10-06T13:00:00Z")
    answer = await ask(world)
    assert (answer.status_code, answer.json()["reasons"][0]["code"]) == (409, "staff_away")


@pytest.mark.parametrize(
    "what",
    [
        {"minutes": 5, "until": "2026-10-06T13:00:00Z"},
        {"until": "2026-10-06T12:00:00Z"},
        {"instead_id": "itself"},
        {"note": "x" * 201},
        {"until": "9999-12-31T23:59:59-14:00"},
    ],
)
async def test_what_makes_no_sense_is_refused(world: World, what: dict[str, Any]) -> None:
    if what.get("instead_id"):
        what = {"instead_id": str(world.school.restroom)}
    answer = await (await office(world)).put(closure(world), what)
    assert answer.status_code == 422
    assert await listed(world) == []


async def test_the_same_key_closes_it_once(world: World) -> None:
    someone = await office(world)
    client, headers = someone._client, someone.headers | {"Idempotency-Key": "k"}
    first = await client.put(f"/api/v1{closure(world)}", json={"minutes": 20}, headers=headers)
    world.clock.advance(timedelta(minutes=5))
    again = await client.put(f"/api/v1{closure(world)}", json={"minutes": 20}, headers=headers)
    assert again.json()["until"] == first.json()["until"]
    assert again.headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.TEACHER, 403),
        (Role.STUDENT, 403),
        (Role.KIOSK, 403),
        (Role.HALL_MONITOR, 200),
        (Role.DESTINATION_STAFF, 403),
        (Role.INTEGRATION, 200),
    ],
)
async def test_who_may_close_a_place(world: World, role: Role, status: int) -> None:
    limits = {"person_id": world.school.students[0]} if role is Role.STUDENT else {"school_id": world.school.id}
    someone = await world.caller(role, **limits)
    assert (await someone.put(closure(world), {})).status_code == status


async def test_who_works_there_may_close_a_place(world: World) -> None:
    assert (await (await world.staff_at(world.school.restroom)).put(closure(world), {})).status_code == 200
    assert (await (await world.staff_at(world.school.nurse)).put(closure(world), {})).status_code == 403


async def test_another_school_s_place_is_out_of_reach(world: World) -> None:
    other = await make_school(world.database, name="Lincoln", district_id=world.school.district_id)
    someone = await office(world)
    assert (await someone.put(f"/locations/{other.restroom}/closure", {})).status_code == 404
    assert (await someone.get(f"/schools/{other.id}/closures")).status_code == 404
    answer = await someone.put(closure(world), {"instead_id": str(other.restroom)})
    assert answer.status_code == 422


async def test_a_place_is_closed_and_opened_on_its_page_and_one_comes_back(world: World) -> None:
    page = await page_of(world)
    path = f"/closures/{world.school.restroom}"
    form = await page.get(path, back="/board")
    assert form.text.index(">Nurse<") > 0
    answer = await page.post(path, back="/board?x=1", what="closed", how_long="until", until="09:15", note="")
    assert (answer.status_code, answer.headers["location"]) == (303, "/board?x=1")
    assert (await listed(world))[0]["until"] == "2026-10-06T13:15:00Z"
    assert "Closed until 09:15 , since 08:30." in words(await page.get(path))
    answer = await page.post(f"{path}/open", back="https://elsewhere.example/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert await listed(world) == []
    assert (await page.post(f"{path}/open", back="/board")).status_code == 303


async def test_a_time_of_day_that_is_over_is_refused_on_the_page(world: World) -> None:
    page = await page_of(world)
    for until in ("08:00", "soon"):
        answer = await page.post(f"/closures/{world.school.restroom}", how_long="until", until=until)
        assert answer.status_code == 422


async def test_the_locations_page_offers_it_in_the_row(world: World) -> None:
    admin = await page_of(world, Role.SCHOOL_ADMIN)
    assert "Close for now…" in words(await admin.get("/admin/locations"))
    await shut(world, minutes=20)
    said = words(await admin.get("/admin/locations"))
    assert "Closed until 08:50 Open again" in said


async def test_the_board_shows_what_is_closed_until_it_opens(world: World) -> None:
    await shut(world, minutes=20)
    page = await page_of(world)
    assert "Restroom A closed until 08:50" in words(await page.get("/board"))
    world.clock.advance(timedelta(minutes=30))
    assert "closed until" not in words(await page.get("/board"))
