"""A session that was good a moment ago: after leaving, being closed out, a lesser role, a new password."""

from collections.abc import Awaitable, Callable

import httpx
import pytest
from sqlalchemy import text

from corridor.identity.cache import LIFETIME
from corridor.identity.principal import Role
from tests.web.visitor import PASSWORD, Visitor, browser, form_token, sign_in_as_student
from tests.world import World

COOKIE = "corridor_session"
OTHER_PASSWORD = "another quiet evening by the sea"


async def _session_of(visitor: Visitor) -> str:
    cookie = visitor.client.cookies.get(COOKIE)
    assert cookie
    return cookie


async def _opens(world: World, cookie: str) -> bool:
    """Whether the cookie still opens a page, tried from a browser of one's own."""
    transport = world.client._transport
    async with httpx.AsyncClient(transport=transport, base_url="https://test", cookies={COOKIE: cookie}) as client:
        answer = await client.get("/student", headers={"accept": "text/html"})
    return answer.status_code == 200


async def _sign_out(world: World, visitor: Visitor) -> None:
    page = await visitor.get("/student")
    await visitor.post("/sign-out", _csrf=form_token(page))


async def _disable(world: World, visitor: Visitor) -> None:
    account = await world.services.identity.find_account("ana")
    assert account
    await world.services.identity.disable_account(account.id)


async def _new_password(world: World, visitor: Visitor) -> None:
    account = await world.services.identity.find_account("ana")
    assert account
    await world.services.identity.set_password(account.id, OTHER_PASSWORD)


async def _leave(world: World, visitor: Visitor) -> None:
    async with world.database.session() as session:
        await session.execute(text("UPDATE person SET active = false WHERE source_id = 's-1'"))
    world.clock.advance(LIFETIME)


async def _barred_by_the_roster(world: World, visitor: Visitor) -> None:
    async with world.database.session() as session:
        await session.execute(text("UPDATE person SET may_sign_in = false WHERE source_id = 's-1'"))
    world.clock.advance(LIFETIME)


async def _another_role(world: World, visitor: Visitor) -> None:
    async with world.database.session() as session:
        await session.execute(text("UPDATE account SET role = 'guardian' WHERE username = 'ana'"))
    world.clock.advance(LIFETIME)


@pytest.mark.parametrize(
    "ends", [_sign_out, _disable, _new_password, _leave, _barred_by_the_roster, _another_role], ids=lambda f: f.__name__
)
async def test_a_stolen_cookie_opens_nothing_once(
    world: World, ends: Callable[[World, Visitor], Awaitable[None]]
) -> None:
    async with browser(world) as visitor:
        await sign_in_as_student(world, visitor)
        cookie = await _session_of(visitor)
        assert await _opens(world, cookie)
        await ends(world, visitor)
        assert not await _opens(world, cookie)


async def test_a_token_that_was_revoked_or_has_expired_opens_nothing(world: World) -> None:
    from datetime import timedelta

    identity = world.services.identity
    brief = await identity.create_token(
        name="brief", role=Role.INTEGRATION, expires_at=world.clock.now() + timedelta(minutes=1)
    )
    gone = await identity.create_token(name="gone", role=Role.INTEGRATION)
    for made in (brief, gone):
        headers = {"authorization": f"Bearer {made.secret}"}
        assert (await world.client.get("/api/v1/me", headers=headers)).status_code == 200
    await identity.revoke_token(gone.row.id)
    world.clock.advance(timedelta(minutes=2))
    for made in (brief, gone):
        headers = {"authorization": f"Bearer {made.secret}"}
        assert (await world.client.get("/api/v1/me", headers=headers)).status_code == 401


async def test_a_session_chosen_by_somebody_else_is_not_taken_on(world: World) -> None:
    """Session fixation: the cookie that was there before signing in is not the one after it, and opens nothing."""
    async with browser(world) as visitor:
        visitor.client.cookies.set(COOKIE, "chosen-by-a-thief")
        await sign_in_as_student(world, visitor)
        names = [cookie.value for cookie in visitor.client.cookies.jar if cookie.name == COOKIE]
        assert any(value != "chosen-by-a-thief" for value in names)
    assert not await _opens(world, "chosen-by-a-thief")


async def test_signing_in_again_gives_a_new_session_and_ends_the_old_one(world: World) -> None:
    async with browser(world) as visitor:
        await sign_in_as_student(world, visitor)
        first = await _session_of(visitor)
        visitor.client.cookies.delete("corridor_visit")
        page = await visitor.get("/sign-in")
        if page.status_code == 200:
            await visitor.post("/sign-in", _csrf=form_token(page), username="ana", password=PASSWORD)
            second = await _session_of(visitor)
            assert first == second or not await _opens(world, first)


async def test_the_cookie_is_for_the_server_alone(world: World) -> None:
    async with browser(world) as visitor:
        page = await visitor.get("/sign-in")
        async with world.database.session() as session:
            student_id = world.school.students[0]
            await session.execute(text("UPDATE person SET source_id = 's-1' WHERE id = :id"), {"id": student_id})
        await world.services.identity.create_account(role=Role.STUDENT, username="ana", password=PASSWORD, person="s-1")
        answer = await visitor.post("/sign-in", _csrf=form_token(page), username="ana", password=PASSWORD)
        (cookie,) = [each for each in answer.headers.get_list("set-cookie") if each.startswith(COOKIE)]
        lower = cookie.lower()
        assert "httponly" in lower
        assert "secure" in lower
        assert "samesite=lax" in lower or "samesite=strict" in lower
        assert "domain=" not in lower
