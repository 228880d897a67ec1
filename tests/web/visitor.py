"""Somebody who looks at pages: with the token of a role, or signed in with a password as people are."""

import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from sqlalchemy import text

from corridor.identity.principal import Role
from tests.world import World

PASSWORD = "a quiet corridor at noon"


class Visitor:
    """Asks for pages. `part=True` asks as htmx does, for a part of the page shown."""

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str] | None = None) -> None:
        self.client = client
        self._headers = {"accept": "text/html"} | (headers or {})

    async def get(self, path: str, *, part: bool = False, **query: Any) -> httpx.Response:
        return await self.client.get(path, params=query, headers=self._headers | _asked(part))

    async def post(self, path: str, *, part: bool = False, **form: Any) -> httpx.Response:
        return await self.client.post(path, data=form, headers=self._headers | _asked(part))


def _asked(part: bool) -> dict[str, str]:
    return {"hx-request": "true", "hx-request-type": "partial"} if part else {}


def words(response: httpx.Response) -> str:
    """What a page says, without its markup."""
    body = re.sub(r"<(head|script)\b.*?</\1>", " ", response.text, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def form_token(page: httpx.Response) -> str:
    found = re.search(r'name="_csrf" value="([^"]+)"', page.text)
    assert found, "the page has no form"
    return found.group(1)


async def visitor(world: World, role: Role, **limits: Any) -> Visitor:
    """With an API token of this role."""
    made = await world.services.identity.create_token(name="test", role=role, **limits)
    return Visitor(world.client, {"authorization": f"Bearer {made.secret}"})


async def student(world: World, number: int = 0) -> Visitor:
    return await visitor(world, Role.STUDENT, person_id=world.school.students[number])


@asynccontextmanager
async def browser(world: World) -> AsyncIterator[Visitor]:
    """A browser with cookies of its own, that nobody has signed in with yet."""
    transport = world.client._transport
    async with httpx.AsyncClient(transport=transport, base_url="https://test") as client:
        yield Visitor(client)


async def sign_in_as_student(world: World, visitor: Visitor) -> None:
    """The first student, with an account and its password."""
    student_id = world.school.students[0]
    async with world.database.session() as session:
        await session.execute(text("UPDATE person SET source_id = 's-1' WHERE id = :id"), {"id": student_id})
    await world.services.identity.create_account(role=Role.STUDENT, username="ana", password=PASSWORD, person="s-1")
    page = await visitor.get("/sign-in")
    answer = await visitor.post("/sign-in", _csrf=form_token(page), username="ana", password=PASSWORD)
    assert answer.status_code == 303, answer.text
