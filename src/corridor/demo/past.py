"""What a made-up district has behind it: a night in which records went, and imports of the year before."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.ids import derived_id
from corridor.campus.tables import RosterImport, School
from corridor.identity.audit import audit
from corridor.identity.principal import Principal, Role
from corridor.identity.tables import Account
from corridor.privacy.retention_kinds import USUAL, Kind
from corridor.privacy.retention_report import Report, SchoolPart
from corridor.privacy.retention_tables import RetentionRun

_RUN = derived_id("demo retention run")
_SHARES = {Kind.REASON: 41, Kind.REFUSAL: 23, Kind.APPOINTMENT: 6, Kind.AWAY: 18, Kind.ANSWER: 1904}
_OF_DISTRICT = {Kind.SESSION: 212, Kind.MAIL: 9, Kind.ACCOUNT: 3}


async def write_past(session: AsyncSession, now: datetime, zone: ZoneInfo) -> None:
    """Write it unless it is there."""
    if await session.get(RetentionRun, _RUN):
        return
    schools = (await session.scalars(select(School).order_by(School.name))).all()
    accounts = (await session.scalars(select(Account).order_by(Account.username))).all()
    night = datetime.combine(now.astimezone(zone).date() - timedelta(days=1), time(2, 17), tzinfo=zone)
    parts = [
        SchoolPart(school.id, school.name, counts={kind: number // (index + 1) for kind, number in _SHARES.items()})
        for index, school in enumerate(schools)
    ]
    report = Report(dict(USUAL), parts, counts=dict(_OF_DISTRICT), disabled=2)
    session.add(
        RetentionRun(
            id=_RUN,
            started_at=night,
            ended_at=night + timedelta(seconds=48),
            ordered_by="night",
            report=msgspec.to_builtins(report),
        )
    )
    await _write_imports(session)
    await _write_change(session, accounts, now)


async def _write_imports(session: AsyncSession) -> None:
    """The reports of last year's imports, which have been kept long enough."""
    newest = (await session.scalars(select(RosterImport).order_by(RosterImport.started_at.desc()).limit(1))).first()
    if newest is None:
        return
    for days in (190, 204):
        begun = newest.started_at - timedelta(days=days)
        session.add(
            RosterImport(
                id=_id_at(begun),
                started_at=begun,
                ended_at=begun + timedelta(seconds=9),
                source=newest.source,
                status=newest.status,
                report=newest.report,
            )
        )


def _id_at(instant: datetime) -> UUID:
    """A version 7 identifier as it would have been made then."""
    return UUID(int=(int(instant.timestamp() * 1000) << 80) | (0x7 << 76) | (0x2 << 62))


async def _write_change(session: AsyncSession, accounts: Sequence[Account], now: datetime) -> None:
    """Somebody shortened a time, the day before."""
    admin = next((account for account in accounts if account.role == Role.DISTRICT_ADMIN), None)
    if admin is None:
        return
    by = Principal(id=admin.id, kind="account", role=Role.DISTRICT_ADMIN, name=admin.username, school_ids=None)
    shorter = {Kind.REASON.value: {"before": 120, "after": USUAL[Kind.REASON]}}
    await audit(session, now - timedelta(days=1, hours=5), by, "retention.changed", days=shorter)
