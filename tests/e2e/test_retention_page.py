"""How long what is kept, and who changed that, in a real browser."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe

from corridor.base.database import Database
from corridor.identity.principal import Role
from tests.browser import Pages
from tests.e2e.served import PASSWORD, Served, served

_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture
async def school(database: Database, tmp_path: Path) -> AsyncIterator[Served]:
    async with served(database, tmp_path) as running:
        await running.services.identity.create_account(role=Role.DISTRICT_ADMIN, username="boss", password=PASSWORD)
        yield running


async def test_a_time_is_tried_saved_and_found_among_the_changes(new_page: Pages, school: Served) -> None:
    page = await new_page(school.url)
    await page.goto("/sign-in?next=/admin/retention")
    await page.get_by_label("Username").fill("boss")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/admin/retention")
    field = page.get_by_label("Kept for: What people wrote on passes, days")
    await field.fill("45")
    await page.get_by_role("button", name="Show what would go").click()
    await page.get_by_text("Not saved yet").wait_for()
    await page.get_by_role("button", name="Save").click()
    await page.get_by_text("It counts from tonight").wait_for()
    found = [await Axe().run(page, options=_RULES)]
    await page.goto("/admin/audit")
    await page.get_by_text("Retention changed").wait_for()
    found.append(await Axe().run(page, options=_RULES))
    problems = [
        f"{violation['id']}: {node['html'][:200]}"
        for results in found
        for violation in results.response["violations"]
        for node in violation["nodes"]
    ]
    assert not problems, "\n".join(problems)
