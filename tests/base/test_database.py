"""A database that goes away says so in words that whoever asked can act on."""

import psycopg
import pytest

from corridor.base.database import Database
from corridor.base.errors import SetupError, Unavailable

NOWHERE = "postgresql://postgres@/nowhere?host=/nonexistent"


async def test_a_read_whose_connection_is_lost_is_unavailable_and_the_next_one_works(database: Database) -> None:
    async def lose_the_connection() -> None:
        async with database.raw() as connection:
            async with await psycopg.AsyncConnection.connect(database.url, autocommit=True) as killer:
                await killer.execute("SELECT pg_terminate_backend(%s)", [connection.info.backend_pid])
            await connection.execute("SELECT 1")

    with pytest.raises(Unavailable):
        await lose_the_connection()
    async with database.raw() as connection:
        assert await (await connection.execute("SELECT 1")).fetchone() == (1,)


async def test_a_database_that_is_not_there_is_unavailable_to_a_read_and_a_fault_of_the_installation_at_start() -> None:
    gone = Database(NOWHERE)
    with pytest.raises(Unavailable):
        async with gone.raw():
            pass
    with pytest.raises(SetupError, match="cannot be reached"):
        await gone.check()
    await gone.close()


async def test_what_goes_wrong_in_a_read_for_another_reason_is_not_taken_for_a_lost_connection(
    database: Database,
) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable):
        async with database.raw() as connection:
            await connection.execute("SELECT * FROM nowhere")


async def test_a_session_is_one_transaction(database: Database) -> None:
    async def fail_half_way() -> None:
        async with database.session() as session:
            await (await session.connection()).exec_driver_sql("CREATE TABLE half (id int)")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_half_way()
    async with database.session() as session:
        found = await (await session.connection()).exec_driver_sql("SELECT to_regclass('half')")
        assert found.scalar() is None


async def test_times_come_back_in_utc(database: Database) -> None:
    async with database.raw() as connection:
        row = await (await connection.execute("SHOW timezone")).fetchone()
    assert row == ("UTC",)
