"""Families' requests, read from their table and written to it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from corridor.ledger.store import table_of
from corridor.privacy.family_tables import RecordsRequestRow
from corridor.privacy.requests_state import RecordsRequest

REQUEST_TABLE = table_of(RecordsRequestRow)
COLUMNS = ", ".join(RecordsRequest.__struct_fields__)
_ALL = f"SELECT {COLUMNS} FROM records_request WHERE school_id = %s ORDER BY seq"  # noqa: S608 - our own struct's names


async def load_requests(connection: psycopg.AsyncConnection[Any], school_id: UUID) -> dict[UUID, RecordsRequest]:
    """All requests of a school, in the order in which they were made."""
    cursor = await connection.execute(_ALL, [school_id], binary=True)
    requests = [request_from_row(row) for row in await cursor.fetchall()]
    return {request.id: request for request in requests}


def request_from_row(row: Sequence[Any]) -> RecordsRequest:
    return msgspec.convert(dict(zip(RecordsRequest.__struct_fields__, row, strict=True)), RecordsRequest)


def request_row(request: RecordsRequest) -> dict[str, Any]:
    return msgspec.structs.asdict(request) | {"notes": msgspec.to_builtins(list(request.notes))}
