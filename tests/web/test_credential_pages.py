"""PINs, badges and cards: staff give them out to the students in their reach, students choose their own PIN."""

import re
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from corridor.base.ids import new_id
from corridor.identity.principal import Role
from corridor.ledger.store import bump_config
from tests.school import make_school
from tests.web.kiosks import kiosk, type_in
from tests.web.visitor import Visitor, student, visitor, words
from tests.world import World

HOME = "/admin/credentials"


async def office(world: World) -> Visitor:
    return await visitor(world, Role.FRONT_OFFICE, school_id=world.school.id)


async def teacher(world: World, number: int = 0) -> Visitor:
    return await visitor(world, Role.TEACHER, person_id=world.school.teachers[number])


def path(world: World, number: int = 0) -> str:
    return f"{HOME}/students/{world.school.students[number]}"


async def leave_algebra(world: World, number: int) -> None:
    async with world.database.session() as session:
        await session.execute(
            text("DELETE FROM enrollment WHERE person_id = :id AND section_id = :section"),
            {"id": world.school.students[number], "section": world.school.algebra},
        )
        await bump_config(session, [world.school.id])
    await world.tick(seconds=1)


async def send_list(visitor: Visitor, world: World, content: bytes, **fields: str) -> httpx.Response:
    form = {"school": str(world.school.id), **fields}
    files = {"file": ("badges.csv", content, "text/csv")}
    return await visitor.client.post(f"{HOME}/import", data=form, files=files, headers=visitor._headers)


async def test_a_class_with_what_each_student_has(world: World) -> None:
    staff = await office(world)
    page = await staff.get(HOME, section=str(world.school.algebra))
    assert "Algebra, period 1, Teacher0 Example" in words(page)
    assert words(page).count("no PIN") == 6
    assert words(await staff.get(HOME, find="Student03")).count("no PIN") == 1


async def test_staff_set_and_take_away_a_pin(world: World) -> None:
    staff = await office(world)
    refused = await staff.post(f"{path(world)}/pin", pin="1234")
    assert (refused.status_code, "counts up or down" in words(refused)) == (422, True)
    assert (await staff.post(f"{path(world)}/pin", pin="4711")).status_code == 303
    page = await staff.get(path(world))
    assert "Set just now. Nobody can read it" in words(page)
    assert "4711" not in page.text
    await staff.post(f"{path(world)}/pin", pin="")
    assert "Has none yet" in words(await staff.get(path(world)))


async def test_staff_assign_and_withdraw_a_badge(world: World) -> None:
    staff = await office(world)
    assert (await staff.post(f"{path(world)}/badges", number="04A1B2C3")).status_code == 303
    taken = await staff.post(f"{path(world, 1)}/badges", number="04a1b2c3")
    assert (taken.status_code, "somebody else's" in words(taken)) == (409, True)
    page = await staff.get(path(world))
    assert "04A1B2C3" not in page.text
    badge = re.findall(r'name="withdraw" value="([^"]+)"', page.text)[0]
    assert (await staff.post(f"{path(world, 1)}/badges", withdraw=badge)).status_code == 404, "not this student's"
    assert (await staff.post(f"{path(world)}/badges", withdraw=badge)).status_code == 303
    async with kiosk(world) as device:
        assert "Your PIN" in words(await type_in(device, who="04A1B2C3"))


async def test_a_teacher_sees_to_their_own_classes_alone(world: World) -> None:
    await leave_algebra(world, 5)
    mine = await teacher(world)
    assert (await mine.post(f"{path(world, 0)}/pin", pin="4711")).status_code == 303
    listed = await mine.get(HOME)
    assert "Algebra" in words(listed)
    assert "Art, period 2" not in words(listed)
    assert (await mine.get(HOME, section=str(world.school.art))).status_code == 404
    assert "Student05" not in words(await mine.get(HOME, find="Student05"))
    for answer in (
        await mine.get(path(world, 5)),
        await mine.post(f"{path(world, 5)}/pin", pin="4711"),
        await mine.post(f"{path(world, 5)}/badges", number="04A1B2C3"),
        await mine.post(f"{HOME}/cards", student=str(world.school.students[5])),
        await mine.get(f"{HOME}/cards", student=str(world.school.students[5])),
        await mine.post(f"{HOME}/cards", section=str(world.school.art)),
    ):
        assert answer.status_code == 404
    assert (await send_list(mine, world, b"identifier,badge\n7000,04A1B2C3\n")).status_code == 403


async def test_another_schools_students_are_not_there(world: World) -> None:
    other = await make_school(world.database, name="Lincoln", district_id=world.school.district_id)
    stranger = await visitor(world, Role.FRONT_OFFICE, school_id=other.id)
    for school in (other.id, world.school.id):
        answer = await stranger.post(f"{path(world)}/pin", school=str(school), pin="4711")
        assert answer.status_code == 404
    assert (await stranger.get(path(world))).status_code == 404


@pytest.mark.parametrize("role", [Role.HALL_MONITOR, Role.DESTINATION_STAFF, Role.SUBSTITUTE, Role.INTEGRATION])
async def test_others_have_no_business_here(world: World, role: Role) -> None:
    somebody = await visitor(world, role, school_id=world.school.id)
    assert (await somebody.get(HOME)).status_code == 403
    assert (await somebody.post(f"{path(world)}/pin", pin="4711")).status_code == 403


async def test_a_student_chooses_their_own_pin_and_touches_nobody_elses(world: World) -> None:
    ana = await student(world)
    assert "You have no PIN yet" in words(await ana.get("/me/pin"))
    differ = await ana.post("/me/pin", pin="4711", again="4712")
    assert (differ.status_code, "not the same" in words(differ)) == (422, True)
    obvious = await ana.post("/me/pin", pin="0000", again="0000")
    assert (obvious.status_code, "repeats itself" in words(obvious)) == (422, True)
    assert (await ana.post("/me/pin", pin="4711", again="4711")).status_code == 303
    assert "Change my PIN" in words(await ana.get("/me/pin"))
    for answer in (
        await ana.get(HOME),
        await ana.get(path(world)),
        await ana.post(f"{path(world, 1)}/pin", pin="4711"),
        await ana.post(f"{path(world)}/badges", number="04A1B2C3"),
    ):
        assert answer.status_code == 403
    assert (await (await office(world)).get("/me/pin")).status_code == 404


async def follow(visitor: Visitor, answer: httpx.Response) -> httpx.Response:
    return await visitor.client.get(answer.headers["location"], headers=visitor._headers)


def numbers_on(page: httpx.Response) -> list[str]:
    return re.findall(r'<svg[^>]*class="qr"[^>]*>.*?d="([^"]+)"', page.text, flags=re.DOTALL)


@pytest.mark.parametrize("paper", ["letter", "a4"])
async def test_cards_for_a_class_are_printed_and_printed_again(world: World, paper: str) -> None:
    staff = await office(world)
    answer = await staff.post(f"{HOME}/cards", section=str(world.school.algebra), paper=paper)
    assert answer.status_code == 303
    page = await follow(staff, answer)
    assert f"cards-{paper}" in page.text
    assert len(set(numbers_on(page))) == 6
    assert "style=" not in page.text, "the content security policy forbids it"
    again = await follow(staff, await staff.post(f"{HOME}/cards", section=str(world.school.algebra)))
    assert numbers_on(again) == numbers_on(page)
    student_id = world.school.students[0]
    number = (await world.services.identity.credentials.card_numbers([student_id]))[student_id]
    async with kiosk(world) as device:
        assert (await type_in(device, who=number)).headers["location"] == "/kiosk/turn"


async def test_a_list_of_badges_is_taken_as_a_whole_or_not_at_all(world: World) -> None:
    async with world.database.session() as session:
        for number, id in enumerate(world.school.students):
            await session.execute(
                text("UPDATE person SET identifier = :identifier WHERE id = :id"),
                {"identifier": f"70{number:02}", "id": id},
            )
    staff = await office(world)
    wrong = await send_list(staff, world, b"identifier,badge\n7000,04A1B2C3\n7001,04A1B2C3\n9999,04D4E5F6\n7002,")
    assert wrong.status_code == 422
    assert "Nothing was changed" in words(wrong)
    assert re.findall(r'<td class="number">(\d+)</td>', wrong.text) == ["3", "4", "5"]
    assert "badge or card" not in words(await staff.get(HOME, section=str(world.school.algebra)))
    taken = await send_list(staff, world, b"identifier,badge\n7000,04A1B2C3\n7001,04D4E5F6\n")
    assert taken.headers["location"].endswith("imported=2")
    assert words(await staff.get(HOME, section=str(world.school.algebra))).count("1 badge or card") == 2
    nothing = await staff.client.post(f"{HOME}/import", data={"school": str(world.school.id)}, headers=staff._headers)
    assert nothing.status_code == 422
    binary = await send_list(staff, world, b"\x89PNG\r\n\x1a\n\0\0\xff")
    assert binary.status_code == 422


async def test_credentials_over_the_api(world: World) -> None:
    caller = await world.caller(Role.FRONT_OFFICE, school_id=world.school.id)
    base = f"/schools/{world.school.id}/students/{world.school.students[0]}"

    async def known() -> dict[str, Any]:
        answer: dict[str, Any] = (await caller.get(f"{base}/credentials")).json()
        return answer

    assert await known() == {"pin_set_at": None, "badges": []}
    assert (await caller.put(f"{base}/pin", {"pin": "1111"})).status_code == 422
    assert (await caller.put(f"{base}/pin", {"pin": "4711"})).status_code == 204
    made = await caller.post(f"{base}/badges", {"number": "04A1B2C3"})
    assert made.status_code == 201
    badge_id = made.json()["badges"][0]["id"]
    assert (await known())["pin_set_at"] is not None
    assert (await caller.delete(f"{base}/badges/{badge_id}")).status_code == 204
    assert (await caller.delete(f"{base}/badges/{new_id()}")).status_code == 404
    assert (await caller.delete(f"{base}/pin")).status_code == 204
    assert await known() == {"pin_set_at": None, "badges": []}
    elsewhere = f"/schools/{world.school.id}/students/{UUID(int=7)}"
    assert (await caller.put(f"{elsewhere}/pin", {"pin": "4711"})).status_code == 404
