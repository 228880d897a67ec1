"""An installation of Corridor for one run of the bench, in a temporary folder: its database server and its server."""

import contextlib
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
import psycopg

from bench.processes import peak_mib
from corridor import schema
from corridor.base.database import Database
from corridor.base.postgres import EmbeddedPostgres
from corridor.base.settings import PREFIX, Settings

Popen = subprocess.Popen[str]
_START_SECONDS = 60.0
_LOOK_SECONDS = 0.05


class Server(msgspec.Struct, frozen=True):
    """`corridor serve`, running."""

    port: int
    pid: int


class Installation:
    """A database server with ordinary durability, a database with all tables, and the settings of a server on it."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(data_dir=folder / "data", time_zone="UTC")
        self.postgres = EmbeddedPostgres(self.settings.postgres_dir)
        self.database = Database(self.postgres.join())
        self.folder = folder

    @property
    def postgres_pid(self) -> int:
        return int((self.settings.postgres_dir / "postmaster.pid").read_text().splitlines()[0])

    @contextlib.contextmanager
    def serving(self, *python: str) -> Iterator[Server]:
        """The server, for as long as the block runs; `python` are arguments for its interpreter."""
        process = self._start(["serve", "--port", "0"], python, environment())
        try:
            yield Server(_announced_port(process), process.pid)
        finally:
            process.terminate()
            process.communicate()

    def run(self, *arguments: str, database: str | None = None) -> float:
        """Run `corridor` to its end, on this database of the server or on the installation's own. Returns the most
        memory it held, in MiB."""
        url = {f"{PREFIX}DATABASE_URL": self.postgres.url(database)} if database else {}
        process = self._start(arguments, (), environment() | url)
        peak = 0.0
        with process:
            while process.poll() is None:
                peak = max(peak, peak_mib(process.pid))
                time.sleep(_LOOK_SECONDS)
        if process.returncode:
            raise RuntimeError(f"corridor {' '.join(arguments)} failed")
        return peak

    def add_database(self, name: str) -> None:
        with psycopg.connect(self.postgres.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")

    def _start(self, arguments: Sequence[str], python: Sequence[str], variables: Mapping[str, str]) -> Popen:
        program = Path(sys.executable).with_name("corridor")
        command = [sys.executable, *python, str(program), "--data-dir", str(self.settings.data_dir), *arguments]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=self.folder, env=variables)


@contextlib.asynccontextmanager
async def installation() -> AsyncIterator[Installation]:
    """A fresh installation, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="corridor-bench-") as name:
        folder = Path(name)
        # PostgreSQL runs as a user of its own when the bench is run by root.
        folder.chmod(0o755)  # noqa: ASYNC240 - nothing else runs yet
        made = Installation(folder)
        try:
            await schema.migrate(made.database)
            yield made
        finally:
            await made.database.close()
            made.postgres.leave(stop=True)


def environment() -> dict[str, str]:
    """The environment without anybody's own settings of Corridor, for a process that may be one of the bench's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return kept | {"PYTHONPATH": str(Path(__file__).parents[1])}


def _announced_port(process: Popen) -> int:
    """The port in the line with which the server says that it takes requests."""
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], _START_SECONDS)
    line = process.stdout.readline() if ready else ""
    if "http://" not in line:
        raise RuntimeError(f"The server did not start: {line or 'it said nothing'}")
    return int(line.split("http://")[1].split()[0].rpartition(":")[2])
