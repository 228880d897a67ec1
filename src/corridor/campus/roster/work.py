"""One import at work: its connection, what the source said of each kind, and the report it writes into."""

# ruff: noqa: S608 - statements are put together from names in the code, never from a roster's values.

from datetime import date
from typing import Any

import msgspec
import psycopg

from corridor.campus.roster.records import Kind, Mode, Problem, Scope
from corridor.campus.roster.report import Findings, RosterReport

Connection = psycopg.AsyncConnection[Any]

_FIRST = 100


class Sort(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with some rows of a kind, whichever rows these are."""

    kind: Kind
    code: str
    why: str
    advice: str
    field: str | None = None


class Work:
    def __init__(self, connection: Connection, report: RosterReport, *, time_zone: str, today: date) -> None:
        self.connection = connection
        self.report = report
        self.findings = Findings(report)
        self.time_zone = time_zone
        self.today = today
        self.scopes: dict[Kind, Scope] = {}

    def scope(self, kind: Kind) -> Scope:
        return self.scopes.get(kind) or Scope(kind=kind, mode=Mode.ABSENT)

    def is_bulk(self, kind: Kind) -> bool:
        return self.scope(kind).mode is Mode.BULK

    async def run(self, sql: str, **values: Any) -> int:
        """Execute a statement, and return how many rows it touched."""
        cursor = await self.connection.execute(sql.encode(), values or None)
        return cursor.rowcount

    async def rows(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        cursor = await self.connection.execute(sql.encode(), values or None)
        return await cursor.fetchall()

    async def count(self, sql: str, **values: Any) -> int:
        [(number,)] = await self.rows(sql, **values)
        return int(number)

    async def reject(self, sort: Sort, stage: str, where: str, value: str) -> None:
        """Leave out the staged rows `s` of which `where` is true; `value` is an expression for the report."""
        await self._tell(
            sort,
            f"""UPDATE {stage} s SET dropped = true WHERE NOT s.dropped AND NOT s.gone AND ({where})
                RETURNING s.seq, s.file, s.line, ({value})::text AS value""",
            rejected=True,
        )

    async def warn(self, sort: Sort, found: str) -> None:
        """Report the rows that the statement `found` returns as seq, file, line, value."""
        await self._tell(sort, found, rejected=False)

    async def _tell(self, sort: Sort, found: str, *, rejected: bool) -> None:
        rows = await self.rows(
            f"""WITH found AS ({found})
                SELECT file, line, value, count(*) OVER () FROM found ORDER BY seq LIMIT {_FIRST}"""
        )
        field = self.scope(sort.kind).fields.get(sort.field, sort.field) if sort.field else None
        problems = [
            Problem(
                kind=sort.kind,
                code=sort.code,
                why=sort.why,
                advice=sort.advice,
                file=file,
                line=line,
                field=field,
                value=value,
                rejected=rejected,
            )
            for file, line, value, _ in rows
        ]
        self.findings.add_all(problems, rows[0][3] if rows else 0)
