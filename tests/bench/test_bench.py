"""The bench: what it counts, what it says, and that it writes the rows that it claims to write."""

import io
from pathlib import Path

import msgspec
import psycopg
import pytest
from rich.console import Console

from bench import pgbench
from bench.figures import percentile
from bench.load.wire import Connection
from bench.report import Aim, Machine, Report, Table, as_markdown, show, write
from corridor.base.database import Database

REPORT = Report(
    date="2026-11-24",
    quick=True,
    machine=Machine(2, "Some processor", "Linux 6", "3.11.7", 0.1, 20000),
    tables=[Table("Reads", "What is read.", ("path", "answers/s", "ratio"), [("/live", 6543.21, None)])],
    aims=[Aim("answers", 2.0, 3.5), Aim("delay", 250.0, 300.0, most=True)],
)


def test_a_report_is_shown_as_tables() -> None:
    screen = io.StringIO()
    show(REPORT, Console(file=screen, width=160))
    for said in (screen.getvalue(), as_markdown(REPORT)):
        for word in ("a short run", "Reads", "What is read.", "answers/s", "6,543", "met", "MISSED", "below 250"):
            assert word in said


def test_a_report_is_written_as_json(tmp_path: Path) -> None:
    path = write(REPORT, tmp_path / "results")
    assert path.name == "2026-11-24-2-cores-quick.json"
    read = msgspec.json.decode(path.read_bytes(), type=Report)
    assert msgspec.json.encode(read) == msgspec.json.encode(REPORT)


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert percentile(range(1, 101), 50) == 51
    assert percentile(range(1, 101), 99) == 100
    assert percentile([7.0], 99) == 7.0


@pytest.mark.parametrize("piece", [1, 7, 1000])
def test_an_answer_is_whole_however_it_arrives(piece: int) -> None:
    answers: list[tuple[int, bytes]] = []
    connection = Connection(lambda status, body: answers.append((status, body)))
    sent = b"HTTP/1.1 201 Created\r\ncontent-length: 4\r\nx: y\r\n\r\nbodyHTTP/1.1 204 No Content\r\n\r\n"
    first = sent.index(b"body") + 4
    for part in (sent[:first], sent[first:]):
        for at in range(0, len(part), piece):
            connection.data_received(part[at : at + piece])
    assert answers == [(201, b"body"), (204, b"")]


@pytest.mark.parametrize("pipelined", [False, True])
async def test_pgbench_writes_what_the_ledger_writes(database: Database, pipelined: bool) -> None:
    await pgbench.add_heads(database, 2)
    rate = pgbench.run(database.url, schools=2, clients=2, seconds=1, pipelined=pipelined)
    assert rate.per_second > 0
    with psycopg.connect(database.url) as connection:
        passes, ended = connection.execute(
            "SELECT count(*), count(*) FILTER (WHERE status = 'ended' AND ended_at IS NOT NULL) FROM pass"
        ).fetchone() or (0, 0)
        events, heads = connection.execute(
            "SELECT (SELECT count(*) FROM ledger_event), (SELECT sum(seq) FROM ledger_head)"
        ).fetchone() or (0, 0)
    assert passes == ended > 0
    assert events == heads == passes * pgbench.COMMANDS_A_PASS
