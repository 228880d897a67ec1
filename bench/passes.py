"""Passes over HTTP beside the same rows by pgbench."""

from statistics import median

import msgspec

from bench import client, pgbench
from bench.installation import Installation, Server
from bench.jobs import LoopResult, PassJob, Target
from bench.report import Aim, Table

CONNECTIONS = (8, 64)
COLUMNS = (
    "schools",
    "connections",
    "commands/s",
    "passes/s",
    "p50 ms",
    "p99 ms",
    "server cores",
    "client cores",
    "PostgreSQL cores",
    "pgbench tx/s",
    "pipelined tx/s",
    "ratio",
)
ABOUT = (
    "A command is one HTTP request that issues or returns a pass: bearer token, rules, hash chain, answered once it is "
    "durable. A pass is two commands. pgbench writes the same rows on the same database server as one transaction for each "
    "pass command, statement by statement as most applications do, or pipelined; the ratio is commands a second to the "
    "faster of the two. Medians of the repetitions, in which both took turns."
)


class Length(msgspec.Struct, frozen=True):
    """How long to measure, in seconds, and how often."""

    warm_up: float
    seconds: float
    repetitions: int


class Row(msgspec.Struct, frozen=True):
    schools: int
    connections: int
    over_http: list[LoopResult]
    by_statement: list[pgbench.Rate]
    pipelined: list[pgbench.Rate]

    @property
    def ratio(self) -> float:
        """Of commands over HTTP to transactions of the faster kind of pgbench."""
        faster = max(_rate(self.by_statement), _rate(self.pipelined))
        return _rate(self.over_http) / faster

    def cells(self) -> list[float | int]:
        commands = _rate(self.over_http)
        cores = [
            median(result.cores[name] for result in self.over_http) for name in ("server", "client", "postgres")
        ]
        return [
            self.schools,
            self.connections,
            commands,
            commands / pgbench.COMMANDS_A_PASS,
            median(result.p50 for result in self.over_http),
            median(result.p99 for result in self.over_http),
            *cores,
            _rate(self.by_statement),
            _rate(self.pipelined),
            self.ratio,
        ]


def measure(
    installation: Installation, server: Server, targets: list[Target], connections: int, length: Length
) -> Row:
    """The server and pgbench take turns, each going first in every second repetition."""
    row = Row(len(targets), connections, [], [], [])

    def over_http() -> None:
        row.over_http.append(
            client.loop(
                PassJob(
                    port=server.port,
                    targets=targets,
                    connections=connections,
                    warm_up=length.warm_up,
                    seconds=length.seconds,
                    watched={"server": server.pid, "postgres": installation.postgres_pid},
                )
            )
        )

    def by_pgbench() -> None:
        for pipelined, rates in ((False, row.by_statement), (True, row.pipelined)):
            rates.append(
                pgbench.run(
                    installation,
                    schools=len(targets),
                    clients=connections,
                    seconds=length.seconds,
                    pipelined=pipelined,
                )
            )

    for repetition in range(length.repetitions):
        turns = [over_http, by_pgbench]
        for turn in turns if repetition % 2 == 0 else reversed(turns):
            turn()
    return row


def table(rows: list[Row]) -> Table:
    return Table("Passes issued and returned", ABOUT, COLUMNS, [row.cells() for row in rows])


def aim(rows: list[Row]) -> Aim:
    chosen = next(row for row in rows if (row.schools, row.connections) == (1, CONNECTIONS[-1]))
    return Aim("commands over HTTP to pgbench transactions, one school, 64 connections", 2, chosen.ratio)


def _rate(results: list[LoopResult] | list[pgbench.Rate]) -> float:
    return median(result.per_second for result in results)
