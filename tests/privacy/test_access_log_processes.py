"""The access log on several processes at once, and on one that dies in the middle."""

import asyncio
from collections.abc import Sequence
from multiprocessing.connection import Connection
from uuid import UUID

import pytest

from corridor.base.clock import FixedClock, SystemClock
from corridor.base.database import Database
from corridor.base.ids import new_id
from corridor.identity.access import Look
from corridor.identity.principal import Principal, Role
from corridor.privacy.access_log import LedgerAccessLog, RecordsLedger
from tests.privacy.test_access_log import Log
from tests.processes import Process, _plant, run_in_process
from tests.school import MORNING, make_school

PROCESSES = 3
LOOKS = 60


def look_at_all(
    pipe: Connection, database_url: str, school_id: UUID, viewer_id: UUID, ids: Sequence[UUID], fault: str | None
) -> None:
    """Once told to begin, look at the record of each of them, all at once."""
    if fault:
        _plant(fault)

    async def work() -> None:
        database = Database(database_url)
        records = RecordsLedger(database, SystemClock())
        await records.start()
        access = LedgerAccessLog(records)
        viewer = Principal(id=viewer_id, kind="account", role=Role.TEACHER, name="Lee", school_ids=None)
        pipe.send("ready")
        await asyncio.to_thread(pipe.recv)
        await asyncio.gather(
            *(access.looked(viewer, school_id, "record", Look.RECORD, student_ids=[student_id]) for student_id in ids)
        )
        pipe.send("done")
        await records.stop()
        await database.close()

    run_in_process(work)


async def test_processes_that_look_at_once_record_every_look_once(database: Database) -> None:
    school = await make_school(database)
    viewer_id, ids = new_id(), [new_id() for _ in range(LOOKS)]
    processes = [Process(look_at_all, database.url, school.id, viewer_id, ids, None) for _ in range(PROCESSES)]
    assert [process.receive() for process in processes] == ["ready"] * PROCESSES
    for process in processes:
        process.pipe.send("begin")
    assert [process.receive() for process in processes] == ["done"] * PROCESSES
    log = Log(database, school, FixedClock(MORNING))
    assert await log.entries() == LOOKS
    assert (await log.verify()).clean
    assert [process.wait() for process in processes] == [0] * PROCESSES


@pytest.mark.parametrize(("fault", "recorded"), [("before_commit", 0), ("after_commit", 1)])
async def test_a_process_that_dies_has_recorded_a_look_wholly_or_not_and_shown_nothing(
    database: Database, fault: str, recorded: int
) -> None:
    school = await make_school(database)
    viewer_id, student_id = new_id(), new_id()
    doomed = Process(look_at_all, database.url, school.id, viewer_id, [student_id], fault)
    assert doomed.receive() == "ready"
    doomed.pipe.send("begin")
    with pytest.raises(EOFError):
        doomed.receive()
    log = Log(database, school, FixedClock(MORNING))
    assert await log.entries() == recorded
    again = Process(look_at_all, database.url, school.id, viewer_id, [student_id], None)
    assert again.receive() == "ready"
    again.pipe.send("begin")
    assert again.receive() == "done"
    assert again.wait() == 0
    assert await log.entries() == 1
    assert (await log.verify()).clean
