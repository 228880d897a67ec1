"""Browsers that are kiosks, and students who stand at one."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text

from corridor.base.ids import new_id
from corridor.identity.principal import Principal, Role
from tests.web.visitor import Visitor, browser, form_token
from tests.world import World

PIN = "4711"


def office(world: World) -> Principal:
    """Front office of the school."""
    return Principal(
        id=new_id(), kind="account", role=Role.FRONT_OFFICE, name="Office", school_ids=frozenset({world.school.id})
    )


def code_on(page: httpx.Response) -> str:
    found = re.search(r'id="code"[^>]*>([A-Z]{4}-[A-Z]{4})<', page.text)
    assert found, page.text
    return found.group(1)


async def approve(world: World, code: str, room: UUID | None = None) -> UUID:
    device = await world.services.identity.devices.approve(
        office(world),
        code=code,
        name="Kiosk",
        location_id=room or world.school.room_204,
        school_id=world.school.id,
    )
    return device.id


@asynccontextmanager
async def kiosk(world: World, room: UUID | None = None) -> AsyncIterator[Visitor]:
    """A browser that was paired as the kiosk of a room, by default 204."""
    async with browser(world) as visitor:
        await approve(world, code_on(await visitor.get("/kiosk")), room)
        answer = await visitor.get("/kiosk")
        assert (answer.status_code, answer.headers["location"]) == (303, "/kiosk")
        yield visitor


async def give_pin(world: World, number: int = 0, pin: str = PIN) -> str:
    """A student ID and a PIN for a student; returns the ID."""
    student_id, identifier = world.school.students[number], f"70{number:02}"
    async with world.database.session() as session:
        await session.execute(
            text("UPDATE person SET identifier = :identifier WHERE id = :id"),
            {"identifier": identifier, "id": student_id},
        )
    await world.services.identity.credentials.set_pin(office(world), student_id, world.school.id, pin)
    return identifier


async def type_in(visitor: Visitor, **form: Any) -> httpx.Response:
    page = await visitor.get("/kiosk")
    return await visitor.post("/kiosk/identify", _csrf=form_token(page), **form)


async def identify(world: World, visitor: Visitor, number: int = 0) -> httpx.Response:
    """Say who one is, by ID and PIN; the page that follows."""
    who = await give_pin(world, number)
    answer = await type_in(visitor, who=who, asked="pin", pin=PIN)
    assert (answer.status_code, answer.headers.get("location")) == (303, "/kiosk/turn"), answer.text
    return await visitor.get("/kiosk/turn")


def turn_on(page: httpx.Response) -> str:
    found = re.search(r'name="turn" value="([^"]+)"', page.text)
    assert found, page.text
    return found.group(1)


async def act(visitor: Visitor, page: httpx.Response, path: str, **form: Any) -> httpx.Response:
    """Press a button of this page."""
    return await visitor.post(path, _csrf=form_token(page), turn=turn_on(page), **form)
