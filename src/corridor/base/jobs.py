"""Work that the whole installation does once a night, however many processes run it: procrastinate's workers take it
from the one database, one in each process.

Every ten minutes one of them asks what is due. So a machine that sleeps at night catches up in the morning, and what
was cut short is taken up again. A job must be fit to be begun anew.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from corridor.base.clock import Clock
from corridor.base.database import Base, Database

if TYPE_CHECKING:
    import procrastinate

NIGHT = time(2, 17)
"""When nobody is at school, by the installation's clock."""

_FIRST_LOOK_SECONDS = 5.0
_RETRY_SECONDS = 30.0
_POLL_SECONDS = 5.0
_HEARTBEAT_SECONDS = 20.0
_GONE_SECONDS = 90.0
_GOODBYE_SECONDS = 1.0
_EVERY_TEN_MINUTES = "7-57/10 * * * *"
_TAKE = "SELECT pg_try_advisory_lock(hashtext('corridor job'), hashtext(%s))"
log = structlog.get_logger("corridor.jobs")


class JobDone(Base):
    """When a nightly job last came to its end, or, before its first, when it became known."""

    __tablename__ = "job_done"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    done_at: Mapped[datetime]


class Nightly(NamedTuple):
    """`name` is for ever, as it stands in the database."""

    name: str
    work: Callable[[], Awaitable[None]]
    at: time = NIGHT


def last_due(now: datetime, at: time, zone: ZoneInfo) -> datetime:
    """The newest instant, not after now, at which a clock in this zone shows `at`."""
    day = now.astimezone(zone).date()
    today = datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
    if today <= now:
        return today
    return datetime.combine(day - timedelta(days=1), at, tzinfo=zone).astimezone(UTC)


class Jobs:
    """One a process. It opens its connections some seconds after the start, so that what lives briefly pays nothing."""

    def __init__(self, database: Database, clock: Clock, time_zone: str, nightly: Sequence[Nightly]) -> None:
        self._database = database
        self._clock = clock
        self._zone = ZoneInfo(time_zone)
        self._nightly = nightly
        self._task: asyncio.Task[None] | None = None

    async def start(self, first_look: float = _FIRST_LOOK_SECONDS) -> None:
        self._task = asyncio.create_task(self._keep_working(first_look), name="jobs")

    async def stop(self) -> None:
        """What is being done is given a moment, then left to be taken up again."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def do_due(self, job: Nightly) -> bool:
        """Do the job if it is due and nobody else is doing it; tells whether it was done. Raises what it raised."""
        connection = await self._database.connect(autocommit=True)
        async with connection:
            held = await connection.execute(_TAKE, [job.name])
            if (await held.fetchone()) != (True,):
                return False
            now = self._clock.now()
            if not await self._is_due(job, now):
                return False
            await job.work()
            await self._note(job, self._clock.now())
            return True

    async def _is_due(self, job: Nightly, now: datetime) -> bool:
        async with self._database.session() as session:
            known = await session.get(JobDone, job.name)
            if known is None:
                session.add(JobDone(name=job.name, done_at=now))
                return False
            return known.done_at < last_due(now, job.at, self._zone)

    async def _note(self, job: Nightly, now: datetime) -> None:
        done = insert(JobDone).values(name=job.name, done_at=now)
        async with self._database.session() as session:
            await session.execute(done.on_conflict_do_update(index_elements=[JobDone.name], set_={"done_at": now}))

    async def _keep_working(self, first_look: float) -> None:
        await asyncio.sleep(first_look)
        while True:
            try:
                await asyncio.to_thread(import_module, "procrastinate")
                app = self._app()
                async with app.open_async():
                    await app.run_worker_async(
                        install_signal_handlers=False,
                        listen_notify=False,
                        fetch_job_polling_interval=_POLL_SECONDS,
                        abort_job_polling_interval=_POLL_SECONDS,
                        update_heartbeat_interval=_HEARTBEAT_SECONDS,
                        stalled_worker_timeout=_GONE_SECONDS,
                        shutdown_graceful_timeout=_GOODBYE_SECONDS,
                        delete_jobs="successful",
                    )
            except Exception as error:  # noqa: BLE001 - whatever it was, the night's work is tried again
                log.warning("jobs stopped", error=repr(error))
            await asyncio.sleep(_RETRY_SECONDS)

    def _app(self) -> "procrastinate.App":
        """procrastinate is imported late and beside the loop: it takes a quarter of a second."""
        import procrastinate
        from procrastinate.jobs import Status

        connector = procrastinate.PsycopgConnector(
            conninfo=self._database.url, min_size=1, max_size=2, kwargs={"application_name": "corridor jobs"}
        )
        app = procrastinate.App(connector=connector)

        @app.periodic(cron=_EVERY_TEN_MINUTES)
        @app.task(name="clear", queueing_lock="clear")
        async def clear(timestamp: int) -> None:
            """Take away what a process that is gone was doing, which keeps others from doing it."""
            for left in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=_GONE_SECONDS):
                await app.job_manager.finish_job(left, status=Status.FAILED, delete_job=True)

        for job in self._nightly:
            app.periodic(cron=_EVERY_TEN_MINUTES)(
                app.task(name=job.name, lock=job.name, queueing_lock=job.name)(self._tried(job))
            )
        return app

    def _tried(self, job: Nightly) -> Callable[..., Awaitable[None]]:
        async def work(**_: Any) -> None:
            try:
                if await self.do_due(job):
                    log.info("job done", job=job.name)
            except Exception:
                log.exception("job failed, to be tried again", job=job.name)

        return work
