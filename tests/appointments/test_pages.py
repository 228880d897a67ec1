"""The pages of appointments: a week for staff, and a student's own."""

from datetime import time
from typing import Any

import pytest

from corridor.base.ids import new_id
from corridor.day.policy import Group, SlotPlan
from corridor.identity.principal import Role
from corridor.ledger.words import Command
from corridor.policy.commands import Keep
from tests.web.visitor import Visitor, student, visitor, words
from tests.world import World


@pytest.fixture
async def nurse(world: World) -> Visitor:
    await world.post_everywhere(world.school.teachers[1])
    return await visitor(world, Role.DESTINATION_STAFF, person_id=world.school.teachers[1])


async def submit(world: World, command: Command) -> None:
    await world.services.ledger.submit(world.school.id, command)


async def plan_slots(world: World) -> None:
    plan = SlotPlan(world.school.nurse, frozenset(range(1, 6)), time(9), time(10), 30)
    await submit(world, Keep(world.school.teachers[1], plan))


def form(world: World, **fields: Any) -> dict[str, Any]:
    return {
        "school": str(world.school.id),
        "destination": str(world.school.nurse),
        "on": "2026-10-07",
        "at": "09:15",
        "student": [str(world.school.students[0]), str(world.school.students[1])],
        **fields,
    }


async def test_an_empty_week_says_so(world: World, nurse: Visitor) -> None:
    page = words(await nurse.get("/appointments"))
    assert "Tuesday October 6, today Nothing planned" in page
    assert "Saturday October 10 No school" in page


async def test_a_new_appointment_stands_in_the_week(world: World, nurse: Visitor) -> None:
    answer = await nurse.post("/appointments", **form(world, note="Vision test", repeats="FREQ=WEEKLY", minutes="20"))
    assert answer.status_code == 303, words(answer)
    page = words(await nurse.get(answer.headers["location"]))
    assert "09:15 Student00 Example, Student01 Example Nurse · 20 min · repeats · Vision test" in page
    assert "Skip this one" in page


async def test_what_does_not_fit_is_told_at_its_field_and_nothing_typed_is_lost(world: World, nurse: Visitor) -> None:
    answer = await nurse.post("/appointments", **form(world, on="2026-10-05", note="Vision test", until="2026-12-01"))
    assert answer.status_code == 422
    assert "This time is over already. Choose a later one." in words(answer)
    assert 'value="Vision test"' in answer.text
    assert "Student01 Example" in words(answer)
    for wrong in ({"at": "soon"}, {"destination": ""}, {"repeats": "FREQ=SECONDLY"}, {"minutes": "x"}):
        assert (await nurse.post("/appointments", **form(world, **wrong))).status_code == 422, wrong


async def test_one_for_a_group(world: World, nurse: Visitor) -> None:
    group = Group(new_id(), "Choir", frozenset(world.school.students[:3]))
    await submit(world, Keep(world.school.teachers[1], group))
    answer = await nurse.post("/appointments", **form(world, student=[], group=str(group.id)))
    assert "09:15 Choir (3)" in words(await nurse.get(answer.headers["location"]))


async def test_students_are_found_and_picked(world: World, nurse: Visitor) -> None:
    found = await nurse.get("/appointments/students", part=True, school=str(world.school.id), query="student03")
    assert "Student03 Example grade 7" in words(found)
    nobody = await nurse.get("/appointments/students", part=True, school=str(world.school.id), query="zzz")
    assert "No student is called that." in words(nobody)
    one = await nurse.get(f"/appointments/students/{world.school.students[3]}", part=True, school=str(world.school.id))
    assert f'name="student" value="{world.school.students[3]}"' in one.text


async def test_an_appointment_is_skipped_and_called_off(world: World, nurse: Visitor) -> None:
    await nurse.post("/appointments", **form(world, repeats="FREQ=DAILY"))
    (id,) = (await world.services.ledger.state(world.school.id)).appointments
    school = str(world.school.id)
    await nurse.post(f"/appointments/{id}/skip", school=school, on="2026-10-07", back="2026-10-06")
    page = words(await nurse.get("/appointments"))
    assert "Wednesday October 7 Nothing planned" in page
    assert "Thursday October 8 09:15" in page
    assert (await nurse.post(f"/appointments/{id}/dance", school=school)).status_code == 404
    assert (await nurse.post(f"/appointments/{id}/skip", school=school, on="x")).status_code == 422
    answer = await nurse.post(f"/appointments/{id}/cancel", school=school, back="2026-10-06")
    assert answer.headers["location"].endswith("&day=2026-10-06")
    assert "09:15" not in words(await nurse.get("/appointments"))


async def test_a_student_asks_for_a_slot_and_staff_accept_it(world: World, nurse: Visitor) -> None:
    await plan_slots(world)
    ana = await student(world)
    page = await ana.get("/student/appointments", place=str(world.school.nurse))
    assert "Tuesday, October 6, today 09:00 09:30" in words(page)
    answer = await ana.post(
        "/student/appointments", place=str(world.school.nurse), begins="2026-10-06T13:30:00+00:00", note="Headache"
    )
    assert answer.status_code == 303, words(answer)
    mine = words(await ana.get("/student/appointments"))
    assert "Nurse Tuesday, October 6 at 09:30, 30 min · Headache not answered yet Call off" in mine
    week = words(await nurse.get("/appointments"))
    assert "1 asks for a time Student00 Example Nurse, Tuesday, October 6 at 09:30 · Headache Accept Decline" in week
    (id,) = (await world.services.ledger.state(world.school.id)).appointments
    await nurse.post(f"/appointments/{id}/accept", school=str(world.school.id))
    assert "not answered yet" not in words(await ana.get("/student/appointments"))


async def test_a_student_calls_off_what_is_theirs(world: World, nurse: Visitor) -> None:
    await plan_slots(world)
    ana, ben = await student(world), await student(world, 1)
    begins = "2026-10-06T13:30:00+00:00"
    await ana.post("/student/appointments", place=str(world.school.nurse), begins=begins)
    taken = await ben.post("/student/appointments", place=str(world.school.nurse), begins=begins)
    assert taken.status_code == 409
    assert "Someone was quicker" in words(taken)
    (id,) = (await world.services.ledger.state(world.school.id)).appointments
    assert (await ben.post(f"/student/appointments/{id}/cancel")).status_code == 409
    assert (await ana.post(f"/student/appointments/{id}/cancel")).status_code == 303
    assert "Nothing planned" in words(await ana.get("/student/appointments"))
    assert (await ana.post("/student/appointments", place="", begins="soon")).status_code == 422


async def test_staff_plan_the_slots_of_a_place(world: World, nurse: Visitor) -> None:
    path = f"/appointments/slots/{world.school.nurse}"
    school = str(world.school.id)
    assert "Set when students are seen by appointment." in words(await nurse.get(path, school=school))
    hours: dict[str, Any] = {
        "school": school,
        "day": ["1", "2"],
        "starts_at": "09:00",
        "ends_at": "08:00",
        "minutes": "20",
    }
    wrong = await nurse.post(path, **hours)
    assert wrong.status_code == 422
    assert "The hours end after they begin." in words(wrong)
    assert (await nurse.post(path, **(hours | {"minutes": "many"}))).status_code == 422
    saved = await nurse.post(path, **(hours | {"ends_at": "10:00", "places": "3", "self_service": "on"}))
    assert saved.status_code == 303
    assert "They may ask for a free slot themselves" in words(await nurse.get(path, school=school))
    assert (await nurse.post(path + "/remove", school=school)).status_code == 303
    assert not (await world.services.ledger.state(world.school.id)).slot_plans


@pytest.mark.parametrize("role", [Role.STUDENT, Role.HALL_MONITOR, Role.SUBSTITUTE])
async def test_the_agenda_is_for_those_who_make_appointments(world: World, role: Role) -> None:
    person = world.school.students[0] if role is Role.STUDENT else world.school.teachers[0]
    assert (await (await visitor(world, role, person_id=person)).get("/appointments")).status_code == 403
