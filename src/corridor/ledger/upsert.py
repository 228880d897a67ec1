"""Many rows of one table in one statement.

The rows travel as one JSON text that the server unfolds: encoding a row costs a microsecond here, where adapting the
same values as `unnest` arrays costs one each.
"""

from functools import cache

import msgspec
from sqlalchemy import JSON, Table
from sqlalchemy.dialects import postgresql

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
encode_rows = msgspec.json.Encoder().encode


@cache
def upsert(table: Table) -> str:
    """SQL that inserts the rows of one JSON array parameter, replacing those whose primary key is there."""
    names = [column.name for column in table.columns]
    keys = [column.name for column in table.primary_key.columns]
    rest = [name for name in names if name not in keys]
    changes = ", ".join(f"{name} = excluded.{name}" for name in rest)
    action = f"UPDATE SET {changes}" if changes else "NOTHING"
    return f"{_insert(table)} ON CONFLICT ({', '.join(keys)}) DO {action}"


@cache
def insert(table: Table) -> str:
    """SQL that inserts the rows of one JSON array parameter."""
    return _insert(table)


def _insert(table: Table) -> str:
    names = ", ".join(column.name for column in table.columns)
    typed = ", ".join(f"{column.name} {_type(column.type)}" for column in table.columns)
    chosen = ", ".join(
        f"{column.name}::json" if isinstance(column.type, JSON) else column.name for column in table.columns
    )
    # Names and types come from our own tables; the values travel as the one parameter.
    rows = f"json_to_recordset(%s::json) AS row ({typed})"
    return f"INSERT INTO {table.name} ({names}) SELECT {chosen} FROM {rows}"  # noqa: S608


def _type(kind: object) -> str:
    # JSON columns travel as text, so that the bytes stored are the bytes that were hashed.
    return "text" if isinstance(kind, JSON) else kind.compile(dialect=_DIALECT)  # type: ignore[attr-defined]
