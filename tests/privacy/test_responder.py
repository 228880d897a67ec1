"""The link for first responders: it shows one list for some hours, every use is on record, and it reaches nothing
else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from corridor.identity.principal import Role
from tests.privacy.test_records_api import EMERGENCY, check_ledger, send_out
from tests.school import make_school
from tests.web.visitor import Visitor, browser, form_token, words
from tests.world import Api, World


@pytest.fixture
async def office(world: World) -> Api:
    return await world.caller(Role.FRONT_OFFICE, school_id=world.school.id)


async def make_link(world: World, office: Api, **more: Any) -> tuple[str, str]:
    """Its id and its secret."""
    made = await office.post(f"/schools/{world.school.id}/responder-links", EMERGENCY | {"hours": 2} | more)
    assert made.status_code == 201, made.text
    path, _, secret = made.json()["path"].partition("#")
    assert path == "/responder/open"
    return made.json()["id"], secret


@asynccontextmanager
async def opened(world: World, secret: str) -> AsyncIterator[Visitor]:
    """A browser in which the link was opened."""
    async with browser(world) as visitor:
        answer = await open_link(visitor, secret)
        assert (answer.status_code, answer.headers["location"]) == (303, "/responder")
        yield visitor


async def open_link(visitor: Visitor, secret: str) -> Any:
    page = await visitor.get("/responder/open")
    return await visitor.post("/responder/open", secret=secret, _csrf=form_token(page))


async def ended(visitor: Visitor) -> bool:
    answer = await visitor.get("/responder")
    return (answer.status_code, answer.headers.get("location")) == (303, "/responder/ended")


async def test_the_link_shows_who_is_out_and_where_with_health_places_masked(world: World, office: Api) -> None:
    await send_out(world, office, 0)
    await send_out(world, office, 1, world.school.nurse)
    _, secret = await make_link(world, office)
    async with opened(world, secret) as visitor:
        page = words(await visitor.get("/responder"))
        assert "Student00 Example" in page
        assert "to Restroom A" in page
        assert "to Appointment" in page
        assert "Nurse" not in page
        assert EMERGENCY["threat"] in page
        part = await visitor.get("/responder", part=True)
        assert part.text.startswith("<section")


async def test_the_maker_may_have_health_places_named(world: World, office: Api) -> None:
    await send_out(world, office, 1, world.school.nurse)
    _, secret = await make_link(world, office, unmasked=True)
    async with opened(world, secret) as visitor:
        assert "to Nurse" in words(await visitor.get("/responder"))


async def test_every_use_stands_on_the_record_of_whom_it_showed(world: World, office: Api) -> None:
    principal = await world.caller(Role.SCHOOL_ADMIN, school_id=world.school.id)
    await send_out(world, office, 0)
    link_id, secret = await make_link(world, office)

    async def disclosures(number: int) -> list[Any]:
        log = await principal.get(f"/students/{world.school.students[number]}/access-log")
        return [entry for entry in log.json()["items"] if entry["kind"] == "disclosure"]

    async with opened(world, secret) as visitor:
        assert await disclosures(0) == []
        for _ in range(3):
            await visitor.get("/responder")
        (entry,) = await disclosures(0)
        assert (entry["viewer_id"], entry["why"], entry["parties"]) == (link_id, *EMERGENCY.values())
        await send_out(world, office, 2, world.school.library)
        await visitor.get("/responder")
        assert (len(await disclosures(0)), len(await disclosures(2)), len(await disclosures(1))) == (1, 1, 0)
        world.clock.advance(timedelta(minutes=10))
        await visitor.get("/responder")
        assert (len(await disclosures(0)), len(await disclosures(2))) == (2, 2)
    await check_ledger(world)


@pytest.mark.parametrize("secret", ["", "x", "A" * 43])
async def test_a_forged_link_opens_nothing(world: World, office: Api, secret: str) -> None:
    await make_link(world, office)
    async with browser(world) as visitor:
        answer = await open_link(visitor, secret)
        assert (answer.status_code, answer.headers["location"]) == (303, "/responder/ended")
        assert await ended(visitor)
        visitor.client.cookies.set("corridor_session", secret or "x", domain="test")
        assert await ended(visitor)


async def test_the_secret_of_a_link_is_no_cookie_and_no_token(world: World, office: Api) -> None:
    _, secret = await make_link(world, office)
    async with browser(world) as visitor:
        visitor.client.cookies.set("corridor_session", secret, domain="test")
        assert await ended(visitor)
    stranger = Api(world.client, secret)
    assert (await stranger.get("/me")).status_code == 401


async def test_an_expired_link_shows_nothing_more(world: World, office: Api) -> None:
    _, secret = await make_link(world, office, hours=1)
    async with opened(world, secret) as visitor:
        world.clock.advance(timedelta(minutes=59))
        assert (await visitor.get("/responder")).status_code == 200
        world.clock.advance(timedelta(minutes=1))
        assert await ended(visitor)
        part = await visitor.get("/responder", part=True)
        assert part.headers["hx-redirect"] == "/responder/ended"
    async with browser(world) as late:
        assert (await open_link(late, secret)).headers["location"] == "/responder/ended"


async def test_a_revoked_link_shows_nothing_more_at_once(world: World, office: Api) -> None:
    link_id, secret = await make_link(world, office)
    async with opened(world, secret) as visitor:
        assert (await visitor.get("/responder")).status_code == 200
        assert (await office.post(f"/responder-links/{link_id}/revoke")).status_code == 200
        assert await ended(visitor)
    async with browser(world) as late:
        assert (await open_link(late, secret)).headers["location"] == "/responder/ended"
    (link,) = (await office.get(f"/schools/{world.school.id}/responder-links")).json()["items"]
    assert not link["stands"]


async def test_a_revoked_link_shows_nothing_although_this_process_still_remembers_its_cookie(
    world: World, office: Api
) -> None:
    """As when another process revoked it a moment ago."""
    _, secret = await make_link(world, office)
    async with opened(world, secret) as visitor:
        assert (await visitor.get("/responder")).status_code == 200
        async with world.database.session() as session:
            connection = await session.connection()
            await connection.exec_driver_sql("UPDATE responder_link SET revoked_at = now(), revoked_by = made_by")
        assert await ended(visitor)


async def test_the_link_reaches_nothing_else(world: World, office: Api) -> None:
    pass_ = await send_out(world, office, 0)
    student_id, school_id = world.school.students[0], world.school.id
    _, secret = await make_link(world, office)
    async with opened(world, secret) as visitor:
        for path in (
            "/students",
            f"/students/{student_id}",
            "/board",
            f"/live/board/{school_id}",
            "/teacher",
            "/desk",
            "/admin",
            "/admin/access-log",
            "/admin/access-log.csv",
            "/admin/disclosures",
            "/admin/legal-holds",
            "/api/v1/me",
            "/api/v1/schools",
            f"/api/v1/schools/{school_id}/students",
            f"/api/v1/schools/{school_id}/board",
            f"/api/v1/schools/{school_id}/locations",
            f"/api/v1/schools/{school_id}/events",
            f"/api/v1/passes/{pass_['id']}",
            f"/api/v1/students/{student_id}/access-log",
        ):
            answer = await visitor.get(path)
            assert answer.status_code in (401, 403, 404), (path, answer.status_code)
            assert "Student00" not in answer.text, path
        page = await visitor.get("/responder/open")
        token = form_token(page)
        for path in (f"/api/v1/schools/{school_id}/disclosures", f"/api/v1/passes/{pass_['id']}/end"):
            refused = await visitor.client.post(path, json=EMERGENCY, headers={"x-csrf-token": token})
            assert refused.status_code == 403, path


async def test_another_schools_staff_cannot_revoke_the_link(world: World, office: Api) -> None:
    link_id, _ = await make_link(world, office)
    other = await make_school(world.database, name="Other", district_id=world.school.district_id)
    stranger = await world.caller(Role.SCHOOL_ADMIN, school_id=other.id)
    assert (await stranger.post(f"/responder-links/{link_id}/revoke")).status_code == 404
    assert (await (await world.teacher()).post(f"/responder-links/{link_id}/revoke")).status_code == 403


@pytest.mark.parametrize("hours", [0, 25, -1])
async def test_a_link_lasts_a_day_at_most(world: World, office: Api, hours: int) -> None:
    refused = await office.post(f"/schools/{world.school.id}/responder-links", EMERGENCY | {"hours": hours})
    assert refused.status_code == 422


async def test_making_and_revoking_are_audited_without_the_secret(world: World, office: Api) -> None:
    link_id, secret = await make_link(world, office)
    await office.post(f"/responder-links/{link_id}/revoke")
    async with world.database.raw() as connection:
        cursor = await connection.execute(
            "SELECT body->>'what', body::text FROM ledger_event WHERE kind = 'admin_changed' "
            "AND body->>'about' = %s ORDER BY seq",
            [link_id],
        )
        rows = await cursor.fetchall()
    assert [what for what, _ in rows] == ["responder_link.made", "responder_link.revoked"]
    assert all(secret not in body for _, body in rows)


async def test_without_a_link_the_list_is_not_shown(world: World) -> None:
    admin = await world.caller(Role.DISTRICT_ADMIN)
    answer = await world.client.get("/responder", headers=admin.headers)
    assert answer.status_code == 403
    async with browser(world) as stranger:
        assert await ended(stranger)
