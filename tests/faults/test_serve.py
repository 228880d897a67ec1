"""`kill -9` of `corridor serve` on the embedded database: nothing is left running, and nothing is lost."""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from corridor.base.clock import SystemClock
from corridor.base.database import Database
from corridor.base.postgres import EmbeddedPostgres
from corridor.base.settings import Settings
from corridor.identity.principal import Role
from corridor.identity.service import IdentityService
from tests.leftovers import until_nothing_runs_in
from tests.running import CORRIDOR, Installation


@pytest.fixture
def corridor() -> Iterator[Installation]:
    """An installation on the embedded database.

    Not below pytest's own folder, which every run by root closes to everyone else, the database's user among them.
    """
    folder = Path(tempfile.mkdtemp(prefix="corridor-test-"))
    yield Installation(folder / "data")
    until_nothing_runs_in(folder)
    shutil.rmtree(folder)


def _serve(corridor: Installation) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [CORRIDOR, "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env=corridor.environment | {"PYTHONUNBUFFERED": "1"},
        cwd=corridor.data_dir.parent,
    )
    assert process.stdout
    assert "http://" in process.stdout.readline(), "it did not start"
    return process


def _make_token(corridor: Installation) -> str:
    settings = Settings(data_dir=corridor.data_dir)

    async def work() -> str:
        database = Database(EmbeddedPostgres(settings.postgres_dir).url("postgres"))
        identity = IdentityService(database, SystemClock(), settings)
        made = await identity.create_token(name="before the kill", role=Role.DISTRICT_ADMIN)
        await database.close()
        return made.secret

    return asyncio.run(work())


def test_a_killed_server_leaves_no_database_running_and_the_next_one_has_all_of_its_data(
    corridor: Installation,
) -> None:
    process = _serve(corridor)
    token = _make_token(corridor)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    until_nothing_runs_in(corridor.data_dir)
    assert not (corridor.data_dir / "postgres" / "postmaster.pid").exists(), (
        "the database was stopped in an orderly way"
    )
    with corridor.serving() as url:
        me = httpx.get(f"{url}/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert me.json()["name"] == "before the kill"


def test_a_server_started_right_after_a_kill_takes_the_database_over(corridor: Installation) -> None:
    process = _serve(corridor)
    token = _make_token(corridor)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    with corridor.serving() as url:
        me = httpx.get(f"{url}/api/v1/me", headers={"Authorization": f"Bearer {token}"})
        assert me.json()["name"] == "before the kill"
