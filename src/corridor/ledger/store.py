"""The ledger's SQL: heads, events and answers."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from sqlalchemy import Table, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.ledger.chain import genesis
from corridor.ledger.tables import LedgerAnswer, LedgerEvent, LedgerHead
from corridor.ledger.upsert import insert
from corridor.ledger.words import Answer, Event, Recorded

Connection = psycopg.AsyncConnection[Any]

INSERT_EVENTS = insert(LedgerEvent.__table__)
INSERT_ANSWERS = insert(LedgerAnswer.__table__)
UPDATE_HEADS = """
    UPDATE ledger_head SET seq = row.seq, hash = row.hash, recorded_at = row.recorded_at
    FROM json_to_recordset(%s::json) AS row (school_id uuid, seq bigint, hash bytea, recorded_at timestamptz)
    WHERE ledger_head.school_id = row.school_id"""
_HEADS = "SELECT school_id, seq, hash, recorded_at, config_version FROM ledger_head WHERE school_id = ANY(%s)"
_LOCK_HEADS = _HEADS + " ORDER BY school_id FOR UPDATE"
_ANSWERS = """
    SELECT school_id, command_id, fingerprint, refused, body::text FROM ledger_answer
    WHERE school_id = ANY(%s) AND command_id = ANY(%s)"""
_RECORDED = """
    SELECT DISTINCT school_id, command_id
    FROM unnest(%s::uuid[], %s::bigint[]) AS since (school_id, seq) JOIN ledger_event AS event USING (school_id)
    WHERE event.seq > since.seq AND command_id = ANY(%s)"""
_EVENTS = """
    SELECT seq, recorded_at, kind, body::text, command_id FROM ledger_event
    WHERE school_id = %s AND seq > %s ORDER BY seq LIMIT %s"""
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Head(msgspec.Struct, frozen=True):
    """Where a school's ledger stands."""

    school_id: UUID
    seq: int
    hash: bytes
    recorded_at: datetime
    config_version: int


async def ensure_heads(session: AsyncSession, school_ids: Sequence[UUID]) -> None:
    """Open a ledger for each of these schools that has none."""
    if not school_ids:
        return
    rows = [
        {"school_id": id, "seq": 0, "hash": genesis(id), "recorded_at": _BEGINNING, "config_version": 1}
        for id in school_ids
    ]
    await session.execute(pg_insert(LedgerHead).on_conflict_do_nothing(), rows)


async def bump_config(session: AsyncSession, school_ids: Iterable[UUID]) -> None:
    """Make every process load these schools anew before it decides again.

    Locks the heads in id order until the transaction ends, so that nothing is decided on half of a change.
    """
    ids = sorted(set(school_ids))
    await session.execute(
        select(LedgerHead.school_id)
        .where(LedgerHead.school_id.in_(ids))
        .order_by(LedgerHead.school_id)
        .with_for_update()
    )
    await session.execute(
        update(LedgerHead)
        .where(LedgerHead.school_id.in_(ids))
        .values(config_version=LedgerHead.config_version + 1)
        .execution_options(synchronize_session=False)
    )


async def read_heads(connection: Connection, school_ids: Sequence[UUID], *, lock: bool = False) -> dict[UUID, Head]:
    cursor = await connection.execute(_LOCK_HEADS if lock else _HEADS, [list(school_ids)], binary=True)
    return {row[0]: Head(*row) for row in await cursor.fetchall()}


async def read_answers(
    connection: Connection, school_ids: Sequence[UUID], command_ids: Sequence[UUID]
) -> dict[tuple[UUID, UUID], tuple[bytes, Answer]]:
    """By school and command: the command's fingerprint, and what it was answered."""
    cursor = await connection.execute(_ANSWERS, [list(school_ids), list(command_ids)], binary=True)
    return {(row[0], row[1]): (row[2], Answer(row[4].encode(), row[3])) for row in await cursor.fetchall()}


async def read_recorded(
    connection: Connection, since: Mapping[UUID, int], command_ids: Sequence[UUID]
) -> set[tuple[UUID, UUID]]:
    """Which of these commands have left events after the given sequence number of their school."""
    parameters = [list(since), list(since.values()), list(command_ids)]
    return set(await (await connection.execute(_RECORDED, parameters, binary=True)).fetchall())


class EventReader:
    """Turns rows of the ledger into events of the kinds that a decider knows."""

    def __init__(self, kinds: Mapping[str, type[Event]]) -> None:
        self._decoders = {kind: msgspec.json.Decoder(struct) for kind, struct in kinds.items()}

    def decode(self, kind: str, body: str | None) -> Event | None:
        return None if body is None else self._decoders[kind].decode(body)

    async def after(self, connection: Connection, school_id: UUID, seq: int, limit: int) -> list[Recorded]:
        """Up to `limit` events after `seq`, in order."""
        cursor = await connection.execute(_EVENTS, [school_id, seq, limit], binary=True)
        return [
            Recorded(school_id, row[0], row[1], row[2], self.decode(row[2], row[3]), row[4])
            for row in await cursor.fetchall()
        ]

    async def all(self, connection: Connection, school_id: UUID, *, page: int = 5000) -> AsyncIterator[Recorded]:
        seq = 0
        while events := await self.after(connection, school_id, seq, page):
            for event in events:
                yield event
            seq = events[-1].seq


def bytea(value: bytes) -> str:
    """Bytes as PostgreSQL reads them from JSON text."""
    return "\\x" + value.hex()


def table_of(model: type) -> Table:
    table = model.__table__  # type: ignore[attr-defined]
    assert isinstance(table, Table)
    return table
