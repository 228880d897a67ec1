"""The teacher's page over HTTP, with and without htmx."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import Response
from sqlalchemy import text

from corridor.base.ids import new_id
from corridor.day.policy import Closure, Delegation
from corridor.identity.principal import Role
from corridor.policy.commands import Keep
from tests.school import MORNING, make_school
from tests.web.visitor import Visitor, visitor, words
from tests.world import World


async def teacher(world: World, number: int = 0) -> Visitor:
    return await visitor(world, Role.TEACHER, person_id=world.school.teachers[number])


async def ask(world: World, number: int = 0, **wish: Any) -> str:
    """A student asks for the restroom; gives the pass's id."""
    pupil = await world.student(number)
    answer = await pupil.post(
        f"/schools/{world.school.id}/passes", {"destination_id": str(world.school.restroom), **wish}
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def fill_restroom(world: World) -> None:
    """Both places in it are taken by the last two students."""
    staff = await world.caller(Role.SCHOOL_ADMIN, school_id=world.school.id)
    for student_id in world.school.students[-2:]:
        body = {"student_id": str(student_id), "destination_id": str(world.school.restroom)}
        assert (await staff.post(f"/schools/{world.school.id}/passes", body)).status_code == 201


async def status_of(world: World, pass_id: str) -> str:
    staff = await world.teacher()
    return str((await staff.get(f"/passes/{pass_id}")).json()["status"])


async def test_the_class_that_meets_now_is_shown_with_who_sits_in_it(world: World) -> None:
    page = words(await (await teacher(world)).get("/teacher"))
    assert "Algebra" in page
    assert "Period 1, until 09:00 204" in page
    assert "Student00 Student01" in page
    assert "0 out" in page


async def test_a_teacher_whose_class_is_later_sees_that_one(world: World) -> None:
    page = words(await (await teacher(world, 1)).get("/teacher"))
    assert "Period 2, 09:00 to 10:00, not now" in page


async def test_the_page_says_who_is_out_where_and_since_when(world: World) -> None:
    await fill_restroom(world)
    page = words(await (await teacher(world)).get("/teacher"))
    assert "2 out" in page
    assert "Student04 Restroom A since 08:30" in page


async def test_a_pass_is_issued_in_two_steps(world: World) -> None:
    mine = await teacher(world)
    student_id = world.school.students[0]
    sheet = await mine.get(f"/teacher/students/{student_id}", part=True)
    assert "Restroom A 6 min" in words(sheet)
    assert "<html" not in sheet.text
    answer = await mine.post(
        f"/teacher/students/{student_id}/passes", part=True, destination_id=str(world.school.restroom)
    )
    assert (answer.status_code, answer.text) == (200, "")
    assert answer.headers["hx-retarget"] == "#sheet-body"
    assert "1 out" in words(await mine.get("/teacher"))


async def test_without_htmx_the_steps_are_pages(world: World) -> None:
    mine = await teacher(world)
    student_id = world.school.students[0]
    assert "<html" in (await mine.get(f"/teacher/students/{student_id}")).text
    answer = await mine.post(f"/teacher/students/{student_id}/passes", destination_id=str(world.school.restroom))
    assert (answer.status_code, answer.headers["location"]) == (303, "/teacher")


async def test_an_issued_pass_starts_in_the_class_s_room(world: World) -> None:
    mine = await teacher(world)
    form: dict[str, Any] = {"destination_id": str(world.school.library), "minutes": "12", "reason": "a book"}
    await mine.post(f"/teacher/students/{world.school.students[0]}/passes", **form)
    (row,) = (await (await world.teacher()).get(f"/schools/{world.school.id}/board")).json()["items"]
    assert row["origin_name"] == "204"
    assert (row["minutes"], row["reason"]) == (12, "a book")


def lifts(sheet: Response) -> list[str]:
    """The rules that a sheet offers to lift."""
    return re.findall(r'type="checkbox" name="lift" value="([^"]+)"', sheet.text)


async def close_restroom(world: World) -> None:
    closure = Closure(world.school.restroom, world.clock.now(), until=world.clock.now() + timedelta(minutes=30))
    await world.services.ledger.submit(world.school.id, Keep(world.school.teachers[1], closure))


async def test_a_refusal_gives_every_reason_and_can_be_overridden_with_a_why(world: World) -> None:
    await fill_restroom(world)
    mine = await teacher(world)
    address = f"/teacher/students/{world.school.students[0]}/passes"
    refused = await mine.post(address, part=True, destination_id=str(world.school.restroom))
    assert refused.status_code == 409
    assert refused.headers["hx-retarget"] == "#sheet-body"
    assert "Restroom A is full: 2 of 2 places are taken." in words(refused)
    (full,) = lifts(refused)
    form: dict[str, Any] = {"destination_id": str(world.school.restroom), "lift": full}
    without_why = await mine.post(address, part=True, **form)
    assert without_why.status_code == 422
    assert (await mine.post(address, part=True, why="urgent", **form)).status_code == 200
    page = words(await mine.get("/teacher"))
    assert "3 out" in page
    assert "Overridden: Restroom A full" in page
    sheet = words(await mine.get(f"/teacher/students/{world.school.students[0]}", part=True))
    assert "Overridden: Restroom A full: “urgent”" in sheet


async def test_where_only_a_place_is_missing_the_student_can_be_put_in_line(world: World) -> None:
    await fill_restroom(world)
    mine = await teacher(world)
    address = f"/teacher/students/{world.school.students[0]}/passes"
    form: dict[str, Any] = {"destination_id": str(world.school.restroom)}
    assert "Put in line" in words(await mine.post(address, part=True, **form))
    assert (await mine.post(address, part=True, wait="1", **form)).status_code == 200
    assert "1st for Restroom A" in words(await mine.get("/teacher"))
    sheet = words(await mine.get(f"/teacher/students/{world.school.students[0]}", part=True))
    assert "1st in line for Restroom A , about 3 min" in sheet


async def test_rules_are_lifted_one_by_one_and_the_others_still_stand(world: World) -> None:
    await fill_restroom(world)
    await close_restroom(world)
    mine = await teacher(world)
    address = f"/teacher/students/{world.school.students[0]}/passes"
    form: dict[str, Any] = {"destination_id": str(world.school.restroom)}
    refused = await mine.post(address, part=True, **form)
    closed, full = lifts(refused)
    said = words(refused)
    assert "Restroom A is closed. It opens again at 09:00." in said
    assert "Put in line" not in said
    again = await mine.post(address, part=True, why="urgent", lift=closed, **form)
    assert again.status_code == 409
    said = words(again)
    assert "Lifted so far: Closed for now. Still in the way:" in said
    assert "Restroom A is full" in said
    assert "Restroom A is closed" not in said
    assert lifts(again) == [full]
    assert 'value="urgent"' in again.text
    assert "Put in line" in said
    assert (await mine.post(address, part=True, why="urgent", lift=[closed, full], **form)).status_code == 200
    (row,) = [
        row
        for row in (await (await world.teacher()).get(f"/schools/{world.school.id}/passes")).json()["items"]
        if row["student_id"] == str(world.school.students[0])
    ]
    assert (row["lifted"], row["lift_reason"]) == (["closed", "full"], "urgent")


async def test_who_waits_can_be_sent_or_taken_out_of_the_line(world: World) -> None:
    await fill_restroom(world)
    mine = await teacher(world)
    ids = []
    for number in (0, 1):
        address = f"/teacher/students/{world.school.students[number]}/passes"
        await mine.post(address, part=True, wait="1", destination_id=str(world.school.restroom))
        sheet = await mine.get(f"/teacher/students/{world.school.students[number]}", part=True)
        found = re.search(r"/teacher/passes/([0-9a-f-]+)/start", sheet.text)
        assert found
        ids.append(found.group(1))
    assert (await mine.post(f"/teacher/passes/{ids[0]}/cancel", part=True)).status_code == 200
    assert await status_of(world, ids[0]) == "cancelled"
    refused = await mine.post(f"/teacher/passes/{ids[1]}/start", part=True)
    assert refused.status_code == 409
    (full,) = lifts(refused)
    assert (await mine.post(f"/teacher/passes/{ids[1]}/start", part=True, lift=full, why="ill")).status_code == 200
    assert await status_of(world, ids[1]) == "active"


async def test_what_cannot_be_overridden_has_no_button_for_it(world: World) -> None:
    await ask(world)
    mine = await teacher(world)
    address = f"/teacher/students/{world.school.students[0]}/passes"
    refused = await mine.post(address, part=True, destination_id=str(world.school.library))
    assert refused.status_code == 409
    assert "This cannot be overridden." in words(refused)
    assert "Send anyway" not in words(refused)


async def stand_in(world: World) -> Visitor:
    """Somebody who runs the first teacher's classes today, as a substitute."""
    teacher, other = world.school.teachers[:2]
    today = MORNING.date()
    keep = Keep(teacher, Delegation(new_id(), teacher, other, today, today, substitute=True))
    await world.services.ledger.submit(world.school.id, keep)
    return await visitor(world, Role.SUBSTITUTE, person_id=other)


async def test_a_substitute_reads_who_may_override(world: World) -> None:
    pass_id = await ask(world)
    await close_restroom(world)
    substitute = await stand_in(world)
    refused = await substitute.post(f"/teacher/passes/{pass_id}/approve", part=True, section=str(world.school.algebra))
    assert refused.status_code == 409
    assert "A teacher or administrator may override this." in words(refused)
    assert "Approve anyway" not in words(refused)


async def test_an_approval_where_the_place_is_full_puts_the_student_in_line(world: World) -> None:
    pass_id = await ask(world)
    await fill_restroom(world)
    mine = await teacher(world)
    assert "Restroom A is full: would wait in line" in words(await mine.get("/teacher"))
    assert (await mine.post(f"/teacher/passes/{pass_id}/approve", part=True)).status_code == 200
    assert await status_of(world, pass_id) == "waiting"


async def test_a_request_is_approved_with_one_form(world: World) -> None:
    pass_id = await ask(world, reason="please")
    mine = await teacher(world)
    page = words(await mine.get("/teacher"))
    assert "6 min, asked 08:30: please" in page
    assert (await mine.post(f"/teacher/passes/{pass_id}/approve", part=True)).status_code == 200
    assert await status_of(world, pass_id) == "active"


async def test_a_request_is_denied_with_one_form(world: World) -> None:
    pass_id = await ask(world)
    answer = await (await teacher(world)).post(f"/teacher/passes/{pass_id}/deny")
    assert (answer.status_code, answer.headers["location"]) == (303, "/teacher")
    assert await status_of(world, pass_id) == "denied"


async def test_an_approval_that_rules_stand_against_says_which_and_can_be_forced(world: World) -> None:
    pass_id = await ask(world)
    await close_restroom(world)
    mine = await teacher(world)
    refused = await mine.post(f"/teacher/passes/{pass_id}/approve", part=True)
    assert refused.status_code == 409
    assert "Approve anyway" in words(refused)
    (closed,) = lifts(refused)
    forced = await mine.post(f"/teacher/passes/{pass_id}/approve", part=True, lift=closed, why="cannot wait")
    assert forced.status_code == 200
    assert await status_of(world, pass_id) == "active"


async def test_all_requests_are_approved_at_once_but_for_those_that_rules_stand_against(world: World) -> None:
    first = await ask(world, 0, destination_id=str(world.school.nurse))
    second = await ask(world, 1)
    await close_restroom(world)
    mine = await teacher(world)
    page = await mine.get("/teacher")
    assert "2 ask to go" in words(page)
    answer = await mine.post("/teacher/approve-all", part=True, ids=f"{first},{second}")
    assert answer.status_code == 409
    assert "One request is still waiting" in words(answer)
    assert "Restroom A is closed. It opens again at 09:00." in words(answer)
    assert [await status_of(world, first), await status_of(world, second)] == ["active", "requested"]


async def test_requests_that_are_gone_do_not_stop_the_others(world: World) -> None:
    first, second = await ask(world, 0), await ask(world, 1)
    mine = await teacher(world)
    await mine.post(f"/teacher/passes/{first}/deny")
    assert (await mine.post("/teacher/approve-all", part=True, ids=f"{first},{second}")).status_code == 200
    assert await status_of(world, second) == "active"


async def test_a_request_from_another_of_my_classes_says_from_which(world: World) -> None:
    async with world.database.session() as session:
        await session.execute(
            text("UPDATE enrollment SET person_id = :mine WHERE person_id = :theirs"),
            {"mine": world.school.teachers[0], "theirs": world.school.teachers[1]},
        )
        await session.execute(text("UPDATE ledger_head SET config_version = config_version + 1"))
    await world.services.ledger.refresh(world.school.id)
    await ask(world)
    page = words(await (await teacher(world)).get("/teacher", section=str(world.school.art)))
    assert "Art" in page
    assert "Student00 asks to go to Restroom A" in page


async def test_a_request_does_not_come_to_a_teacher_of_other_classes(world: World) -> None:
    await ask(world)
    page = words(await (await teacher(world, 1)).get("/teacher"))
    assert "asks to go to" not in page


async def test_who_is_out_can_be_back_given_time_or_ended(world: World) -> None:
    mine = await teacher(world)
    for number, (verb, form, status) in enumerate(
        [("return", {}, "ended"), ("extend", {"minutes": "5"}, "active"), ("end", {}, "ended")]
    ):
        pass_id = await ask(world, number)
        await mine.post(f"/teacher/passes/{pass_id}/approve")
        if verb == "extend":
            sheet = words(await mine.get(f"/teacher/students/{world.school.students[number]}", part=True))
            assert "Back in class" in sheet
        assert (await mine.post(f"/teacher/passes/{pass_id}/{verb}", part=True, **form)).status_code == 200
        assert await status_of(world, pass_id) == status


async def test_a_student_and_a_hall_monitor_have_no_class_page(world: World) -> None:
    pupil = await visitor(world, Role.STUDENT, person_id=world.school.students[0])
    monitor = await visitor(world, Role.HALL_MONITOR, school_id=world.school.id)
    for someone in (pupil, monitor):
        assert (await someone.get("/teacher")).status_code == 403
    assert (await pupil.get(f"/teacher/students/{world.school.students[1]}")).status_code == 403
    pass_id = await ask(world)
    assert (await pupil.post(f"/teacher/passes/{pass_id}/approve")).status_code == 403


async def test_a_stranger_is_sent_to_sign_in(world: World) -> None:
    answer = await Visitor(world.client).get("/teacher")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/teacher")


async def test_another_school_s_classes_students_and_passes_are_not_found(world: World) -> None:
    other = await make_school(world.database, name="Lincoln", district_id=world.school.district_id)
    staff = await world.caller(Role.DISTRICT_ADMIN)
    body = {"student_id": str(other.students[0]), "destination_id": str(other.library)}
    pass_id = (await staff.post(f"/schools/{other.id}/passes", body)).json()["id"]
    mine = await teacher(world)
    for answer in (
        await mine.get("/teacher", section=str(other.algebra)),
        await mine.get("/teacher", school=str(other.id)),
        await mine.get(f"/teacher/students/{other.students[0]}"),
        await mine.get(f"/live/teacher/{other.id}"),
    ):
        assert answer.status_code == 404, answer.url
    assert (await mine.post(f"/teacher/passes/{pass_id}/end")).status_code == 404
    assert (
        await mine.post(f"/teacher/students/{other.students[0]}/passes", destination_id=str(other.library))
    ).status_code == 404


async def test_a_substitute_without_a_class_sees_nobody(world: World) -> None:
    substitute = await visitor(world, Role.SUBSTITUTE, school_id=world.school.id)
    assert "Nobody has named you for a class" in words(await substitute.get("/teacher"))
    assert (await substitute.get("/teacher", section=str(world.school.algebra))).status_code == 404
    assert (await substitute.get(f"/teacher/students/{world.school.students[0]}")).status_code == 404


async def test_who_teaches_nobody_chooses_among_the_classes_that_meet_now(world: World) -> None:
    office = await visitor(world, Role.FRONT_OFFICE, school_id=world.school.id)
    page = words(await office.get("/teacher"))
    assert "Which class are you with?" in page
    assert "Algebra Teacher0 Example, 204" in page
    assert "Art" not in page
    covered = words(await office.get("/teacher", section=str(world.school.algebra)))
    assert "Student00" in covered


async def test_students_who_share_a_first_name_have_their_full_names(world: World) -> None:
    await rename(world, 0, "Ana", "Ruiz")
    await rename(world, 1, "Ana", "Soto")
    page = words(await (await teacher(world)).get("/teacher"))
    assert "Ana Ruiz Ana Soto Student02" in page


async def test_names_and_reasons_are_shown_as_they_are_written(world: World) -> None:
    await rename(world, 0, "<b>Bobby</b>", 'O"Neil')
    pass_id = await ask(world, reason="<img src=x onerror=alert(1)>")
    mine = await teacher(world)
    for page in (await mine.get("/teacher"), await mine.get(f"/teacher/students/{world.school.students[0]}")):
        assert "<b>Bobby" not in page.text
        assert "<img" not in page.text
        assert "Bobby" in words(page)
    assert pass_id


async def rename(world: World, number: int, given: str, family: str) -> None:
    async with world.database.session() as session:
        await session.execute(
            text("UPDATE person SET given_name = :given, family_name = :family WHERE id = :id"),
            {"given": given, "family": family, "id": world.school.students[number]},
        )
        await session.execute(text("UPDATE ledger_head SET config_version = config_version + 1"))
    await world.services.ledger.refresh(world.school.id)


@pytest.mark.parametrize("minutes", ["0", "1000", "ten", "-5"])
async def test_minutes_that_are_none_are_refused_with_a_hint(world: World, minutes: str) -> None:
    answer = await (await teacher(world)).post(
        f"/teacher/students/{world.school.students[0]}/passes",
        part=True,
        destination_id=str(world.school.restroom),
        minutes=minutes,
    )
    assert answer.status_code == 422
    assert "from 1 to 999" in words(answer)


async def test_a_class_that_is_no_longer_on_the_roster_is_not_found(world: World) -> None:
    answer = await (await teacher(world)).get("/teacher", section=str(UUID(int=7)))
    assert answer.status_code == 404
