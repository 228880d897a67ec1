"""The token endpoint as RFC 6749, 6750 and 8414 describe it, and clients over the API."""

import base64
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corridor.base.ids import new_id
from corridor.identity.principal import Role
from tests.web.visitor import browser
from tests.world import Api, World

_A_MINUTE = timedelta(minutes=1)
_NAMES = st.sampled_from(["grant_type", "client_id", "client_secret", "scope", "x"])
_PAIRS = st.lists(st.tuples(_NAMES, st.text(max_size=12)), max_size=6)
_BODIES = st.binary(max_size=40) | _PAIRS.map(lambda pairs: urlencode(pairs, errors="replace").encode())
_HEADERS = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=24).map(
    lambda text: text.strip().encode("latin-1")
)


async def registered(world: World, **fields: Any) -> dict[str, Any]:
    admin = await world.caller(Role.DISTRICT_ADMIN)
    answer = await admin.post("/oauth-clients", {"name": "Timetable", **fields})
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    made: dict[str, Any] = answer.json()
    return made


def fields(client: dict[str, Any], **more: str) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_id": client["id"],
        "client_secret": client["client_secret"],
        **more,
    }


def basic(client: dict[str, Any]) -> dict[str, str]:
    text = base64.b64encode(f"{client['id']}:{client['client_secret']}".encode()).decode()
    return {"authorization": f"Basic {text}"}


async def test_a_client_fetches_a_token_and_calls_with_it(world: World) -> None:
    client = await registered(world, scopes=["school.view", "me.view"])
    answer = await world.client.post("/oauth/token", data=fields(client))
    assert answer.status_code == 200, answer.text
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
    body = answer.json()
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 3600, "me.view school.view")
    caller = Api(world.client, body["access_token"])
    assert (await caller.get("/schools")).status_code == 200
    assert (await caller.get("/me")).json()["rights"].keys() == {"me.view", "school.view"}
    assert (await caller.get(f"/schools/{world.school.id}/passes")).status_code == 403


async def test_basic_and_narrowing(world: World) -> None:
    client = await registered(world, scopes=["school.view", "pass.view"])
    form = {"grant_type": "client_credentials", "scope": "pass.view"}
    answer = await world.client.post("/oauth/token", data=form, headers=basic(client))
    assert answer.json()["scope"] == "pass.view"
    caller = Api(world.client, answer.json()["access_token"])
    refused = await caller.get("/schools")
    assert refused.status_code == 403
    challenge = refused.headers["www-authenticate"]
    assert 'error="insufficient_scope"' in challenge
    assert 'scope="school.view"' in challenge


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, 400, "unsupported_grant_type"),
        ({"client_secret": "cos_wrong"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"client_id": str(new_id())}, 401, "invalid_client"),
        ({"client_id": "'; --"}, 401, "invalid_client"),
        ({"scope": "account.manage"}, 400, "invalid_scope"),
        ({"scope": "pass.view no.such"}, 400, "invalid_scope"),
    ],
)
async def test_refusals_are_those_of_the_rfc(world: World, change: dict[str, str], status: int, error: str) -> None:
    client = await registered(world, scopes=["pass.view"])
    answer = await world.client.post("/oauth/token", data=fields(client, **change))
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers["cache-control"] == "no-store"
    assert ("www-authenticate" in answer.headers) == (status == 401)


async def test_a_request_that_says_something_twice_is_refused(world: World) -> None:
    client = await registered(world)
    body = "grant_type=client_credentials&grant_type=client_credentials"
    headers = {"content-type": "application/x-www-form-urlencoded", **basic(client)}
    answer = await world.client.post("/oauth/token", content=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    both = await world.client.post("/oauth/token", data=fields(client), headers=basic(client))
    assert (both.status_code, both.json()["error"]) == (400, "invalid_request"), "one way of signing in only"


@pytest.mark.parametrize(
    "header", ["Basic !!!", "Basic " + base64.b64encode(b"no colon").decode(), "Bearer x", "Basic"]
)
async def test_an_unreadable_header_is_an_invalid_client(world: World, header: str) -> None:
    form = {"grant_type": "client_credentials"}
    answer = await world.client.post("/oauth/token", data=form, headers={"authorization": header})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_json_is_not_what_the_rfc_says(world: World) -> None:
    client = await registered(world)
    answer = await world.client.post("/oauth/token", json=fields(client))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_cookies_play_no_part_so_another_site_gains_nothing(world: World) -> None:
    client = await registered(world)
    async with browser(world) as visitor:
        await visitor.get("/sign-in")
        form = {"grant_type": "client_credentials"}
        headers = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
        alone = await visitor.client.post("/oauth/token", data=form, headers=headers)
        assert (alone.status_code, alone.json()["error"]) == (401, "invalid_client")
        answer = await visitor.client.post("/oauth/token", data=fields(client), headers=headers)
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        assert "access-control-allow-origin" not in answer.headers


async def test_a_secret_is_not_found_by_trying(world: World) -> None:
    client = await registered(world)
    answers = [
        await world.client.post("/oauth/token", data=fields(client, client_secret=f"cos_{number}"))
        for number in range(22)
    ]
    assert answers[0].status_code == 401
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) <= 20


async def test_the_description_says_where_and_how(world: World) -> None:
    answer = await world.client.get("/.well-known/oauth-authorization-server")
    said = answer.json()
    assert said["issuer"] == "http://test"
    assert said["token_endpoint"] == "http://test/oauth/token"
    assert said["grant_types_supported"] == ["client_credentials"]
    assert said["token_endpoint_auth_methods_supported"] == ["client_secret_basic", "client_secret_post"]
    assert said["response_types_supported"] == []
    assert "pass.view" in said["scopes_supported"]


async def test_an_expired_or_foreign_token_is_answered_as_rfc_6750_says(world: World) -> None:
    client = await registered(world)
    token = (await world.client.post("/oauth/token", data=fields(client))).json()["access_token"]
    admin = await world.caller(Role.DISTRICT_ADMIN)
    assert (await admin.delete(f"/oauth-clients/{client['id']}")).status_code == 204
    for secret in (token, "coa_" + "A" * 43, client["client_secret"]):
        answer = await Api(world.client, secret).get("/schools")
        assert answer.status_code == 401
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def test_clients_are_listed_without_their_secrets(world: World) -> None:
    first, second = await registered(world), await registered(world, name="Board", role="hall_monitor")
    admin = await world.caller(Role.DISTRICT_ADMIN)
    page = (await admin.get("/oauth-clients", limit=1)).json()
    assert ([item["id"] for item in page["items"]], page["next"]) == ([first["id"]], first["id"])
    rest = await admin.get("/oauth-clients", after=page["next"])
    assert [item["id"] for item in rest.json()["items"]] == [second["id"]]
    assert "cos_" not in rest.text
    renewed = await admin.post(f"/oauth-clients/{second['id']}/secret")
    assert renewed.json()["client_secret"] != second["client_secret"]
    assert (await world.client.post("/oauth/token", data=fields(second))).status_code == 401


@pytest.mark.parametrize("role", [Role.TEACHER, Role.HALL_MONITOR, Role.FRONT_OFFICE, Role.INTEGRATION])
async def test_only_administrators_manage_clients(world: World, role: Role) -> None:
    caller = await world.caller(role)
    assert (await caller.get("/oauth-clients")).status_code == 403
    assert (await caller.post("/oauth-clients", {"name": "x"})).status_code == 403
    assert (await caller.delete(f"/oauth-clients/{new_id()}")).status_code == 403


async def test_whatever_is_sent_is_answered_in_the_words_of_the_rfc(world: World) -> None:
    requests: list[tuple[bytes, bytes | None]] = []

    @settings(max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(_BODIES, st.none() | _HEADERS)
    def draw(body: bytes, header: bytes | None) -> None:
        requests.append((body, header))

    draw()
    sent: list[httpx.Response] = []
    for body, header in requests:
        world.clock.advance(_A_MINUTE)
        headers: dict[bytes, bytes] = {b"content-type": b"application/x-www-form-urlencoded"}
        if header:
            headers[b"authorization"] = header
        sent.append(await world.client.post("/oauth/token", content=body, headers=headers))
    assert {answer.status_code for answer in sent} <= {400, 401, 429}
    assert all(set(answer.json()) == {"error", "error_description"} for answer in sent)
