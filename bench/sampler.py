"""Run a program and note, every few milliseconds of processor time from SIGUSR1 on, where it is:
`python -m bench.sampler OUT PROGRAM ...`

Time spent waiting, or while other programs have the processor, does not count; C code counts for the Python function
that called it.
"""

import runpy
import signal
import sys
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType

import msgspec

START = signal.SIGUSR1
_EVERY_SECONDS = 0.002


class Samples(msgspec.Struct, frozen=True):
    """How many samples found each function at work itself (`own`), and it or what it called (`whole`)."""

    total: int
    own: dict[str, int]
    whole: dict[str, int]


class Sampler:
    def __init__(self) -> None:
        self._own: Counter[CodeType] = Counter()
        self._whole: Counter[CodeType] = Counter()

    def wait(self) -> None:
        signal.signal(signal.SIGPROF, self._sample)
        signal.signal(START, lambda *_: signal.setitimer(signal.ITIMER_PROF, _EVERY_SECONDS, _EVERY_SECONDS))

    def stop(self) -> Samples:
        signal.setitimer(signal.ITIMER_PROF, 0)
        return Samples(self._own.total(), _named(self._own), _named(self._whole))

    def _sample(self, number: int, frame: FrameType | None) -> None:
        if frame is not None:
            self._own[frame.f_code] += 1
        seen = set()
        while frame is not None:
            seen.add(frame.f_code)
            frame = frame.f_back
        self._whole.update(seen)


def _named(counter: Counter[CodeType]) -> dict[str, int]:
    named: Counter[str] = Counter()
    for code, samples in counter.items():
        named[f"{'/'.join(Path(code.co_filename).parts[-2:])}:{code.co_firstlineno} {code.co_qualname}"] += samples
    return dict(named)


if __name__ == "__main__":
    _, path, *sys.argv = sys.argv
    sampler = Sampler()
    sampler.wait()
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    finally:
        Path(path).write_bytes(msgspec.json.encode(sampler.stop()))
