"""The teacher's story in a browser: a pass in two taps, a request approved with a key, another overridden."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.async_api import Page, expect

from corridor.app import create_app
from corridor.base.clock import FixedClock
from corridor.base.database import Database
from corridor.base.settings import Settings
from corridor.identity.principal import Role
from corridor.identity.service import IdentityService
from tests.browser import Pages
from tests.school import MORNING, TestSchool, make_school
from tests.web.visitor import PASSWORD

STUDENT, OTHER = "Student00", "Student01"


class Server(uvicorn.Server):
    """Says when it takes requests."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[str]:
    """The application at an address of its own, in this test's event loop."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = Server(uvicorn.Config(app, lifespan="on", log_config=None, timeout_graceful_shutdown=1))
    task = asyncio.create_task(server.serve(sockets=[listening]))
    await server.ready.wait()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    await task


async def account(database: Database, settings: Settings, role: Role, person_id: Any, name: str) -> None:
    async with database.raw() as connection:
        await connection.execute("UPDATE person SET source_id = %s WHERE id = %s", [name, person_id])
        await connection.commit()
    identity = IdentityService(database, FixedClock(MORNING), settings)
    await identity.create_account(role=role, username=name, password=PASSWORD, person=name)


async def sign_in(page: Page, username: str) -> None:
    await page.goto("/sign-in")
    await page.get_by_label("Username").fill(username)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()


@pytest.fixture
async def school(database: Database) -> TestSchool:
    return await make_school(database, students=30)


@pytest.fixture
async def url(database: Database, school: TestSchool, tmp_path: Path) -> AsyncIterator[str]:
    settings = Settings(data_dir=tmp_path)
    await account(database, settings, Role.TEACHER, school.teachers[0], "teacher")
    await account(database, settings, Role.STUDENT, school.students[0], "student")
    async with serving(create_app(database, FixedClock(MORNING), settings)) as url:
        yield url


async def test_a_pass_is_issued_in_two_taps(url: str, new_page: Pages) -> None:
    page = await new_page(url)
    await sign_in(page, "teacher")
    await expect(page.get_by_text("0 out")).to_be_visible()
    await page.get_by_role("link", name=OTHER).click()
    await page.get_by_role("button", name="Restroom A").click()
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await expect(page.get_by_text("1 out")).to_be_visible()
    await expect(page.get_by_role("link", name=OTHER)).to_contain_text("Restroom A")
    await page.get_by_role("button", name=f"{OTHER} is back").click()
    await expect(page.get_by_text("0 out")).to_be_visible()


async def test_a_pass_is_issued_with_the_keyboard_alone(url: str, new_page: Pages) -> None:
    page = await new_page(url)
    await sign_in(page, "teacher")
    await expect(page.get_by_text("0 out")).to_be_visible()
    await page.keyboard.press("/")
    await page.keyboard.type("student03")
    await expect(page.get_by_role("link", name=OTHER)).to_be_hidden()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.type("lib")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("link", name="Student03")).to_contain_text("Library")
    await expect(page.get_by_role("link", name=OTHER)).to_be_visible()


async def test_a_request_is_approved_with_the_key_a(url: str, new_page: Pages) -> None:
    teacher, student = await new_page(url), await new_page(url)
    await sign_in(teacher, "teacher")
    await sign_in(student, "student")
    await student.get_by_role("link", name="Restroom A").click()
    await student.get_by_role("button", name="Ask to go").click()
    await expect(teacher.get_by_role("button", name=f"Approve {STUDENT}")).to_be_visible()
    await teacher.keyboard.press("a")
    await expect(student.get_by_text("Back by")).to_be_visible()
    await expect(teacher.get_by_text("1 out")).to_be_visible()
    await expect(teacher.get_by_role("button", name=f"Approve {STUDENT}")).to_be_hidden()


async def test_typing_an_a_somewhere_approves_nothing(url: str, new_page: Pages) -> None:
    teacher, student = await new_page(url), await new_page(url)
    await sign_in(teacher, "teacher")
    await sign_in(student, "student")
    await student.get_by_role("link", name="Restroom A").click()
    await student.get_by_role("button", name="Ask to go").click()
    approve = teacher.get_by_role("button", name=f"Approve {STUDENT}")
    await expect(approve).to_be_visible()
    await teacher.keyboard.press("/")
    await teacher.keyboard.type("a")
    await expect(teacher.get_by_text("Nobody in this class is called that.")).to_be_visible()
    await expect(approve).to_be_visible()


async def test_a_rule_that_stands_against_a_pass_is_shown_and_overridden(url: str, new_page: Pages) -> None:
    page = await new_page(url)
    await sign_in(page, "teacher")
    for number in (1, 2):
        await page.get_by_role("link", name=f"Student0{number}").click()
        await page.get_by_role("button", name="Restroom A").click()
        await expect(page.get_by_text(f"{number} out")).to_be_visible()
    await page.get_by_role("link", name=STUDENT).click()
    await page.get_by_role("button", name="Restroom A full").click()
    await expect(page.get_by_text("Restroom A is full: 2 of 2 places are taken.")).to_be_visible()
    await page.get_by_label("Why all the same?").fill("cannot wait")
    await page.get_by_role("button", name="Send anyway").click()
    await expect(page.get_by_text("3 out")).to_be_visible()


async def test_a_class_of_thirty_with_requests_fits_a_chromebook_and_a_phone_s_width(url: str, new_page: Pages) -> None:
    teacher, student = await new_page(url), await new_page(url)
    await sign_in(teacher, "teacher")
    await sign_in(student, "student")
    await student.get_by_role("link", name="Restroom A").click()
    await student.get_by_role("button", name="Ask to go").click()
    await expect(teacher.get_by_role("button", name=f"Approve {STUDENT}")).to_be_visible()
    page = "document.scrollingElement"
    overflow = f"() => [{page}.scrollHeight - innerHeight, {page}.scrollWidth - innerWidth]"
    assert await teacher.evaluate(overflow) == [0, 0]
    await teacher.set_viewport_size({"width": 360, "height": 640})
    assert (await teacher.evaluate(overflow))[1] == 0
    await expect(teacher.get_by_role("button", name=f"Approve {STUDENT}")).to_be_in_viewport()
