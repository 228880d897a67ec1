"""Appointments over HTTP: who may make, see and call off what."""

from typing import Any

import pytest

from corridor.app import make_decider, make_rebuild
from corridor.identity.principal import Role
from corridor.ledger.verify import verify
from tests.world import Api, World


async def counselor(world: World) -> Api:
    await world.post_everywhere(world.school.teachers[1])
    return await world.caller(Role.DESTINATION_STAFF, person_id=world.school.teachers[1])


def path(world: World, rest: str) -> str:
    return f"/schools/{world.school.id}{rest}"


def wanted(world: World, **fields: Any) -> dict[str, Any]:
    return {
        "destination_id": str(world.school.nurse),
        "begins": "2026-10-06T09:15:00",
        "student_ids": [str(world.school.students[0])],
        **fields,
    }


async def test_staff_make_an_appointment_and_the_student_sees_it_and_goes(world: World) -> None:
    staff, student = await counselor(world), await world.student()
    made = await staff.post(path(world, "/appointments"), wanted(world, by_itself=False, note="Vision test"))
    assert made.status_code == 201, made.text
    assert made.json()["next_at"] == "2026-10-06T13:15:00Z", "09:15 at the school"
    await world.tick()
    (entry,) = (await student.get(path(world, "/agenda"))).json()["items"]
    assert entry["at"] == "2026-10-06T13:15:00Z"
    (pass_,) = entry["passes"]
    assert pass_["status"] == "scheduled"
    assert (await student.post(f"/passes/{pass_['id']}/start")).status_code == 409
    await world.tick(minutes=46)
    started = await student.post(f"/passes/{pass_['id']}/start")
    assert started.json()["status"] == "active"
    finding = await verify(world.database, make_decider().kinds, make_rebuild(), world.school.id)
    assert finding.clean, finding


async def test_a_repeating_one_is_on_the_agenda_of_the_days_to_come(world: World) -> None:
    staff = await counselor(world)
    made = await staff.post(path(world, "/appointments"), wanted(world, recurrence="FREQ=WEEKLY;BYDAY=TU,TH"))
    id = made.json()["id"]
    await world.tick()
    items = (await staff.get(path(world, "/agenda"), **{"from": "2026-10-06", "days": 8})).json()["items"]
    assert [item["at"][:10] for item in items] == ["2026-10-06", "2026-10-08", "2026-10-13"]
    skipped = await staff.post(path(world, f"/appointments/{id}/skip"), {"on": "2026-10-08"})
    assert skipped.json()["next_at"] == "2026-10-13T13:15:00Z"
    changed = await staff.put(path(world, f"/appointments/{id}"), wanted(world, begins="2026-10-06T09:30:00"))
    assert changed.status_code == 200, changed.text
    listed = (await staff.get(path(world, "/appointments"))).json()["items"]
    assert [each["begins"] for each in listed] == ["2026-10-06T13:30:00Z"]
    off = await staff.delete(path(world, f"/appointments/{id}"))
    assert off.status_code == 200
    assert (await staff.get(path(world, "/appointments"))).json()["items"] == []
    assert (await staff.delete(path(world, f"/appointments/{id}"))).status_code == 404


async def test_a_student_takes_a_free_slot_and_staff_accept_it(world: World) -> None:
    staff, student, other = await counselor(world), await world.student(), await world.student(1)
    nurse = path(world, f"/locations/{world.school.nurse}")
    plan = {"days": [1, 2, 3, 4, 5], "starts_at": "09:00", "ends_at": "10:00", "minutes": 30}
    assert (await student.put(nurse + "/slot-plan", plan)).status_code == 403
    assert (await staff.put(nurse + "/slot-plan", plan)).status_code == 200
    slots = (await student.get(nurse + "/slots")).json()["items"]
    assert [(slot["starts"], slot["free"]) for slot in slots] == [
        ("2026-10-06T13:00:00Z", 1),
        ("2026-10-06T13:30:00Z", 1),
    ]
    wish = {"destination_id": str(world.school.nurse), "begins": slots[1]["starts"], "note": "Headache"}
    asked = await student.post(path(world, "/appointments"), wish)
    assert asked.status_code == 201, asked.text
    assert asked.json()["awaits_staff"] is True
    taken = await other.post(path(world, "/appointments"), wish)
    assert (taken.status_code, taken.json()["code"]) == (409, "slot_taken")
    assert (await other.get(path(world, "/appointments"))).json()["items"] == []
    assert (await other.delete(path(world, f"/appointments/{asked.json()['id']}"))).status_code == 409
    accepted = await staff.post(path(world, f"/appointments/{asked.json()['id']}/accept"))
    assert accepted.json()["awaits_staff"] is False
    assert (await staff.delete(nurse + "/slot-plan")).status_code == 200
    assert (await staff.get(nurse + "/slot-plan")).status_code == 404


async def test_a_student_sees_nothing_of_others_in_a_shared_appointment(world: World) -> None:
    staff, student = await counselor(world), await world.student()
    both = [str(id) for id in world.school.students[:2]]
    await staff.post(path(world, "/appointments"), wanted(world, begins="2026-10-07T09:15:00", student_ids=both))
    (listed,) = (await student.get(path(world, "/appointments"))).json()["items"]
    assert listed["student_ids"] == both[:1]
    (entry,) = (await student.get(path(world, "/agenda"))).json()["items"]
    assert entry["student_ids"] == both[:1]
    assert (await student.get(path(world, "/agenda"), student_id=both[1])).status_code == 404


async def test_a_summons_calls_a_student_from_class(world: World) -> None:
    staff, student, teacher = await counselor(world), await world.student(), await world.teacher()
    call = {"student_id": str(world.school.students[0]), "destination_id": str(world.school.nurse)}
    assert (await teacher.post(path(world, "/summons"), call)).status_code == 403
    made = await staff.post(path(world, "/summons"), call, key="call")
    again = await staff.post(path(world, "/summons"), call, key="call")
    assert made.status_code == 201
    assert again.json()["id"] == made.json()["id"]
    assert made.json()["channel"] == "summons"
    sent = await teacher.post(f"/passes/{made.json()['id']}/start")
    assert sent.json()["status"] == "active"
    assert (await student.post(f"/passes/{made.json()['id']}/return")).status_code == 200


async def test_what_staff_lifted_for_a_summons_is_not_for_the_student_to_read(world: World) -> None:
    staff, student = await counselor(world), await world.student()
    office = await world.caller(Role.FRONT_OFFICE, person_id=world.school.teachers[0])
    id = world.school.students[0]
    assert (await office.put(path(world, f"/students/{id}/absence"), {})).status_code == 200
    call = {"student_id": str(id), "destination_id": str(world.school.nurse)}
    assert (await staff.post(path(world, "/summons"), call)).status_code == 409
    call["override"] = {"codes": ["absent"], "reason": "She is here"}  # type: ignore[assignment]
    made = await staff.post(path(world, "/summons"), call)
    assert made.json()["lifted"] == ["absent"]
    (entry,) = (await student.get(path(world, "/agenda"))).json()["items"]
    assert entry["passes"][0]["lifted"] == []
    assert entry["passes"][0]["lift_reason"] is None


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"begins": "2026-10-05T09:15:00"}, 422),
        ({"recurrence": "FREQ=SECONDLY"}, 422),
        ({"student_ids": []}, 422),
        ({"begins": "1066-10-14T09:00:00"}, 422),
        ({"minutes": 0}, 400),
        ({"destination_id": "00000000-0000-0000-0000-000000000000"}, 422),
    ],
)
async def test_bad_input_is_told_and_changes_nothing(world: World, fields: dict[str, Any], status: int) -> None:
    staff = await counselor(world)
    answer = await staff.post(path(world, "/appointments"), wanted(world, **fields))
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert (await staff.get(path(world, "/appointments"))).json()["items"] == []
