"""Automatic checks by axe of the pages about signing in, with somebody at each step."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pyotp
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

from corridor.base.database import Database
from corridor.identity.principal import Principal, Role
from corridor.identity.sign_in_policy import SignInPolicy
from tests.browser import Pages
from tests.e2e.served import PASSWORD, Served, served

_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_SHOTS = Path(__file__).resolve().parents[2] / ".cache" / "browser"


@pytest.fixture
async def school(database: Database, tmp_path: Path) -> AsyncIterator[Served]:
    async with served(database, tmp_path) as running:
        identity = running.services.identity
        for username, role in (("boss", Role.DISTRICT_ADMIN), ("must", Role.SCHOOL_ADMIN), ("given", Role.TEACHER)):
            person = None if role is Role.DISTRICT_ADMIN else "teacher-0" if role is Role.TEACHER else "teacher-1"
            await identity.create_account(role=role, username=username, password=PASSWORD, person=person)
        boss = await identity.find_account("boss")
        assert boss
        by = Principal(id=boss.id, kind="account", role=Role.DISTRICT_ADMIN, name="boss", school_ids=None)
        strict = msgspec.structs.replace(SignInPolicy().of(Role.SCHOOL_ADMIN), second_step=True)
        await identity.change_policy(SignInPolicy({Role.SCHOOL_ADMIN: strict}, grace_days=7), by)
        yield running


async def sign_in(page: Page, username: str, password: str = PASSWORD) -> None:
    await page.goto("/sign-in")
    await page.get_by_label("Username or e-mail").fill(username)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.get_by_role("button", name="Sign in", exact=True).click()


class Checks:
    """What axe finds in the pages that it is shown, with a picture of each."""

    def __init__(self, scheme: str) -> None:
        self.found: list[str] = []
        self._scheme = scheme

    async def look(self, page: Page, name: str) -> None:
        await page.screenshot(path=_SHOTS / f"sign-in-{name}-{self._scheme}.png", full_page=True)
        results = await Axe().run(page, options=_RULES)
        self.found += [
            f"{name}: {violation['id']}: {violation['help']}: {node['html'][:200]}"
            for violation in results.response["violations"]
            for node in violation["nodes"]
        ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(new_page: Pages, school: Served, scheme: str) -> None:
    _SHOTS.mkdir(parents=True, exist_ok=True)
    checks = Checks(scheme)
    url = school.url.replace("127.0.0.1", "localhost")
    identity = school.services.identity

    page = await new_page(url, color_scheme=scheme, viewport={"width": 390, "height": 844})
    for name in ("forgotten", "new-password-link"):
        await page.goto(f"/sign-in/{name}")
        await checks.look(page, name)
    await sign_in(page, "must")
    await page.wait_for_url("**/sign-in/next**")
    await checks.look(page, "set-up")
    await page.get_by_text("No camera?").click()
    secret = (await page.locator(".secret").text_content() or "").replace(" ", "")
    await page.get_by_label("Type the six digits").fill(pyotp.TOTP(secret).at(identity.code_now()))
    await page.get_by_role("button", name="Check the code").click()
    await page.wait_for_selector(".recovery-codes")
    await checks.look(page, "codes")
    await page.get_by_role("button", name="I have them").click()
    await page.wait_for_url("**/board")
    for name in ("me/security", "me/security/app", "me/confirm", "admin/accounts", "admin/accounts/new?find=student"):
        await page.goto(f"/{name}")
        await checks.look(page, name.replace("/", "-").replace("?", "-"))

    other = await new_page(url, color_scheme=scheme)
    await sign_in(other, "must")
    await other.wait_for_url("**/sign-in/next**")
    await checks.look(other, "second-step")

    boss = await new_page(url, color_scheme=scheme)
    await sign_in(boss, "boss")
    await boss.wait_for_url("**/board")
    account = await identity.find_account("given")
    assert account
    for name in ("admin/sign-in", "admin/mail", "admin/accounts", f"admin/accounts/{account.id}"):
        await boss.goto(f"/{name}")
        await checks.look(boss, name.replace("/", "-"))
    await boss.get_by_role("button", name="Give a password").click()
    await checks.look(boss, "given-password")
    given = await boss.locator(".given-secret").text_content() or ""

    new = await new_page(url, color_scheme=scheme)
    await sign_in(new, "given", given)
    await new.wait_for_url("**/sign-in/next**")
    await checks.look(new, "password-of-ones-own")
    assert not checks.found, "\n".join(checks.found)
