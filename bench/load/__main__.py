"""`python -m bench.load`: a job on the first line of standard input, the result on standard output."""

import asyncio
import sys

import msgspec
import uvloop

from bench.load.jobs import Job, ListenJob, PaceJob
from bench.load.listen import run_listeners
from bench.load.loops import run_loops
from bench.load.pace import run_pace


async def work(job: Job) -> msgspec.Struct:
    if isinstance(job, ListenJob):
        return await run_listeners(job)
    return await (run_pace(job) if isinstance(job, PaceJob) else run_loops(job))


if __name__ == "__main__":
    asked = msgspec.json.decode(sys.stdin.readline(), type=Job)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(msgspec.json.encode(runner.run(work(asked))).decode())
