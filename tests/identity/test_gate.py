"""No request gets to a route without the right to it, and no change is made that its user did not ask for."""

import json
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from litestar import Litestar, get
from structlog.testing import capture_logs

from corridor.base.errors import SetupError
from corridor.identity.api import SESSION_COOKIE, check_routes
from corridor.identity.principal import Role
from corridor.identity.service import IdentityService
from tests.identity.conftest import Campus
from tests.identity.shell import ADDRESS, browse, make_app

PASSWORD = "correct horse battery"
SAME_SITE = {"origin": ADDRESS, "sec-fetch-site": "same-origin"}


@pytest.fixture
def app(identity: IdentityService) -> Litestar:
    return make_app(identity)


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    async with browse(app) as client:
        yield client


@asynccontextmanager
async def signed_in(
    app: Litestar, identity: IdentityService, role: Role, person: str
) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that a person of this role is signed in to."""
    account = await identity.create_account(role=role, username=f"{role}.{person}", password=PASSWORD, person=person)
    session = await identity.sign_in(account.username, PASSWORD, address="203.0.113.7")
    async with browse(app) as client:
        client.cookies.set(SESSION_COOKIE, session.token)
        yield client


async def bearer(identity: IdentityService, role: Role, **limits: object) -> dict[str, str]:
    made = await identity.create_token(name="a program", role=role, **limits)  # type: ignore[arg-type]
    return {"authorization": f"Bearer {made.secret}"}


async def test_a_public_route_is_open_and_looks_nobody_up(client: httpx.AsyncClient, identity: IdentityService) -> None:
    answer = await client.get("/open", headers=await bearer(identity, Role.DISTRICT_ADMIN))
    assert answer.json() == {"user": None, "auth": None}


@pytest.mark.parametrize("path", ["/board", "/passes", "/api/v1/me", "/api/v1/tokens"])
async def test_a_stranger_is_asked_to_sign_in(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


async def test_a_refusal_passes_the_outer_middleware_like_any_answer(client: httpx.AsyncClient) -> None:
    assert (await client.get("/board")).headers["x-stamp"] == "1"


async def test_a_program_comes_in_with_its_token(client: httpx.AsyncClient, identity: IdentityService) -> None:
    answer = await client.get("/board", headers=await bearer(identity, Role.INTEGRATION))
    assert answer.json() == {"name": "a program", "auth": "bearer"}


async def test_the_scheme_s_case_and_spaces_do_not_matter(client: httpx.AsyncClient, identity: IdentityService) -> None:
    token = (await bearer(identity, Role.INTEGRATION))["authorization"].split()[1]
    assert (await client.get("/board", headers={"authorization": f"bEARER   {token} "})).status_code == 200


@pytest.mark.parametrize("credential", ["Bearer cor_" + "A" * 43, "Bearer", "Bearer ", "Bearer x y", "Bearer \xe4"])
async def test_a_wrong_token_is_refused(client: httpx.AsyncClient, credential: str) -> None:
    answer = await client.get("/board", headers={b"authorization": credential.encode("latin-1")})
    assert (answer.status_code, answer.json()["code"]) == (401, "token_refused")


async def test_a_wrong_token_is_not_made_good_by_a_cookie(
    app: Litestar, identity: IdentityService, campus: Campus
) -> None:
    async with signed_in(app, identity, Role.TEACHER, "t-1") as client:
        assert (await client.get("/board")).status_code == 200
        assert (await client.get("/board", headers={"authorization": "Bearer cor_x"})).status_code == 401


async def test_a_proxy_s_own_authorization_does_not_hide_the_cookie(
    app: Litestar, identity: IdentityService, campus: Campus
) -> None:
    async with signed_in(app, identity, Role.TEACHER, "t-1") as client:
        answer = await client.get("/board", headers={"authorization": "Basic dTpw"})
        assert answer.json() == {"name": "Lee Cho", "auth": "session"}


async def test_a_session_is_no_bearer_token_and_a_token_no_session(
    app: Litestar, identity: IdentityService, campus: Campus
) -> None:
    async with signed_in(app, identity, Role.TEACHER, "t-1") as client, browse(app) as other:
        session = client.cookies[SESSION_COOKIE]
        assert (await other.get("/board", headers={"authorization": f"Bearer {session}"})).status_code == 401
        token = (await bearer(identity, Role.DISTRICT_ADMIN))["authorization"].split()[1]
        other.cookies.set(SESSION_COOKIE, token)
        assert (await other.get("/board")).status_code == 401


async def test_a_role_without_the_right_is_refused(app: Litestar, identity: IdentityService, campus: Campus) -> None:
    async with signed_in(app, identity, Role.STUDENT, "s-1") as client:
        answer = await client.get("/board")
        assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")
        assert (await client.get("/passes")).status_code == 200, "one of several permissions is enough"


async def test_a_stale_session_is_refused_after_its_account_was_disabled(
    app: Litestar, identity: IdentityService, campus: Campus
) -> None:
    async with signed_in(app, identity, Role.TEACHER, "t-1") as client:
        assert (await client.get("/board")).status_code == 200
        account = await identity.find_account("teacher.t-1")
        assert account is not None
        await identity.disable_account(account.id)
        assert (await client.get("/board")).status_code == 401


async def test_a_form_of_our_own_page_is_taken(app: Litestar, identity: IdentityService, campus: Campus) -> None:
    async with signed_in(app, identity, Role.TEACHER, "t-1") as client:
        token = (await client.get("/form")).text
        answer = await client.post("/passes", data={"_csrf": token, "reason": "x"}, headers=SAME_SITE)
        assert answer.status_code == 201
        assert answer.json()["form"]["reason"] == "x", "the route still reads the form"
        answer = await client.post("/passes", headers={"x-csrf-token": token, **SAME_SITE})
        assert answer.status_code == 201


async def test_an_upload_may_carry_the_token_in_its_form(
    app: Litestar, identity: IdentityService, campus: Campus
) -> None:
    async with signed_in(app, identity, Role.TEACHER, "t-1") as client:
        token = (await client.get("/form")).text
        files = {"file": ("roster.csv", b"a,b\n", "text/csv")}
        answer = await client.post("/upload", data={"_csrf": token}, files=files, headers=SAME_SITE)
        assert (answer.status_code, answer.json()) == (201, 4)
        assert (await client.post("/upload", files=files, headers=SAME_SITE)).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
        {"origin": "https://evil.example"},
        {"origin": "http://sister.127.0.0.1", "sec-fetch-site": "same-site"},
        {"origin": "null"},
    ],
)
async def test_another_site_s_post_is_refused_even_with_a_token(
    app: Litestar, identity: IdentityService, campus: Campus, headers: dict[str, str]
) -> None:
    async with signed_in(app, identity, Role.TEACHER, "t-1") as client:
        token = (await client.get("/form")).text
        answer = await client.post("/passes", data={"_csrf": token}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")


async def test_a_post_without_the_page_s_token_is_refused(
    app: Litestar, identity: IdentityService, campus: Campus
) -> None:
    async with signed_in(app, identity, Role.TEACHER, "t-1") as client:
        for answer in (
            await client.post("/passes", headers=SAME_SITE, data={"reason": "x"}),
            await client.post("/passes", headers=SAME_SITE, data={"_csrf": "AAAA"}),
            await client.post("/passes", headers=SAME_SITE, json={}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, "stale_form")


async def test_the_token_of_another_session_is_refused(
    app: Litestar, identity: IdentityService, campus: Campus
) -> None:
    async with (
        signed_in(app, identity, Role.TEACHER, "t-1") as lee,
        signed_in(app, identity, Role.STUDENT, "s-1") as ana,
    ):
        token = (await ana.get("/form")).text
        assert (await lee.post("/passes", headers={"x-csrf-token": token, **SAME_SITE})).status_code == 403


async def test_a_program_with_a_token_needs_no_page(client: httpx.AsyncClient, identity: IdentityService) -> None:
    headers = await bearer(identity, Role.INTEGRATION)
    assert (await client.post("/passes", headers={**headers, "origin": "https://elsewhere.example"})).status_code == 201


async def test_me_says_who_i_am_and_what_i_may(
    client: httpx.AsyncClient, identity: IdentityService, campus: Campus
) -> None:
    me = (await client.get("/api/v1/me", headers=await bearer(identity, Role.STUDENT, person_id=campus.student))).json()
    assert (me["role"], me["person_id"], me["school_ids"]) == ("student", str(campus.student), [str(campus.north)])
    assert me["rights"]["pass.request"] == "own"
    assert "pass.issue" not in me["rights"]


async def test_tokens_are_made_shown_once_listed_and_revoked(
    client: httpx.AsyncClient, identity: IdentityService
) -> None:
    admin = await bearer(identity, Role.DISTRICT_ADMIN)
    made = await client.post("/api/v1/tokens", headers=admin, json={"name": "wall board", "role": "integration"})
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    token, token_id = made.json()["token"], made.json()["id"]
    program = {"authorization": f"Bearer {token}"}
    assert (await client.get("/board", headers=program)).status_code == 200
    listed = await client.get("/api/v1/tokens", headers=admin)
    assert [item["name"] for item in listed.json()["items"]] == ["a program", "wall board"]
    assert "cor_" not in listed.text
    page = (await client.get("/api/v1/tokens?limit=1", headers=admin)).json()
    rest = (await client.get(f"/api/v1/tokens?limit=1&after={page['next']}", headers=admin)).json()
    assert ([item["id"] for item in rest["items"]], rest["next"]) == ([token_id], None)
    assert (await client.delete(f"/api/v1/tokens/{token_id}", headers=admin)).status_code == 204
    assert (await client.get("/board", headers=program)).status_code == 401


async def test_only_administrators_manage_tokens_and_only_within_their_rights(
    client: httpx.AsyncClient, identity: IdentityService, campus: Campus
) -> None:
    teacher = await bearer(identity, Role.TEACHER)
    assert (await client.get("/api/v1/tokens", headers=teacher)).status_code == 403
    admin = await bearer(identity, Role.SCHOOL_ADMIN, school_id=campus.north)
    everything = {"name": "x", "role": "district_admin", "school_id": str(campus.north)}
    assert (await client.post("/api/v1/tokens", headers=admin, json=everything)).status_code == 403
    elsewhere = {"name": "x", "role": "teacher", "school_id": str(campus.south)}
    assert (await client.post("/api/v1/tokens", headers=admin, json=elsewhere)).status_code == 404


async def test_no_part_of_a_secret_is_logged(
    client: httpx.AsyncClient, identity: IdentityService, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with capture_logs() as structured:
        admin = await bearer(identity, Role.DISTRICT_ADMIN)
        await client.get("/board", headers=admin)
        await client.get("/board", headers={"authorization": "Bearer cor_wrong"})
        await client.post("/api/v1/tokens", headers=admin, json={"name": "x", "role": "integration"})
        await identity.create_account(role=Role.DISTRICT_ADMIN, username="boss", password=PASSWORD)
        session = await identity.sign_in("boss", PASSWORD, address="203.0.113.7")
    logged = caplog.text + json.dumps(structured, default=repr)
    assert "signed_in" in logged
    assert not re.search("cor_|" + re.escape(PASSWORD) + "|" + re.escape(session.token[:12]), logged)


async def test_a_busy_program_does_not_ask_the_database_each_time(
    client: httpx.AsyncClient, identity: IdentityService, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = await bearer(identity, Role.INTEGRATION)
    await client.get("/board", headers=headers)

    def no_database() -> None:
        raise AssertionError("the database was asked")

    monkeypatch.setattr(identity.database, "session", no_database)
    for _ in range(20):
        assert (await client.get("/board", headers=headers)).status_code == 200


async def test_the_application_starts_when_every_route_says_who_may_use_it(app: Litestar) -> None:
    async with app.lifespan():
        pass


@pytest.mark.parametrize("opt", [{}, {"permission": None}, {"permission": "board.veiw"}, {"permission": ()}])
async def test_a_route_that_does_not_say_so_fails_the_start(identity: IdentityService, opt: dict[str, object]) -> None:
    @get("/forgotten", opt=opt)
    async def forgotten() -> str:
        return "secret"

    app = make_app(identity, extra=[forgotten])
    with pytest.raises(SetupError, match="/forgotten"):
        check_routes(app)
    with pytest.raises((SetupError, ExceptionGroup)):
        async with app.lifespan():
            pass


async def test_and_is_closed_even_if_the_start_did_not_check(identity: IdentityService) -> None:
    @get("/forgotten")
    async def forgotten() -> str:
        return "secret"

    async with browse(make_app(identity, extra=[forgotten])) as client:
        answer = await client.get("/forgotten", headers=await bearer(identity, Role.DISTRICT_ADMIN))
    assert answer.status_code == 500
    assert "secret" not in answer.text


async def test_what_litestar_answers_by_itself_needs_no_permission(client: httpx.AsyncClient) -> None:
    answer = await client.options("/board")
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, OPTIONS")
