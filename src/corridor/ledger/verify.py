"""Prove that a school's ledger is whole: the chain holds, and the read tables say what the events say."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

import msgspec
from sqlalchemy import Table

from corridor.base.database import Database
from corridor.ledger import chain
from corridor.ledger.store import Connection, EventReader, read_heads
from corridor.ledger.words import Event, Recorded

_PAGE = 5000
_CHAIN = """
    SELECT seq, recorded_at, kind, body::text, salt, digest, hash, command_id FROM ledger_event
    WHERE school_id = %s AND seq > %s ORDER BY seq LIMIT %s"""


class Rebuild(Protocol):
    """Builds read-table rows from events alone.

    A row's key is its primary key without the school: one value, or a tuple of them. `unknown` are keys of rows that
    redacted events have changed: not to be compared. `forgotten` is how many rows were made by events that are redacted
    now: so many may be there without one.
    """

    def add(self, recorded: Recorded) -> None: ...

    def tables(self) -> Mapping[Table, Mapping[Any, Mapping[str, Any]]]: ...

    def unknown(self) -> set[Any]: ...

    def forgotten(self) -> int: ...


class Rebuilds:
    """The read tables of several rooms."""

    def __init__(self, *rooms: Rebuild) -> None:
        self._rooms = rooms

    def add(self, recorded: Recorded) -> None:
        for room in self._rooms:
            room.add(recorded)

    def tables(self) -> Mapping[Table, Mapping[Any, Mapping[str, Any]]]:
        return {table: rows for room in self._rooms for table, rows in room.tables().items()}

    def unknown(self) -> set[Any]:
        return {key for room in self._rooms for key in room.unknown()}

    def forgotten(self) -> int:
        return sum(room.forgotten() for room in self._rooms)


class Finding(msgspec.Struct, frozen=True):
    """What verification found of one school.

    `broken_at` is the first sequence at which the chain does not hold, `problem` says how; both are None when it does.
    `differences` names read-table rows that the events do not explain (at most 20 of `different`).
    """

    school_id: UUID
    events: int
    redacted: int
    head: str
    broken_at: int | None = None
    problem: str | None = None
    different: int = 0
    differences: Sequence[str] = ()

    @property
    def clean(self) -> bool:
        return self.broken_at is None and not self.different


async def verify(
    database: Database,
    kinds: Mapping[str, type[Event]],
    rebuild: Rebuild,
    school_id: UUID,
    *,
    rows_of: UUID | None = None,
) -> Finding:
    """Check one stream on a snapshot of its own, while others go on writing. Reads; never writes.

    `rows_of` is the school whose rows its read tables hold, where that is not the stream's own id.
    """
    connection = await database.connect()
    async with connection:
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        finding = await _verify_chain(connection, kinds, rebuild, school_id)
        if finding.broken_at is None:
            differences = await _compare(connection, rebuild, rows_of or school_id)
            finding = msgspec.structs.replace(finding, different=len(differences), differences=differences[:20])
    return finding


async def _verify_chain(
    connection: Connection, kinds: Mapping[str, type[Event]], rebuild: Rebuild, school_id: UUID
) -> Finding:
    reader = EventReader(kinds)
    head = (await read_heads(connection, [school_id]))[school_id]
    seq, redacted, previous = 0, 0, chain.genesis(school_id)

    def broken(at: int, problem: str) -> Finding:
        return Finding(school_id, seq, redacted, head.hash.hex(), broken_at=at, problem=problem)

    while True:
        cursor = await connection.execute(_CHAIN, [school_id, seq, _PAGE], binary=True)
        rows = await cursor.fetchall()
        if not rows:
            break
        for found, recorded_at, kind, body, salt, digest, hash_, command_id in rows:
            if found != seq + 1:
                return broken(seq + 1, f"event {seq + 1} is missing; the next one is {found}")
            if (body is None) != (salt is None):
                return broken(found, "the event is redacted by halves: body and salt go together")
            if body is not None and chain.digest(salt, body.encode()) != digest:
                return broken(found, "the event's body is not the one that was recorded")
            if chain.link(previous, found, recorded_at, kind, digest) != hash_:
                return broken(found, "the event's hash does not follow from the one before it")
            seq, previous = found, hash_
            redacted += body is None
            rebuild.add(Recorded(school_id, found, recorded_at, kind, reader.decode(kind, body), command_id))
    if seq != head.seq:
        return broken(seq + 1, f"the head says {head.seq} events, the ledger holds {seq}")
    if previous != head.hash:
        return broken(seq, "the head's hash is not that of the newest event")
    return Finding(school_id, seq, redacted, head.hash.hex())


async def _compare(connection: Connection, rebuild: Rebuild, school_id: UUID) -> list[str]:
    differences: list[str] = []
    unexplained = []
    skip = rebuild.unknown()
    for table, expected in rebuild.tables().items():
        columns = [column.name for column in table.columns]
        cursor = await connection.execute(
            f"SELECT {', '.join(columns)} FROM {table.name} WHERE school_id = %s",  # noqa: S608 - names from our own tables
            [school_id],
        )
        seen = skip.copy()
        async for values in cursor:
            row = dict(zip(columns, values, strict=True))
            key = _key(table, row)
            seen.add(key)
            if key in skip:
                continue
            wanted = expected.get(key)
            if wanted is None:
                # With an empty `seq` it is what the school started with.
                if row.get("seq", 0) is not None:
                    unexplained.append(f"{table.name} {_named(key)}: no event made this row")
            else:
                differences.extend(
                    f"{table.name} {_named(key)}: {name} is {row[name]!r}, the events say {wanted[name]!r}"
                    for name in columns
                    if row[name] != wanted[name]
                )
        differences.extend(f"{table.name} {_named(key)}: the row is missing" for key in expected if key not in seen)
    return differences if len(unexplained) <= rebuild.forgotten() else differences + unexplained


def _key(table: Table, row: Mapping[str, Any]) -> Any:
    keys = tuple(row[column.name] for column in table.primary_key.columns if column.name != "school_id")
    return keys[0] if len(keys) == 1 else keys


def _named(key: Any) -> str:
    return " ".join(str(part) for part in key) if isinstance(key, tuple) else str(key)
