"""Processes hear of each other's commits: by a ring, by a poll, and after everything that can go wrong in between."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import psycopg
import pytest

from corridor.base.clock import SystemClock
from corridor.base.database import Database
from corridor.base.errors import Unavailable
from corridor.base.ids import new_id
from corridor.ledger import doorbell
from corridor.ledger.doorbell import Doorbell
from corridor.ledger.engine import Committed, Ledger
from tests.ledger.toy import AddCoin, Jars, ToyDecider, set_up

PATIENCE_SECONDS = 60


@pytest.fixture
async def school(database: Database) -> UUID:
    school_id = new_id()
    await set_up(database, school_id)
    return school_id


class Process:
    """A process that knows the school, and what it has heard of."""

    def __init__(self, ledger: Ledger[Jars]) -> None:
        self.ledger = ledger
        self.heard: list[int] = []
        self._news = asyncio.Event()
        ledger.listen(self._hear)

    def _hear(self, committed: Committed[Jars]) -> None:
        self.heard += [recorded.seq for recorded in committed.events]
        self._news.set()

    async def until_heard(self, seq: int) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while seq not in self.heard:
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def process(database: Database, school: UUID, *, with_doorbell: bool = True) -> AsyncIterator[Process]:
    ledger = Ledger(database, ToyDecider(), SystemClock())
    bell = Doorbell(database, ledger)
    await ledger.start()
    if with_doorbell:
        await bell.start()
    await ledger.state(school)
    yield Process(ledger)
    if with_doorbell:
        await bell.stop()
    await ledger.stop()


async def test_a_commit_is_heard_by_the_other_process(
    database: Database, school: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doorbell, "POLL_SECONDS", 3600.0)
    async with process(database, school) as one, process(database, school) as other:
        for _ in range(3):
            await one.ledger.submit(school, AddCoin(new_id()))
        await other.until_heard(3)
        assert other.heard == [1, 2, 3]


async def test_a_commit_for_which_nobody_rang_is_heard_at_the_next_poll(
    database: Database, school: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doorbell, "POLL_SECONDS", 0.05)
    async with process(database, school) as one, process(database, school, with_doorbell=False) as silent:
        await silent.ledger.submit(school, AddCoin(new_id()))
        await one.until_heard(1)


async def test_a_moved_configuration_is_loaded_at_the_next_poll(
    database: Database, school: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doorbell, "POLL_SECONDS", 0.05)
    async with process(database, school) as one:
        jar = new_id()
        await one.ledger.submit(school, AddCoin(jar))
        async with database.session() as session:
            connection = await session.connection()
            await connection.exec_driver_sql("UPDATE toy_jar SET coins = 3")
            await connection.exec_driver_sql("UPDATE ledger_head SET config_version = config_version + 1")
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (await one.ledger.state(school)).coins != {jar: 3}:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.01)


async def test_a_process_whose_connections_were_killed_hears_on(database: Database, school: UUID) -> None:
    async with process(database, school) as one, process(database, school) as other:
        await one.ledger.submit(school, AddCoin(new_id()))
        await other.until_heard(1)
        async with await psycopg.AsyncConnection.connect(database.url, autocommit=True) as killer:
            await killer.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        await one.ledger.submit(school, AddCoin(new_id()))
        await other.until_heard(2)


async def test_a_process_that_could_not_commit_still_shows_what_it_knows_and_hears_on(
    database: Database, school: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with process(database, school) as one, process(database, school) as other:
        jar = new_id()
        await other.ledger.submit(school, AddCoin(jar))

        async def fail(*arguments: Any) -> None:
            raise psycopg.OperationalError("the database is away")

        with monkeypatch.context() as away:
            away.setattr(other.ledger, "_write", fail)
            with pytest.raises(Unavailable):
                await other.ledger.submit(school, AddCoin(jar))
        known = other.ledger.known(school)
        assert known is not None
        assert known[0].coins == {jar: 1}
        await one.ledger.submit(school, AddCoin(jar))
        await other.until_heard(2)
        assert other.heard == [1, 2]
