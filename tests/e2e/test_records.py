"""The pages about records in a real browser: what axe finds on them, and a first responder's link from end to end."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from corridor.base.database import Database
from corridor.identity.principal import Role
from tests.browser import Pages
from tests.e2e.served import PASSWORD, Served, served

_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_PICTURES = os.environ.get("CORRIDOR_PICTURES")
"""A folder to put pictures of the pages into."""


@pytest.fixture
async def school(database: Database, tmp_path: Path) -> AsyncIterator[Served]:
    async with served(database, tmp_path) as running:
        await running.account(Role.SCHOOL_ADMIN, "principal", "teacher-1")
        await running.account(Role.TEACHER, "teacher", "teacher-0")
        for number, place in ((1, running.school.restroom), (2, running.school.nurse), (3, running.school.library)):
            body = {"student_id": str(running.school.students[number]), "destination_id": str(place)}
            await running.as_teacher(f"/schools/{running.school.id}/passes", body)
        await running.later(minutes=7)
        yield running


async def signed_in(new_page: Pages, school: Served, username: str, **options: Any) -> Page:
    page = await new_page(school.url, **options)
    await page.goto("/sign-in")
    await page.get_by_label("Username").fill(username)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await page.wait_for_url(lambda url: "/sign-in" not in url)
    return page


async def faults_of(page: Page, name: str) -> list[str]:
    if _PICTURES:
        await page.screenshot(path=f"{_PICTURES}/{name}.png", full_page=True)
    results = await Axe().run(page, options=_RULES)
    return [
        f"{name}: {violation['id']}: {violation['help']}: {node['html'][:200]}"
        for violation in results.response["violations"]
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize(
    ("scheme", "size"),
    [("light", {"width": 1366, "height": 768}), ("dark", {"width": 390, "height": 844})],
    ids=["light", "dark"],
)
async def test_axe_finds_nothing(new_page: Pages, school: Served, scheme: str, size: dict[str, int]) -> None:
    found: list[str] = []
    page = await signed_in(new_page, school, "principal", color_scheme=scheme, viewport=size)
    student_id = school.school.students[2]

    async def look_at(path: str, name: str) -> None:
        await page.goto(path)
        wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            found.append(f"{name}: {wide} px wider than the screen")
        found.extend(await faults_of(page, f"{name}-{scheme}"))

    await page.goto(f"/admin/legal-holds?student={student_id}")
    await page.get_by_label("Why, such as the name of the case").first.fill("Case 24-118")
    await page.get_by_role("button", name="Hold the record").click()
    await page.goto("/admin/disclosures")
    await page.get_by_label("What is the threat?").fill("A gas leak in the north wing")
    await page.get_by_label("Who receives it?").fill("Fire Department, engine 7")
    await page.get_by_role("radio", name="A live link").check()
    await page.get_by_role("button", name="Hand it out").click()
    await expect(page.get_by_label("Link for first responders")).to_be_visible()
    found.extend(await faults_of(page, f"link-made-{scheme}"))
    link = await page.get_by_label("Link for first responders").input_value()

    responder = await new_page(school.url, color_scheme=scheme, viewport=size)
    await responder.goto(link)
    found.extend(await faults_of(responder, f"responder-open-{scheme}"))
    await responder.get_by_role("button", name="Show who is out").click()
    await expect(responder.get_by_text("3 students are out.")).to_be_visible()
    found.extend(await faults_of(responder, f"responder-{scheme}"))
    await responder.goto("/responder/ended")
    found.extend(await faults_of(responder, f"responder-ended-{scheme}"))

    await look_at("/students", "students-empty")
    await look_at("/students?query=student", "students")
    await look_at(f"/students/{student_id}", "record")
    await look_at("/admin/access-log", "access-log")
    await look_at("/admin/disclosures", "disclosures")
    await look_at("/admin/legal-holds", "holds")
    assert not found, "\n".join(found)


async def test_a_link_goes_from_the_office_to_the_fire_engine_and_ends_when_it_is_revoked(
    new_page: Pages, school: Served
) -> None:
    page = await signed_in(new_page, school, "principal")
    await page.goto("/admin/disclosures")
    await page.get_by_label("What is the threat?").fill("A gas leak in the north wing")
    await page.get_by_label("Who receives it?").fill("Fire Department, engine 7")
    await page.get_by_role("radio", name="A live link").check()
    await page.get_by_role("button", name="Hand it out").click()
    link = await page.get_by_label("Link for first responders").input_value()
    assert link.startswith(f"{school.url}/responder/open#")

    responder = await new_page(school.url)
    asked: list[str] = []
    responder.on("request", lambda request: asked.append(request.url))
    await responder.goto(link)
    button = responder.get_by_role("button", name="Show who is out")
    await expect(button).to_be_enabled()
    assert await responder.evaluate("location.hash") == ""
    await button.click()
    await expect(responder.get_by_text("On the way from 204 to Restroom A")).to_be_visible()
    await expect(responder.get_by_text("On the way from 204 to Appointment")).to_be_visible()
    secret = link.partition("#")[2]
    assert not [url for url in asked if secret in url]

    body = {"student_id": str(school.school.students[5]), "destination_id": str(school.school.library)}
    await school.as_teacher(f"/schools/{school.school.id}/passes", body)
    await expect(responder.get_by_text("4 students are out.")).to_be_visible()

    await page.goto("/admin/disclosures")
    await page.get_by_role("button", name="Revoke").click()
    await expect(responder.get_by_role("heading", name="This link has ended")).to_be_visible()


async def test_a_teacher_finds_a_student_by_keyboard_alone(new_page: Pages, school: Served) -> None:
    page = await signed_in(new_page, school, "teacher")
    await page.goto("/students")
    await page.get_by_label("Name or identifier").focus()
    await page.keyboard.type("Student02")
    await page.keyboard.press("Enter")
    await page.get_by_role("link", name="Student02 Example").press("Enter")
    await expect(page.get_by_role("heading", name="Student02 Example")).to_be_visible()
