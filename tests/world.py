"""A running application with a small school, and people who call its API."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import httpx
from litestar.datastructures import State

from corridor.app import Services, create_app
from corridor.base.clock import FixedClock
from corridor.base.database import Database
from corridor.base.settings import Settings
from corridor.day.policy import Post
from corridor.identity.principal import Role
from corridor.policy.commands import Keep
from tests.school import MORNING, TestSchool


class Api:
    """One who calls the API with a token of their own."""

    def __init__(self, client: httpx.AsyncClient, secret: str) -> None:
        self._client = client
        self.headers = {"Authorization": f"Bearer {secret}"}

    async def get(self, path: str, **query: Any) -> Any:
        return await self._client.get(f"/api/v1{path}", params=query, headers=self.headers)

    async def post(self, path: str, body: Any = None, key: str | None = None) -> Any:
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        return await self._client.post(f"/api/v1{path}", json=body, headers=headers)

    async def put(self, path: str, body: Any, key: str | None = None) -> Any:
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        return await self._client.put(f"/api/v1{path}", json=body, headers=headers)

    async def delete(self, path: str, key: str | None = None) -> Any:
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        return await self._client.delete(f"/api/v1{path}", headers=headers)

    async def patch(self, path: str, body: Any) -> Any:
        return await self._client.patch(f"/api/v1{path}", json=body, headers=self.headers)


class World:
    """A running application with one school."""

    def __init__(
        self, client: httpx.AsyncClient, services: Services, school: TestSchool, clock: FixedClock, database: Database
    ) -> None:
        self.client = client
        self.services = services
        self.school = school
        self.clock = clock
        self.database = database

    async def caller(self, role: Role, **limits: Any) -> Api:
        identity = self.services.identity
        made = await identity.create_token(name="test", role=role, **limits)
        return Api(self.client, made.secret)

    async def student(self, number: int = 0) -> Api:
        return await self.caller(Role.STUDENT, person_id=self.school.students[number])

    async def teacher(self) -> Api:
        return await self.caller(Role.TEACHER, person_id=self.school.teachers[0])

    async def staff_at(self, location_id: UUID, role: Role = Role.DESTINATION_STAFF) -> Api:
        """Somebody who works at this location."""
        made = await self.services.identity.create_token(name="test", role=role, school_id=self.school.id)
        await self.post_at(location_id, made.row.id)
        return Api(self.client, made.secret)

    async def post_at(self, location_id: UUID, *staff_ids: UUID) -> None:
        """Have these people, and nobody else, work at this location."""
        keep = Keep(self.school.teachers[0], Post(location_id, frozenset(staff_ids)))
        await self.services.ledger.submit(self.school.id, keep)

    async def post_everywhere(self, staff_id: UUID) -> None:
        """Have somebody work at every place that is not a classroom."""
        for location in (self.school.nurse, self.school.library, self.school.restroom):
            await self.post_at(location, staff_id)

    async def tick(self, **later: float) -> None:
        self.clock.advance(timedelta(**later))
        ledger = self.services.ledger
        await ledger.submit(self.school.id, ledger.decider.tick)


@asynccontextmanager
async def running(database: Database, school: TestSchool, data_dir: Path) -> AsyncIterator[World]:
    """The application on this database, its clock standing at a Tuesday morning."""
    clock = FixedClock(MORNING)
    app = _app_with(database, clock, Settings(data_dir=data_dir))
    transport = httpx.ASGITransport(cast("Any", app), raise_app_exceptions=False)
    services: Services = app.state.services
    async with services.running(), httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield World(client, services, school, clock, database)


_apps: list[Any] = []


def _app_with(database: Database, clock: FixedClock, settings: Settings) -> Any:
    """The application with services of its own. Its routes are the same for every test and take long to register, so
    that each process does it once."""
    if not _apps:
        _apps.append(create_app(database, clock, settings))
    app = _apps[0]
    render = app.state.services.render
    app.state = State({"services": Services(database, clock, settings, render)})
    return app
