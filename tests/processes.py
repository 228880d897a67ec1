"""The application in processes of its own, which may be killed at any instant.

They are forked from one that has everything imported, so that a new one serves within a fraction of a second.
"""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import uvloop

from corridor.app import create_app
from corridor.base import logs
from corridor.base.clock import ShiftedClock
from corridor.base.database import Database
from corridor.base.settings import Settings
from corridor.ledger.engine import Ledger
from corridor.web.server import open_socket, run_server
from tests.school import MORNING

START_SECONDS = 60
_STOP_SECONDS = 20

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["corridor.app", "corridor.web.server", "uvloop"])


class Process:
    """Runs `work(pipe, *arguments)` in a process of its own; both sides talk through the pipe."""

    def __init__(self, work: Callable[..., None], *arguments: Any) -> None:
        self.pipe, theirs = _context.Pipe()
        self._process: BaseProcess = _context.Process(target=work, args=(theirs, *arguments), daemon=True)
        self._process.start()
        theirs.close()

    def receive(self) -> Any:
        """What the process says next. Raises `EOFError` when it has ended."""
        assert self.pipe.poll(START_SECONDS), "the process says nothing"
        return self.pipe.recv()

    def kill(self) -> None:
        """`kill -9`."""
        self._process.kill()
        self._process.join()

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        self._process.terminate()
        self._process.join(_STOP_SECONDS)
        if self._process.exitcode is None:
            self.kill()

    def wait(self) -> int | None:
        """Wait for its end; minus the signal that ended it, else its exit status."""
        self._process.join(START_SECONDS)
        return self._process.exitcode


class AppProcess(Process):
    """The application on this database, its clock set to the Tuesday morning of the tests. `url` once it serves.

    `fault` names where the process shall kill itself at its next command: `before_commit` or `after_commit`.
    """

    def __init__(self, database_url: str, data_dir: Path, fault: str | None = None) -> None:
        super().__init__(_serve, database_url, data_dir, MORNING - datetime.now(UTC), fault)
        self.url: str = self.receive()


@contextmanager
def app_processes(count: int, database_url: str, data_dir: Path) -> Iterator[list[AppProcess]]:
    """So many processes of the application, for the block."""
    processes = [AppProcess(database_url, data_dir) for _ in range(count)]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()


def run_in_process(work: Callable[[], Any]) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work())


def _serve(pipe: Connection, database_url: str, data_dir: Path, shift: timedelta, fault: str | None) -> None:
    logs.configure("console")
    if fault:
        _plant(fault)

    async def work() -> None:
        database = Database(database_url)
        app = create_app(database, ShiftedClock(shift), Settings(data_dir=data_dir, secret_key="for tests"))
        await run_server(app, open_socket("127.0.0.1", 0), started=pipe.send)
        await database.close()

    run_in_process(work)


def _plant(fault: str) -> None:
    """Make the ledger kill its own process when it is about to commit, or has just committed but not answered yet."""
    write = Ledger._write

    async def write_and_die(ledger: Any, connection: Any, working: Any) -> None:
        doomed = any(work.added for work in working)
        if doomed and fault == "before_commit":
            os.kill(os.getpid(), signal.SIGKILL)
        await write(ledger, connection, working)
        if doomed:
            os.kill(os.getpid(), signal.SIGKILL)

    Ledger._write = write_and_die  # type: ignore[assignment, method-assign]
