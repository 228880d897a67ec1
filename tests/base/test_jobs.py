"""The night's work is done once, however many processes there are, and again if it was cut short."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from corridor.base.clock import FixedClock
from corridor.base.database import Database
from corridor.base.jobs import Jobs, Nightly, last_due

CHICAGO = ZoneInfo("America/Chicago")
EVENING = datetime(2026, 10, 6, 23, 0, tzinfo=UTC)


class Work:
    """Counts how often it was done; fails as often as it is told to."""

    def __init__(self, *, failures: int = 0) -> None:
        self.done = 0
        self.failures = failures
        self.was_done = asyncio.Event()
        self.nightly = Nightly("sweep", self.do)

    async def do(self) -> None:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the lamp went out")
        await asyncio.sleep(0.05)
        self.done += 1
        self.was_done.set()


def _jobs(database: Database, clock: FixedClock, work: Work) -> Jobs:
    return Jobs(database, clock, "America/Chicago", [work.nightly])


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2026, 10, 6, 7, 16, tzinfo=UTC), datetime(2026, 10, 5, 7, 17, tzinfo=UTC)),
        (datetime(2026, 10, 6, 7, 17, tzinfo=UTC), datetime(2026, 10, 6, 7, 17, tzinfo=UTC)),
        (datetime(2026, 12, 6, 8, 17, tzinfo=UTC), datetime(2026, 12, 6, 8, 17, tzinfo=UTC)),
        # The night in which 02:17 does not exist.
        (datetime(2027, 3, 14, 12, 0, tzinfo=UTC), datetime(2027, 3, 14, 8, 17, tzinfo=UTC)),
    ],
)
def test_the_last_time_at_which_it_was_due(now: datetime, due: datetime) -> None:
    assert last_due(now, time(2, 17), CHICAGO) == due


async def test_a_new_installation_waits_for_the_night(database: Database) -> None:
    clock, work = FixedClock(EVENING), Work()
    jobs = _jobs(database, clock, work)
    assert not await jobs.do_due(work.nightly)
    clock.advance(timedelta(hours=8, minutes=16))
    assert not await jobs.do_due(work.nightly)
    clock.advance(timedelta(minutes=1))
    assert await jobs.do_due(work.nightly)
    assert not await jobs.do_due(work.nightly)
    assert work.done == 1


async def test_what_a_machine_slept_through_is_done_when_it_wakes_and_once(database: Database) -> None:
    clock, work = FixedClock(EVENING), Work()
    jobs = _jobs(database, clock, work)
    await jobs.do_due(work.nightly)
    clock.advance(timedelta(days=3))
    assert [await jobs.do_due(work.nightly) for _ in range(3)] == [True, False, False]


async def test_of_many_processes_one_does_it(database: Database) -> None:
    clock, work = FixedClock(EVENING), Work()
    processes = [_jobs(database, clock, work) for _ in range(4)]
    await processes[0].do_due(work.nightly)
    clock.advance(timedelta(days=1))
    done = await asyncio.gather(*(jobs.do_due(work.nightly) for jobs in processes))
    assert sorted(done) == [False, False, False, True]
    assert work.done == 1


async def test_what_failed_is_due_again(database: Database) -> None:
    clock, work = FixedClock(EVENING), Work(failures=1)
    jobs = _jobs(database, clock, work)
    await jobs.do_due(work.nightly)
    clock.advance(timedelta(days=1))
    with pytest.raises(RuntimeError):
        await jobs.do_due(work.nightly)
    assert await jobs.do_due(work.nightly)
    assert work.done == 1


async def test_workers_find_what_is_due_by_themselves_and_stop_at_once(database: Database) -> None:
    clock, work = FixedClock(EVENING), Work()
    processes = [_jobs(database, clock, work) for _ in range(2)]
    await processes[0].do_due(work.nightly)
    clock.advance(timedelta(days=1))
    for jobs in processes:
        await jobs.start(first_look=0)
    async with asyncio.timeout(30):
        await work.was_done.wait()
    async with asyncio.timeout(5):
        for jobs in processes:
            await jobs.stop()
    assert work.done == 1


async def test_what_a_dead_process_left_half_done_is_taken_up_again(database: Database) -> None:
    """It holds the job's lock in the list of jobs, and nobody will ever hear of it again."""
    clock, work = FixedClock(EVENING), Work()
    jobs = _jobs(database, clock, work)
    await jobs.do_due(work.nightly)
    clock.advance(timedelta(days=1))
    async with database.raw() as connection:
        await connection.execute(
            """WITH gone AS (INSERT INTO procrastinate_workers (last_heartbeat)
                VALUES (now() - interval '1 hour') RETURNING id)
            INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args, status, worker_id)
            SELECT 'default', 'sweep', 'sweep', 'sweep', '{"timestamp": 0}', 'doing', id FROM gone"""
        )
        await connection.commit()
    await jobs.start(first_look=0)
    async with asyncio.timeout(40):
        await work.was_done.wait()
    await jobs.stop()


async def test_what_lives_briefly_opens_no_connection(database: Database) -> None:
    jobs = _jobs(database, FixedClock(EVENING), Work())
    await jobs.start()
    await asyncio.sleep(0.1)
    async with database.raw() as connection:
        found = await connection.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE application_name = 'corridor jobs' AND datname = current_database()"
        )
        assert await found.fetchone() == (0,)
    await jobs.stop()
