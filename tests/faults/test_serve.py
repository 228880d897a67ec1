"""`kill -9` of `corridor serve` on the embedded database: nothing is left running, and nothing is lost."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

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


def _serve(corridor: Installation) -> tuple["subprocess.Popen[str]", str]:
    process = subprocess.Popen(
        [CORRIDOR, "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env=corridor.environment | {"PYTHONUNBUFFERED": "1"},
        cwd=corridor.data_dir.parent,
    )
    assert process.stdout
    address = re.search(r"http://\S+", process.stdout.readline())
    assert address, "it did not start"
    return process, address.group()


def test_a_killed_server_leaves_no_database_running_and_the_next_one_has_all_of_its_data(
    corridor: Installation,
) -> None:
    process, _ = _serve(corridor)
    token = corridor.run("token", "create", "--role", "admin", "--name", "before the kill").strip()
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    until_nothing_runs_in(corridor.data_dir)
    assert not (corridor.data_dir / "postgres" / "postmaster.pid").exists(), (
        "the database was stopped in an orderly way"
    )
    with corridor.serving() as url:
        me = httpx.get(f"{url}/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert me.json()["name"] == "before the kill"
    assert corridor.try_run("ledger", "verify").returncode == 0


def test_a_server_started_right_after_a_kill_takes_the_database_over(corridor: Installation) -> None:
    process, _ = _serve(corridor)
    token = corridor.run("token", "create", "--role", "admin", "--name", "before the kill").strip()
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    with corridor.serving() as url:
        me = httpx.get(f"{url}/api/v1/me", headers={"Authorization": f"Bearer {token}"})
        assert me.status_code == 200
