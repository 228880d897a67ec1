"""A teacher reads the students of their own classes and nobody else's, over every way in; so do their like."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from corridor.day.policy import Privacy
from corridor.identity.principal import Role
from corridor.live.api import event_frames
from corridor.passes.masking import eyes_of
from corridor.policy.commands import Keep
from tests.day_state import viewer
from tests.school import make_school
from tests.web.visitor import Visitor, visitor, words
from tests.world import Api, World


@pytest.fixture
async def split(world: World) -> World:
    """Of six students the first three are in Algebra with the first teacher, the others in Art with the second."""
    school = world.school
    async with world.database.session() as session:
        for section_id, students in ((school.algebra, school.students[3:]), (school.art, school.students[:3])):
            await session.execute(
                text("DELETE FROM enrollment WHERE section_id = :section AND person_id = ANY(:students)"),
                {"section": section_id, "students": students},
            )
        await session.execute(text("UPDATE ledger_head SET config_version = config_version + 1"))
    await world.services.ledger.refresh(school.id)
    return world


async def issue(world: World, number: int, place_id: UUID, **more: Any) -> str:
    office = await world.caller(Role.FRONT_OFFICE, school_id=world.school.id)
    body = {"student_id": str(world.school.students[number]), "destination_id": str(place_id), **more}
    answer = await office.post(f"/schools/{world.school.id}/passes", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def openness(world: World, *, open_to_staff: bool) -> None:
    await world.services.ledger.submit(
        world.school.id, Keep(world.school.teachers[0], Privacy(world.school.id, open_to_staff))
    )


def names_in(answer: Any) -> set[int]:
    """The numbers of the students whose names or identifiers an answer holds."""
    return {number for number in range(6) if f"Student{number:02}" in answer.text}


def ids_in(world: World, answer: Any) -> set[int]:
    return {number for number, id in enumerate(world.school.students) if str(id) in answer.text}


READS: dict[str, Callable[[World], str]] = {
    "students": lambda world: f"/schools/{world.school.id}/students",
    "sections": lambda world: f"/schools/{world.school.id}/sections",
    "passes": lambda world: f"/schools/{world.school.id}/passes",
    "board": lambda world: f"/schools/{world.school.id}/board",
    "appointments": lambda world: f"/schools/{world.school.id}/appointments",
    "agenda": lambda world: f"/schools/{world.school.id}/agenda",
}


async def fill(world: World) -> None:
    """One of each teacher's students is out at the library, and one has an appointment there."""
    await issue(world, 0, world.school.library)
    await issue(world, 3, world.school.library)
    office = await world.caller(Role.FRONT_OFFICE, school_id=world.school.id)
    for number in (1, 4):
        body = {
            "destination_id": str(world.school.library),
            "begins": "2026-10-06T10:15:00",
            "student_ids": [str(world.school.students[number])],
        }
        assert (await office.post(f"/schools/{world.school.id}/appointments", body)).status_code == 201


@pytest.mark.parametrize("read", READS)
async def test_a_list_holds_a_teacher_s_own_students_alone(split: World, read: str) -> None:
    await fill(split)
    answer = await (await split.teacher()).get(READS[read](split))
    assert answer.status_code == 200
    mine = ids_in(split, answer)
    assert mine
    assert mine <= {0, 1, 2}
    office = await split.caller(Role.FRONT_OFFICE, school_id=split.school.id)
    assert ids_in(split, await office.get(READS[read](split))) - {0, 1, 2}, "there are others to be seen"


@pytest.mark.parametrize("read", READS)
async def test_in_an_open_school_a_list_holds_everybody(split: World, read: str) -> None:
    await fill(split)
    await openness(split, open_to_staff=True)
    answer = await (await split.teacher()).get(READS[read](split))
    assert ids_in(split, answer) - {0, 1, 2}
    await openness(split, open_to_staff=False)
    assert ids_in(split, await (await split.teacher()).get(READS[read](split))) <= {0, 1, 2}


async def test_one_student_who_is_not_theirs_is_not_found(split: World) -> None:
    pass_id = await issue(split, 3, split.school.library)
    teacher, student = await split.teacher(), split.school.students[3]
    school = f"/schools/{split.school.id}"
    answers = [
        await teacher.get(f"/passes/{pass_id}"),
        await teacher.get(f"{school}/time", student_id=str(student)),
        await teacher.get(f"{school}/appointments", student_id=str(student)),
        await teacher.get(f"{school}/agenda", student_id=str(student)),
        await teacher.get(f"{school}/passes/check", student_id=str(student), destination_id=str(split.school.library)),
        *[await teacher.post(f"/passes/{pass_id}/{verb}") for verb in ("arrive", "return", "end", "cancel", "approve")],
        await teacher.post(f"/passes/{pass_id}/extend", {"minutes": 5}),
        await teacher.post(
            f"{school}/passes", {"student_id": str(student), "destination_id": str(split.school.library)}
        ),
    ]
    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert (await teacher.get(f"{school}/passes", student_id=str(student))).json()["items"] == []
    assert (await teacher.get(f"{school}/students", query="Student03")).json()["items"] == []
    assert (await (await split.caller(Role.FRONT_OFFICE)).get(f"/passes/{pass_id}")).status_code in (200, 404)


async def test_nobody_brings_a_student_into_sight_by_making_a_pass(split: World) -> None:
    """A pass to one's own room would be in sight; but whoever is not in sight cannot be sent."""
    teacher = await split.teacher()
    body = {"student_id": str(split.school.students[3]), "destination_id": str(split.school.room_204)}
    assert (await teacher.post(f"/schools/{split.school.id}/passes", body)).status_code == 404
    assert (await teacher.get(f"/schools/{split.school.id}/passes")).json()["items"] == []


async def test_a_pass_to_the_teacher_s_own_room_is_theirs_to_see_and_to_receive(split: World) -> None:
    pass_id = await issue(split, 3, split.school.room_204)
    teacher = await split.teacher()
    assert (await teacher.get(f"/passes/{pass_id}")).status_code == 200
    assert (await teacher.post(f"/passes/{pass_id}/arrive")).status_code == 200


PAGES: dict[str, Callable[[Visitor, World], Awaitable[Any]]] = {
    "board": lambda someone, world: someone.get("/board"),
    "wall": lambda someone, world: someone.get("/board", wall="1"),
    "class": lambda someone, world: someone.get("/teacher"),
    "agenda": lambda someone, world: someone.get("/appointments"),
    "search": lambda someone, world: someone.get(
        "/appointments/students", school=str(world.school.id), query="Student"
    ),
}


@pytest.mark.parametrize("page", PAGES)
async def test_a_page_shows_a_teacher_s_own_students_alone(split: World, page: str) -> None:
    await fill(split)
    mine = await visitor(split, Role.TEACHER, person_id=split.school.teachers[0])
    answer = await PAGES[page](mine, split)
    assert answer.status_code == 200
    assert names_in(answer)
    assert names_in(answer) <= {0, 1, 2}


async def test_pages_of_others_are_not_found(split: World) -> None:
    mine = await visitor(split, Role.TEACHER, person_id=split.school.teachers[0])
    theirs = split.school.students[3]
    answers = [
        await mine.get(f"/teacher/students/{theirs}"),
        await mine.get("/teacher", section=str(split.school.art)),
        await mine.get(f"/appointments/students/{theirs}", school=str(split.school.id)),
        await mine.get(f"/students/{theirs}"),
        await mine.post(f"/teacher/students/{theirs}/passes", destination_id=str(split.school.library)),
    ]
    assert [answer.status_code for answer in answers] == [404] * len(answers)


async def test_a_live_stream_tells_of_the_teacher_s_own_students_alone(split: World) -> None:
    ledger, who = (
        split.services.ledger,
        viewer(Role.TEACHER, split.school.teachers[0], school_ids=frozenset({split.school.id})),
    )
    eyes = eyes_of(await ledger.state(split.school.id), who, split.clock.now())
    async with aclosing(event_frames(split.services, split.school.id, None, eyes)) as frames:
        await anext(frames)
        await issue(split, 3, split.school.library)
        await issue(split, 0, split.school.library)
        heard = b""
        while str(split.school.students[0]).encode() not in heard:
            heard += await anext(frames)
    assert str(split.school.students[3]).encode() not in heard


async def test_a_nurse_reads_the_passes_of_the_nurse_and_no_other(split: World) -> None:
    nurse = await split.staff_at(split.school.nurse)
    here = await issue(split, 0, split.school.nurse, reason="headache")
    there = await issue(split, 3, split.school.library)
    passes = await nurse.get(f"/schools/{split.school.id}/passes")
    assert [(each["id"], each["reason"]) for each in passes.json()["items"]] == [(here, "headache")]
    assert (await nurse.get(f"/passes/{there}")).status_code == 404
    assert (await nurse.post(f"/passes/{there}/end")).status_code == 404
    rows = (await nurse.get(f"/schools/{split.school.id}/board")).json()["items"]
    assert [row["destination_name"] for row in rows] == ["Nurse"]
    to_library = {"student_id": str(split.school.students[4]), "destination_id": str(split.school.library)}
    assert (await nurse.post(f"/schools/{split.school.id}/passes", to_library)).status_code == 403
    from_here = to_library | {"origin_id": str(split.school.nurse)}
    assert (await nurse.post(f"/schools/{split.school.id}/passes", from_here)).status_code == 201


async def test_a_health_place_reads_appointment_over_http(split: World) -> None:
    pass_id = await issue(split, 0, split.school.nurse, reason="headache")
    monitor = await split.caller(Role.HALL_MONITOR, school_id=split.school.id)
    secrets = (str(split.school.nurse), "headache", "Nurse")
    school = f"/schools/{split.school.id}"
    for answer in [
        await monitor.get(f"/passes/{pass_id}"),
        await monitor.get(f"{school}/passes"),
        await monitor.get(f"{school}/board"),
        await monitor.post(f"/passes/{pass_id}/arrive"),
    ]:
        assert answer.status_code == 200
        assert not [secret for secret in secrets if secret in answer.text], answer.text
    program = await split.caller(Role.INTEGRATION, school_id=split.school.id)
    issued = [each for each in (await program.get(f"{school}/events")).json()["items"] if each["kind"] == "pass_issued"]
    assert [each["body"]["reason"] for each in issued] == [None]
    assert not [secret for secret in secrets if secret in str(issued)]
    assert (await monitor.get(f"{school}/locations/{split.school.nurse}/line")).status_code == 404
    page = await (await visitor(split, Role.HALL_MONITOR, school_id=split.school.id)).get("/board")
    assert "Student00 Example 204 Appointment" in words(page)
    assert "Nurse" not in words(page)
    desk = await (await visitor(split, Role.HALL_MONITOR, school_id=split.school.id)).get(
        "/desk", location=str(split.school.nurse)
    )
    assert desk.status_code == 403
    mine = await (await split.teacher()).get(f"/passes/{pass_id}")
    assert (mine.json()["reason"], mine.json()["masked"]) == ("headache", False)


async def test_an_appointment_at_a_health_place_reads_appointment_to_the_student_s_teacher(split: World) -> None:
    office = await split.caller(Role.FRONT_OFFICE, school_id=split.school.id)
    path = f"/schools/{split.school.id}/appointments"
    body = {
        "destination_id": str(split.school.nurse),
        "begins": "2026-10-07T10:15:00",
        "student_ids": [str(split.school.students[0])],
        "note": "Vision test",
    }
    made = (await office.post(path, body)).json()
    teacher = await split.teacher()
    for answer in (await teacher.get(path), await teacher.get(f"/schools/{split.school.id}/agenda")):
        (one,) = answer.json()["items"]
        assert (one["destination_id"], one["note"], one["masked"]) == (None, None, True)
        assert one["student_ids"] == [str(split.school.students[0])]
    assert (await teacher.post(f"{path}/{made['id']}/skip", {"on": "2026-10-07"})).status_code == 404
    page = words(await (await visitor(split, Role.TEACHER, person_id=split.school.teachers[0])).get("/appointments"))
    assert "Student00 Example Appointment" in page
    assert "Vision" not in page
    assert (await (await split.staff_at(split.school.nurse)).get(path)).json()["items"][0]["note"] == "Vision test"


async def test_a_wall_never_names_a_health_place_whoever_put_it_up(split: World) -> None:
    await issue(split, 0, split.school.nurse)
    boss = await visitor(split, Role.SCHOOL_ADMIN, school_id=split.school.id)
    assert "Nurse" in words(await boss.get("/board"))
    assert "Nurse" not in words(await boss.get("/board", wall="1"))


async def test_two_schools_of_one_district_do_not_see_each_other(world: World) -> None:
    other = await make_school(world.database, name="Lincoln", district_id=world.school.district_id)
    theirs: list[Api] = [
        await world.caller(role, school_id=other.id)
        for role in (Role.SCHOOL_ADMIN, Role.FRONT_OFFICE, Role.HALL_MONITOR, Role.INTEGRATION)
    ]
    pass_id = await issue(world, 0, world.school.library)
    for someone in theirs:
        for path in (
            *[make(world) for make in READS.values()],
            f"/passes/{pass_id}",
            f"/schools/{world.school.id}/events",
            f"/schools/{world.school.id}/stream",
            f"/schools/{world.school.id}/privacy",
        ):
            assert (await someone.get(path)).status_code in (403, 404), path
        schools = (await someone.get("/schools")).json()["items"]
        assert [school["id"] for school in schools] == [str(other.id)]


async def test_rules_that_name_students_are_for_those_who_make_rules(world: World) -> None:
    admin = await world.caller(Role.SCHOOL_ADMIN, school_id=world.school.id)
    rules = f"/schools/{world.school.id}/rules"
    pair = [str(id) for id in world.school.students[:2]]
    body = {"kind": "separation", "params": {"student_ids": pair}, "effect": "refuse"}
    made = await admin.post(rules, body)
    assert made.status_code == 201, made.text
    assert ids_in(world, await admin.get(rules)) == {0, 1}
    teacher = await world.teacher()
    answer = await teacher.get(rules)
    assert answer.status_code == 200
    assert ids_in(world, answer) == set()
    assert (await teacher.get(f"{rules}/{made.json()['id']}/history")).status_code == 403
    page = await visitor(world, Role.TEACHER, person_id=world.school.teachers[0])
    assert "Student00" not in (await page.get("/admin/rules")).text
    assert (await page.get(f"/admin/rules/{made.json()['id']}", school=str(world.school.id))).status_code == 404
    assert (await page.get("/admin/rules", new="separation", like=made.json()["id"])).status_code == 403
    await issue(world, 0, world.school.library)
    refused = await teacher.post(
        f"/schools/{world.school.id}/passes", {"student_id": pair[1], "destination_id": str(world.school.library)}
    )
    assert refused.status_code == 409
    assert ids_in(world, refused) == names_in(refused) == set()
