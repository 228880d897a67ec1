"""What is still running in a folder, and waiting until it no longer is."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

PATIENCE_SECONDS = 90


def processes_in(folder: Path) -> list[int]:
    """The processes that were started on something in this folder, databases and their keepers above all."""
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and _is_in(entry, folder)]


def _is_in(process: Path, folder: Path) -> bool:
    with suppress(OSError):
        arguments = (process / "cmdline").read_bytes().split(b"\0")
        return any(argument.startswith(str(folder).encode()) for argument in arguments)
    return False


def until(is_so: Callable[[], bool]) -> None:
    """Wait for it. How long it takes decides nothing, unless it never comes."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)


def until_nothing_runs_in(folder: Path) -> None:
    until(lambda: not processes_in(folder))
