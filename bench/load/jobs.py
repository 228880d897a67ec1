"""What the load generator is told to do and what it says afterwards, as JSON between two processes."""

from collections.abc import Mapping

import msgspec

HOST = "127.0.0.1"


class Target(msgspec.Struct, frozen=True):
    """A school to work on: a token for it, students, and places without a limit that they may go to."""

    school_id: str
    token: str
    students: list[str]
    places: list[str]


class PassJob(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Issue passes and return them, over so many connections. `keyed`: each request has an Idempotency-Key of its own.
    `watched` are processes, by name, whose use of the processors is reported."""

    port: int
    targets: list[Target]
    connections: int
    keyed: bool
    warm_up: float
    seconds: float
    watched: Mapping[str, int]


class ReadJob(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Read one path, over so many connections. `watched` as for passes."""

    port: int
    path: str
    token: str
    encoding: str
    connections: int
    warm_up: float
    seconds: float
    watched: Mapping[str, int]


class PaceJob(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Issue passes and return them at an even pace, however long the answers take."""

    port: int
    target: Target
    per_second: float
    seconds: float


class ListenJob(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Listen to a school's stream with so many connections, until standard input ends."""

    port: int
    target: Target
    listeners: int


Job = PassJob | ReadJob | PaceJob | ListenJob


class LoopResult(msgspec.Struct, frozen=True):
    """Answers within the measured seconds; how long half of them and 99 % of them took at most, in milliseconds; and
    how many processors each watched process and the `client` itself kept busy."""

    answers: int
    seconds: float
    p50: float
    p99: float
    cores: dict[str, float]

    @property
    def per_second(self) -> float:
        return self.answers / self.seconds


class Sent(msgspec.Struct, frozen=True):
    """A command of a `PaceJob`: the event it led to, and when it was sent and answered, in seconds since 1970."""

    pass_id: str
    kind: str
    sent: float
    answered: float


class PaceResult(msgspec.Struct, frozen=True):
    commands: list[Sent]


class Received(msgspec.Struct, frozen=True):
    """An event of the stream, when it was recorded and when each listener had it, in seconds since 1970."""

    pass_id: str
    kind: str
    recorded: float
    at: list[float]


class ListenResult(msgspec.Struct, frozen=True):
    """`reloads`: how often a listener was told that it had missed something."""

    events: list[Received]
    reloads: int
