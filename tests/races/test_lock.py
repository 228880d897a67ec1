"""The lock on a school's head is what keeps two processes from deciding on the same state: without it they do."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest

from corridor.base.clock import SystemClock
from corridor.base.database import Database
from corridor.base.ids import new_id
from corridor.ledger import store
from corridor.ledger.engine import Ledger
from corridor.ledger.verify import verify
from corridor.ledger.words import Answer
from tests.ledger.toy import MOST, AddCoin, Jars, ToyDecider, ToyRebuild, set_up


class Duel:
    """Two processes, each about to put the last coin into the same jar."""

    def __init__(self, database: Database, school: UUID, jar: UUID, processes: list[Ledger[Jars]]) -> None:
        self.database = database
        self.school = school
        self.jar = jar
        self.processes = processes
        self.writes = 0

    def before_each_write(self, wait: Callable[[], Any]) -> None:
        """Let both wait once they have decided, before they write."""
        for process in self.processes:
            self._patch(process, wait)

    def _patch(self, process: Ledger[Jars], wait: Callable[[], Any]) -> None:
        write = process._write

        async def wait_and_write(*arguments: Any) -> None:
            self.writes += 1
            await wait()
            await write(*arguments)

        process._write = wait_and_write  # type: ignore[assignment, method-assign]

    async def fight(self) -> list[Answer]:
        return await asyncio.gather(*(process.submit(self.school, AddCoin(self.jar)) for process in self.processes))

    async def coins(self) -> int:
        """How many coins the ledger says were added."""
        async with await psycopg.AsyncConnection.connect(self.database.url) as connection:
            cursor = await connection.execute("SELECT count(*) FROM ledger_event WHERE kind = 'coin_added'")
            (count,) = await cursor.fetchone() or (0,)
        return int(count)


@pytest.fixture
async def duel(database: Database) -> AsyncIterator[Duel]:
    school, jar = new_id(), new_id()
    await set_up(database, school)
    async with _process(database) as one, _process(database) as other:
        for _ in range(MOST - 1):
            await one.submit(school, AddCoin(jar))
        await other.state(school)
        yield Duel(database, school, jar, [one, other])


@asynccontextmanager
async def _process(database: Database) -> AsyncIterator[Ledger[Jars]]:
    process = Ledger(database, ToyDecider(), SystemClock())
    await process.start()
    yield process
    await process.stop()


@pytest.fixture
def without_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    assert store._LOCK_HEADS.endswith(" FOR UPDATE")
    monkeypatch.setattr(store, "_LOCK_HEADS", store._LOCK_HEADS.removesuffix(" FOR UPDATE"))


@pytest.mark.usefixtures("without_lock")
async def test_without_the_lock_and_without_the_key_the_jar_gets_too_full(duel: Duel) -> None:
    async with duel.database.session() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("ALTER TABLE ledger_event DROP CONSTRAINT pk_ledger_event")
    duel.before_each_write(asyncio.Barrier(2).wait)
    answers = await duel.fight()
    assert [answer.refused for answer in answers] == [False, False], "both took the last place"
    assert await duel.coins() == MOST + 1
    finding = await verify(duel.database, ToyDecider.kinds, ToyRebuild(), duel.school)
    assert finding.broken_at is not None, "two events have the same number"


@pytest.mark.usefixtures("without_lock")
async def test_without_the_lock_both_decide_on_the_same_state_and_one_commit_fails(duel: Duel) -> None:
    barrier = asyncio.Barrier(2)

    async def wait_for_both_once() -> None:
        if duel.writes <= 2:
            await barrier.wait()

    duel.before_each_write(wait_for_both_once)
    answers = await duel.fight()
    assert duel.writes == 3, "one of them had to decide again"
    assert sorted(answer.refused for answer in answers) == [False, True]
    assert await duel.coins() == MOST
    finding = await verify(duel.database, ToyDecider.kinds, ToyRebuild(), duel.school)
    assert finding.clean, finding


async def test_with_the_lock_the_second_waits_and_decides_on_what_the_first_has_done(duel: Duel) -> None:
    async def wait_until_the_other_waits_for_the_lock() -> None:
        if duel.writes == 1:
            await _until_someone_waits_for_a_lock(duel.database)

    duel.before_each_write(wait_until_the_other_waits_for_the_lock)
    answers = await duel.fight()
    assert duel.writes == 2, "no commit failed"
    assert sorted(answer.refused for answer in answers) == [False, True]
    assert [msgspec.json.decode(answer.body) for answer in answers if answer.refused] == ["full"]
    assert await duel.coins() == MOST
    finding = await verify(duel.database, ToyDecider.kinds, ToyRebuild(), duel.school)
    assert finding.clean, finding


async def _until_someone_waits_for_a_lock(database: Database) -> None:
    async with await psycopg.AsyncConnection.connect(database.url, autocommit=True) as connection, asyncio.timeout(60):
        while True:
            cursor = await connection.execute(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%ledger_head%'"
            )
            if await cursor.fetchone() != (0,):
                return
            await asyncio.sleep(0.01)
