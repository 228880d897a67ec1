"""Who is not on campus, and whether passes are on hold: over HTTP, and on the page that shows today."""

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


def absence(world: World, number: int = 0) -> str:
    return f"/schools/{world.school.id}/students/{world.school.students[number]}/absence"


def freeze(world: World) -> str:
    return f"/schools/{world.school.id}/freeze"


async def ask(world: World, number: int = 0) -> Any:
    body = {"destination_id": str(world.school.library)}
    return await (await world.student(number)).post(f"/schools/{world.school.id}/passes", body)


async def away(world: World) -> Any:
    return (await (await office(world)).get(f"/schools/{world.school.id}/absences")).json()["items"]


async def test_who_is_away_takes_no_pass_until_they_are_back(world: World) -> None:
    someone = await office(world)
    made = (await someone.put(absence(world), {"note": "Dentist"})).json()
    assert (made["away"], made["until"]) == (True, "2026-10-07T04:00:00Z")
    answer = await ask(world)
    assert (answer.status_code, answer.json()["reasons"][0]["code"]) == (409, "absent")
    assert "Dentist" not in answer.text
    assert (await someone.delete(absence(world))).status_code == 204
    assert (await ask(world)).status_code == 201
    assert (await someone.delete(absence(world))).status_code == 404


async def test_an_absence_begins_and_ends_by_itself(world: World) -> None:
    someone = await office(world)
    await someone.put(absence(world), {"since": "2026-10-06T13:00:00Z", "until": "2026-10-06T13:30:00Z"})
    assert [item["away"] for item in await away(world)] == [False]
    world.clock.advance(timedelta(minutes=40))
    assert [item["away"] for item in await away(world)] == [True]
    world.clock.advance(timedelta(minutes=20))
    assert await away(world) == []


@pytest.mark.parametrize(
    "what",
    [
        {"since": "2026-10-06T13:00:00Z", "until": "2026-10-06T12:00:00Z"},
        {"note": "x" * 201},
        {"since": "9999-12-31T23:59:59Z"},
        {"until": "0001-01-01T00:00:00+14:00"},
    ],
)
async def test_an_absence_that_makes_no_sense_is_refused(world: World, what: dict[str, Any]) -> None:
    assert (await (await office(world)).put(absence(world), what)).status_code == 422


async def test_all_passes_are_held_and_let_go(world: World) -> None:
    someone = await office(world)
    assert (await someone.get(freeze(world))).json()["on_hold"] is False
    held = (await someone.put(freeze(world), {"note": "Fire alarm test"})).json()
    assert held == {"on_hold": True, "since": "2026-10-06T12:30:00Z", "note": "Fire alarm test"}
    assert (await ask(world)).json()["reasons"][0]["code"] == "freeze"
    world.clock.advance(timedelta(minutes=5))
    assert (await someone.put(freeze(world), {})).json() == held
    assert (await someone.delete(freeze(world))).status_code == 204
    assert (await someone.delete(freeze(world))).status_code == 404
    assert (await ask(world)).status_code == 201


@pytest.mark.parametrize("role", [Role.TEACHER, Role.DESTINATION_STAFF, Role.STUDENT, Role.KIOSK])
async def test_this_is_not_for_everyone(world: World, role: Role) -> None:
    limits = {"person_id": world.school.students[0]} if role is Role.STUDENT else {"school_id": world.school.id}
    someone = await world.caller(role, **limits)
    assert (await someone.put(absence(world), {})).status_code == 403
    assert (await someone.put(freeze(world), {})).status_code == 403
    assert (await (await visitor(world, role, **limits)).get("/admin/today")).status_code == 403


async def test_another_school_is_out_of_reach(world: World) -> None:
    other = await make_school(world.database, name="Lincoln", district_id=world.school.district_id)
    someone = await office(world)
    assert (await someone.put(f"/schools/{other.id}/freeze", {})).status_code == 404
    path = f"/schools/{world.school.id}/students/{other.students[0]}/absence"
    assert (await someone.put(path, {})).status_code == 422


async def test_the_page_says_that_all_is_as_usual(world: World) -> None:
    said = words(await (await page_of(world)).get("/admin/today"))
    for sentence in (
        "Passes go as usual. Nobody is out.",
        "Nobody is marked as away.",
        "Everything is open.",
        "Every teacher is in.",
    ):
        assert sentence in said


async def test_the_office_finds_a_student_marks_them_away_and_back(world: World) -> None:
    page = await page_of(world)
    found = await page.get("/admin/today", find="student02")
    student_id = str(world.school.students[2])
    assert student_id in found.text
    await page.post(f"/admin/today/absences/{student_id}", school=str(world.school.id))
    assert "Student02 Example since 08:30, for the rest of the day" in words(await page.get("/admin/today"))
    await page.post(f"/admin/today/absences/{student_id}/back", school=str(world.school.id))
    assert "Nobody is marked as away." in words(await page.get("/admin/today"))
    again = await page.post(f"/admin/today/absences/{student_id}/back", school=str(world.school.id))
    assert again.status_code == 303


async def test_the_office_gives_times(world: World) -> None:
    page = await page_of(world)
    student_id = str(world.school.students[2])
    form = await page.get("/admin/today", student=student_id)
    assert "Student02 Example is away" in words(form)
    path = f"/admin/today/absences/{student_id}"
    await page.post(path, school=str(world.school.id), since="09:00", back_at="10:15", note="Dentist")
    assert "from 09:00, until 10:15. Dentist" in words(await page.get("/admin/today"))
    await page.post(path, school=str(world.school.id), back_on="2026-10-12")
    assert "since 08:30, until Monday, October 12, 00:00" in words(await page.get("/admin/today"))
    wrong = await page.post(path, school=str(world.school.id), since="10:00", back_at="09:00", note="typed")
    assert wrong.status_code == 422
    assert 'value="typed"' in wrong.text


async def test_the_page_holds_all_passes_and_lets_them_go(world: World) -> None:
    page = await page_of(world, Role.HALL_MONITOR)
    assert "Yes, hold all passes" in words(await page.get("/admin/today"))
    await page.post("/admin/today/hold", school=str(world.school.id), note="Fire alarm test")
    said = words(await page.get("/admin/today"))
    assert "All passes are on hold since 08:30. Fire alarm test. Nobody can start a pass." in said
    assert (await ask(world)).status_code == 409
    await page.post("/admin/today/release", school=str(world.school.id))
    assert (await ask(world)).status_code == 201


async def test_a_hall_monitor_sees_places_and_the_hold_but_not_who_is_away(world: World) -> None:
    await (await office(world)).put(absence(world), {"note": "Dentist"})
    said = words(await (await page_of(world, Role.HALL_MONITOR)).get("/admin/today"))
    assert "Not on campus" not in said
    assert "Dentist" not in said
    assert "Closed places" in said


async def test_the_page_shows_what_is_closed_and_opens_it(world: World) -> None:
    page = await page_of(world)
    await (await office(world)).put(
        f"/locations/{world.school.restroom}/closure", {"instead_id": str(world.school.nurse)}
    )
    shown = await page.get("/admin/today")
    assert "Restroom A closed since 08:30, instead: Nurse" in words(shown)
    answer = await page.post(f"/closures/{world.school.restroom}/open", back=f"/admin/today?school={world.school.id}")
    assert answer.headers["location"].startswith("/admin/today")
    assert "Everything is open." in words(await page.get("/admin/today"))


async def test_whoever_may_use_the_page_finds_it_in_the_top_bar(world: World) -> None:
    for role, there in ((Role.FRONT_OFFICE, True), (Role.HALL_MONITOR, True), (Role.TEACHER, False)):
        page = await (await page_of(world, role)).get("/board")
        assert ('href="/admin/today"' in page.text) is there
    admin = await (await page_of(world, Role.SCHOOL_ADMIN)).get("/admin/today")
    current = 'class="nav-link" href="{}" aria-current="page"'
    assert current.format("/admin/today") in admin.text
    assert current.format("/admin") not in admin.text
