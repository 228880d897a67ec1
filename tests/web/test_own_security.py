"""The page about one's own sign-in, and what became of mails."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pyotp
import pytest

from corridor.app import Services
from corridor.base.database import Database
from corridor.base.settings import Settings
from corridor.identity.mail import Mail
from corridor.identity.own_security import FRESH
from corridor.identity.principal import Role
from corridor.integrations.outbound.mail import MailOutbox, MailRow
from tests.school import make_school
from tests.web.visitor import PASSWORD, Visitor, browser, form_token, visitor, words
from tests.world import World, running

NEW = "three quiet words"
SCHOOL = "Washington Middle School"


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with running(database, await make_school(database), tmp_path) as world:
        await world.services.identity.create_account(role=Role.DISTRICT_ADMIN, username="boss", password=PASSWORD)
        yield world


@pytest.fixture
async def boss(world: World) -> AsyncIterator[Visitor]:
    async with browser(world) as visitor:
        page = await visitor.get("/sign-in")
        await visitor.post("/sign-in", _csrf=form_token(page), username="boss", password=PASSWORD)
        yield visitor


async def token_of(boss: Visitor) -> str:
    return form_token(await boss.get("/me/security"))


async def test_a_password_is_changed_with_the_one_until_now(world: World, boss: Visitor) -> None:
    token = await token_of(boss)
    for old, new, again, problem in (
        ("wrong", NEW, NEW, "This is not your password"),
        (PASSWORD, NEW, "other", "The two passwords differ"),
        (PASSWORD, "short", "short", "at least 10"),
        (PASSWORD, PASSWORD, PASSWORD, "the password you have"),
    ):
        page = await boss.post("/me/security/password", _csrf=token, old=old, new=new, again=again)
        assert page.status_code == 422
        assert problem in words(page)
    done = await boss.post("/me/security/password", _csrf=token, old=PASSWORD, new=NEW, again=NEW)
    assert done.headers["location"] == "/me/security?done=password"
    assert (await boss.get("/me/security")).status_code == 200
    assert (await world.services.identity.sign_in("boss", NEW, address="x")).role is Role.DISTRICT_ADMIN


async def test_another_site_changes_nothing(boss: Visitor) -> None:
    token = await token_of(boss)
    paths = ("password", "app", "app/remove", "codes", "passkeys", "passkeys/options", "sessions/end-others")
    for path in paths:
        assert (await boss.post(f"/me/security/{path}", old=PASSWORD, new=NEW, again=NEW)).status_code == 403
        crossed = await boss.client.post(
            f"/me/security/{path}", data={"_csrf": token}, headers={"sec-fetch-site": "cross-site"}
        )
        assert crossed.status_code == 403


async def test_an_app_is_set_up_once_its_owner_has_shown_who_they_are(world: World, boss: Visitor) -> None:
    token = await token_of(boss)
    world.clock.advance(FRESH)
    for answer in (
        await boss.get("/me/security/app"),
        await boss.post("/me/security/app", _csrf=token, code="000000"),
        await boss.post("/me/security/codes", _csrf=token),
        await boss.post("/me/security/app/remove", _csrf=token),
    ):
        assert answer.headers["location"].startswith("/me/confirm?next=/me/security")
    assert "not your password" in words(await boss.post("/me/confirm", _csrf=token, secret="wrong"))
    elsewhere = await boss.post("/me/confirm", _csrf=token, secret=PASSWORD, next="https://evil.example")
    assert elsewhere.headers["location"] == "/"
    page = await boss.get("/me/security/app")
    app = pyotp.TOTP(page.text.split('class="secret">')[1].split("<")[0].replace(" ", ""))
    wrong = await boss.post("/me/security/app", _csrf=token, code="000000")
    assert wrong.status_code == 422
    codes = await boss.post("/me/security/app", _csrf=token, code=app.at(world.clock.now()))
    assert "Keep these codes" in words(codes)
    assert "10 of 10 left" in words(await boss.get("/me/security"))
    assert (await boss.post("/me/security/app/remove", _csrf=token)).status_code == 303
    assert "Set up an authenticator app" in words(await boss.get("/me/security"))


async def test_passkeys_are_not_offered_at_an_address_that_is_a_number(world: World) -> None:
    async with browser(world) as here:
        here.client.base_url = "https://192.0.2.7"
        page = await here.get("/sign-in")
        assert "passkey" not in words(page)
        refused = await here.post("/sign-in/passkey/options", _csrf=form_token(page))
        assert refused.status_code == 422


async def test_mail_that_was_given_up_is_seen_and_tried_again(world: World) -> None:
    mail, now = world.services.mail, world.clock.now()
    async with world.database.session() as session:
        await mail.put(session, Mail("ana@x.example", "Choose a new password", "secret"), now)
    async with world.database.session() as session:
        (row,) = await mail.recent()
        kept = await session.get_one(MailRow, row.id)
        kept.given_up_at, kept.next_try_at, kept.last_error = now, None, "550 no such mailbox"
    boss = await visitor(world, Role.DISTRICT_ADMIN)
    page = await boss.get("/admin/mail")
    assert "1 could not be sent" in words(page)
    assert "550 no such mailbox" in words(page)
    assert "secret" not in page.text
    assert (await boss.post(f"/admin/mail/{row.id}/again")).status_code == 303
    assert await mail.counts() == (1, 0)


async def test_the_demo_shows_its_mails(world: World, tmp_path: Path) -> None:
    services: Services = world.services
    demo = Settings(data_dir=tmp_path, demo=True)
    services.settings = demo
    services.mail = MailOutbox(world.database, world.clock, demo)
    services.identity.outbox = services.mail
    services.identity.settings = msgspec.structs.replace(services.identity.settings, demo=True)
    await services.identity.create_account(role=Role.TEACHER, username="lee@x.example", password=NEW, school=SCHOOL)
    async with browser(world) as stranger:
        page = await stranger.get("/sign-in/forgotten")
        asked = await stranger.post("/sign-in/forgotten", _csrf=form_token(page), username="LEE@x.example")
        unknown = await stranger.post("/sign-in/forgotten", _csrf=form_token(page), username="nobody")
        assert words(asked) == words(unknown), "the same answer for whoever does not exist"
        await services.identity.links.settled()
        box = await stranger.get("/demo/outbox")
        assert "To lee@x.example" in words(box)
        assert "https://test/sign-in/new-password-link#" in words(box)
