"""Automatic checks by axe of what part 1's pages promise to people with disabilities (WCAG 2.2 A and AA)."""

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
        await running.account(Role.STUDENT, "ana", "student-0")
        await running.account(Role.HALL_MONITOR, "monitor", "teacher-1")
        await running.account(Role.DESTINATION_STAFF, "nurse", "teacher-0")
        for number, place in ((1, running.school.restroom), (2, running.school.nurse)):
            body = {"student_id": str(running.school.students[number]), "destination_id": str(place)}
            await running.as_teacher(f"/schools/{running.school.id}/passes", body)
        await running.account(Role.STUDENT, "ben", "student-3")
        for number in (4, 3):
            waits = {"student_id": str(running.school.students[number]), "destination_id": str(running.school.restroom)}
            await running.as_teacher(f"/schools/{running.school.id}/passes", {**waits, "wait": True})
        await running.later(minutes=7)
        yield running


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(new_page: Pages, school: Served, scheme: str) -> None:
    found = []
    for username, paths in (
        ("", ("/sign-in", "/api/docs")),
        ("ana", ("/student", f"/student/to/{school.school.library}", "/student/rooms", "/nowhere")),
        ("ben", ("/student",)),
        ("monitor", ("/board", "/board?wall=1")),
        (
            "nurse",
            (
                "/desk",
                f"/desk?location={school.school.nurse}",
                f"/desk?location={school.school.restroom}",
                f"/desk/{school.school.nurse}/call?find=student",
            ),
        ),
    ):
        page = await new_page(school.url, color_scheme=scheme)
        if username:
            await page.goto("/sign-in")
            await page.get_by_label("Username").fill(username)
            await page.get_by_label("Password").fill(PASSWORD)
            await page.get_by_role("button", name="Sign in").click()
            await page.wait_for_url(f"**{paths[0]}")
        for path in paths:
            await page.goto(path)
            results = await Axe().run(page, options=_RULES)
            found += [
                f"{path}: {violation['id']}: {violation['help']}: {node['html'][:200]}"
                for violation in results.response["violations"]
                for node in violation["nodes"]
            ]
    assert not found, "\n".join(found)
