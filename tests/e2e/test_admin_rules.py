"""An administrator changes rules in place, in a real browser; the pages keep what they promise to everyone."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from corridor.base.database import Database
from corridor.identity.principal import Role
from tests.browser import Pages
from tests.e2e.served import PASSWORD, Served, served

_WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture
async def school(database: Database, tmp_path: Path) -> AsyncIterator[Served]:
    async with served(database, tmp_path) as running:
        await running.services.identity.create_account(role=Role.DISTRICT_ADMIN, username="admin", password=PASSWORD)
        yield running


async def _sign_in(page: Page) -> None:
    await page.goto("/sign-in")
    await page.get_by_label("Username").fill("admin")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(lambda url: "sign-in" not in url)


async def test_a_sentence_is_changed_where_it_stands(new_page: Pages, school: Served) -> None:
    page = await new_page(school.url)
    await _sign_in(page)
    await page.goto("/admin/rules")
    row = page.locator("li.rule", has_text="must wait")
    await row.get_by_role("link", name="5", exact=True).click()
    form = page.get_by_role("form", name="Pause between passes")
    await expect(form).to_be_focused()
    await form.get_by_label("Minutes").fill("1")
    await expect(form.locator(".rule-says")).to_contain_text("must wait 1 minute between passes")
    await form.locator("summary", has_text="Students").click()
    await form.get_by_role("searchbox").fill("student03")
    await form.get_by_label("Student03 Example").check()
    await expect(form.locator(".rule-affects")).to_contain_text("This concerns 1 student of 6")
    await form.get_by_role("button", name="Save").click()
    await expect(row).to_contain_text("Student03 Example must wait 1 minute between passes")
    await expect(row).to_contain_text("Saved.")
    await row.get_by_role("switch").click()
    await expect(row.get_by_role("switch")).not_to_be_checked()
    await row.get_by_role("link", name="History").click()
    await expect(page.get_by_text("admin switched it off")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_in_the_pages_about_rules(new_page: Pages, school: Served, scheme: str) -> None:
    page = await new_page(school.url, color_scheme=scheme)
    await _sign_in(page)
    found = []
    students = school.school.students
    for path in (
        "/admin/rules",
        "/admin/rules?new=1",
        "/admin/rules?new=no_fly",
        "/admin/rules?new=separation",
        f"/admin/rules/try?student={students[0]}&to={school.school.library}",
        "/admin/pass-types?new=true",
        "/admin/district-rules?new=limit",
    ):
        await page.goto(path)
        for summary in await page.locator("details.rule-slot > summary").all():
            await summary.click()
        results = await Axe().run(page, options=_WCAG)
        found += [
            f"{path}: {violation['id']}: {violation['help']}: {node['html'][:200]}"
            for violation in results.response["violations"]
            for node in violation["nodes"]
        ]
    assert not found, "\n".join(found)
