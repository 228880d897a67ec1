"""The calendar in a real browser: a day is changed where it stands, a rotation is set, and axe finds nothing."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from corridor.base.database import Database
from corridor.identity.principal import Role
from tests.browser import Pages
from tests.e2e.served import PASSWORD, Served, served

_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture
async def school(database: Database, tmp_path: Path) -> AsyncIterator[Served]:
    async with served(database, tmp_path) as running:
        await running.account(Role.SCHOOL_ADMIN, "principal", "teacher-0")
        yield running


async def signed_in(page: Page) -> None:
    await page.goto("/sign-in")
    await page.get_by_label("Username").fill("principal")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/board")


async def test_a_break_is_set_and_says_whom_it_concerns_first(new_page: Pages, school: Served) -> None:
    page = await new_page(school.url)
    await signed_in(page)
    await page.goto("/admin/calendar")
    await page.get_by_role("link", name="Thu 8").click()
    form = page.locator("#change")
    await expect(form.get_by_role("heading")).to_have_text("Thursday, October 8")
    await form.get_by_label("the schedule is").select_option("No school")
    await expect(page.locator("#days-effects")).to_contain_text(
        "1 school day changes. On it there is no school any more."
    )
    await form.get_by_label("to", exact=True).fill("2026-10-12")
    await form.get_by_label("Note").fill("Fall break")
    await expect(page.locator("#days-effects")).to_contain_text("3 school days change.")
    await form.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("status").first).to_contain_text("Saved: 5 days of the calendar are different now.")
    await expect(page.get_by_role("link", name="Mon 12")).to_contain_text("No school")


async def test_a_rotation_of_three_days_is_set(new_page: Pages, school: Served) -> None:
    page = await new_page(school.url)
    await signed_in(page)
    await page.goto("/admin/calendar")
    await page.get_by_text("Set a rotation").click()
    await page.get_by_label("School days from").fill("2026-10-07")
    await page.locator("#rotation-last").fill("2026-10-14")
    await page.get_by_role("button", name="Another day").click()
    await page.get_by_label("Name of the day").nth(2).fill("C")
    await expect(page.locator("#rotation-effects")).to_have_text("6 school days change.")
    await page.get_by_role("button", name="Set the rotation").click()
    cycles = page.locator(".day-cycle")
    await expect(cycles).to_have_text(["A", "B", "C", "A", "B", "C"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(new_page: Pages, school: Served, scheme: str) -> None:
    page = await new_page(school.url, color_scheme=scheme)
    await signed_in(page)
    found = []
    for path in ("/admin/calendar", "/admin/calendar?day=2026-10-12", "/admin/bells?new=true", "/admin/locations"):
        await page.goto(path)
        await page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
        results = await Axe().run(page, options=_RULES)
        found += [
            f"{path}: {violation['id']}: {violation['help']}: {node['html'][:200]}"
            for violation in results.response["violations"]
            for node in violation["nodes"]
        ]
    assert not found, "\n".join(found)
