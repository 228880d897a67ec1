"""The desk of a destination over HTTP, with and without htmx."""

from typing import Any
from uuid import UUID

import pytest

from corridor.identity.principal import Role
from tests.school import make_school
from tests.web.visitor import Visitor, student, visitor, words
from tests.world import World


async def nurse(world: World) -> Visitor:
    await world.post_everywhere(world.school.teachers[1])
    return await visitor(world, Role.DESTINATION_STAFF, person_id=world.school.teachers[1])


async def issue(world: World, number: int, place_id: UUID, **more: Any) -> str:
    body = {"student_id": str(world.school.students[number]), "destination_id": str(place_id), **more}
    answer = await (await world.teacher()).post(f"/schools/{world.school.id}/passes", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def pass_of(world: World, pass_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await (await world.teacher()).get(f"/passes/{pass_id}")).json()
    return found


async def act(world: World, place_id: UUID, pass_id: str, verb: str, **form: Any) -> int:
    answer = await (await nurse(world)).post(f"/desk/{place_id}/passes/{pass_id}/{verb}", part=True, **form)
    return answer.status_code


async def test_destination_staff_start_at_the_choice_of_places(world: World) -> None:
    mine = await nurse(world)
    home = await mine.get("/")
    assert (home.status_code, home.headers["location"]) == (303, "/desk")
    page = await mine.get("/desk")
    assert "Which place do you look after?" in words(page)
    assert f"/desk?location={world.school.nurse}" in page.text
    assert f"/desk?location={world.school.room_204}" not in page.text


async def test_the_columns_say_who_comes_who_is_here_and_who_waits(world: World) -> None:
    await issue(world, 0, world.school.nurse, reason="headache")
    here = await issue(world, 1, world.school.nurse)
    await act(world, world.school.nurse, here, "arrive")
    page = words(await (await nurse(world)).get("/desk", location=str(world.school.nurse)))
    assert "2 coming or here" in page
    assert "Coming until 08:42 Student00 Example from 204, since 08:30 “headache” Arrived" in page
    assert "Here until 08:42 Student01 Example since 08:30, back by 08:42 in 204 Sent back" in page
    assert "Nobody waits." in page


async def test_one_tap_says_that_a_student_arrived_was_sent_back_or_is_done(world: World) -> None:
    pass_id = await issue(world, 0, world.school.nurse)
    assert await act(world, world.school.nurse, pass_id, "arrive") == 200
    assert (await pass_of(world, pass_id))["leg"] == "at_destination"
    assert await act(world, world.school.nurse, pass_id, "depart") == 200
    assert (await pass_of(world, pass_id))["leg"] == "returning"
    assert await act(world, world.school.nurse, pass_id, "end") == 200
    assert (await pass_of(world, pass_id))["ended_how"] == "staff"
    assert await act(world, world.school.nurse, pass_id, "dance") == 404


async def test_the_line_is_moved_started_and_shortened(world: World) -> None:
    place = world.school.restroom
    for number in (4, 5):
        await issue(world, number, place)
    first, second = await issue(world, 0, place, wait=True), await issue(world, 1, place, wait=True)
    page = words(await (await nurse(world)).get("/desk", location=str(place)))
    assert "2 of 2 places taken, 2 in line" in page
    assert "1st Student00 Example about 3 min, from 204" in page
    assert await act(world, place, second, "up") == 200
    line = (await (await world.teacher()).get(f"/schools/{world.school.id}/locations/{place}/line")).json()["items"]
    assert [each["pass_id"] for each in line] == [second, first]
    assert await act(world, place, first, "cancel") == 200
    assert (await pass_of(world, first))["status"] == "cancelled"
    refused = await (await nurse(world)).post(f"/desk/{place}/passes/{second}/start", part=True)
    assert refused.status_code == 409
    assert "Restroom A is full" in words(refused)
    lift = refused.text.split('name="lift" value="')[1].split('"')[0]
    assert await act(world, place, second, "start", lift=lift, why="ill") == 200
    started = await pass_of(world, second)
    assert (started["status"], started["lifted"]) == ("active", ["full"])


async def test_a_place_is_closed_for_a_while_and_opened_again(world: World) -> None:
    mine = await nurse(world)
    place = world.school.nurse
    assert (await mine.post(f"/desk/{place}/close", part=True, minutes="10")).status_code == 200
    assert "Closed. It opens again at 08:40." in words(await mine.get("/desk", location=str(place)))
    assert "Nurse from 08:40" in words(await (await student(world)).get("/student"))
    assert (await mine.post(f"/desk/{place}/close", part=True, minutes="", away="1")).status_code == 200
    said = words(await mine.get("/desk", location=str(place)))
    assert "Nobody is here to receive students until somebody opens it again." in said
    opened = await mine.post(f"/desk/{place}/open")
    assert (opened.status_code, opened.headers["location"]) == (303, f"/desk?location={place}")
    assert "Open again" not in words(await mine.get("/desk", location=str(place)))


@pytest.mark.parametrize("minutes", ["0", "721", "soon"])
async def test_minutes_that_are_none_are_refused_with_a_hint(world: World, minutes: str) -> None:
    answer = await (await nurse(world)).post(f"/desk/{world.school.nurse}/close", part=True, minutes=minutes)
    assert answer.status_code == 422


async def test_a_student_is_found_and_called(world: World) -> None:
    mine = await nurse(world)
    address = f"/desk/{world.school.nurse}/call"
    assert "Call a student to" in words(await mine.get(address, part=True))
    found = await mine.client.get(address, params={"find": "student03", "part": "true"}, headers=mine._headers)
    assert "Student03 Example" in words(found)
    student_id = str(world.school.students[3])
    assert student_id in found.text
    assert (await mine.post(address, part=True, student=student_id, reason="your eye test")).status_code == 200
    page = words(await mine.get("/desk", location=str(world.school.nurse)))
    assert "Called or expected Student03 Example called, from 204 “your eye test” Come now" in page
    assert "Nurse now , your eye test Go now" in words(await (await student(world, 3)).get("/student"))
    seats = words(await (await visitor(world, Role.TEACHER, person_id=world.school.teachers[0])).get("/teacher"))
    assert "called to Nurse" in seats


async def test_a_call_that_a_rule_stands_against_can_be_lifted(world: World) -> None:
    mine = await nurse(world)
    await mine.post(f"/desk/{world.school.nurse}/close", part=True)
    address = f"/desk/{world.school.nurse}/call"
    form: dict[str, Any] = {"student": str(world.school.students[3]), "at_once": "1"}
    refused = await mine.post(address, part=True, **form)
    assert refused.status_code == 409
    lift = refused.text.split('name="lift" value="')[1].split('"')[0]
    assert (await mine.post(address, part=True, lift=lift, why="I am here", **form)).status_code == 200
    assert "Coming until 08:42 Student03 Example" in words(await mine.get("/desk", location=str(world.school.nurse)))


async def test_without_htmx_the_steps_are_pages(world: World) -> None:
    mine = await nurse(world)
    pass_id = await issue(world, 0, world.school.nurse)
    answer = await mine.post(f"/desk/{world.school.nurse}/passes/{pass_id}/arrive")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/desk?location={world.school.nurse}")
    assert "<html" in (await mine.get(f"/desk/{world.school.nurse}/call")).text


async def test_students_have_no_desk_and_other_schools_desks_are_not_found(world: World) -> None:
    pupil = await student(world)
    assert (await pupil.get("/desk")).status_code == 403
    pass_id = await issue(world, 0, world.school.nurse)
    assert (await pupil.post(f"/desk/{world.school.nurse}/passes/{pass_id}/end")).status_code == 403
    other = await make_school(world.database, name="Lincoln", district_id=world.school.district_id)
    await world.services.ledger.state(other.id)
    mine = await nurse(world)
    assert (await mine.get("/desk", location=str(other.nurse))).status_code == 404
    assert (await mine.get(f"/live/desk/{other.id}/{other.nurse}")).status_code == 404
    assert (await mine.post(f"/desk/{other.nurse}/close")).status_code == 404


async def test_a_teacher_sees_the_desk_but_does_not_close_it(world: World) -> None:
    teacher = await visitor(world, Role.TEACHER, person_id=world.school.teachers[0])
    page = words(await teacher.get("/desk", location=str(world.school.nurse)))
    assert "Close" not in page
    assert (await teacher.post(f"/desk/{world.school.nurse}/close")).status_code == 403
