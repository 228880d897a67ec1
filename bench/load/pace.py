"""Commands at an even pace: so many a second, however long the answers take."""

import asyncio
from itertools import cycle
from time import monotonic, time

from bench.load import wire
from bench.load.jobs import HOST, PaceJob, PaceResult, Sent
from bench.load.loops import PASS_ID, Failed, PassWriter, writers_of

_LANES = 16


class _Lane:
    """A connection that takes one request at a time."""

    def __init__(self) -> None:
        self._answer: asyncio.Future[bytes]
        self._wanted = 0
        self._connection = wire.Connection(self._answered, lambda: None)

    async def open(self, port: int) -> None:
        await asyncio.get_running_loop().create_connection(lambda: self._connection, HOST, port)

    async def ask(self, message: bytes, wanted: int) -> tuple[bytes, float, float]:
        """The body of the answer, and when the request was sent and answered."""
        self._answer = asyncio.get_running_loop().create_future()
        self._wanted = wanted
        sent = time()
        self._connection.transport.write(message)
        return await self._answer, sent, time()

    def close(self) -> None:
        self._connection.transport.close()

    def _answered(self, status: int, body: bytes) -> None:
        if status == self._wanted:
            self._answer.set_result(body)
        else:
            self._answer.set_exception(Failed(f"{status} instead of {self._wanted}: {body[:500].decode()}"))


async def run_pace(job: PaceJob) -> PaceResult:
    """Half of the commands issue passes, half return them, half a step apart."""
    commands: list[Sent] = []
    writers = writers_of(job.target, f"{HOST}:{job.port}")
    lanes = [_Lane() for _ in range(_LANES)]
    for lane in lanes:
        await lane.open(job.port)
    step = 2 / job.per_second
    began = monotonic()

    async def one_pass(lane: _Lane, writer: PassWriter, at: float) -> None:
        await asyncio.sleep(at - monotonic())
        body, sent, answered = await lane.ask(writer.issue(), 201)
        pass_id = body[PASS_ID]
        commands.append(Sent(pass_id.decode(), "pass_issued", sent, answered))
        await asyncio.sleep(at + step * (_LANES - 0.5) - monotonic())
        _, sent, answered = await lane.ask(writer.give_back(pass_id), 200)
        commands.append(Sent(pass_id.decode(), "pass_ended", sent, answered))

    async def fill(lane: _Lane, number: int) -> None:
        mine = cycle(writers[number::_LANES])
        at = began + number * step
        while at < began + job.seconds:
            await one_pass(lane, next(mine), at)
            at += _LANES * step

    await asyncio.gather(*(fill(lane, number) for number, lane in enumerate(lanes)))
    for lane in lanes:
        lane.close()
    return PaceResult(commands)
