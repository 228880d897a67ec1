"""The embedded PostgreSQL: shared by processes, stopped with the last of them, unharmed by whatever gets killed."""

import os
import pwd
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from corridor.base.errors import SetupError
from corridor.base.postgres import EmbeddedPostgres, programs
from tests.leftovers import PATIENCE_SECONDS, processes_in, until, until_nothing_runs_in

_USE = """
import sys
from pathlib import Path
from corridor.base.errors import SetupError
from corridor.base.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), {"shared_buffers": "16MB", "max_connections": "20"})
try:
    print(server.join(), flush=True)
except SetupError as error:
    sys.exit(error.detail)
stop = sys.stdin.readline().strip() == "stop"
server.leave(stop=stop)
"""


class User:
    """A process that uses the server in this folder until it leaves or is killed."""

    def __init__(self, folder: Path, python: str = sys.executable, **options: Any) -> None:
        self.process = subprocess.Popen(
            [python, "-c", _USE, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            **options,
        )

    def url(self) -> str:
        """The server's address, once it takes connections."""
        assert self.process.stdout
        url: str = self.process.stdout.readline().strip()
        if not url:
            pytest.fail(self.process.communicate()[1])
        return url

    def leave(self, *, stop: bool = False) -> None:
        self.process.communicate("stop\n" if stop else "\n", timeout=PATIENCE_SECONDS)
        assert self.process.returncode == 0

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


Join = Callable[..., User]


@pytest.fixture
def join(data_dir: Path) -> Iterator[Join]:
    """Starts processes that use the server in a folder; none outlives the test."""
    users: list[User] = []

    def start(folder: Path, **options: Any) -> User:
        users.append(User(folder, **options))
        return users[-1]

    yield start
    for user in users:
        if user.process.returncode is None:
            user.kill()


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A folder that the server's user can reach, with nothing left running in it afterwards.

    Not below pytest's own folder, which every run by root closes to everyone else.
    """
    data_dir = Path(tempfile.mkdtemp(prefix="corridor-test-"))
    yield data_dir
    for pid in processes_in(data_dir):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    until_nothing_runs_in(data_dir)
    shutil.rmtree(data_dir)


@pytest.fixture
def folder(data_dir: Path) -> Path:
    return data_dir / "postgres"


def _write(url: str, word: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS word (word text)")
        connection.execute("INSERT INTO word VALUES (%s)", [word])


def _read(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {word for (word,) in connection.execute("SELECT word FROM word")}


def _server_pid(folder: Path) -> int:
    return int((folder / "postmaster.pid").read_text().split("\n")[0])


def test_processes_share_a_server_and_the_last_one_to_leave_stops_it(join: Join, data_dir: Path, folder: Path) -> None:
    first, second = join(folder), join(folder)
    url = first.url()
    assert second.url() == url
    _write(url, "shared")
    first.leave(stop=True)
    assert _read(url) == {"shared"}
    second.leave(stop=True)
    until_nothing_runs_in(data_dir)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)


def test_a_process_that_leaves_without_stopping_leaves_the_server_to_whoever_comes_next(
    join: Join, folder: Path
) -> None:
    first = join(folder)
    first.url()
    pid = _server_pid(folder)
    second = join(folder)
    first.leave()
    second.url()
    assert _server_pid(folder) == pid
    second.leave(stop=True)


def test_four_first_starts_at_once_make_one_database(join: Join, folder: Path) -> None:
    users = [join(folder) for _ in range(4)]
    urls = [user.url() for user in users]
    for number, url in enumerate(urls):
        _write(url, str(number))
    assert [_read(url) for url in urls] == [{"0", "1", "2", "3"}] * 4
    assert not list(folder.parent.glob("postgres.new-*"))
    for user in users:
        user.leave(stop=True)


def test_when_the_only_user_is_killed_the_server_is_stopped_and_the_data_stays(
    join: Join, data_dir: Path, folder: Path
) -> None:
    user = join(folder)
    _write(user.url(), "before the kill")
    user.kill()
    until_nothing_runs_in(data_dir)
    assert not (folder / "postmaster.pid").exists(), "the server was stopped in an orderly way"
    after = join(folder)
    assert _read(after.url()) == {"before the kill"}
    after.leave(stop=True)


def test_while_somebody_uses_the_server_it_outlives_a_killed_user(join: Join, folder: Path) -> None:
    killed, other = join(folder), join(folder)
    url = other.url()
    killed.url()
    pid = _server_pid(folder)
    killed.kill()
    _write(url, "still here")
    assert _server_pid(folder) == pid
    other.leave(stop=True)


def test_a_start_after_the_server_was_killed_recovers_what_was_committed(join: Join, folder: Path) -> None:
    user = join(folder)
    url = user.url()
    _write(url, "committed")
    os.kill(_server_pid(folder), signal.SIGKILL)
    after = join(folder)
    assert _read(after.url()) == {"committed"}
    for each in (user, after):
        each.leave(stop=True)


def test_a_start_after_everything_was_killed_recovers_what_was_committed(
    join: Join, data_dir: Path, folder: Path
) -> None:
    user = join(folder)
    _write(user.url(), "committed")
    for pid in processes_in(data_dir):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    user.kill()
    after = join(folder)
    assert _read(after.url()) == {"committed"}
    after.leave(stop=True)


def test_a_first_start_that_is_killed_at_any_instant_harms_nothing(join: Join, data_dir: Path, folder: Path) -> None:
    chance = random.Random(3)
    for _ in range(3):
        user = join(folder)
        time.sleep(chance.random() * 1.5)
        user.kill()
        after = join(folder)
        _write(after.url(), "usable")
        after.leave(stop=True)
        until_nothing_runs_in(data_dir)
        shutil.rmtree(folder)


def test_a_number_noted_before_a_crash_that_is_another_process_by_now_does_not_count(join: Join, folder: Path) -> None:
    user = join(folder)
    _write(user.url(), "kept")
    noted = (folder / "postmaster.pid").read_text()
    owner = folder.stat()
    user.leave(stop=True)
    until(lambda: not (folder / "postmaster.pid").exists())
    stranger = subprocess.Popen(["sleep", "600"], **_as(owner.st_uid))
    (folder / "postmaster.pid").write_text(noted.replace(noted.split("\n")[0], str(stranger.pid), 1))
    after = join(folder)
    assert _read(after.url()) == {"kept"}
    after.leave(stop=True)
    stranger.kill()
    stranger.wait()


def test_a_path_too_long_for_a_socket_works(join: Join, data_dir: Path) -> None:
    folder = data_dir / ("a long name " * 9).strip() / "postgres"
    user = join(folder)
    url = user.url()
    assert str(folder) not in url
    _write(url, "far away")
    assert _read(url) == {"far away"}
    user.leave(stop=True)
    until_nothing_runs_in(data_dir)
    with suppress(FileNotFoundError):
        shutil.rmtree(EmbeddedPostgres(folder)._socket_folder())


def test_a_folder_that_holds_something_else_is_left_alone(folder: Path) -> None:
    folder.mkdir()
    (folder / "letter.txt").write_text("keep me")
    with pytest.raises(SetupError, match="holds no database"):
        EmbeddedPostgres(folder).join()
    assert [path.name for path in folder.iterdir()] == ["letter.txt"]
    assert not list(folder.parent.glob("postgres.new-*"))


def _as(uid: int) -> dict[str, Any]:
    """Arguments of `subprocess` for a process of this user."""
    return {"user": uid, "group": uid, "extra_groups": []} if os.geteuid() == 0 else {}


@pytest.fixture
def ordinary(data_dir: Path) -> dict[str, Any]:
    """What makes `join` start a process of a user without rights, who owns the data folder."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user; everything else here has run as an ordinary one")
    nobody = pwd.getpwnam("nobody")
    options = {
        **_as(nobody.pw_uid),
        "env": {"PATH": os.defpath, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    }
    # The environment's own Python may lie in root's home.
    system = shutil.which(f"python3.{sys.version_info.minor}", path=os.defpath)
    python = next((each for each in (sys.executable, system) if each and _may_run(each, options)), None)
    if python is None or not _may_run(str(programs() / "postgres"), options):
        pytest.skip("an ordinary user may not run Python or PostgreSQL here")
    shutil.chown(data_dir, nobody.pw_uid, nobody.pw_gid)
    return options | {"python": python}


def _may_run(program: str, options: dict[str, Any]) -> bool:
    try:
        return not subprocess.run([program, "--version"], check=False, capture_output=True, **options).returncode
    except OSError:
        return False


def test_it_runs_as_an_ordinary_user(join: Join, data_dir: Path, folder: Path, ordinary: dict[str, Any]) -> None:
    user = join(folder, **ordinary)
    _write(user.url(), "mine")
    assert folder.stat().st_uid == ordinary["user"]
    user.leave(stop=True)
    until_nothing_runs_in(data_dir)


def test_root_may_pass_by_a_folder_of_an_ordinary_user(
    join: Join, data_dir: Path, folder: Path, ordinary: dict[str, Any]
) -> None:
    root = join(data_dir / "other" / "postgres")
    root.url()
    for options in (ordinary, {}, ordinary):
        user = join(folder, **options)
        _write(user.url(), "of the owner")
        user.leave(stop=True)
    assert folder.stat().st_uid == ordinary["user"]
    root.leave(stop=True)


def test_another_users_folder_is_refused_with_a_sentence(join: Join, folder: Path, ordinary: dict[str, Any]) -> None:
    owner = join(folder)
    owner.url()
    other = join(folder, **ordinary)
    _, said = other.process.communicate(timeout=PATIENCE_SECONDS)
    assert "belongs to another user" in said
    owner.leave(stop=True)
