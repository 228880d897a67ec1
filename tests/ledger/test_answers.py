"""Which answers the ledger keeps, and how it settles what it cannot know."""

import asyncio
from uuid import UUID

import msgspec
import psycopg
import pytest

from corridor.base.database import Database
from corridor.base.ids import new_id
from corridor.ledger.engine import Ledger
from tests.ledger.toy import MOST, AddCoin, Jars


async def test_an_answer_is_kept_only_for_a_command_that_may_come_again(
    database: Database, ledger: Ledger[Jars], school: UUID
) -> None:
    keyed = new_id()
    await ledger.submit(school, AddCoin(new_id()), keyed)
    await ledger.submit(school, AddCoin(new_id()))
    async with database.raw() as connection:
        rows = await (await connection.execute("SELECT command_id FROM ledger_answer")).fetchall()
    assert rows == [(keyed,)]


async def test_all_commands_of_a_batch_whose_answer_was_lost_are_settled(
    ledger: Ledger[Jars], school: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    jar, write = new_id(), ledger._write
    lost: list[bool] = []
    await ledger.submit(school, AddCoin(jar))

    async def lose_first_answer(*arguments: object) -> None:
        await write(*arguments)  # type: ignore[arg-type]
        if not lost:
            lost.append(True)
            raise psycopg.OperationalError("the connection broke after the commit")

    monkeypatch.setattr(ledger, "_write", lose_first_answer)
    ids = [None, new_id(), None, None, new_id()]
    answers = await asyncio.gather(*(ledger.submit(school, AddCoin(jar), command_id) for command_id in ids))
    assert lost
    assert [answer.refused for answer in answers] == [False] * (MOST - 1) + [True]
    assert [msgspec.json.decode(answer.body) for answer in answers] == [
        *({"coins": coins} for coins in range(2, MOST + 1)),
        "full",
    ]
    assert (await ledger.state(school)).coins == {jar: MOST}
