"""Single sign-on in a real browser, with a service of another site: cookies, policies and redirects as browsers have
them."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect
from sqlalchemy import text

from corridor.base.clock import ShiftedClock
from corridor.base.database import Database
from corridor.identity.principal import Role
from tests.browser import Pages
from tests.e2e.served import PASSWORD, Served, served
from tests.e2e.test_accessible import _RULES
from tests.identity.openid import CLIENT_ID, CLIENT_SECRET, openid_provider


@pytest.fixture
async def school(database: Database, tmp_path: Path) -> AsyncIterator[Served]:
    async with served(database, tmp_path, clock=ShiftedClock(timedelta(0)), allow_loopback=True) as running:
        async with database.session() as session:
            statement = "UPDATE person SET email = 'ana@school.example' WHERE source_id = 'student-0'"
            await session.execute(text(statement))
        await running.services.identity.create_account(role=Role.DISTRICT_ADMIN, username="district", password=PASSWORD)
        yield running


async def sign_in(page: Page) -> None:
    await page.goto("/sign-in?next=/admin/single-sign-on")
    await page.get_by_label("Username").fill("district")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/admin/single-sign-on")


async def test_an_administrator_sets_it_up_and_a_student_comes_in(new_page: Pages, school: Served) -> None:
    with openid_provider(site=school.url, host="localhost") as provider:
        admin = await new_page(school.url)
        await sign_in(admin)
        await admin.get_by_role("link", name="Another service").click()
        await expect(admin.get_by_label("Redirect address")).to_have_value(f"{school.url}/sign-in/with/other/callback")
        await admin.get_by_label("The button says").fill("Riverbend")
        await admin.get_by_label("Issuer").fill(provider.issuer)
        await admin.get_by_label("Client id").fill(CLIENT_ID)
        await admin.get_by_label("Client secret").fill(CLIENT_SECRET)
        await admin.get_by_label("Make an account").check()
        await admin.get_by_role("button", name="Add it").click()
        await admin.get_by_role("button", name="Test the connection").click()
        await expect(admin.get_by_text("answers, and shows its keys")).to_be_visible()

        provider.log_in_as("u-1", email="ana@school.example", email_verified=True)
        student = await new_page(school.url)
        await student.goto("/sign-in")
        await student.get_by_role("link", name="Sign in with Riverbend").click()
        await student.wait_for_url("**/student")
        await student.reload()
        await expect(student.get_by_role("heading", name="Where to?")).to_be_visible()

        provider.log_in_as("u-2", email="stranger@school.example", email_verified=True)
        stranger = await new_page(school.url)
        await stranger.goto("/sign-in/with/other")
        await expect(stranger.get_by_text("Nobody in the roster has your e-mail address")).to_be_visible()
        await stranger.goto("/student")
        await expect(stranger).to_have_url(f"{school.url}/sign-in?next=/student")


async def faults(page: Page) -> list[str]:
    results = await Axe().run(page, options=_RULES)
    return [f"{page.url}: {found['id']}: {found['help']}" for found in results.response["violations"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(new_page: Pages, school: Served, scheme: str) -> None:
    page = await new_page(school.url, color_scheme=scheme)
    await page.goto("/sign-in/with/nothing/callback?state=x&code=y")
    found = await faults(page)
    await sign_in(page)
    for path in ("", "?new=google", "?new=classlink", "?new=other"):
        await page.goto(f"/admin/single-sign-on{path}")
        found += await faults(page)
    await page.get_by_label("The button says").fill("Riverbend")
    await page.get_by_label("Issuer").fill("https://10.0.0.1")
    await page.get_by_label("Client id").fill("c")
    await page.get_by_role("button", name="Add it").click()
    await expect(page.get_by_text("its own network")).to_be_visible()
    found += await faults(page)
    await page.get_by_label("Issuer").fill("https://login.school.example")
    await page.get_by_role("button", name="Add it").click()
    await expect(page.get_by_role("heading", name="Remove it")).to_be_visible()
    found += await faults(page)
    for path in ("/admin/single-sign-on", "/sign-in"):
        await page.goto(path)
        found += await faults(page)
    assert not found, "\n".join(found)
