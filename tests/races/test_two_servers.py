"""Two servers on one database: each decides on what the other has done, and tells its listeners of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from corridor.app import make_decider
from corridor.base.clock import FixedClock
from corridor.base.database import Database
from corridor.base.ids import new_id
from corridor.base.settings import Settings
from corridor.day.words import Channel
from corridor.identity.principal import Role
from corridor.identity.service import IdentityService
from corridor.ledger.engine import Ledger
from corridor.passes.commands import RequestPass
from tests.processes import app_processes
from tests.school import MORNING, TestSchool, make_school
from tests.sse import Heard, heard

PATIENCE_SECONDS = 60


@pytest.fixture
async def school(database: Database) -> TestSchool:
    return await make_school(database, students=12)


class Pair:
    """Two servers, as seen by one client with all rights."""

    def __init__(self, clients: list[httpx.AsyncClient], school: TestSchool) -> None:
        self.one, self.other = clients
        self.school = school

    async def issue(self, client: httpx.AsyncClient, number: int, **fields: Any) -> httpx.Response:
        """Send a student to the restroom, which takes two."""
        body = {
            "student_id": str(self.school.students[number]),
            "destination_id": str(self.school.restroom),
        } | fields
        return await client.post(f"/schools/{self.school.id}/passes", json=body)

    @asynccontextmanager
    async def listening(self, client: httpx.AsyncClient, **headers: str) -> AsyncIterator[AsyncIterator[Heard]]:
        async with client.stream("GET", f"/schools/{self.school.id}/stream", headers=headers) as answer:
            assert answer.status_code == 200
            yield heard(answer.aiter_bytes())


@pytest.fixture
async def pair(database: Database, school: TestSchool, tmp_path: Path) -> AsyncIterator[Pair]:
    identity = IdentityService(database, FixedClock(MORNING), Settings(data_dir=tmp_path, secret_key="for tests"))
    token = (await identity.create_token(name="pair", role=Role.DISTRICT_ADMIN)).secret
    with app_processes(2, database.url, tmp_path) as servers:
        clients = [
            httpx.AsyncClient(
                base_url=f"{server.url}/api/v1",
                headers={"Authorization": f"Bearer {token}"},
                timeout=PATIENCE_SECONDS,
            )
            for server in servers
        ]
        yield Pair(clients, school)
        for client in clients:
            await client.aclose()


async def take(stream: AsyncIterator[Heard], count: int) -> list[Heard]:
    async with asyncio.timeout(PATIENCE_SECONDS):
        return [await anext(stream) for _ in range(count)]


async def test_a_server_that_fell_behind_catches_up_before_it_decides(pair: Pair) -> None:
    for number in range(2):
        assert (await pair.issue(pair.one, number)).status_code == 201
    refused = await pair.issue(pair.other, 2)
    assert refused.status_code == 409
    assert [reason["code"] for reason in refused.json()["reasons"]] == ["full"]


async def test_a_pass_is_asked_for_at_one_server_and_returned_at_the_other(pair: Pair) -> None:
    made = (await pair.issue(pair.one, 0)).json()
    returned = await pair.other.post(f"/passes/{made['id']}/return")
    assert (returned.status_code, returned.json()["ended_how"]) == (200, "returned")
    again = await pair.one.post(f"/passes/{made['id']}/end")
    assert (again.status_code, again.json()["pass_status"]) == (409, "ended")


async def test_a_key_used_at_one_server_counts_at_the_other(pair: Pair) -> None:
    body = {"student_id": str(pair.school.students[0]), "destination_id": str(pair.school.nurse)}
    path, headers = f"/schools/{pair.school.id}/passes", {"Idempotency-Key": "once"}
    first = await pair.one.post(path, json=body, headers=headers)
    again = await pair.other.post(path, json=body, headers=headers)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotency-replayed"] == "true"


async def test_listeners_of_each_server_hear_what_the_other_commits(pair: Pair) -> None:
    async with pair.listening(pair.one) as first, pair.listening(pair.other) as second:
        await pair.issue(pair.one, 0)
        await pair.issue(pair.other, 1)
        for stream in (first, second):
            assert [event.id for event in await take(stream, 2)] == [1, 2]


async def test_listeners_hear_on_after_every_connection_was_killed_the_doorbells_too(
    pair: Pair, database: Database
) -> None:
    async with pair.listening(pair.other) as stream:
        await pair.issue(pair.one, 0)
        assert [event.id for event in await take(stream, 1)] == [1]
        async with await psycopg.AsyncConnection.connect(database.url, autocommit=True) as killer:
            cursor = await killer.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND application_name = 'corridor'"
            )
            assert len(await cursor.fetchall()) >= 6, "each server has a writer, a listener and a ringer"
        await pair.issue(pair.one, 1)
        assert [event.id for event in await take(stream, 1)] == [2]


async def test_a_commit_for_which_nobody_rang_is_heard_at_the_next_poll(pair: Pair, database: Database) -> None:
    school = pair.school
    silent = Ledger(database, make_decider(), FixedClock(MORNING))
    await silent.start()
    async with pair.listening(pair.one) as stream:
        await silent.submit(
            school.id, RequestPass(new_id(), school.teachers[0], school.students[0], school.nurse, Channel.STAFF)
        )
        assert [event.id for event in await take(stream, 1)] == [1]
    await silent.stop()


async def test_a_listener_that_moves_between_servers_under_load_misses_nothing_and_hears_nothing_twice(
    pair: Pair,
) -> None:
    async def go_out(number: int) -> None:
        body = {"student_id": str(pair.school.students[number]), "destination_id": str(pair.school.library)}
        ask, answer = (pair.one, pair.other) if number % 2 else (pair.other, pair.one)
        made = (await ask.post(f"/schools/{pair.school.id}/passes", json=body)).json()
        assert (await answer.post(f"/passes/{made['id']}/return")).status_code == 200

    everyone = asyncio.gather(*(go_out(number) for number in range(12)))
    events: list[Heard] = []
    while len(events) < 24:
        server = pair.one if len(events) % 2 else pair.other
        last = str(events[-1].id) if events else "0"
        async with pair.listening(server, **{"Last-Event-ID": last}) as stream:
            events += await take(stream, min(3, 24 - len(events)))
    await everyone
    assert [event.id for event in events] == list(range(1, 25))
