"""Reads of past roster imports. They concern the whole district, so only those may ask who reach all of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from corridor.base.database import Database
from corridor.base.errors import NotFound
from corridor.campus.roster import RosterReport, Status
from corridor.identity.permissions import Action, require_district
from corridor.identity.principal import Principal

_LIST = """
    SELECT id, source, status, started_at, ended_at, coalesce((report->>'rejected_total')::int, 0) FROM roster_import
    WHERE (%(before)s::uuid IS NULL OR id < %(before)s) ORDER BY id DESC LIMIT %(limit)s"""
_ONE = "SELECT status, ended_at, report FROM roster_import WHERE id = %s"


class ImportSummary(msgspec.Struct, frozen=True):
    """A past or running import. `rejected_total` rows were left out."""

    id: UUID
    source: str
    status: Status
    started_at: datetime
    ended_at: datetime | None
    rejected_total: int


async def list_imports(
    database: Database, viewer: Principal, *, before: UUID | None = None, limit: int
) -> list[ImportSummary]:
    """The newest first."""
    require_district(viewer, Action.ROSTER_VIEW)
    async with database.raw() as connection:
        cursor = await connection.execute(_LIST, {"before": before, "limit": limit})
        return [ImportSummary(row[0], row[1], Status(row[2]), *row[3:]) for row in await cursor.fetchall()]


async def find_import(database: Database, viewer: Principal, import_id: UUID) -> RosterReport:
    """The report of an import. That of a running one holds little yet."""
    require_district(viewer, Action.ROSTER_VIEW)
    async with database.raw() as connection:
        row: Any = await (await connection.execute(_ONE, [import_id])).fetchone()
    if row is None:
        raise NotFound("There is no such roster import.")
    status, ended_at, report = row
    return msgspec.convert(report | {"status": status, "ended_at": ended_at}, RosterReport)
