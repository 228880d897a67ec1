"""Two processes whose clocks strike at the same time do what is due once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import psycopg

from corridor.app import make_decider
from corridor.base.clock import FixedClock
from corridor.base.database import Database
from corridor.base.ids import new_id
from corridor.day.state import SchoolState
from corridor.day.words import Channel
from corridor.ledger.engine import Ledger
from corridor.passes.commands import RequestPass
from tests.school import MORNING, make_school


@asynccontextmanager
async def _process(database: Database, clock: FixedClock) -> AsyncIterator[Ledger[SchoolState]]:
    process = Ledger(database, make_decider(), clock)
    await process.start()
    yield process
    await process.stop()


async def test_what_is_due_happens_once_however_many_processes_tick(database: Database) -> None:
    school = await make_school(database)
    clock = FixedClock(MORNING)
    async with _process(database, clock) as one, _process(database, clock) as other:
        for student in school.students[:3]:
            command = RequestPass(new_id(), school.teachers[0], student, school.nurse, Channel.STAFF, minutes=5)
            await one.submit(school.id, command)
        for minutes in (5, 15):
            clock.advance(timedelta(minutes=minutes))
            await asyncio.gather(
                *(process.submit(school.id, process.decider.tick) for process in (one, other) for _ in range(5))
            )
        assert not (await other.state(school.id)).passes
    async with await psycopg.AsyncConnection.connect(database.url) as connection:
        cursor = await connection.execute("SELECT kind FROM ledger_event ORDER BY seq")
        kinds = [kind for (kind,) in await cursor.fetchall()]
    assert kinds == ["pass_issued"] * 3 + ["pass_overdue"] * 3 + ["pass_ended"] * 3
