"""The student's pages over HTTP, with and without htmx."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy import text

from corridor.appointments.commands import SummonStudent
from corridor.base.ids import new_id
from corridor.day.policy import Closure, RuleText
from corridor.day.state import Approval
from corridor.day.words import Effect
from corridor.identity.principal import Role
from corridor.policy.commands import Keep, SetPassType
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


async def fill(world: World) -> None:
    for number in (1, 2):
        await approved_for(world, number)


async def without_approval(world: World) -> None:
    """Restroom passes need nobody's yes."""
    state = await world.services.ledger.state(world.school.id)
    kind = next(each for each in state.pass_types.values() if each.name == "Restroom")
    command = SetPassType(world.school.teachers[0], replace(kind, approval=Approval.NONE))
    await world.services.ledger.submit(world.school.id, command)


async def close(world: World, place_id: UUID, minutes: int = 20, instead_id: UUID | None = None) -> None:
    until = world.clock.now() + timedelta(minutes=minutes)
    closure = Closure(place_id, world.clock.now(), until=until, instead_id=instead_id)
    await world.services.ledger.submit(world.school.id, Keep(world.school.teachers[0], closure))


async def in_line(world: World, pupil: Visitor) -> str:
    """Stand in line for the full restroom; gives the pass's id."""
    await without_approval(world)
    await fill(world)
    await ask(world, pupil)
    teacher = await world.teacher()
    where = f"/schools/{world.school.id}/locations/{world.school.restroom}/line"
    (standing,) = (await teacher.get(where)).json()["items"]
    return str(standing["pass_id"])


async def free_a_place(world: World) -> None:
    teacher = await world.teacher()
    rows = (await teacher.get(f"/schools/{world.school.id}/board")).json()["items"]
    out = next(row for row in rows if row["status"] == "active")
    await teacher.post(f"/passes/{out['id']}/end")
    await world.tick(seconds=1)


async def test_a_full_place_says_so_before_one_asks(world: World) -> None:
    await fill(world)
    pupil = await student(world)
    assert "Restroom A full, about 3 min" in words(await pupil.get("/student"))
    offer = words(await pupil.get(f"/student/to/{world.school.restroom}"))
    assert "Restroom A is full. You would be 1st in line, about 3 min." in offer
    assert "Ask to stand in line" in offer


async def test_one_stands_in_line_sees_where_and_may_leave_it(world: World) -> None:
    pupil = await student(world)
    pass_id = await in_line(world, pupil)
    next_one = await (await student(world, 3)).get(f"/student/to/{world.school.restroom}")
    assert "You would be 2nd in line, about 6 min. How long?" in words(next_one)
    assert "Stand in line Nobody has to approve this one." in words(next_one)
    assert "Restroom A is full: 1st in line, about 3 min" in words(await pupil.get("/student"))
    left = await pupil.post(f"/student/passes/{pass_id}/cancel", part=True)
    assert "Your request for Restroom A was taken back." in words(left)


async def test_when_it_is_their_turn_the_page_says_so_and_counts_down(world: World) -> None:
    pupil = await student(world)
    pass_id = await in_line(world, pupil)
    await free_a_place(world)
    page = await pupil.get("/student")
    assert "It's your turn" in words(page)
    assert "<title>Your turn: Restroom A</title>" in page.text
    assert 'unit="seconds" started="2026-10-06T12:30:01+00:00" due="2026-10-06T12:30:31+00:00"' in page.text
    gone = await pupil.post(f"/student/passes/{pass_id}/start", part=True)
    assert "Back by 08:36" in words(gone)


async def test_a_missed_turn_is_told_and_so_is_the_second(world: World) -> None:
    pupil = await student(world)
    await in_line(world, pupil)
    await free_a_place(world)
    await close(world, world.school.restroom, minutes=1)
    await world.tick(seconds=31)
    page = words(await pupil.get("/student"))
    assert "You missed your turn" in page
    assert "Restroom A is closed. It opens again at 08:32." in page
    await world.tick(minutes=1)
    assert "You missed your turn once. If you don't go now, you leave the line." in words(await pupil.get("/student"))
    await world.tick(seconds=31)
    assert "Your turn for Restroom A came twice and you didn't go" in words(await pupil.get("/student"))


async def test_who_waits_may_go_to_a_place_that_is_free_instead(world: World) -> None:
    admin = await world.caller(Role.DISTRICT_ADMIN)
    made = await admin.post(f"/schools/{world.school.id}/locations", {"name": "Restroom B", "kind": "restroom"})
    assert made.status_code == 201, made.text
    pupil = await student(world)
    pass_id = await in_line(world, pupil)
    assert "Restroom B is open Go there instead" in words(await pupil.get("/student"))
    gone = await pupil.post(f"/student/passes/{pass_id}/instead", part=True)
    assert "Restroom B" in words(gone)
    assert "Back by 08:36" in words(gone)
    again = await pupil.post(f"/student/passes/{pass_id}/instead", part=True)
    assert "Back by 08:36" in words(again)


async def test_going_before_ones_turn_changes_nothing(world: World) -> None:
    pupil = await student(world)
    pass_id = await in_line(world, pupil)
    answer = await pupil.post(f"/student/passes/{pass_id}/start", part=True)
    assert answer.status_code == 200
    assert "1st in line" in words(answer)


async def test_a_closed_place_gives_all_reasons_the_time_and_another_place_in_one_tap(world: World) -> None:
    await close(world, world.school.restroom, instead_id=world.school.nurse)
    pupil = await student(world)
    assert "Restroom A from 08:50" in words(await pupil.get("/student"))
    offer = await pupil.get(f"/student/to/{world.school.restroom}")
    said = words(offer)
    assert "Restroom A is closed. Go to Nurse instead. It opens again at 08:50." in said
    assert "Open to you at 08:50" in said
    assert "Nurse is open now Ask to go there" in said
    assert f'name="destination_id" value="{world.school.nurse}"' in offer.text


async def test_what_stands_against_everything_is_told_once(world: World) -> None:
    rule = RuleText(new_id(), "no_fly", {"first_minutes": 45}, Effect.REFUSE)
    await world.services.ledger.submit(world.school.id, Keep(world.school.teachers[0], rule))
    pupil = await student(world)
    assert "No passes right now. They open again at 08:45. Restroom A from 08:45" in words(await pupil.get("/student"))
    assert "Passes open at 08:45" in words(await pupil.get(f"/student/to/{world.school.restroom}"))


async def test_a_summons_is_a_line_on_the_page_until_one_goes(world: World) -> None:
    summons = SummonStudent(new_id(), world.school.teachers[1], world.school.students[0], world.school.nurse)
    await world.services.ledger.submit(world.school.id, summons)
    pupil = await student(world)
    page = words(await pupil.get("/student"))
    assert "Where to? You are in 204 , Algebra Nurse now Go now" in page
    assert "Can't come" not in page
    assert "Restroom A 6 min" in page
    await ask(world, pupil)
    asking = words(await pupil.get("/student"))
    assert "has your request." in asking
    assert "Never mind Nurse now" in asking
    assert "Go now" not in asking
    await pupil.post(f"/student/passes/{await open_pass(world)}/cancel", part=True)
    gone = await pupil.post(f"/student/passes/{summons.pass_id}/start", part=True)
    assert "Back by 08:42" in words(gone)


async def test_a_summons_that_cannot_begin_yet_says_why(world: World) -> None:
    summons = SummonStudent(new_id(), world.school.teachers[1], world.school.students[0], world.school.nurse)
    await world.services.ledger.submit(world.school.id, summons)
    await close(world, world.school.nurse)
    refused = await (await student(world)).post(f"/student/passes/{summons.pass_id}/start", part=True)
    assert refused.status_code == 409
    assert "Nurse is closed. It opens again at 08:50." in words(refused)


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
