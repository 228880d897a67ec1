"""The student's pages over HTTP, with and without htmx."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from corridor.identity.principal import Role
from tests.web.visitor import Visitor, student, visitor, words
from tests.world import World


async def ask(world: World, pupil: Visitor, *, part: bool = False, **form: str) -> None:
    answer = await pupil.post("/student/passes", part=part, destination_id=str(world.school.restroom), **form)
    assert answer.status_code in (200, 303), words(answer)


async def open_pass(world: World) -> str:
    teacher = await world.teacher()
    (pass_,) = (await teacher.get(f"/schools/{world.school.id}/board")).json()["items"]
    return str(pass_["id"])


async def approved(world: World, pupil: Visitor) -> str:
    await ask(world, pupil)
    pass_id = await open_pass(world)
    await (await world.teacher()).post(f"/passes/{pass_id}/approve")
    return pass_id


async def test_the_front_page_asks_where_to_from_where_the_timetable_says(world: World) -> None:
    page = words(await (await student(world)).get("/student"))
    assert "Where to?" in page
    assert "You are in 204" in page
    assert "Restroom A 6 min" in page


async def test_two_steps_lead_to_a_request(world: World) -> None:
    pupil = await student(world)
    offer = await pupil.get(f"/student/to/{world.school.restroom}")
    assert "Teacher0 Example will say yes or no." in words(offer)
    answer = await pupil.post("/student/passes", destination_id=str(world.school.restroom), minutes="8", reason="soon")
    assert (answer.status_code, answer.headers["location"]) == (303, "/student")
    assert "Teacher0 Example has your request." in words(await pupil.get("/student"))


async def test_htmx_gets_the_part_that_changed_and_the_address_to_show(world: World) -> None:
    pupil = await student(world)
    answer = await pupil.post("/student/passes", part=True, destination_id=str(world.school.restroom))
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<section class="student"')
    assert answer.headers["hx-replace-url"] == "/student"
    offer = await pupil.get(f"/student/to/{world.school.restroom}", part=True)
    assert "<html" not in offer.text


async def test_a_request_can_be_taken_back(world: World) -> None:
    pupil = await student(world)
    await ask(world, pupil)
    answer = await pupil.post(f"/student/passes/{await open_pass(world)}/cancel", part=True)
    assert "Your request for Restroom A was taken back." in words(answer)


async def test_an_approved_pass_counts_down_until_the_student_is_back(world: World) -> None:
    pupil = await student(world)
    pass_id = await approved(world, pupil)
    out = await pupil.get("/student")
    assert "Back by 08:36" in words(out)
    assert 'due="2026-10-06T12:36:00+00:00"' in out.text
    world.clock.advance(timedelta(minutes=3, seconds=30))
    back = await pupil.post(f"/student/passes/{pass_id}/return", part=True)
    assert "Welcome back. You were out 4 min." in words(back)


async def test_over_time_the_page_says_what_to_do(world: World) -> None:
    pupil = await student(world)
    await approved(world, pupil)
    await world.tick(minutes=7)
    assert "Time's up: head back to 204." in words(await pupil.get("/student"))


async def test_a_refusal_is_shown_in_place_with_its_time(world: World) -> None:
    pupil = await student(world)
    pass_id = await approved(world, pupil)
    await pupil.post(f"/student/passes/{pass_id}/return")
    front = words(await pupil.get("/student"))
    assert "Nurse from 08:35" in front
    assert "Ask again at 08:35." in front
    refused = await pupil.post("/student/passes", part=True, destination_id=str(world.school.nurse))
    assert refused.status_code == 409
    assert "Ask again at 08:35." in words(refused)
    assert 'id="student"' in refused.text


async def test_a_full_place_says_so_before_one_asks(world: World) -> None:
    for number in (1, 2):
        await approved_for(world, number)
    assert "Restroom A full" in words(await (await student(world)).get("/student"))


async def approved_for(world: World, number: int) -> None:
    body = {"student_id": str(world.school.students[number]), "destination_id": str(world.school.restroom)}
    answer = await (await world.teacher()).post(f"/schools/{world.school.id}/passes", body)
    assert answer.status_code == 201


async def test_asking_twice_leads_to_the_one_request(world: World) -> None:
    pupil = await student(world)
    await ask(world, pupil)
    await ask(world, pupil)
    assert "has your request." in words(await pupil.get("/student"))


async def test_a_denied_request_comes_with_its_reason(world: World) -> None:
    pupil = await student(world)
    await ask(world, pupil)
    await (await world.teacher()).post(f"/passes/{await open_pass(world)}/deny", {"reason": "after the quiz"})
    assert "Your request for Restroom A was turned down: after the quiz" in words(await pupil.get("/student"))


async def test_where_someone_receives_students_they_check_in(world: World) -> None:
    await approved_for_nurse(world)
    pupil = await student(world)
    pass_id = await open_pass(world)
    assert "I'm here" in words(await pupil.get("/student"))
    there = await pupil.post(f"/student/passes/{pass_id}/arrive", part=True)
    assert "There since 08:30." in words(there)
    back = await pupil.post(f"/student/passes/{pass_id}/depart", part=True)
    assert "On the way back to 204." in words(back)


async def approved_for_nurse(world: World) -> None:
    body = {"student_id": str(world.school.students[0]), "destination_id": str(world.school.nurse)}
    assert (await (await world.teacher()).post(f"/schools/{world.school.id}/passes", body)).status_code == 201


async def test_what_came_too_late_shows_how_things_are(world: World) -> None:
    pupil = await student(world)
    pass_id = await approved(world, pupil)
    await (await world.teacher()).post(f"/passes/{pass_id}/end")
    answer = await pupil.post(f"/student/passes/{pass_id}/return", part=True)
    assert answer.status_code == 200
    assert "Staff ended your pass to Restroom A." in words(answer)


async def test_another_students_pass_is_not_there(world: World) -> None:
    pass_id = await approved(world, await student(world, 0))
    answer = await (await student(world, 1)).post(f"/student/passes/{pass_id}/return", part=True)
    assert answer.status_code == 404


async def test_between_classes_the_student_says_where_they_are(world: World) -> None:
    world.clock.advance(timedelta(hours=1, minutes=45))
    pupil = await student(world)
    assert "You have no class right now." in words(await pupil.get("/student"))
    offer = await pupil.get(f"/student/to/{world.school.restroom}")
    assert "Where are you?" in words(offer)
    await ask(world, pupil, origin_id=str(world.school.room_110))
    (row,) = (await (await world.teacher()).get(f"/schools/{world.school.id}/board")).json()["items"]
    assert row["origin_name"] == "110"


async def test_a_form_that_was_tampered_with_is_answered_kindly(world: World) -> None:
    pupil = await student(world)
    place = str(world.school.restroom)
    for field, value in (("minutes", "x"), ("minutes", "99"), ("origin_id", "x"), ("reason", "x" * 201)):
        form: dict[str, Any] = {"destination_id": place, field: value}
        answer = await pupil.post("/student/passes", **form)
        assert answer.status_code == 422, field


async def test_classrooms_have_a_list_of_their_own_without_the_one_the_student_is_in(world: World) -> None:
    page = await (await student(world)).get("/student/rooms")
    assert f"/student/to/{world.school.room_110}" in page.text
    assert f"/student/to/{world.school.room_204}" not in page.text


async def test_names_are_text_wherever_they_are_shown(world: World) -> None:
    async with world.database.session() as session:
        await session.execute(text("UPDATE location SET name = '<b>Room' WHERE id = :id"), {"id": world.school.nurse})
        await session.execute(text("UPDATE ledger_head SET config_version = config_version + 1"))
    await world.services.ledger.refresh(world.school.id)
    pupil = await student(world)
    for path in ("/student", f"/student/to/{world.school.nurse}"):
        page = (await pupil.get(path)).text
        assert "&lt;b&gt;Room" in page
        assert "<b>Room" not in page


async def test_staff_have_no_student_page(world: World) -> None:
    office = await visitor(world, Role.FRONT_OFFICE, person_id=world.school.teachers[0])
    assert (await office.get("/student")).status_code == 404


async def test_a_one_way_pass_ends_on_arrival(world: World) -> None:
    teacher = await world.teacher()
    types = (await teacher.get(f"/schools/{world.school.id}/pass-types")).json()["items"]
    one_way = next(kind["id"] for kind in types if not kind["round_trip"])
    student_id, library = str(world.school.students[0]), str(world.school.library)
    body = {"student_id": student_id, "destination_id": library, "pass_type_id": one_way}
    assert (await teacher.post(f"/schools/{world.school.id}/passes", body)).status_code == 201
    pupil = await student(world)
    out = words(await pupil.get("/student"))
    assert "Be there by 08:35" in out
    assert "I'm back" not in out
    there = await pupil.post(f"/student/passes/{await open_pass(world)}/arrive", part=True)
    assert "You have arrived: Library." in words(there)


async def test_a_request_that_nobody_answered_is_news_for_a_while(world: World) -> None:
    pupil = await student(world)
    await ask(world, pupil)
    await world.tick(minutes=10)
    assert "Nobody answered your request for Restroom A." in words(await pupil.get("/student"))
    world.clock.advance(timedelta(minutes=6))
    assert "Nobody answered" not in words(await pupil.get("/student"))


async def test_a_pass_that_ended_by_itself_is_told(world: World) -> None:
    pupil = await student(world)
    await approved(world, pupil)
    await world.tick(minutes=21)
    assert "Your pass to Restroom A ended by itself at 08:51." in words(await pupil.get("/student"))
