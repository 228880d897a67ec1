"""The steps of signing in over HTTP: the cookie of the first step opens the second, and nothing else."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pyotp
import pytest

from corridor.base.database import Database
from corridor.identity.api import SESSION_COOKIE
from corridor.identity.pages import STEP_COOKIE
from corridor.identity.principal import Principal, Role
from corridor.identity.service import SignedIn
from corridor.identity.sign_in_policy import SignInPolicy
from tests.school import make_school
from tests.web.visitor import PASSWORD, Visitor, browser, form_token, words
from tests.world import World, running

HERE = "127.0.0.1"


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with running(database, await make_school(database), tmp_path) as world:
        await world.services.identity.create_account(role=Role.DISTRICT_ADMIN, username="boss", password=PASSWORD)
        yield world


@pytest.fixture
async def boss(world: World) -> AsyncIterator[Visitor]:
    async with browser(world) as visitor:
        yield visitor


async def sign_in(visitor: Visitor, **more: Any) -> httpx.Response:
    page = await visitor.get("/sign-in")
    return await visitor.post("/sign-in", _csrf=form_token(page), username="boss", password=PASSWORD, **more)


async def with_app(world: World) -> pyotp.TOTP:
    """Give the administrator an authenticator app."""
    identity = world.services.identity
    outcome = await identity.sign_in("boss", PASSWORD, address=HERE)
    assert isinstance(outcome, SignedIn)
    me = await identity.by_session(outcome.token)
    assert me
    app = pyotp.TOTP((await identity.own.begin_app(me)).secret)
    await identity.own.set_up_app(me, app.at(world.clock.now(), counter_offset=-1), HERE)
    return app


async def test_the_cookie_of_the_first_step_opens_nothing_but_the_second(world: World, boss: Visitor) -> None:
    app = await with_app(world)
    answer = await sign_in(boss, next="/admin")
    assert answer.headers["location"] == "/sign-in/next?next=/admin"
    assert SESSION_COOKIE not in boss.client.cookies
    step = boss.client.cookies[STEP_COOKIE]
    for path in ("/", "/board", "/admin", "/me/security", "/admin/accounts", "/me/confirm"):
        assert (await boss.get(path)).headers["location"].startswith("/sign-in?next="), path
    async with browser(world) as forger:
        forger.client.cookies.set(SESSION_COOKIE, step)
        assert (await forger.get("/board")).status_code == 303
        api = await forger.client.get("/api/v1/me")
        bearer = await forger.client.get("/api/v1/me", headers={"authorization": f"Bearer {step}"})
        assert (api.status_code, bearer.status_code) == (401, 401)
    page = await boss.get("/sign-in/next", next="/admin")
    assert "Is it you?" in words(page)
    answer = await boss.post(
        "/sign-in/next/code", _csrf=form_token(page), code=app.at(world.clock.now()), next="/admin"
    )
    assert answer.headers["location"] == "/admin"
    assert STEP_COOKIE not in boss.client.cookies
    assert (await boss.get("/admin")).status_code == 200


async def test_the_way_back_leads_to_no_other_site(world: World, boss: Visitor) -> None:
    app = await with_app(world)
    answer = await sign_in(boss, next="//evil.example")
    assert answer.headers["location"] == "/sign-in/next?next=/"
    page = await boss.get("/sign-in/next", next="https://evil.example")
    assert "evil" not in page.text
    code = app.at(world.clock.now())
    answer = await boss.post("/sign-in/next/code", _csrf=form_token(page), code=code, next="//evil.example")
    assert answer.headers["location"] == "/"


async def test_another_browser_s_form_does_not_pass_the_step(world: World, boss: Visitor) -> None:
    app = await with_app(world)
    await sign_in(boss)
    async with browser(world) as other:
        token = form_token(await other.get("/sign-in"))
    answer = await boss.post("/sign-in/next/code", _csrf=token, code=app.at(world.clock.now()))
    assert answer.status_code == 403


async def test_without_the_first_step_there_is_no_second(boss: Visitor) -> None:
    token = form_token(await boss.get("/sign-in"))
    assert (await boss.get("/sign-in/next")).headers["location"].startswith("/sign-in?")
    for path in ("code", "app", "later", "password", "done", "passkey", "new-passkey"):
        answer = await boss.post(
            f"/sign-in/next/{path}", _csrf=token, new="three quiet words", again="three quiet words"
        )
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/"), path
    for path in ("/sign-in/next/passkey/options", "/sign-in/next/new-passkey/options"):
        assert (await boss.post(path, _csrf=token)).status_code == 303
    assert (await boss.get("/sign-in/next/qr.svg")).status_code == 303
    assert SESSION_COOKIE not in boss.client.cookies


@pytest.mark.parametrize(
    "credential", ["", "{}", "[]", "null", '{"id":1}', '{"response":{"clientDataJSON":"e30"}}', "x"]
)
async def test_what_is_no_passkey_signs_nobody_in(boss: Visitor, credential: str) -> None:
    token = form_token(await boss.get("/sign-in"))
    asked = await boss.post("/sign-in/passkey/options", _csrf=token)
    assert (asked.status_code, asked.json()["userVerification"]) == (200, "required")
    answer = await boss.post("/sign-in/passkey", _csrf=token, credential=credential)
    assert answer.status_code == 401
    assert SESSION_COOKIE not in boss.client.cookies


async def test_a_required_second_step_is_set_up_before_anything_else(world: World, boss: Visitor) -> None:
    identity = world.services.identity
    account = await identity.find_account("boss")
    assert account
    by = Principal(id=account.id, kind="account", role=Role.DISTRICT_ADMIN, name="x", school_ids=None)
    strict = msgspec.structs.replace(SignInPolicy().of(Role.DISTRICT_ADMIN), second_step=True)
    await sign_in(boss)
    assert (await boss.get("/admin")).status_code == 200
    await identity.change_policy(SignInPolicy({Role.DISTRICT_ADMIN: strict}), by)
    assert (await boss.get("/admin")).headers["location"].startswith("/sign-in")
    answer = await sign_in(boss)
    page = await boss.get(answer.headers["location"])
    assert "Set up a second step" in words(page)
    picture = await boss.get("/sign-in/next/qr.svg")
    assert (picture.headers["content-type"], picture.headers["cache-control"]) == ("image/svg+xml", "no-store")
    skipped = await boss.post("/sign-in/next/done", _csrf=form_token(page))
    assert skipped.headers["location"].startswith("/sign-in/next")
    assert (await boss.get("/admin")).headers["location"].startswith("/sign-in")
    page = await boss.get("/sign-in/next")
    secret = page.text.split('class="secret">')[1].split("<")[0].replace(" ", "")
    code = pyotp.TOTP(secret).at(world.clock.now())
    codes = await boss.post("/sign-in/next/app", _csrf=form_token(page), code=code)
    assert "Keep these codes" in words(codes)
    await boss.post("/sign-in/next/done", _csrf=form_token(codes))
    assert (await boss.get("/admin")).status_code == 200


async def test_staying_signed_in_is_a_cookie_that_outlives_the_browser(world: World, boss: Visitor) -> None:
    student = world.school.students[0]
    identity = world.services.identity
    district = Principal(id=student, kind="account", role=Role.DISTRICT_ADMIN, name="x", school_ids=None)
    made = await identity.desk.create(district, role=Role.STUDENT, person_id=student, username="ana")
    await identity.set_password(made.id, PASSWORD)
    for stay, lasts in (("", False), ("1", True)):
        async with browser(world) as visitor:
            token = form_token(await visitor.get("/sign-in"))
            form: dict[str, Any] = {"_csrf": token, "username": "ana", "password": PASSWORD, "stay": stay}
            answer = await visitor.post("/sign-in", **form)
            cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith(SESSION_COOKIE))
            assert (f"Max-Age={90 * 24 * 3600}" in cookie) is lasts


async def test_sessions_are_listed_and_ended_over_the_api(world: World, boss: Visitor) -> None:
    await sign_in(boss)
    async with browser(world) as other:
        await sign_in(other)
        items = (await boss.client.get("/api/v1/me/sessions")).json()["items"]
        assert [item["this_one"] for item in items].count(True) == 1
        assert len(items) == 2
        page = await boss.get("/me/security")
        headers = {"x-csrf-token": form_token(page)}
        assert (await boss.client.delete("/api/v1/me/sessions")).status_code == 403, "not without the page's token"
        assert (await boss.client.delete("/api/v1/me/sessions", headers=headers)).status_code == 204
        assert (await other.get("/me/security")).status_code == 303
    assert (await boss.get("/me/security")).status_code == 200
    token = await world.caller(Role.DISTRICT_ADMIN)
    assert (await token.get("/me/sessions")).status_code == 403


async def test_a_forgotten_password_is_answered_alike_for_everybody(world: World, boss: Visitor) -> None:
    page = await boss.get("/sign-in/forgotten")
    assert "sends no mail" in words(page)
    refused = await boss.post("/sign-in/forgotten", _csrf=form_token(await boss.get("/sign-in")), username="boss")
    assert refused.status_code == 404


async def test_the_demo_s_mails_are_the_demo_s_alone(boss: Visitor) -> None:
    assert (await boss.get("/demo/outbox")).status_code == 404
