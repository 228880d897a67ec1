"""The migrations make the tables that the models describe, however many processes run them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from multiprocessing.connection import Connection as Pipe

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from corridor import schema
from corridor.base.database import Database
from corridor.base.errors import SetupError
from corridor.base.ids import new_id
from corridor.base.postgres import EmbeddedPostgres
from corridor.day.state import PassSettings
from corridor.day.words import SELF_SERVICE, Effect
from corridor.passes.load import load_state
from corridor.rules import cooldown, limit
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
    def ours(name: str | None, kind: str, parents: object) -> bool:
        return kind != "table" or not str(name).startswith("procrastinate_")

    opts = {"compare_type": True, "compare_server_default": True, "include_name": ours}
    context = MigrationContext.configure(connection, opts=opts)
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


def _to_part_1(connection: Connection) -> None:
    settings = schema.config()
    settings.attributes["connection"] = connection
    command.upgrade(settings, "0001")


async def test_the_rules_of_part_1_become_policies_that_say_the_same(empty: Database) -> None:
    school_id, district_id = new_id(), new_id()
    async with empty.engine.begin() as connection:
        await connection.run_sync(_to_part_1)
        await connection.exec_driver_sql(f"INSERT INTO district (id, name) VALUES ('{district_id}', 'D')")
        await connection.exec_driver_sql(
            "INSERT INTO school (id, district_id, name, time_zone, active) "
            f"VALUES ('{school_id}', '{district_id}', 'S', 'America/Chicago', true)"
        )
        for position, (kind, params, effect, channels, overridable) in enumerate(
            (
                ("one_open_pass", "{}", "refuse", "{kiosk,staff,student}", False),
                ("capacity_into", "{}", "refuse", "{kiosk,staff,student}", True),
                ("daily_limit", '{"most": 4, "count_staff": true}', "needs_staff", "{kiosk,student}", True),
                ("cooldown", '{"minutes": 7}', "refuse", "{kiosk,student}", True),
            )
        ):
            await connection.exec_driver_sql(
                "INSERT INTO rule (id, school_id, position, kind, params, effect, channels, overridable, active) "
                f"VALUES ('{new_id()}', '{school_id}', {position}, '{kind}', '{params}', '{effect}', '{channels}', "
                f"{overridable}, true)"
            )
        await connection.exec_driver_sql(
            f"INSERT INTO pass_settings (school_id, lapse_minutes, grace_minutes) VALUES ('{school_id}', 9, 8)"
        )
    await schema.migrate(empty)
    async with empty.raw() as raw:
        state = await load_state(raw, school_id, datetime.now(UTC))
    rules = {rule.text.kind: rule for rule in state.rules}
    assert set(rules) == {
        "one_open_pass", "freeze", "absent", "closed_now", "staff_away", "limit", "cooldown", "capacity_into"
    }  # fmt: skip
    assert rules["limit"].params == limit.Params(most=4, per="day", count_staff=True)
    assert rules["limit"].scope.channels == SELF_SERVICE
    assert rules["cooldown"].params == cooldown.Params(minutes=7)
    assert rules["capacity_into"].text.effect is Effect.WAIT
    assert rules["one_open_pass"].scope.channels == frozenset()
    assert not rules["one_open_pass"].text.overridable
    assert not rules["freeze"].text.overridable
    assert state.settings == PassSettings(lapse_minutes=9, grace_minutes=8, offer_seconds=30)
