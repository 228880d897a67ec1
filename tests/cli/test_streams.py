"""`corridor ledger verify` walks every stream there is: the days, the records, and what administrators changed."""

from collections.abc import AsyncIterator

import pytest

from corridor.base.clock import FixedClock
from corridor.base.database import Database
from corridor.base.ids import new_id
from corridor.cli.ledger import verify_streams
from corridor.identity.audit import audit
from corridor.ledger.store import ensure_heads
from tests.privacy.test_access_log import Log
from tests.school import MORNING, make_school


@pytest.fixture
async def log(database: Database) -> AsyncIterator[Log]:
    log = Log(database, await make_school(database), FixedClock(MORNING))
    await log.records.start()
    yield log
    await log.records.stop()


async def verified(log: Log, *, everything: bool = True) -> dict[str, bool]:
    found = await verify_streams(log.database, [(log.school.id, "Washington")], everything=everything)
    return {name: finding.clean for name, finding in found}


async def test_every_stream_that_has_begun_is_verified(log: Log) -> None:
    assert await verified(log) == {"Washington": True}
    await log.look()
    async with log.database.session() as session:
        await audit(session, MORNING, None, "account.disabled", about=new_id())
    everything = {"Washington": True, "Washington, records": True, "Changes by administrators": True}
    assert await verified(log) == everything
    assert await verified(log, everything=False) == {"Washington": True, "Washington, records": True}


async def test_tampering_shows_in_the_stream_where_it_was(log: Log) -> None:
    await log.look()
    async with log.database.session() as session:
        await audit(session, MORNING, None, "account.disabled", about=new_id())
    await log.change("UPDATE ledger_event SET body = '{}'::json WHERE kind = 'admin_changed'")
    found = await verified(log)
    assert [name for name, clean in found.items() if not clean] == ["Changes by administrators"]
    await log.change("DELETE FROM access_entry_student")
    found = await verified(log)
    assert [name for name, clean in found.items() if not clean] == [
        "Washington, records",
        "Changes by administrators",
    ]


async def test_a_stream_that_nobody_knows_of_is_a_fault(log: Log) -> None:
    stream_id = new_id()
    async with log.database.session() as session:
        await ensure_heads(session, [stream_id])
    assert (await verified(log))[str(stream_id)] is False
