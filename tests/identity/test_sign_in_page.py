"""Signing in and out with a browser."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from litestar import Litestar

from corridor.base.database import Database
from corridor.base.settings import Settings
from corridor.identity.accounts import DemoAccount
from corridor.identity.api import SESSION_COOKIE
from corridor.identity.limits import AT_ONE_ADDRESS
from corridor.identity.principal import Role
from corridor.identity.service import IdentityService
from tests.identity.shell import ADDRESS, browse, make_app

PASSWORD = "correct horse battery"
SAME_SITE = {"origin": ADDRESS, "sec-fetch-site": "same-origin"}


@pytest.fixture
def app(identity: IdentityService) -> Litestar:
    return make_app(identity)


@pytest.fixture
async def browser(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    async with browse(app) as browser:
        yield browser


@pytest.fixture(autouse=True)
async def boss(identity: IdentityService) -> None:
    await identity.create_account(role=Role.DISTRICT_ADMIN, username="boss", password=PASSWORD)


def field(page: httpx.Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, f"no field {name}"
    return found[1]


async def sign_in(
    browser: httpx.AsyncClient, *, password: str = PASSWORD, wanted: str = "/home", headers: dict[str, str] = SAME_SITE
) -> httpx.Response:
    page = await browser.get("/sign-in", params={"next": wanted})
    form = {"_csrf": field(page, "_csrf"), "next": wanted, "username": "boss", "password": password}
    return await browser.post("/sign-in", data=form, headers=headers)


async def test_a_page_sends_a_stranger_to_sign_in_and_back(browser: httpx.AsyncClient) -> None:
    away = await browser.get("/home?tab=1&x=%2F")
    assert (away.status_code, away.headers["location"]) == (303, "/sign-in?next=/home%3Ftab%3D1%26x%3D%252F")
    page = await browser.get(away.headers["location"])
    assert field(page, "next") == "/home?tab=1&amp;x=%2F"
    back = await sign_in(browser, wanted="/home?tab=1&x=%2F")
    assert (back.status_code, back.headers["location"]) == (303, "/home?tab=1&x=%2F")
    assert (await browser.get("/home")).text == "boss"


async def test_htmx_is_sent_to_sign_in_as_a_whole_page(browser: httpx.AsyncClient) -> None:
    headers = {"hx-request": "true", "hx-current-url": f"{ADDRESS}/board?x=1"}
    answer = await browser.get("/home", headers=headers)
    assert (answer.status_code, answer.headers["hx-redirect"]) == (200, "/sign-in?next=/board%3Fx%3D1")


async def test_the_cookie_is_closed_to_scripts_and_other_sites(browser: httpx.AsyncClient) -> None:
    cookie = next(c for c in (await sign_in(browser)).headers.get_list("set-cookie") if c.startswith(SESSION_COOKIE))
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert parts == {"httponly", "path=/", "samesite=lax"}, "over http on this machine it need not be Secure"


async def test_the_cookie_travels_encrypted_only(app: Litestar) -> None:
    async with browse(app, address="https://school.example") as browser:
        headers = {"origin": "https://school.example", "sec-fetch-site": "same-origin"}
        answer = await sign_in(browser, headers=headers)
        cookies = answer.headers.get_list("set-cookie")
        assert any(cookie.startswith(SESSION_COOKIE) and "Secure" in cookie for cookie in cookies)
        assert (await browser.get("/home")).text == "boss"


async def test_behind_a_proxy_that_hides_the_encryption_the_cookie_is_still_secure(app: Litestar) -> None:
    async with browse(app, address="http://127.0.0.1:8000") as browser:
        page = await browser.get("/sign-in")
        form = {"_csrf": field(page, "_csrf"), "username": "boss", "password": PASSWORD}
        headers = {"origin": "https://school.example", "sec-fetch-site": "same-origin"}
        answer = await browser.post("/sign-in", data=form, headers=headers)
        cookies = answer.headers.get_list("set-cookie")
        assert any(cookie.startswith(SESSION_COOKIE) and "Secure" in cookie for cookie in cookies)


async def test_an_unencrypted_address_says_why_it_cannot_keep_anyone_signed_in(app: Litestar) -> None:
    async with browse(app, address="http://10.0.0.5:8000") as browser:
        answer = await sign_in(browser, headers={"origin": "http://10.0.0.5:8000"})
    assert answer.status_code == 422
    assert "https" in answer.text
    assert SESSION_COOKIE not in answer.headers.get("set-cookie", "")


async def test_without_https_by_choice_it_works(
    database: Database, identity: IdentityService, settings: Settings
) -> None:
    plain = Settings(data_dir=settings.data_dir, secret_key="x", secure_cookies=False)
    app = make_app(IdentityService(database, identity.clock, plain))
    async with browse(app, address="http://10.0.0.5:8000") as browser:
        await sign_in(browser, headers={"origin": "http://10.0.0.5:8000"})
        assert (await browser.get("/home")).text == "boss"


async def test_a_wrong_password_says_so_and_keeps_the_username_and_the_way_back(browser: httpx.AsyncClient) -> None:
    answer = await sign_in(browser, password='no"><script>')
    assert answer.status_code == 401
    assert "do not fit together" in answer.text
    assert (field(answer, "username"), field(answer, "next")) == ("boss", "/home")
    assert "script" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_too_many_tries_say_how_long_to_wait(browser: httpx.AsyncClient) -> None:
    for _ in range(AT_ONE_ADDRESS.free):
        await sign_in(browser, password="a guess that fails")
    answer = await sign_in(browser)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert "Wait a second" in answer.text


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example"])
async def test_signing_in_leads_to_no_other_site(browser: httpx.AsyncClient, elsewhere: str) -> None:
    assert (await sign_in(browser, wanted=elsewhere)).headers["location"] == "/"
    again = await browser.get("/sign-in", params={"next": elsewhere})
    assert (again.status_code, again.headers["location"]) == (303, "/")


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example", "sec-fetch-site": "cross-site"}, {"origin": "null"}]
)
async def test_another_site_cannot_sign_a_browser_in(browser: httpx.AsyncClient, headers: dict[str, str]) -> None:
    answer = await sign_in(browser, headers=headers)
    assert answer.status_code == 403
    assert SESSION_COOKIE not in browser.cookies


async def test_a_form_of_another_browser_does_not_sign_in(app: Litestar, browser: httpx.AsyncClient) -> None:
    async with browse(app) as other:
        form = {"_csrf": field(await other.get("/sign-in"), "_csrf"), "username": "boss", "password": PASSWORD}
    await browser.get("/sign-in")
    answer = await browser.post("/sign-in", data=form, headers=SAME_SITE)
    assert (answer.status_code, answer.json()["code"]) == (403, "stale_form")


async def test_a_session_chosen_by_someone_else_is_never_taken_over(
    browser: httpx.AsyncClient, identity: IdentityService
) -> None:
    chosen = "a-token-planted-by-an-attacker"
    browser.cookies.set(SESSION_COOKIE, chosen)
    await sign_in(browser)
    assert browser.cookies.get(SESSION_COOKIE, domain="127.0.0.1") != chosen
    assert await identity.by_session(chosen) is None


async def test_signing_in_again_ends_the_browser_s_session_before(
    browser: httpx.AsyncClient, identity: IdentityService
) -> None:
    await sign_in(browser)
    first = browser.cookies[SESSION_COOKIE]
    token = (await browser.get("/form")).text
    form = {"_csrf": token, "username": "boss", "password": PASSWORD}
    await browser.post("/sign-in", data=form, headers=SAME_SITE)
    assert browser.cookies[SESSION_COOKIE] != first
    assert await identity.by_session(first) is None


async def test_signing_out_ends_the_session_and_takes_the_cookie_away(
    browser: httpx.AsyncClient, identity: IdentityService
) -> None:
    await sign_in(browser)
    session = browser.cookies[SESSION_COOKIE]
    token = (await browser.get("/form")).text
    answer = await browser.post("/sign-out", data={"_csrf": token}, headers=SAME_SITE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert SESSION_COOKIE not in browser.cookies
    assert await identity.by_session(session) is None


async def test_another_site_cannot_sign_anyone_out(browser: httpx.AsyncClient) -> None:
    await sign_in(browser)
    assert (await browser.post("/sign-out", headers={"sec-fetch-site": "cross-site"})).status_code == 403
    assert (await browser.get("/home")).text == "boss"


async def test_the_demo_offers_its_accounts_and_a_real_installation_never_does(
    database: Database, identity: IdentityService, settings: Settings
) -> None:
    accounts = [DemoAccount("boss", PASSWORD, "Dana Boss", Role.DISTRICT_ADMIN)]
    demo = Settings(data_dir=settings.data_dir, secret_key="x", demo=True)
    app = make_app(IdentityService(database, identity.clock, demo), demo_accounts=accounts)
    async with browse(app) as browser:
        page = await browser.get("/sign-in")
        assert "Dana Boss" in page.text
        assert "District admin" in page.text
        await sign_in(browser)
        assert (await browser.get("/home")).text == "boss"
    async with browse(make_app(identity, demo_accounts=accounts)) as browser:
        assert "Dana Boss" not in (await browser.get("/sign-in")).text
