"""Sealed secrets under a new key: every column that says so in its `info`."""

from sqlalchemy import Column, MetaData, Table, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.sealed import Sealer

_AT_ONCE = 500


async def reseal(session: AsyncSession, sealer: Sealer, metadata: MetaData) -> dict[str, int]:
    """Seal every stored secret anew under the newest key, all in this transaction; by table and column, how many.

    A column of sealed secrets has the purpose they are sealed for in its `info["sealed"]`. Raises `SetupError` when a
    secret opens under neither key: then nothing is changed.
    """
    done: dict[str, int] = {}
    for table in metadata.sorted_tables:
        for column in table.columns:
            if purpose := column.info.get("sealed"):
                done[f"{table.name}.{column.name}"] = await _reseal(session, sealer, table, column, purpose)
    return done


async def _reseal(session: AsyncSession, sealer: Sealer, table: Table, column: Column[bytes], purpose: str) -> int:
    keys = list(table.primary_key.columns)
    query = select(*keys, column).where(column.is_not(None)).with_for_update()
    rows = (await session.execute(query)).all()
    change = update(table).values({column.name: bindparam("renewed")})
    for number, key in enumerate(keys):
        change = change.where(key == bindparam(f"key_{number}"))
    for start in range(0, len(rows), _AT_ONCE):
        values = [
            {f"key_{number}": value for number, value in enumerate(row[:-1])}
            | {"renewed": sealer.renewed(row[-1], purpose)}
            for row in rows[start : start + _AT_ONCE]
        ]
        connection = await session.connection()
        await connection.execute(change, values)
    return len(rows)
