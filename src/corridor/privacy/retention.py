"""Retention: what the district has decided to keep for how long, and the work of keeping to it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.clock import Clock
from corridor.base.database import Database
from corridor.base.ids import new_id
from corridor.campus.load import load_campus
from corridor.identity.audit import audit
from corridor.identity.principal import Principal
from corridor.ledger.redact import lock_stream
from corridor.ledger.store import bump_config
from corridor.privacy import retention_people as people
from corridor.privacy.retention_holds import KeptBack, kept_back
from corridor.privacy.retention_kinds import KEEPINGS, USUAL, Days, Kind, checked, limit, limits_at
from corridor.privacy.retention_report import Report, Run, SchoolPart, read_report
from corridor.privacy.retention_steps import DISTRICT_STEPS, SCHOOL_STEPS
from corridor.privacy.retention_tables import RetentionRun, RetentionSetting
from corridor.privacy.state import stream_of

MOST_AT_ONCE = 2000
NIGHT = "night"
COMMAND = "command"
_MOST_RUNS = 20
_SCHOOLS = "SELECT id, name FROM school JOIN ledger_head ON school_id = school.id ORDER BY name, id"
log = structlog.get_logger("corridor.retention")


class Retention:
    """One a process; works in its own transactions, each short, so that schools go on meanwhile."""

    def __init__(self, database: Database, clock: Clock, *, most_at_once: int = MOST_AT_ONCE) -> None:
        self._database = database
        self._clock = clock
        self._most = most_at_once

    async def days(self) -> Days:
        """How many days each kind is kept."""
        async with self._database.session() as session:
            return await _days(session)

    async def change(self, by: Principal | None, days: Days) -> Days:
        """Keep these kinds for so many days from the next night on. Raises `InvalidInput` when they do not fit."""
        now = self._clock.now()
        async with self._database.session() as session:
            before = await _days(session, lock=True)
            after = checked({**before, **days})
            changed = {kind: number for kind, number in after.items() if number != before[kind]}
            for kind, number in changed.items():
                kept = insert(RetentionSetting).values(kind=kind, days=number, changed_at=now)
                new = {"days": number, "changed_at": now}
                await session.execute(kept.on_conflict_do_update(index_elements=[RetentionSetting.kind], set_=new))
            if changed:
                told = {kind.value: {"before": before[kind], "after": number} for kind, number in changed.items()}
                await audit(session, now, by, "retention.changed", days=told)
        return after

    async def plan(self, days: Days | None = None) -> Report:
        """What would go now, with these settings or those in force. Changes nothing."""
        now = self._clock.now()
        days = checked(days) if days else await self.days()
        report = Report(dict(days))
        everyone: set[UUID] = set()
        for school_id, name in await self._schools():
            async with self._database.session() as session:
                part = await _part(session, school_id, name, days, now)
                kept = await _keep_back(session, part)
                everyone |= await _kept_people(session, school_id, kept)
                for kind, step in SCHOOL_STEPS.items():
                    part.counts[kind] = 0 if kept.whole else await step.count(session, self._values(part, kept, kind))
            report.schools.append(part)
        async with self._database.session() as session:
            for kind, step in DISTRICT_STEPS.items():
                report.until[kind] = limit(kind, days, now)
                report.counts[kind] = await step.count(session, self._of_district(report.until[kind], everyone))
            for kind, count in ((Kind.ACCOUNT, people.count_accounts), (Kind.PERSON, people.count_people)):
                report.until[kind] = limit(kind, days, now)
                report.counts[kind] = await count(session, report.until[kind], everyone)
        return report

    async def run(self, ordered_by: str = NIGHT, by: Principal | None = None) -> Run:
        """Destroy what has been kept long enough, school by school, and put on record what was done."""
        days = await self.days()
        now = self._clock.now()
        empty = msgspec.to_builtins(Report(dict(days)))
        row = RetentionRun(id=new_id(), started_at=now, ended_at=None, ordered_by=ordered_by, report=empty)
        async with self._database.session() as session:
            session.add(row)
            await people.note_leavers(session, now)
        report = Report(dict(days))
        everyone: set[UUID] = set()
        for school_id, name in await self._schools():
            everyone |= await self._run_school(school_id, name, report, days, now, by)
            await self._keep(row.id, report)
        await self._run_district(report, days, now, everyone, by)
        ended = self._clock.now()
        await self._keep(row.id, report, ended_at=ended)
        log.info("retention done", destroyed=report.everything, disabled=report.disabled)
        return Run(row.id, now, ended, ordered_by, report)

    async def nightly(self) -> None:
        """For the night's jobs."""
        await self.run()

    async def runs(self, most: int = _MOST_RUNS) -> list[Run]:
        """The newest first."""
        async with self._database.session() as session:
            rows = await session.scalars(select(RetentionRun).order_by(RetentionRun.started_at.desc()).limit(most))
            return [Run(row.id, row.started_at, row.ended_at, row.ordered_by, read_report(row.report)) for row in rows]

    async def _run_school(
        self, school_id: UUID, name: str, report: Report, days: Days, now: datetime, by: Principal | None
    ) -> set[UUID]:
        async with self._database.session() as session:
            part = await _part(session, school_id, name, days, now)
        report.schools.append(part)
        kept_people: set[UUID] = set()
        for kind in SCHOOL_STEPS:
            while True:
                done, kept_people = await self._batch(kind, part, days, by)
                part.counts[kind] = part.counts.get(kind, 0) + done
                if done < self._most:
                    break
        return kept_people

    async def _batch(self, kind: Kind, part: SchoolPart, days: Days, by: Principal | None) -> tuple[int, set[UUID]]:
        """One transaction, with the school's ledger held: nobody decides on what is being forgotten."""
        async with self._database.session() as session:
            await lock_stream(session, part.school_id)
            kept = await _keep_back(session, part)
            kept_people = await _kept_people(session, part.school_id, kept)
            if kept.whole:
                return 0, kept_people
            done = await SCHOOL_STEPS[kind].destroy(session, self._values(part, kept, kind))
            if done:
                await bump_config(session, [part.school_id, stream_of(part.school_id)])
                await self._tell(session, by, kind, done, part.until[kind], days, part.school_id)
        return done, kept_people

    async def _run_district(
        self, report: Report, days: Days, now: datetime, everyone: set[UUID], by: Principal | None
    ) -> None:
        async with self._database.session() as session:
            disabled = await people.disable_leavers(session)
            for account_id in disabled:
                await audit(session, now, by, "account.disabled", about=account_id, why="left the roster")
            report.disabled = len(disabled)
        for kind in (*DISTRICT_STEPS, Kind.ACCOUNT, Kind.PERSON):
            report.until[kind] = until = limit(kind, days, now)
            report.counts[kind] = 0
            while True:
                async with self._database.session() as session:
                    if kind is Kind.ACCOUNT:
                        done = await people.remove_accounts(session, until, everyone)
                    elif kind is Kind.PERSON:
                        done = await people.remove_people(session, until, everyone, self._most)
                    else:
                        done = await DISTRICT_STEPS[kind].destroy(session, self._of_district(until, everyone))
                    if done:
                        await self._tell(session, by, kind, done, until, days, None)
                report.counts[kind] += done
                if done < self._most or kind is Kind.ACCOUNT:
                    break
        if report.counts[Kind.PERSON]:
            async with self._database.session() as session:
                await bump_config(session, [part.school_id for part in report.schools])

    async def _tell(
        self,
        session: AsyncSession,
        by: Principal | None,
        kind: Kind,
        done: int,
        until: datetime,
        days: Days,
        school_id: UUID | None,
    ) -> None:
        await audit(
            session,
            self._clock.now(),
            by,
            "retention.destroyed",
            school_id=school_id,
            kind=kind.value,
            number=done,
            until=until.isoformat(),
            days=days[kind],
        )

    def _values(self, part: SchoolPart, kept: KeptBack, kind: Kind) -> Mapping[str, Any]:
        streams = [part.school_id, stream_of(part.school_id)]
        return {
            "school": part.school_id,
            "records": streams[1],
            "streams": streams,
            "until": part.until[kind],
            "most": self._most,
            **kept.values,
        }

    def _of_district(self, until: datetime, everyone: set[UUID]) -> Mapping[str, Any]:
        return {"until": until, "most": self._most, **KeptBack(students=frozenset(everyone)).values}

    async def _schools(self) -> Sequence[tuple[UUID, str]]:
        async with self._database.session() as session:
            return [(row.id, row.name) for row in await session.execute(text(_SCHOOLS))]

    async def _keep(self, run_id: UUID, report: Report, ended_at: datetime | None = None) -> None:
        async with self._database.session() as session:
            row = await session.get_one(RetentionRun, run_id)
            row.report, row.ended_at = msgspec.to_builtins(report), ended_at


async def _days(session: AsyncSession, *, lock: bool = False) -> dict[Kind, int]:
    if lock:
        await session.execute(text("LOCK TABLE retention_setting IN SHARE ROW EXCLUSIVE MODE"))
    set_ = {row.kind: row.days for row in await session.scalars(select(RetentionSetting))}
    return {kind: set_.get(kind.value, USUAL[kind]) for kind in KEEPINGS}


async def _part(session: AsyncSession, school_id: UUID, name: str, days: Days, now: datetime) -> SchoolPart:
    """A school of which nothing was counted yet, with where each kind's time ends there."""
    raw = await (await session.connection()).get_raw_connection()
    driver: Any = raw.driver_connection
    limits = limits_at(days, now, await load_campus(driver, school_id))
    return SchoolPart(school_id, name, until={kind: limits[kind] for kind in SCHOOL_STEPS})


async def _keep_back(session: AsyncSession, part: SchoolPart) -> KeptBack:
    """What nothing may go of until the transaction ends; the report says how much that is."""
    kept = await kept_back(session, part.school_id)
    part.kept_back, part.holds = len(kept.students), kept.holds
    part.requests, part.whole = kept.requests, kept.whole
    return kept


async def _kept_people(session: AsyncSession, school_id: UUID, kept: KeptBack) -> set[UUID]:
    """Whose account and name stay: those of the students kept back, of everybody when the whole school is."""
    if not kept.whole:
        return set(kept.students)
    members = await session.scalars(
        text("SELECT person_id FROM membership WHERE school_id = :school"), {"school": school_id}
    )
    return {*kept.students, *members}
