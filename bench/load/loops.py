"""Closed loops: every connection sends its next request as soon as it has the answer to the one before."""

import asyncio
import os
from array import array
from collections.abc import Generator, Sequence
from functools import partial
from itertools import cycle, zip_longest
from time import monotonic
from uuid import uuid4

import msgspec

from bench.figures import percentile
from bench.load import wire
from bench.load.jobs import HOST, LoopResult, PassJob, ReadJob, Target
from bench.processes import all_cpu_seconds

PASS_ID = slice(len('{"id":"'), len('{"id":"') + 36)
"""Where the answer about a pass has its id."""

_PASS = "THE-ID-OF-THE-PASS"
_KEY = "THE-KEY"
"""Written into requests, and replaced as each is sent."""

Script = Generator[tuple[bytes, int], bytes, None]
"""Yields requests with the status that each must be answered with, and is sent the bodies of the answers."""


class Failed(Exception):
    """The server answered otherwise than it must."""


class Tally:
    """Counts the answers within a window of time, and how long each took. A wrong answer fails the bench."""

    def __init__(self) -> None:
        self.ending = False
        self.failure: Failed | None = None
        self._counting = False
        self._took = array("d")

    def note(self, sent: float, status: int, wanted: int, body: bytes) -> None:
        if status != wanted:
            self.failure = self.failure or Failed(f"{status} instead of {wanted}: {body[:500].decode()}")
        elif self._counting:
            self._took.append(monotonic() - sent)

    async def measure(self, job: PassJob | ReadJob) -> LoopResult:
        """Let the warm-up pass, count for the seconds of the job, then have all scripts end."""
        await asyncio.sleep(job.warm_up)
        watched = {**job.watched, "client": os.getpid()}
        before, began = all_cpu_seconds(watched), monotonic()
        self._counting = True
        await asyncio.sleep(job.seconds)
        self._counting = False
        after, seconds = all_cpu_seconds(watched), monotonic() - began
        self.ending = True
        took = sorted(self._took)
        return LoopResult(
            len(took),
            seconds,
            1000 * percentile(took, 50),
            1000 * percentile(took, 99),
            {name: (after[name] - before[name]) / seconds for name in watched},
        )


class Loop:
    """One connection that follows a script."""

    def __init__(self, script: Script, tally: Tally) -> None:
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._script = script
        self._tally = tally
        self._sent = 0.0
        self._wanted = 0
        self._connection = wire.Connection(self._answered, self._lost)

    async def start(self, port: int) -> None:
        await asyncio.get_running_loop().create_connection(lambda: self._connection, HOST, port)
        self._send(*next(self._script))

    def _send(self, message: bytes, wanted: int) -> None:
        self._wanted = wanted
        self._sent = monotonic()
        self._connection.transport.write(message)

    def _answered(self, status: int, body: bytes) -> None:
        self._tally.note(self._sent, status, self._wanted, body)
        try:
            if self._tally.failure:
                raise self._tally.failure
            self._send(*self._script.send(body))
        except (StopIteration, Failed):
            self._connection.transport.close()

    def _lost(self) -> None:
        if not self._tally.ending:
            self._tally.failure = self._tally.failure or Failed("The server hung up.")
        self.over.set_result(None)


async def run_loops(job: PassJob | ReadJob) -> LoopResult:
    tally = Tally()
    loops = [Loop(script, tally) for script in _scripts(job, tally)]
    for loop in loops:
        await loop.start(job.port)
    result = await tally.measure(job)
    await asyncio.gather(*(loop.over for loop in loops))
    if tally.failure:
        raise tally.failure
    return result


def _scripts(job: PassJob | ReadJob, tally: Tally) -> list[Script]:
    host = f"{HOST}:{job.port}"
    if isinstance(job, ReadJob):
        headers = {"accept-encoding": job.encoding}
        message = wire.request("GET", job.path, host=host, token=job.token, headers=headers)
        return [_reads(message, tally) for _ in range(job.connections)]
    # One student of each school in turn, dealt out to the connections: nobody has two passes at once.
    by_school = [writers_of(target, host, keyed=job.keyed) for target in job.targets]
    writers = [writer for some in zip_longest(*by_school) for writer in some if writer]
    return [_passes(writers[number :: job.connections], tally) for number in range(job.connections)]


class PassWriter:
    """Writes the requests about the passes of one student."""

    def __init__(self, target: Target, host: str, number: int, *, keyed: bool) -> None:
        headers = {"accept-encoding": "gzip"} | ({"idempotency-key": _KEY} if keyed else {})
        body = {"student_id": target.students[number], "destination_id": target.places[number % len(target.places)]}
        path = f"/api/v1/schools/{target.school_id}/passes"
        post = partial(wire.request, "POST", host=host, token=target.token, headers=headers)
        self._keyed = keyed
        self._issue = post(path, body=msgspec.json.encode(body))
        self._return = post(f"/api/v1/passes/{_PASS}/return")

    def issue(self) -> bytes:
        return self._with_key(self._issue)

    def give_back(self, pass_id: bytes) -> bytes:
        return self._with_key(self._return.replace(_PASS.encode(), pass_id, 1))

    def _with_key(self, message: bytes) -> bytes:
        return message.replace(_KEY.encode(), str(uuid4()).encode(), 1) if self._keyed else message


def writers_of(target: Target, host: str, *, keyed: bool = False) -> list[PassWriter]:
    """A writer for each student of the school."""
    return [PassWriter(target, host, number, keyed=keyed) for number in range(len(target.students))]


def _passes(writers: Sequence[PassWriter], tally: Tally) -> Script:
    for writer in cycle(writers):
        body = yield writer.issue(), 201
        yield writer.give_back(body[PASS_ID]), 200
        if tally.ending:
            return


def _reads(message: bytes, tally: Tally) -> Script:
    while not tally.ending:
        yield message, 200
