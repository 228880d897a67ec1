"""Setting single sign-on up: for administrators of the whole district only, and without ever telling a secret."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select, text

from corridor.base.outside import OutsideAnswer
from corridor.identity.audit import STREAM
from corridor.identity.permissions import COLUMNS
from corridor.identity.principal import MACHINE_ROLES, PERSONAL_ROLES, Role
from corridor.ledger.tables import LedgerEvent
from tests.web.visitor import visitor, words
from tests.world import Api, World

HOME = "/admin/single-sign-on"
SECRET = "GOCSPX-not-to-be-seen"
GOOGLE = {
    "preset": "google",
    "client_id": "4071.apps.example",
    "client_secret": SECRET,
    "allowed": ["school.example"],
}
OTHER = {"preset": "other", "issuer": "https://login.school.example", "client_id": "c", "client_secret": SECRET}


async def made(api: Api, wish: dict[str, Any]) -> dict[str, Any]:
    answer = await api.post("/sign-in/providers", wish)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_a_service_is_added_changed_and_removed_and_all_is_in_the_audit(world: World) -> None:
    admin = await world.caller(Role.DISTRICT_ADMIN)
    google = await made(admin, GOOGLE)
    assert (google["key"], google["callback"]) == ("google", "/sign-in/with/google/callback")
    assert (google["issuer"], google["match_by"]) == ("https://accounts.google.com", "email")
    changed = await admin.put(f"/sign-in/providers/{google['id']}", GOOGLE | {"client_secret": "", "name": "Staff"})
    assert (changed.status_code, changed.json()["name"], changed.json()["has_secret"]) == (200, "Staff", True)
    assert (await admin.delete(f"/sign-in/providers/{google['id']}")).status_code == 204
    assert (await admin.get("/sign-in/providers")).json()["items"] == []
    assert (await admin.get(f"/sign-in/providers/{google['id']}")).status_code == 404
    async with world.database.session() as session:
        rows = await session.scalars(select(LedgerEvent.body).where(LedgerEvent.school_id == STREAM))
        told = [row for row in rows if row and row["about"] == google["id"]]
    assert [row["what"].removeprefix("sign_in.provider_") for row in told] == ["added", "changed", "removed"]
    assert SECRET not in str(told)


async def test_the_secret_goes_in_and_never_comes_out(world: World) -> None:
    admin = await world.caller(Role.DISTRICT_ADMIN)
    answer = await admin.post("/sign-in/providers", GOOGLE)
    id = answer.json()["id"]
    page = await visitor(world, Role.DISTRICT_ADMIN)
    shown = [
        answer,
        await admin.get("/sign-in/providers"),
        await admin.get(f"/sign-in/providers/{id}"),
        await page.get(HOME),
        await page.get(f"{HOME}/{id}"),
        await page.post(f"{HOME}/{id}", name="x", client_id="x", client_secret=SECRET, allowed="not a domain"),
    ]
    assert not any(SECRET in each.text for each in shown)
    async with world.database.session() as session:
        stored = (await session.execute(text("SELECT * FROM sign_in_provider"))).one()
    assert SECRET not in str(stored)


async def test_a_kept_secret_is_not_sent_to_another_address(world: World) -> None:
    """Else whoever may change the address could have the secret sent to them."""
    admin = await world.caller(Role.DISTRICT_ADMIN)
    other = await made(admin, OTHER)
    moved = OTHER | {"issuer": "https://login.elsewhere.example", "client_secret": ""}
    refused = await admin.put(f"/sign-in/providers/{other['id']}", moved)
    assert (refused.status_code, refused.json()["field"]) == (422, "client_secret")
    assert (await admin.put(f"/sign-in/providers/{other['id']}", moved | {"client_secret": "n"})).status_code == 200


async def test_keys_are_told_apart(world: World) -> None:
    admin = await world.caller(Role.DISTRICT_ADMIN)
    assert [(await made(admin, GOOGLE))["key"] for _ in range(2)] == ["google", "google-2"]
    assert (await admin.post("/sign-in/providers", GOOGLE | {"key": "google"})).status_code == 409


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"preset": "google", "allowed": []}, "allowed"),
        ({"preset": "microsoft", "allowed": ["common"]}, "allowed"),
        ({"preset": "google", "allowed": ["a.example"], "client_secret": ""}, "client_secret"),
        ({"preset": "google", "allowed": ["a.example"], "match_by": "source_id"}, "match_by"),
        ({"issuer": "http://login.school.example"}, "issuer"),
        ({"issuer": "https://169.254.169.254"}, "issuer"),
        ({"issuer": "https://localhost"}, "issuer"),
        ({"issuer": "https://2130706433"}, "issuer"),
        ({"issuer": "https://[::ffff:10.0.0.1]"}, "issuer"),
        ({"issuer": "https://user@login.school.example"}, "issuer"),
        ({"issuer": "javascript:alert(1)"}, "issuer"),
        ({"issuer": ""}, "issuer"),
        ({"client_id": " "}, "client_id"),
        ({"name": "x" * 41}, "name"),
        ({"key": "../admin"}, "key"),
        ({"key": "-"}, "key"),
        ({"match_claim": "two words"}, "match_claim"),
        ({"client_secret": "line\nbreak\x00"}, "client_secret"),
    ],
)
async def test_what_cannot_be_right_is_refused_with_its_field(world: World, change: dict[str, Any], field: str) -> None:
    admin = await world.caller(Role.DISTRICT_ADMIN)
    refused = await admin.post("/sign-in/providers", OTHER | change)
    assert (refused.status_code, refused.json()["field"]) == (422, field)


@pytest.mark.parametrize("role", [role for role in COLUMNS if role not in {Role.DISTRICT_ADMIN, Role.KIOSK}])
async def test_nobody_else_sees_or_changes_any_of_it(world: World, role: Role) -> None:
    limits: dict[str, Any] = {}
    if role in PERSONAL_ROLES:
        limits["person_id"] = world.school.students[0]
    elif role not in MACHINE_ROLES:
        limits["school_id"] = world.school.id
    id = (await made(await world.caller(Role.DISTRICT_ADMIN), OTHER))["id"]
    api, page = await world.caller(role, **limits), await visitor(world, role, **limits)
    answers = [
        await api.get("/sign-in/providers"),
        await api.post("/sign-in/providers", OTHER),
        await api.put(f"/sign-in/providers/{id}", OTHER),
        await api.delete(f"/sign-in/providers/{id}"),
        await api.post(f"/sign-in/providers/{id}/test"),
        await page.get(HOME),
        await page.get(f"{HOME}/{id}"),
        await page.post(f"{HOME}/{id}/remove"),
    ]
    assert {answer.status_code for answer in answers} == {403}


async def test_an_administrator_of_one_school_is_not_one_of_the_district(world: World) -> None:
    id = (await made(await world.caller(Role.DISTRICT_ADMIN), OTHER))["id"]
    limited = await world.caller(Role.DISTRICT_ADMIN, school_id=world.school.id)
    assert (await limited.get("/sign-in/providers")).status_code == 403
    assert (await limited.delete(f"/sign-in/providers/{id}")).status_code == 403
    page = await visitor(world, Role.DISTRICT_ADMIN, school_id=world.school.id)
    assert (await page.get(HOME)).status_code in (403, 404)


async def test_the_pages_explain_each_service_and_what_to_register(world: World) -> None:
    page = await visitor(world, Role.DISTRICT_ADMIN)
    overview = words(await page.get(HOME))
    for title in ("Google", "Microsoft", "ClassLink", "Clever", "Another service"):
        assert title in overview
    for preset, says in (
        ("google", "console.cloud.google.com"),
        ("microsoft", "entra.microsoft.com"),
        ("classlink", "Partner Portal"),
        ("clever", "apps.clever.com"),
        ("other", "authorization code flow"),
    ):
        form = await page.get(HOME, new=preset)
        assert says in words(form)
        assert f"/sign-in/with/{preset}/callback" in form.text


async def test_a_service_is_set_up_with_the_pages(world: World) -> None:
    page = await visitor(world, Role.DISTRICT_ADMIN)
    form: dict[str, Any] = {
        "preset": "microsoft",
        "key": "microsoft",
        "name": "Microsoft",
        "client_id": "6cb04018-a3f5-46a7-b995-940c78f5aef3",
        "client_secret": SECRET,
        "allowed": "72f988bf-86f1-41af-91ab-2d7cd011db47\n",
        "match_by": "email",
        "makes_accounts": "yes",
    }
    wrong = await page.post(HOME, **form | {"allowed": "our tenant"})
    assert wrong.status_code == 422
    assert "is none of the tenant ids" in words(wrong)
    assert "6cb04018" in wrong.text, "what was right is still there"
    added = await page.post(HOME, **form)
    assert added.status_code == 303
    address, _, query = added.headers["location"].partition("?")
    assert query == "said=added"
    assert "Added." in words(await page.get(address, said="added"))
    assert "Sign in with Microsoft" in words(await page.get("/sign-in"))
    await page.post(f"{address}/switch", on="no")
    assert "Sign in with Microsoft" not in words(await page.get("/sign-in"))
    changed = await page.post(address, **form | {"client_secret": "", "name": "Staff account"})
    assert changed.status_code == 303
    assert "Staff account" in words(await page.get(HOME))
    assert "Sign in with Staff account" not in words(await page.get("/sign-in")), "a change does not switch it on"
    assert (await page.post(f"{address}/remove")).status_code == 303
    assert "Nobody signs in from elsewhere yet" in words(await page.get(HOME))


async def test_the_connection_test_says_what_is_wrong_and_calls_nothing_inside(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, admin = await visitor(world, Role.DISTRICT_ADMIN), await world.caller(Role.DISTRICT_ADMIN)
    id = (await made(admin, OTHER))["id"]
    outside = world.services.sign_on.providers._outside
    answers = {
        "/.well-known/openid-configuration": b'{"issuer": "https://evil.example", "authorization_endpoint": "https://a.b/c",'
        b' "token_endpoint": "https://a.b/c", "jwks_uri": "https://a.b/c"}'
    }

    async def send(method: str, url: str, **options: Any) -> OutsideAnswer:
        return OutsideAnswer(url, 200, {}, answers[url.removeprefix("https://login.school.example")])

    monkeypatch.setattr(outside, "send", send)
    tested = await page.post(f"{HOME}/{id}/test")
    assert "calls itself https://evil.example" in words(tested)
    finding = (await admin.post(f"/sign-in/providers/{id}/test")).json()
    assert (finding["ok"], "evil.example" in finding["problem"]) == (False, True)


async def test_the_loopback_is_called_only_where_a_setting_allows_it(world: World) -> None:
    """A name that leads here is found out when it is called, not by how it is written."""
    admin = await world.caller(Role.DISTRICT_ADMIN)
    calls: list[object] = []
    server = await asyncio.start_server(lambda *pair: calls.append(pair), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    id = (await made(admin, OTHER | {"issuer": f"https://rebound.school.example:{port}"}))["id"]

    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    world.services.sign_on.providers._outside._backend._resolve = resolve
    finding = (await admin.post(f"/sign-in/providers/{id}/test")).json()
    server.close()
    assert (finding["ok"], calls) == (False, [])
    assert "its own network" in finding["problem"]
