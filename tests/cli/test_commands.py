"""The commands, as a district's IT person and their scripts use them."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import httpx
import psutil
import pytest

from corridor.base.clock import SystemClock
from corridor.demo.oneroster import write_district
from corridor.demo.plan import DistrictSpec
from tests.running import Installation


@pytest.fixture
def corridor(database_url: str, tmp_path: Path) -> Installation:
    return Installation(tmp_path / "data", database_url)


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    folder = tmp_path / "roster"
    write_district(DistrictSpec(on=SystemClock().now().date(), students=60, schools=1), folder)
    return folder


def test_a_token_is_printed_alone_and_works(corridor: Installation, roster: Path) -> None:
    corridor.run("import", "oneroster", str(roster))
    printed = corridor.run("token", "create", "--role", "admin", "--name", "a script")
    token = printed.strip()
    assert printed == f"{token}\n"
    with corridor.serving() as url:
        headers = {"Authorization": f"Bearer {token}"}
        schools = httpx.get(f"{url}/api/v1/schools", headers=headers).json()["items"]
        assert len(schools) == 1
        me = httpx.get(f"{url}/api/v1/me", headers=headers).json()
        assert me["role"] == "district_admin"


def test_commands_work_while_a_server_runs(corridor: Installation, roster: Path) -> None:
    with corridor.serving() as url:
        token = corridor.run("token", "create", "--role", "admin", "--name", "late").strip()
        corridor.run("import", "oneroster", str(roster))
        schools = httpx.get(f"{url}/api/v1/schools", headers={"Authorization": f"Bearer {token}"}).json()["items"]
        assert len(schools) == 1
        assert corridor.run("ledger", "verify").startswith("ok")


def test_an_import_reports_as_json_and_a_dry_run_changes_nothing(corridor: Installation, roster: Path) -> None:
    dry = json.loads(corridor.run("import", "oneroster", str(roster), "--dry-run", "--json"))
    assert dry["status"] == "dry_run"
    real = json.loads(corridor.run("import", "oneroster", str(roster), "--json"))
    assert real["kinds"]["people"]["added"] == dry["kinds"]["people"]["added"] > 0
    again = json.loads(corridor.run("import", "oneroster", str(roster), "--json"))
    assert again["kinds"]["people"]["added"] == again["kinds"]["people"]["changed"] == 0


def test_verify_as_json_and_its_exit_status(corridor: Installation, roster: Path) -> None:
    corridor.run("import", "oneroster", str(roster))
    (finding,) = json.loads(corridor.run("ledger", "verify", "--json"))
    assert finding["clean"] is True
    unknown = corridor.try_run("ledger", "verify", "--school", "Nowhere High")
    assert unknown.returncode == 1
    assert "Nowhere High" in unknown.stderr


def test_what_cannot_be_done_is_said_in_a_sentence(corridor: Installation, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    cases = [
        ("import", "oneroster", str(tmp_path / "empty")),
        ("user", "add", "--role", "astronaut", "--password-stdin"),
        ("user", "add", "--role", "teacher", "--person", "nobody@example.org", "--password-stdin"),
    ]
    for arguments in cases:
        done = corridor.try_run(*arguments, stdin="long enough a password\n")
        assert done.returncode == 1, arguments
        assert done.stderr.startswith("Error: "), done.stderr
        assert "Traceback" not in done.stderr


def test_a_setting_that_cannot_be_used_is_named(corridor: Installation) -> None:
    corridor.environment["CORRIDOR_PORT"] = "often"
    done = corridor.try_run("init")
    assert done.returncode != 0
    assert "port" in done.stderr


def test_the_api_describes_itself(corridor: Installation) -> None:
    spec = json.loads(corridor.run("openapi"))
    assert spec["openapi"].startswith("3.1")
    assert "/api/v1/schools/{school_id}/passes" in spec["paths"]


def test_the_demo_listens_on_this_machine_only(corridor: Installation) -> None:
    done = corridor.try_run("demo", "--host", "0.0.0.0")  # noqa: S104 - it must refuse this
    assert done.returncode == 1
    assert "0.0.0.0" in done.stderr  # noqa: S104


def test_a_taken_port_is_said(corridor: Installation) -> None:
    with corridor.serving() as url:
        done = corridor.try_run("serve", "--port", url.rpartition(":")[2])
    assert done.returncode == 1
    assert "--port" in done.stderr


def test_the_embedded_database_ends_with_the_server(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = Path("/tmp") / f"corridor-embedded-{os.getpid()}-{time.monotonic_ns()}"  # noqa: S108 - see tests/conftest.py
    corridor = Installation(folder / "data")
    folder.mkdir()
    try:
        corridor.run("init")
        with corridor.serving() as url:
            assert httpx.get(f"{url}/health/ready").status_code == 200
            assert _servers_in(folder)
            token = corridor.run("token", "create", "--role", "admin", "--name", "meanwhile").strip()
            me = httpx.get(f"{url}/api/v1/me", headers={"Authorization": f"Bearer {token}"})
            assert me.json()["name"] == "meanwhile"
        assert not _servers_in(folder)
    finally:
        subprocess.run(["rm", "-rf", str(folder)], check=True)


def _servers_in(folder: Path) -> list[psutil.Process]:
    return [
        process
        for process in psutil.process_iter(["name", "cmdline"])
        if process.info["name"] == "postgres" and str(folder) in " ".join(process.info["cmdline"] or ())
    ]


def test_ctrl_c_ends_the_server_cleanly(corridor: Installation) -> None:
    process = corridor.start()
    assert process.stdout is not None
    assert "http://" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in stderr
