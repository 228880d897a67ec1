"""The migrations make the tables that the models describe, however many processes run them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from multiprocessing.connection import Connection as Pipe

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from corridor import schema
from corridor.base.database import Database
from corridor.base.errors import SetupError
from corridor.base.ids import new_id
from corridor.base.postgres import EmbeddedPostgres
from tests.processes import Process


@pytest.fixture
def empty_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    name = f"empty_{new_id().hex}"
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield postgres.url(name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def empty(empty_url: str) -> AsyncIterator[Database]:
    database = Database(empty_url)
    yield database
    await database.close()


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, schema.metadata))


async def test_the_migrations_make_exactly_the_tables_of_the_models(empty: Database) -> None:
    await schema.migrate(empty)
    async with empty.engine.connect() as connection:
        assert await connection.run_sync(_differences) == []


async def test_migrating_again_changes_nothing(empty: Database) -> None:
    for _ in range(2):
        await schema.migrate(empty)
        await schema.require_current(empty)


async def test_a_database_without_our_tables_is_told_to_be_migrated(empty: Database) -> None:
    with pytest.raises(SetupError, match="corridor migrate"):
        await schema.require_current(empty)


async def test_a_database_of_another_version_is_told_to_be_migrated(empty: Database) -> None:
    await schema.migrate(empty)
    async with empty.session() as session:
        await (await session.connection()).exec_driver_sql("UPDATE alembic_version SET version_num = 'other'")
    with pytest.raises(SetupError, match="corridor migrate"):
        await schema.require_current(empty)


def _migrate(pipe: Pipe, url: str) -> None:
    pipe.send("ready")
    pipe.recv()

    async def work() -> None:
        database = Database(url)
        await schema.migrate(database)
        await schema.require_current(database)
        await database.close()

    asyncio.run(work())


def test_four_processes_may_migrate_at_once(empty_url: str) -> None:
    processes = [Process(_migrate, empty_url) for _ in range(4)]
    for process in processes:
        assert process.receive() == "ready"
    for process in processes:
        process.pipe.send("now")
    assert [process.wait() for process in processes] == [0] * 4
