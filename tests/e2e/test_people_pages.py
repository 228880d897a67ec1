"""Automatic checks by axe of the pages about groups, accommodations, closures, absences and substitutes."""

from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe

from corridor.base.database import Database
from corridor.base.ids import new_id
from corridor.day.policy import Accommodation, Delegation, Group
from corridor.identity.principal import Role
from corridor.policy.commands import CloseLocation, HoldPasses, Keep, MarkAbsent
from tests.browser import Pages
from tests.e2e.served import PASSWORD, Served, served
from tests.school import MORNING

_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


async def decide_something(running: Served) -> tuple[Group, Accommodation]:
    """Something of everything that the pages show."""
    school, by, today = running.school, new_id(), MORNING.date()
    group = Group(new_id(), "Band", frozenset(school.students[:3]))
    accommodation = Accommodation(new_id(), school.students[0], today, exempt=frozenset({"limit"}), time_percent=150)
    for command in (
        Keep(by, group),
        Keep(by, accommodation),
        CloseLocation(by, school.restroom, minutes=20, instead_id=school.nurse, note="Burst pipe"),
        MarkAbsent(by, school.students[1], note="Dentist"),
        Keep(by, Delegation(new_id(), school.teachers[0], school.teachers[1], today, today, substitute=True)),
        HoldPasses(by, "Fire alarm test"),
    ):
        await running.services.ledger.submit(school.id, command)
    return group, accommodation


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(new_page: Pages, database: Database, tmp_path: Path, scheme: str) -> None:
    found = []
    async with served(database, tmp_path) as running:
        group, accommodation = await decide_something(running)
        await running.account(Role.SCHOOL_ADMIN, "admin", "teacher-1")
        page = await new_page(running.url, color_scheme=scheme)
        await page.goto("/sign-in")
        await page.get_by_label("Username").fill("admin")
        await page.get_by_label("Password", exact=True).fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await page.wait_for_url("**/board")
        for path in (
            "/board",
            "/admin/today",
            "/admin/today?find=student",
            f"/admin/today?student={running.school.students[2]}",
            "/admin/groups",
            f"/admin/groups/{group.id}?find=student",
            "/admin/accommodations?find=student",
            f"/admin/accommodations/{accommodation.id}",
            f"/admin/delegates?teacher={running.school.teachers[0]}",
            "/admin/locations",
            "/teacher/away",
            f"/closures/{running.school.nurse}",
            f"/closures/{running.school.restroom}",
        ):
            await page.goto(path)
            results = await Axe().run(page, options=_RULES)
            found += [f"{path}: {each['id']}" for each in results.response["violations"]]
    assert found == []


async def test_a_list_is_looked_at_and_taken_over(new_page: Pages, database: Database, tmp_path: Path) -> None:
    async with served(database, tmp_path) as running:
        group, _ = await decide_something(running)
        await running.account(Role.SCHOOL_ADMIN, "admin", "teacher-1")
        page = await new_page(running.url)
        await page.goto("/sign-in")
        await page.get_by_label("Username").fill("admin")
        await page.get_by_label("Password", exact=True).fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await page.wait_for_url("**/board")
        await page.goto(f"/admin/groups/{group.id}")
        listed = b"Full name\nStudent04 Example\nNobody Here\n"
        await page.get_by_label("From a CSV list").set_input_files(
            {"name": "band.csv", "mimeType": "text/csv", "buffer": listed}
        )
        await page.get_by_role("button", name="Look at it").click()
        await page.get_by_text("1 student would join the group").wait_for()
        await page.get_by_role("button", name="Take the list over").click()
        await page.get_by_text("The list is taken over.").wait_for()
        assert await page.locator("#members li").count() == 4
