"""A kiosk in a real browser: paired, used with a PIN and with a badge, and forgetful."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect
from sqlalchemy import text

from corridor.base.database import Database
from corridor.base.ids import new_id
from corridor.day.words import Channel
from corridor.identity.principal import Principal, Role
from tests.browser import Pages
from tests.e2e.served import PASSWORD, Served, served
from tests.e2e.test_accessible import _RULES

TABLET: dict[str, Any] = {"viewport": {"width": 820, "height": 1180}, "has_touch": True}


@pytest.fixture
async def school(database: Database, tmp_path: Path) -> AsyncIterator[Served]:
    async with served(database, tmp_path) as running:
        await running.account(Role.FRONT_OFFICE, "office", "teacher-1")
        await running.account(Role.STUDENT, "ana", "student-0")
        async with database.session() as session:
            await session.execute(text("UPDATE person SET identifier = '70123' WHERE source_id = 'student-0'"))
        await running.services.identity.credentials.assign_badge(
            office(running), running.school.students[1], running.school.id, "04A1B2C3"
        )
        yield running


def office(school: Served) -> Principal:
    return Principal(
        id=new_id(), kind="account", role=Role.FRONT_OFFICE, name="x", school_ids=frozenset({school.school.id})
    )


async def signed_in(new_page: Pages, school: Served, username: str, **options: Any) -> Page:
    page = await new_page(school.url, **options)
    await page.goto("/sign-in")
    await page.get_by_label("Username").fill(username)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(lambda url: "sign-in" not in url)
    return page


async def paired(new_page: Pages, school: Served, **options: Any) -> Page:
    """A kiosk in room 204, paired as people do it."""
    kiosk = await new_page(school.url, **options)
    await kiosk.goto("/kiosk")
    code = await kiosk.locator("#code").inner_text()
    staff = await signed_in(new_page, school, "office")
    await staff.goto("/admin/devices")
    await staff.get_by_label("Code on its screen").fill(code.lower())
    await staff.get_by_label("Room in which it stands").select_option("204")
    await staff.get_by_role("button", name="Pair").click()
    await expect(staff.get_by_text("Paired. The kiosk's screen goes on by itself.")).to_be_visible()
    await expect(kiosk.get_by_role("heading", name="Who are you?")).to_be_visible()
    return kiosk


async def test_from_the_code_to_a_pass_and_back(new_page: Pages, school: Served) -> None:
    kiosk = await paired(new_page, school, **TABLET)
    student = await signed_in(new_page, school, "ana")
    await student.goto("/me/pin")
    for label in ("New PIN", "The same once more"):
        await student.get_by_label(label).fill("4711")
    await student.get_by_role("button", name="Save").click()
    await expect(student.get_by_text("From now on this is your PIN.")).to_be_visible()

    for key in "70123":
        await kiosk.get_by_role("button", name=key, exact=True).tap()
    await kiosk.get_by_role("button", name="Go on").tap()
    for key in "4711":
        await kiosk.get_by_role("button", name=key, exact=True).tap()
    await kiosk.get_by_role("button", name="That's me").tap()
    await expect(kiosk.get_by_role("heading", name="Where to?")).to_be_visible()
    await expect(kiosk.get_by_text("Student00 Example")).to_be_visible()
    await kiosk.get_by_role("button", name="Restroom A").tap()
    await expect(kiosk.get_by_role("heading", name="Teacher0 Example has your request.")).to_be_visible()
    await kiosk.get_by_role("button", name="Done").tap()
    await expect(kiosk.get_by_role("heading", name="Who are you?")).to_be_visible()

    (row,) = (await school.as_teacher(f"/schools/{school.school.id}/board"))["items"]
    assert row["channel"] == Channel.KIOSK
    await school.as_teacher(f"/passes/{row['id']}/approve", {})
    await kiosk.keyboard.type("70123")
    await kiosk.keyboard.press("Enter")
    await expect(kiosk.get_by_role("heading", name="Your PIN")).to_be_visible()
    await kiosk.keyboard.type("4711")
    await kiosk.keyboard.press("Enter")
    await expect(kiosk.get_by_role("heading", name="Back by")).to_be_visible()
    await kiosk.get_by_role("button", name="I'm back").tap()
    await expect(kiosk.get_by_text("Welcome back.")).to_be_visible()


async def test_a_reader_types_into_the_field_wherever_somebody_touched_before(new_page: Pages, school: Served) -> None:
    kiosk = await paired(new_page, school)
    await kiosk.get_by_role("heading", name="Who are you?").click()
    await kiosk.keyboard.type("04A1B2C3", delay=2)
    await kiosk.keyboard.press("Enter")
    await expect(kiosk.get_by_text("Student01 Example")).to_be_visible()


async def test_a_kiosk_forgets_a_student_who_walks_away(new_page: Pages, school: Served) -> None:
    kiosk = await paired(new_page, school)
    await kiosk.clock.install()
    await kiosk.goto("/kiosk")
    await kiosk.keyboard.type("04A1B2C3")
    await kiosk.keyboard.press("Enter")
    await expect(kiosk.get_by_role("heading", name="Where to?")).to_be_visible()
    await kiosk.clock.run_for(15_000)
    await kiosk.mouse.click(5, 300)
    await kiosk.clock.run_for(15_000)
    await expect(kiosk.get_by_role("heading", name="Where to?")).to_be_visible()
    await kiosk.clock.run_for(6_000)
    await expect(kiosk.get_by_role("heading", name="Who are you?")).to_be_visible()
    await kiosk.go_back()
    await expect(kiosk.get_by_text("Student01 Example")).to_have_count(0)


async def test_without_scripts_everything_but_the_forgetting_works(new_page: Pages, school: Served) -> None:
    kiosk = await new_page(school.url, java_script_enabled=False)
    await kiosk.goto("/kiosk")
    devices = school.services.identity.devices
    await devices.approve(
        office(school),
        code=await kiosk.locator("#code").inner_text(),
        name="Door",
        location_id=school.school.room_204,
        school_id=school.school.id,
    )
    await kiosk.get_by_role("button", name="It is approved: go on").click()
    await kiosk.get_by_label("Scan your card, or type your student ID").fill("04A1B2C3")
    await kiosk.keyboard.press("Enter")
    await kiosk.get_by_role("button", name="Library").click()
    await expect(kiosk.get_by_role("heading", name="has your request.")).to_be_visible()
    await kiosk.get_by_role("button", name="Never mind").click()
    await expect(kiosk.get_by_role("heading", name="Where to?")).to_be_visible()
    await kiosk.get_by_role("button", name="Done").click()
    await expect(kiosk.get_by_role("heading", name="Who are you?")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(new_page: Pages, school: Served, scheme: str) -> None:
    found: list[str] = []

    async def check(page: Page, what: str) -> None:
        results = await Axe().run(page, options=_RULES)
        found.extend(
            f"{what}: {violation['id']}: {violation['help']}: {node['html'][:200]}"
            for violation in results.response["violations"]
            for node in violation["nodes"]
        )

    waiting = await new_page(school.url, color_scheme=scheme)
    await waiting.goto("/kiosk")
    await check(waiting, "pairing")
    kiosk = await paired(new_page, school, color_scheme=scheme, has_touch=True)
    await check(kiosk, "who")
    await kiosk.keyboard.type("70123")
    await kiosk.keyboard.press("Enter")
    await expect(kiosk.get_by_role("heading", name="Your PIN")).to_be_visible()
    await check(kiosk, "pin")
    await kiosk.goto("/kiosk")
    await kiosk.keyboard.type("04A1B2C3")
    await kiosk.keyboard.press("Enter")
    await expect(kiosk.get_by_role("heading", name="Where to?")).to_be_visible()
    await check(kiosk, "where")
    await kiosk.goto("/kiosk/rooms")
    await check(kiosk, "rooms")
    await kiosk.goto(f"/kiosk/to/{school.school.library}")
    await check(kiosk, "offer")
    await kiosk.get_by_role("button", name="Ask to go").click()
    await expect(kiosk.get_by_role("heading", name="has your request.")).to_be_visible()
    await check(kiosk, "asked")

    staff = await signed_in(new_page, school, "office", color_scheme=scheme)
    credentials = "/admin/credentials"
    for path in (
        "/admin/devices",
        credentials,
        f"{credentials}?section={school.school.algebra}",
        f"{credentials}/students/{school.school.students[1]}",
        f"{credentials}/cards?section={school.school.algebra}",
    ):
        await staff.goto(path)
        await check(staff, path)
    student = await signed_in(new_page, school, "ana", color_scheme=scheme)
    await student.goto("/me/pin")
    await check(student, "/me/pin")
    await school.account(Role.DISTRICT_ADMIN, "district", "teacher-0")
    district = await signed_in(new_page, school, "district", color_scheme=scheme)
    for path in ("/admin/tokens", "/admin/tokens?new=client", "/admin/tokens?new=token&role=front_office"):
        await district.goto(path)
        await check(district, path)
    assert not found, "\n".join(found)
