"""Another site that makes a browser send what its owner never meant."""

from typing import Any

import httpx
import pytest

from tests.web.visitor import browser, form_token, sign_in_as_student
from tests.world import World

FORM = {"content-type": "application/x-www-form-urlencoded"}


async def _passes(world: World) -> int:
    return len((await world.services.ledger.state(world.school.id)).passes)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "https://test.evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": "https://other.test"},
        {"x-csrf-token": "nonsense"},
        {"x-csrf-token": ""},
        {"content-type": "text/plain"},
        {"content-type": "application/json"},
    ],
)
async def test_a_signed_in_browser_asks_for_nothing_on_another_sites_behalf(
    world: World, headers: dict[str, str]
) -> None:
    async with browser(world) as visitor:
        await sign_in_as_student(world, visitor)
        path = f"/api/v1/schools/{world.school.id}/passes"
        body = f'{{"destination_id": "{world.school.library}"}}'
        answer = await visitor.client.post(path, content=body, headers={"content-type": "application/json"} | headers)
        assert answer.status_code in (400, 403, 415), answer.text
    assert await _passes(world) == 0


async def test_a_token_of_another_browser_does_not_fit(world: World) -> None:
    async with browser(world) as thief, browser(world) as victim:
        token = form_token(await thief.get("/sign-in"))
        await sign_in_as_student(world, victim)
        answer = await victim.client.post("/sign-out", data={"_csrf": token})
        assert answer.status_code == 403
        assert (await victim.get("/student")).status_code == 200


async def test_a_token_from_before_signing_in_does_not_fit_afterwards(world: World) -> None:
    async with browser(world) as visitor:
        early = form_token(await visitor.get("/sign-in"))
        await sign_in_as_student(world, visitor)
        answer = await visitor.client.post("/sign-out", data={"_csrf": early})
        assert answer.status_code == 403


async def test_nothing_changes_by_get_or_by_a_method_in_disguise(world: World) -> None:
    async with browser(world) as visitor:
        await sign_in_as_student(world, visitor)
        assert (await visitor.get("/sign-out")).status_code in (404, 405)
        tricks: tuple[dict[str, str], ...] = (
            {"x-http-method-override": "POST"},
            {"x-method-override": "POST"},
            {"x-http-method": "DELETE"},
        )
        for headers in tricks:
            await visitor.client.get("/student", headers=headers, params={"_method": "POST"})
            await visitor.client.get(f"/api/v1/schools/{world.school.id}/passes", headers=headers)
        assert (await visitor.get("/student")).status_code == 200
    assert await _passes(world) == 0


async def test_no_other_site_may_read_an_answer(world: World) -> None:
    student = await world.student(0)
    headers = student.headers | {"origin": "https://evil.example"}
    for answer in (
        await world.client.get("/api/v1/me", headers=headers),
        await world.client.options("/api/v1/me", headers=headers | {"access-control-request-method": "GET"}),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control-")]


async def _post(client: httpx.AsyncClient, path: str, **form: Any) -> httpx.Response:
    return await client.post(path, data=form, headers=FORM | {"accept": "text/html"})


@pytest.mark.parametrize(
    "next_page",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "/%0d%0aset-cookie:x=y",
        "///evil.example",
        "http://test@evil.example",
    ],
)
async def test_signing_in_leads_nowhere_else(world: World, next_page: str) -> None:
    async with browser(world) as visitor:
        await sign_in_as_student(world, visitor)
        await visitor.post("/sign-out", _csrf=form_token(await visitor.get("/student")))
        page = await visitor.get("/sign-in", next=next_page)
        token = form_token(page)
        from tests.web.visitor import PASSWORD

        answer = await visitor.client.post(
            "/sign-in",
            params={"next": next_page},
            data={"_csrf": token, "username": "ana", "password": PASSWORD, "next": next_page},
        )
        assert answer.status_code == 303, answer.text
        location = answer.headers["location"]
        assert location.startswith("/")
        assert not location.startswith(("//", "/\\", "/\t"))
        assert "evil.example" not in location
        assert "set-cookie:x" not in location.lower() or "%0d%0a" in location.lower()
