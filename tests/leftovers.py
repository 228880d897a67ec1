"""What is still running in a folder, and waiting until it no longer is."""

import time
from collections.abc import Callable
from pathlib import Path

import psutil

PATIENCE_SECONDS = 90


def processes_in(folder: Path) -> list[int]:
    """The processes that were started on something in this folder, databases and their keepers above all."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if any(argument.startswith(str(folder)) for argument in process.info["cmdline"] or ())
    ]


def until(is_so: Callable[[], bool]) -> None:
    """Wait for it. How long it takes decides nothing, unless it never comes."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)


def until_nothing_runs_in(folder: Path) -> None:
    until(lambda: not processes_in(folder))
