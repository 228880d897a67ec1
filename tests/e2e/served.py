"""The application behind a real socket, in the test's own process, so that the test can turn its clock."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from sqlalchemy import text

from corridor.app import Services, create_app
from corridor.base.clock import ShiftedClock
from corridor.base.database import Database
from corridor.base.settings import Settings
from corridor.identity.principal import Role
from tests.school import MORNING, TestSchool, make_school

PASSWORD = "a quiet corridor at noon"


class Served:
    """A running school at `url`. Its clock began at a Tuesday morning and runs; `later` turns it."""

    def __init__(self, url: str, services: Services, school: TestSchool, clock: ShiftedClock) -> None:
        self.url = url
        self.services = services
        self.school = school
        self._clock = clock

    async def later(self, **delta: float) -> None:
        self._clock.shift += timedelta(**delta)
        ledger = self.services.ledger
        await ledger.submit(self.school.id, ledger.decider.tick)

    async def account(self, role: Role, username: str, person: str) -> None:
        await self.services.identity.create_account(role=role, username=username, password=PASSWORD, person=person)

    async def as_teacher(self, path: str, body: Any = None) -> Any:
        """A call to the API, as the first teacher."""
        made = await self.services.identity.create_token(
            name="test", role=Role.TEACHER, person_id=self.school.teachers[0]
        )
        async with httpx.AsyncClient(base_url=f"{self.url}/api/v1") as client:
            headers = {"authorization": f"Bearer {made.secret}"}
            method = "GET" if body is None else "POST"
            answer = await client.request(method, path, json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()


@asynccontextmanager
async def served(
    database: Database, data_dir: Path, *, clock: ShiftedClock | None = None, **settings: Any
) -> AsyncIterator[Served]:
    """The small school of the tests. Its people are known by the source ids `student-0`, `teacher-0` and so on.
    `settings` are further ones of the installation."""
    school = await make_school(database)
    async with database.session() as session:
        for kind, ids in (("student", school.students), ("teacher", school.teachers)):
            for number, id in enumerate(ids):
                name = {"name": f"{kind}-{number}", "id": id}
                await session.execute(text("UPDATE person SET source_id = :name WHERE id = :id"), name)
    clock = clock or ShiftedClock(MORNING - datetime.now(UTC))
    app = create_app(database, clock, Settings(data_dir=data_dir, **settings))
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    try:
        yield Served(f"http://127.0.0.1:{listening.getsockname()[1]}", app.state.services, school, clock)
    finally:
        server.should_exit = True
        await serving
