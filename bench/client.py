"""The load generator as the bench sees it: a process that is given a job and gives back a result."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from bench.installation import Popen, environment
from bench.load.jobs import Job, ListenJob, ListenResult, LoopResult, PaceJob, PaceResult, PassJob, ReadJob

R = TypeVar("R", LoopResult, PaceResult, ListenResult)


def loop(job: PassJob | ReadJob) -> LoopResult:
    return _finish(_start(job), LoopResult)


def pace(job: PaceJob) -> PaceResult:
    return _finish(_start(job), PaceResult)


class Audience:
    """Listeners that are all connected. `leave` sends them home and says what they heard."""

    def __init__(self, process: Popen) -> None:
        self._process = process

    def leave(self) -> ListenResult:
        return _finish(self._process, ListenResult)


@contextlib.contextmanager
def audience(job: ListenJob) -> Iterator[Audience]:
    process = _start(job)
    try:
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n":
            raise RuntimeError("Not all listeners could connect; what went wrong stands above.")
        yield Audience(process)
    finally:
        process.kill()
        process.wait()


def _start(job: Job) -> Popen:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.load"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
        env=environment(),
    )
    assert process.stdin is not None
    process.stdin.write(msgspec.json.encode(job).decode() + "\n")
    process.stdin.flush()
    return process


def _finish(process: Popen, kind: type[R]) -> R:
    said, _ = process.communicate()
    if process.returncode:
        raise RuntimeError("The load generator failed; what went wrong stands above.")
    return msgspec.json.decode(said, type=kind)
