"""Second steps in a real browser: an authenticator app, passkeys on a virtual authenticator, links to new passwords."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pyotp
import pytest
from playwright.async_api import Page, expect

from corridor.base.database import Database
from corridor.identity.principal import Principal, Role
from corridor.identity.sign_in_policy import SignInPolicy
from tests.browser import Pages
from tests.e2e.served import PASSWORD, Served, served


@pytest.fixture
async def school(database: Database, tmp_path: Path) -> AsyncIterator[Served]:
    async with served(database, tmp_path) as running:
        await running.services.identity.create_account(
            role=Role.DISTRICT_ADMIN, username="boss", password=PASSWORD, person="teacher-1"
        )
        await running.account(Role.STUDENT, "ana", "student-0")
        yield running


@pytest.fixture
async def page(new_page: Pages, school: Served) -> Page:
    # Browsers know passkeys only where the address is a name.
    return await new_page(school.url.replace("127.0.0.1", "localhost"))


async def sign_in(page: Page, username: str = "boss") -> None:
    await page.goto("/sign-in")
    await page.get_by_label("Username or e-mail").fill(username)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()


async def sign_out(page: Page) -> None:
    await page.locator(".menu > summary").last.click()
    await page.get_by_role("button", name="Sign out", exact=True).click()
    await page.wait_for_url("**/sign-in")


async def add_authenticator(page: Page, *, verifies: bool = True) -> None:
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal" if verifies else "usb",
        "hasResidentKey": True,
        "hasUserVerification": verifies,
        "isUserVerified": verifies,
        "automaticPresenceSimulation": True,
    }
    await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def require_second_step(policy: SignInPolicy) -> SignInPolicy:
    strict = msgspec.structs.replace(policy.of(Role.DISTRICT_ADMIN), second_step=True)
    return SignInPolicy(roles={Role.DISTRICT_ADMIN: strict})


async def code_on(page: Page, school: Served) -> str:
    secret = (await page.locator(".secret").text_content() or "").replace(" ", "")
    return pyotp.TOTP(secret).at(school.services.identity.code_now())


async def test_a_passkey_is_made_and_then_signs_in_by_itself(page: Page) -> None:
    await add_authenticator(page)
    await sign_in(page)
    await page.goto("/me/security")
    await page.get_by_text("Add a passkey").click()
    await page.get_by_label("Name of the device").fill("Front desk laptop")
    await page.get_by_role("button", name="Make a passkey").click()
    await expect(page.get_by_role("heading", name="Keep these codes")).to_be_visible()
    await expect(page.locator(".recovery-codes li")).to_have_count(10)
    await page.get_by_role("link", name="I have them").click()
    await expect(page.get_by_text("Front desk laptop")).to_be_visible()
    await sign_out(page)
    await page.get_by_role("button", name="Sign in with a passkey").click()
    await page.wait_for_url("**/board")


async def test_after_the_password_the_passkey_is_the_second_step(page: Page) -> None:
    await add_authenticator(page)
    await sign_in(page)
    await page.goto("/me/security")
    await page.get_by_text("Add a passkey").click()
    await page.get_by_role("button", name="Make a passkey").click()
    await page.get_by_role("link", name="I have them").click()
    await sign_out(page)
    await sign_in(page)
    await expect(page.get_by_role("heading", name="Is it you?")).to_be_visible()
    await page.goto("/board")
    assert urlsplit(page.url).path == "/sign-in", "who has passed only the first step gets nowhere"
    await sign_in(page)
    await page.get_by_role("button", name="Use my passkey").click()
    await page.wait_for_url("**/board")


async def test_a_passkey_without_verification_is_no_way_in_alone(page: Page) -> None:
    await add_authenticator(page, verifies=False)
    await sign_in(page)
    await page.goto("/me/security")
    await page.get_by_text("Add a passkey").click()
    await page.get_by_label("Sign in with it alone").uncheck()
    await page.get_by_role("button", name="Make a passkey").click()
    await page.get_by_role("link", name="I have them").click()
    await sign_out(page)
    await page.get_by_role("button", name="Sign in with a passkey").click()
    await expect(page.locator("[data-passkey-error]")).to_be_visible()


async def test_whoever_must_have_a_second_step_sets_it_up_before_anything_else(page: Page, school: Served) -> None:
    identity = school.services.identity
    boss = await identity.find_account("boss")
    assert boss
    by = Principal(id=boss.id, kind="account", role=Role.DISTRICT_ADMIN, name="boss", school_ids=None)
    await identity.change_policy(require_second_step(await identity.policy.current()), by)
    await sign_in(page)
    await expect(page.get_by_role("heading", name="Set up a second step")).to_be_visible()
    picture = page.get_by_alt_text("QR code for the authenticator app")
    await expect(picture).to_have_js_property("complete", True)
    assert await picture.evaluate("image => image.naturalWidth") > 100
    await page.goto("/admin")
    assert urlsplit(page.url).path == "/sign-in"
    await sign_in(page)
    await page.get_by_text("No camera? Type it instead").click()
    await page.get_by_label("Type the six digits").fill("000000")
    await page.get_by_role("button", name="Check the code").click()
    await expect(page.get_by_role("alert").first).to_contain_text("not the code")
    await page.get_by_label("Type the six digits").fill(await code_on(page, school))
    await page.get_by_role("button", name="Check the code").click()
    recovery = await page.locator(".recovery-codes code").first.text_content()
    await page.get_by_role("button", name="I have them: go on").click()
    await page.wait_for_url("**/board")
    await sign_out(page)
    await sign_in(page)
    await page.get_by_label("Code of your authenticator app").fill(recovery or "")
    await page.get_by_role("button", name="Go on").click()
    await page.wait_for_url("**/board")


async def test_the_link_s_secret_leaves_the_address_and_works_once(page: Page, school: Served) -> None:
    identity = school.services.identity
    ana, boss = await identity.find_account("ana"), await identity.find_account("boss")
    assert ana
    assert boss
    by = Principal(id=boss.id, kind="account", role=Role.DISTRICT_ADMIN, name="boss", school_ids=None)
    link = await identity.desk.give_link(by, ana.id, mail=False)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url + str(request.headers.get("referer"))))
    await page.goto(link.path)
    await expect(page.get_by_label("Code of the link")).to_be_hidden()
    assert urlsplit(page.url).fragment == ""
    await page.get_by_label("New password", exact=True).fill("three quiet words")
    await page.get_by_label("The same again").fill("three quiet words")
    await page.get_by_role("button", name="Save the new password").click()
    await expect(page.get_by_role("heading", name="Your password is changed")).to_be_visible()
    assert not any(link.code in sent for sent in asked), "neither an address nor a Referer bears the secret"
    await page.goto("/sign-in")
    await page.goto(link.path)
    await page.get_by_label("New password", exact=True).fill("three other words")
    await page.get_by_label("The same again").fill("three other words")
    await page.get_by_role("button", name="Save the new password").click()
    await expect(page.get_by_role("alert")).to_contain_text("used already")
