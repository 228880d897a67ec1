"""Processes that put coins into the toy's jars as fast as they can."""

import asyncio
from collections.abc import Sequence
from multiprocessing.connection import Connection
from uuid import UUID

from corridor.base.clock import SystemClock
from corridor.base.database import Database
from corridor.ledger.engine import Ledger
from tests.ledger.toy import AddCoin, ToyDecider
from tests.processes import run_in_process


def put_coins(pipe: Connection, database_url: str, wishes: Sequence[tuple[UUID, UUID]]) -> None:
    """Once told to begin, add a coin for each wish, a school and a jar, all at once; tell which were refused."""

    async def work() -> None:
        database = Database(database_url)
        ledger = Ledger(database, ToyDecider(), SystemClock())
        await ledger.start()
        for school_id in {school_id for school_id, _ in wishes}:
            await ledger.state(school_id)
        pipe.send("ready")
        await asyncio.to_thread(pipe.recv)
        answers = await asyncio.gather(*(ledger.submit(school_id, AddCoin(jar)) for school_id, jar in wishes))
        pipe.send([answer.refused for answer in answers])
        await ledger.stop()
        await database.close()

    run_in_process(work)
