"""The import of a roster: read everything, check everything, then change everything in one transaction."""

import math
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import psycopg
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from corridor.base.clock import Clock
from corridor.base.database import Database
from corridor.base.errors import CorridorError, Unavailable
from corridor.base.ids import new_id
from corridor.campus.roster.apply import NewSchools, Progress, apply_plan
from corridor.campus.roster.errors import ImportRunning, TooManyRemovals
from corridor.campus.roster.plan_guardians import plan_guardianships
from corridor.campus.roster.plan_people import plan_memberships, plan_people
from corridor.campus.roster.plan_schools import plan_courses, plan_schools, plan_terms
from corridor.campus.roster.plan_sections import plan_enrollments, plan_sections
from corridor.campus.roster.records import Kind, RosterSource, Scope
from corridor.campus.roster.report import RosterReport, Status
from corridor.campus.roster.staging import Staging
from corridor.campus.roster.work import Work

DEFAULT_ALLOWED_REMOVALS = 10.0

# A number that nothing else in Corridor locks.
_LOCK = 0x0C0221D0_0205
_GUARDED = (Kind.SCHOOLS, Kind.PEOPLE, Kind.MEMBERSHIPS, Kind.SECTIONS, Kind.ENROLLMENTS)
_FEWEST_GUARDED = 5
_PLANS = (
    ("schools", plan_schools),
    ("terms", plan_terms),
    ("courses", plan_courses),
    ("people", plan_people),
    ("roles", plan_memberships),
    ("guardians", plan_guardianships),
    ("sections", plan_sections),
    ("enrollments", plan_enrollments),
)


def _silent(stage: str, done: int, total: int | None) -> None:
    """Nobody is watching."""


async def import_roster(
    database: Database,
    source: RosterSource,
    *,
    clock: Clock,
    time_zone: str,
    dry_run: bool = False,
    allow_removals: float = DEFAULT_ALLOWED_REMOVALS,
    progress: Progress = _silent,
    on_new_schools: Sequence[NewSchools] = (),
    import_id: UUID | None = None,
) -> RosterReport:
    """Make the campus what `source` says it is, and report what that changed.

    `time_zone` (IANA) is what new schools start with. `allow_removals` is the percentage of the active schools, people,
    memberships, sections or enrollments that may leave at once. `on_new_schools` add to new schools within the same
    transaction. With `dry_run` everything is done but committed. `import_id` is the report's id to be.

    Raises `RosterUnreadable`, `TooManyRemovals` or `ImportRunning`; then nothing has changed. Every run but the last of
    these leaves a row in `roster_import`.
    """
    report = RosterReport(id=import_id or new_id(), source=source.label, status=Status.RUNNING, started_at=clock.now())
    today = report.started_at.astimezone(ZoneInfo(time_zone)).date()
    async with _own_connection(database) as (connection, bare), _lock(bare):
        await _open_record(bare, report)
        work = Work(bare, report, time_zone=time_zone, today=today)
        try:
            await _read(work, source, progress)
            await _plan(work, progress)
            _check_removals(report, allow_removals)
            await bare.set_autocommit(False)
            async with connection.begin() as transaction:
                async with AsyncSession(bind=connection) as session:
                    await apply_plan(work, session, on_new_schools, progress)
                    await session.flush()
                report.status = Status.DRY_RUN if dry_run else Status.APPLIED
                if dry_run:
                    await transaction.rollback()
                await _close_record(bare, report, clock)
            await bare.commit()
        except BaseException as error:
            report.status = Status.REFUSED if isinstance(error, TooManyRemovals) else Status.FAILED
            report.error = error.detail if isinstance(error, CorridorError) else f"Unexpected: {type(error).__name__}."
            if not bare.closed:
                await bare.rollback()
                await _close_record(bare, report, clock)
                await bare.commit()
            if isinstance(error, psycopg.IntegrityError | psycopg.OperationalError):
                raise Unavailable(
                    "Nothing was imported: the database was changed or went away meanwhile. Try again."
                ) from error
            raise
    return report


@asynccontextmanager
async def _own_connection(database: Database) -> AsyncIterator[tuple[AsyncConnection, psycopg.AsyncConnection[Any]]]:
    """A connection, in both libraries' forms, that is closed afterwards and takes its tables and its lock along."""
    engine = create_async_engine("postgresql+psycopg://", async_creator=database.connect, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            bare = (await connection.get_raw_connection()).driver_connection
            assert isinstance(bare, psycopg.AsyncConnection)
            await bare.rollback()
            await bare.set_autocommit(True)
            await bare.execute("SET temp_buffers = '64MB'")
            await bare.execute("SET work_mem = '64MB'")
            yield connection, bare
    finally:
        await engine.dispose()


@asynccontextmanager
async def _lock(bare: psycopg.AsyncConnection[Any]) -> AsyncIterator[None]:
    cursor = await bare.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
    if await cursor.fetchone() != (True,):
        raise ImportRunning("Another roster import is running. Wait until it has ended, then start this one again.")
    try:
        yield
    finally:
        # The server would give it up by itself, but only some time after the connection is closed.
        if not bare.closed:
            await bare.rollback()
            await bare.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


async def _open_record(bare: psycopg.AsyncConnection[Any], report: RosterReport) -> None:
    await bare.execute(
        "UPDATE roster_import SET status = %s, ended_at = %s WHERE status = %s",
        [Status.INTERRUPTED, report.started_at, Status.RUNNING],
    )
    await bare.execute(
        "INSERT INTO roster_import (id, started_at, source, status, report) VALUES (%s, %s, %s, %s, %s)",
        [report.id, report.started_at, report.source, report.status, _encoded(report)],
    )


async def _close_record(bare: psycopg.AsyncConnection[Any], report: RosterReport, clock: Clock) -> None:
    report.ended_at = clock.now()
    report.sort()
    await bare.execute(
        "UPDATE roster_import SET ended_at = %s, status = %s, report = %s WHERE id = %s",
        [report.ended_at, report.status, _encoded(report), report.id],
    )


def _encoded(report: RosterReport) -> str:
    return msgspec.json.encode(report).decode()


async def _read(work: Work, source: RosterSource, progress: Progress) -> None:
    staging = Staging(work.connection)
    await staging.create()
    async with aclosing(source.pull()) as messages:
        async for message in messages:
            if isinstance(message, Scope):
                work.scopes[message.kind] = message
                continue
            for problem in message.problems:
                work.findings.add(problem)
            await staging.add(message)
            work.report.rows_read += len(message.records) + sum(problem.rejected for problem in message.problems)
            progress(message.stage, message.done, message.size)
    await staging.finish()


async def _plan(work: Work, progress: Progress) -> None:
    for done, (stage, plan) in enumerate(_PLANS):
        progress(f"Checking {stage}", done, len(_PLANS))
        await plan(work)


def _check_removals(report: RosterReport, allowed: float) -> None:
    shares = {
        kind: 100 * counts.removed / counts.active_before
        for kind in _GUARDED
        if (counts := report.kinds[kind]).removed >= _FEWEST_GUARDED
    }
    if not shares or max(shares.values()) <= allowed:
        return
    report.removals_needed = math.ceil(max(shares.values()))
    listed = ", ".join(
        f"{report.kinds[kind].removed:,} of {report.kinds[kind].active_before:,} {kind}"
        for kind, share in shares.items()
        if share > allowed
    )
    raise TooManyRemovals(
        f"Nothing was changed: this roster no longer has {listed}, and more than {allowed:g} % at once is taken for a "
        "mistake. If the roster holds only changes, it must say so (as a delta). If these have really left, import it "
        f"again with --allow-removals {report.removals_needed}.",
        report,
    )
