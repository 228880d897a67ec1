"""The database that every test gets for itself: a copy of a migrated template, on the real server."""

import asyncio
import fcntl
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings

from corridor import schema
from corridor.base.database import Database
from corridor.base.ids import new_id
from corridor.base.postgres import EmbeddedPostgres

# What lands must not depend on luck; wherever else tests run, every run tries new examples.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

pytest_plugins = ["tests.browser"]

_TEMPLATE = "corridor_template"
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "400"}


@pytest.fixture(scope="session")
def postgres(testrun_uid: str) -> Iterator[EmbeddedPostgres]:
    """One server for all workers of a run, with the template database in it.

    Not below pytest's own folder: every run by root closes that to everyone else, the server's user among them.
    """
    shared = Path(tempfile.gettempdir()) / f"corridor-tests-{testrun_uid}"
    shared.mkdir(exist_ok=True)
    server = EmbeddedPostgres(shared / "postgres", _FAST)
    url = server.join()
    with (shared / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with psycopg.connect(url, autocommit=True) as connection:
            made = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [_TEMPLATE]).fetchone()
            if not made:
                connection.execute(f"CREATE DATABASE {_TEMPLATE}_draft")
                asyncio.run(_migrate(server.url(f"{_TEMPLATE}_draft")))
                connection.execute(f"ALTER DATABASE {_TEMPLATE}_draft RENAME TO {_TEMPLATE}")
    yield server
    if server.leave(stop=True):
        shutil.rmtree(shared)


async def _migrate(url: str) -> None:
    database = Database(url)
    await schema.migrate(database)
    await database.close()


@pytest.fixture
def database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """The URL of a fresh database with all tables."""
    name = f"test_{new_id().hex}"
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY file_copy")
    yield postgres.url(name)
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A fresh database with all tables."""
    database = Database(database_url)
    yield database
    await database.close()
