"""Passes over HTTP beside the same rows by pgbench."""

from statistics import median

import msgspec

from bench import client, pgbench
from bench.installation import Installation, Server
from bench.load.jobs import LoopResult, PassJob, Target
from bench.report import Aim, Cell, Table

CONNECTIONS = (8, 64)


class Length(msgspec.Struct, frozen=True):
    """How long to measure, in seconds, and how often."""

    warm_up: float
    seconds: float
    repetitions: int


class Row(msgspec.Struct, frozen=True):
    """What the repetitions gave. With `keyed` there was no pgbench."""

    schools: int
    connections: int
    keyed: bool
    over_http: list[LoopResult]
    by_statement: list[pgbench.Rate]
    pipelined: list[pgbench.Rate]

    @property
    def ratio(self) -> float:
        """Of commands over HTTP to transactions of the faster kind of pgbench."""
        return _rate(self.over_http) / max(_rate(self.by_statement), _rate(self.pipelined))


def measure(
    installation: Installation,
    server: Server,
    targets: list[Target],
    connections: int,
    length: Length,
    *,
    keyed: bool = False,
) -> Row:
    """The server and pgbench take turns, each going first in every second repetition."""
    row = Row(len(targets), connections, keyed, [], [], [])
    job = PassJob(
        port=server.port,
        targets=targets,
        connections=connections,
        keyed=keyed,
        warm_up=length.warm_up,
        seconds=length.seconds,
        watched={"server": server.pid, "postgres": installation.postgres_pid},
    )

    def over_http() -> None:
        row.over_http.append(client.loop(job))

    def by_pgbench() -> None:
        for pipelined, rates in ((False, row.by_statement), (True, row.pipelined)):
            rates.append(
                pgbench.run(
                    installation.database.url,
                    schools=len(targets),
                    clients=connections,
                    seconds=length.seconds,
                    pipelined=pipelined,
                )
            )

    turns = [over_http] if keyed else [over_http, by_pgbench]
    for repetition in range(length.repetitions):
        for turn in turns if repetition % 2 == 0 else reversed(turns):
            turn()
    return row


def http_table(rows: list[Row]) -> Table:
    return Table(
        "Passes over HTTP",
        "A command is one request that issues or returns a pass: bearer token, rules, hash chain; it is answered "
        "once it is durable. A pass is two commands. With keys every command has an Idempotency-Key, and its answer "
        "is kept. Cores: how many processors each had busy; the client's work is part of the measurement, on the "
        "same machine. Medians.",
        (
            "schools",
            "connections",
            "keys",
            "commands/s",
            "passes/s",
            "p50 ms",
            "p99 ms",
            "server cores",
            "PostgreSQL cores",
            "client cores",
        ),
        [_http_cells(row) for row in rows],
    )


def comparison(rows: list[Row]) -> Table:
    return Table(
        "The same by pgbench",
        "pgbench writes the same rows in the same database server, as one transaction for each pass command: it "
        "locks the school's head, inserts the event, inserts or updates the pass, updates the head. Statement by "
        "statement, as most applications do, or pipelined after the lock. The ratio is HTTP commands to the faster "
        "of the two. The server and pgbench took turns. Medians.",
        ("schools", "connections", "HTTP commands/s", "pgbench tx/s", "mean ms", "pipelined tx/s", "mean ms", "ratio"),
        [_comparison_cells(row) for row in rows if not row.keyed],
    )


def aims(rows: list[Row]) -> list[Aim]:
    """For one school at the most connections: to pgbench with as many clients, and to its best with any number."""
    alone = [row for row in rows if row.schools == 1 and not row.keyed]
    chosen = max(alone, key=lambda row: row.connections)
    best = max(_rate(rates) for row in alone for rates in (row.by_statement, row.pipelined))
    what = f"HTTP commands to pgbench transactions, 1 school, {chosen.connections} connections"
    return [
        Aim(what, 2.0, chosen.ratio),
        Aim(f"{what}, pgbench at its best number of clients", 2.0, _rate(chosen.over_http) / best),
    ]


def _http_cells(row: Row) -> list[Cell]:
    commands = _rate(row.over_http)
    return [
        row.schools,
        row.connections,
        "yes" if row.keyed else "no",
        commands,
        commands / pgbench.COMMANDS_A_PASS,
        median(result.p50 for result in row.over_http),
        median(result.p99 for result in row.over_http),
        *(median(result.cores[name] for result in row.over_http) for name in ("server", "postgres", "client")),
    ]


def _comparison_cells(row: Row) -> list[Cell]:
    cells: list[Cell] = [row.schools, row.connections, _rate(row.over_http)]
    for rates in (row.by_statement, row.pipelined):
        cells += [_rate(rates), median(rate.mean for rate in rates)]
    return [*cells, row.ratio]


def _rate(results: list[LoopResult] | list[pgbench.Rate]) -> float:
    return median(result.per_second for result in results)
