"""A student's day in a real browser, and the board beside it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from corridor.base.database import Database
from corridor.day.policy import Post
from corridor.identity.principal import Role
from corridor.policy.commands import Keep
from tests.browser import Pages
from tests.e2e.served import PASSWORD, Served, served

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


@pytest.fixture
async def school(database: Database, tmp_path: Path) -> AsyncIterator[Served]:
    async with served(database, tmp_path) as running:
        await running.account(Role.STUDENT, "ana", "student-0")
        await running.account(Role.HALL_MONITOR, "monitor", "teacher-1")
        await running.account(Role.DESTINATION_STAFF, "nurse", "teacher-0")
        for place in (running.school.nurse, running.school.restroom):
            post = Post(place, frozenset({running.school.teachers[0]}))
            await running.services.ledger.submit(running.school.id, Keep(running.school.teachers[0], post))
        yield running


async def signed_in(new_page: Pages, school: Served, username: str, **options: Any) -> Page:
    page = await new_page(school.url, **options)
    await page.goto("/sign-in")
    await page.get_by_label("Username").fill(username)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    return page


async def requested_pass(school: Served) -> str:
    (row,) = (await school.as_teacher(f"/schools/{school.school.id}/board"))["items"]
    return str(row["id"])


async def test_from_where_to_until_back_again(new_page: Pages, school: Served) -> None:
    student = await signed_in(new_page, school, "ana", **PHONE)
    board = await signed_in(new_page, school, "monitor")
    await expect(board.get_by_text("Everyone is in class")).to_be_visible()

    await student.get_by_role("link", name="Restroom A").click()
    await expect(student).to_have_url(f"{school.url}/student/to/{school.school.restroom}")
    await student.get_by_role("button", name="Ask to go").click()
    await expect(student.get_by_role("heading", name="Teacher0 Example has your request.")).to_be_visible()
    await expect(student).to_have_url(f"{school.url}/student")
    await expect(board.locator("#board-asking")).to_contain_text("Student00 Example")

    await school.as_teacher(f"/passes/{await requested_pass(school)}/approve", {})
    await expect(student.get_by_role("heading", name="Back by")).to_be_visible()
    await expect(student.get_by_role("img", name="6 min left")).to_be_visible()
    await expect(board.locator("#board-out")).to_contain_text("Student00 Example")
    await expect(board.locator("#board-asking > li")).to_have_count(0)

    await school.later(minutes=7)
    await expect(student.get_by_role("heading", name="Time's up: head back to 204.")).to_be_visible()
    await expect(board.locator(".out-over")).to_contain_text("over time")

    await student.get_by_role("button", name="I'm back").click()
    await expect(student.get_by_text("Welcome back. You were out 8 min.")).to_be_visible()
    await expect(student.get_by_role("link", name="Library")).to_contain_text("from")
    await expect(board.get_by_text("Everyone is in class")).to_be_visible()


async def fill_the_restroom(school: Served) -> None:
    for number in (1, 2):
        body = {"student_id": str(school.school.students[number]), "destination_id": str(school.school.restroom)}
        await school.as_teacher(f"/schools/{school.school.id}/passes", body)


async def test_tiles_close_and_open_by_themselves(new_page: Pages, school: Served) -> None:
    student = await signed_in(new_page, school, "ana", **PHONE)
    tile = student.get_by_role("link", name="Restroom A")
    await expect(tile).to_contain_text("6 min")
    await fill_the_restroom(school)
    await expect(tile).to_contain_text("full")


async def test_from_a_full_place_over_the_line_to_ones_turn(new_page: Pages, school: Served) -> None:
    student = await signed_in(new_page, school, "ana", **PHONE)
    desk = await signed_in(new_page, school, "nurse")
    await expect(desk.get_by_role("heading", name="Which place do you look after?")).to_be_visible()
    await desk.goto(f"/desk?location={school.school.restroom}")
    await fill_the_restroom(school)
    await expect(desk.locator("#desk-coming > li")).to_have_count(2)
    await expect(desk.locator(".visit-next")).to_contain_text("Student01 Example")

    await student.get_by_role("link", name="Restroom A").click()
    await expect(student.get_by_text("Restroom A is full. You would be 1st in line, about 3 min.")).to_be_visible()
    await student.get_by_role("button", name="Ask to stand in line").click()
    await school.as_teacher(f"/passes/{await pass_that(school, 'requested')}/approve", {})
    heading = student.get_by_role("heading", name="Restroom A is full: 1st in line, about 3 min")
    await expect(heading).to_be_visible()
    await expect(desk.locator("#desk-waiting")).to_contain_text("Student00 Example")

    await desk.locator("#desk-coming > li").first.get_by_role("button", name="Has left").click()
    await school.later(seconds=1)
    await expect(student.get_by_role("heading", name="It's your turn")).to_be_visible()
    await expect(student).to_have_title("Your turn: Restroom A")
    await expect(student.get_by_role("img", name="seconds left")).to_be_visible()
    await student.get_by_role("button", name="Go now").click()
    await expect(student.get_by_role("heading", name="Back by")).to_be_visible()
    await expect(student).to_have_title("Restroom A")
    await expect(desk.locator("#desk-waiting > li")).to_have_count(0)
    await expect(desk.locator("#desk-coming")).to_contain_text("Student00 Example")


async def pass_that(school: Served, status: str) -> str:
    rows = (await school.as_teacher(f"/schools/{school.school.id}/board"))["items"]
    return next(str(row["id"]) for row in rows if row["status"] == status)


async def test_a_turn_that_one_does_not_take_is_told(new_page: Pages, school: Served) -> None:
    await fill_the_restroom(school)
    body = {"student_id": str(school.school.students[0]), "destination_id": str(school.school.restroom), "wait": True}
    await school.as_teacher(f"/schools/{school.school.id}/passes", body)
    student = await signed_in(new_page, school, "ana", **PHONE)
    await expect(student.get_by_role("button", name="Leave the line")).to_be_visible()
    await school.as_teacher(f"/passes/{await pass_that(school, 'active')}/return", {})
    await school.later(seconds=1)
    await expect(student.get_by_role("button", name="Not now")).to_be_visible()
    # The place is still free, so it is offered again at once, for the last time.
    await school.later(seconds=31)
    await expect(student.get_by_text("If you don't go now, you leave the line.")).to_be_visible()
    await school.later(seconds=31)
    await expect(student.get_by_text("came twice and you didn't go")).to_be_visible()
    await expect(student.get_by_role("heading", name="Where to?")).to_be_visible()


async def test_what_one_is_filling_in_is_left_alone(new_page: Pages, school: Served) -> None:
    student = await signed_in(new_page, school, "ana", **PHONE)
    await student.get_by_role("link", name="Nurse").click()
    await student.get_by_label("Reason").fill("my head")
    await student.get_by_label("21 min").check()
    devtools = await student.context.new_cdp_session(student)
    await devtools.send("Network.enable")
    told = asyncio.Event()

    def listen(message: dict[str, Any]) -> None:
        if message["eventName"] == "parts":
            told.set()

    devtools.on("Network.eventSourceMessageReceived", listen)
    await fill_the_restroom(school)
    await asyncio.wait_for(told.wait(), 15)
    await expect(student.get_by_label("Reason")).to_have_value("my head")
    await expect(student.get_by_label("21 min")).to_be_checked()
    await student.get_by_role("button", name="Ask to go").click()
    await expect(student.get_by_role("heading", name="has your request.")).to_be_visible()


async def test_it_all_works_without_scripts(new_page: Pages, school: Served) -> None:
    student = await signed_in(new_page, school, "ana", java_script_enabled=False, **PHONE)
    await student.get_by_role("link", name="Restroom A").click()
    await student.get_by_role("button", name="Ask to go").click()
    await school.as_teacher(f"/passes/{await requested_pass(school)}/approve", {})
    await student.reload()
    await expect(student.get_by_text("until 08:36")).to_be_visible()
    await student.get_by_role("button", name="I'm back").click()
    await expect(student.get_by_text("Welcome back.")).to_be_visible()


async def test_a_broken_link_is_told_and_healed(new_page: Pages, school: Served) -> None:
    board = await new_page(school.url)
    await board.route("**/live/**", lambda route: route.abort())
    await board.goto("/sign-in?next=/board")
    await board.get_by_label("Username").fill("monitor")
    await board.get_by_label("Password").fill(PASSWORD)
    await board.get_by_role("button", name="Sign in").click()
    await expect(board.get_by_text("No connection since")).to_be_visible()
    body = {"student_id": str(school.school.students[1]), "destination_id": str(school.school.nurse)}
    await school.as_teacher(f"/schools/{school.school.id}/passes", body)
    await board.unroute("**/live/**")
    await expect(board.get_by_text("Student01 Example")).to_be_visible()
    await expect(board.get_by_text("No connection since")).to_be_hidden()


async def test_the_ring_follows_the_server_and_not_the_device(new_page: Pages, school: Served) -> None:
    body = {"student_id": str(school.school.students[0]), "destination_id": str(school.school.restroom)}
    await school.as_teacher(f"/schools/{school.school.id}/passes", body)
    await school.later(minutes=4, seconds=30)
    student = await new_page(school.url)
    await student.clock.install(time=0)
    await student.goto("/sign-in")
    await student.get_by_label("Username").fill("ana")
    await student.get_by_label("Password").fill(PASSWORD)
    await student.get_by_role("button", name="Sign in").click()
    await expect(student.get_by_role("img", name="2 min left")).to_be_visible()


async def test_a_ring_keeps_its_colour_when_its_row_changes(new_page: Pages, school: Served) -> None:
    body = {"student_id": str(school.school.students[1]), "destination_id": str(school.school.nurse)}
    made = await school.as_teacher(f"/schools/{school.school.id}/passes", body)
    await school.later(minutes=13)
    board = await signed_in(new_page, school, "monitor")
    ring = board.locator("corridor-ring svg")
    await expect(ring).to_have_class("over")
    await school.as_teacher(f"/passes/{made['id']}/arrive", {})
    await expect(board.get_by_text("there since")).to_be_visible()
    await expect(ring).to_have_class("over")
