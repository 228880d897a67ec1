"""What a run of the bench says: tables for people, the same as JSON for programs."""

import math
import os
import platform
import textwrap
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table as RichTable

Cell = str | int | float | None


class Table(msgspec.Struct, frozen=True):
    """`about` says what a row means. A cell of None was not measured."""

    title: str
    about: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


class Aim(msgspec.Struct, frozen=True):
    """What was hoped for and what came of it. `most`: the wanted figure is an upper limit, not a lower one."""

    what: str
    wanted: float
    got: float
    most: bool = False

    @property
    def met(self) -> bool:
        return self.got < self.wanted if self.most else self.got >= self.wanted


class Machine(msgspec.Struct, frozen=True):
    """Where it was measured. `load` is the load average of the minute before, `open_files` what a process may open."""

    cores: int
    processor: str
    system: str
    python: str
    load: float
    open_files: int


class Report(msgspec.Struct, frozen=True):
    date: str
    quick: bool
    machine: Machine
    tables: Sequence[Table]
    aims: Sequence[Aim]


def this_machine(open_files: int) -> Machine:
    return Machine(
        os.cpu_count() or 1,
        _processor(),
        f"{platform.system()} {platform.release()}",
        platform.python_version(),
        round(os.getloadavg()[0], 2),
        open_files,
    )


def show(report: Report, console: Console) -> None:
    console.print(_heading(report), highlight=False)
    for table in (*report.tables, _aims(report.aims)):
        console.print(f"\n[bold]{table.title}[/]", highlight=False)
        console.print(f"{table.about}\n", highlight=False)
        console.print(_drawn(table, box.SIMPLE_HEAD))


def as_markdown(report: Report) -> str:
    parts = [textwrap.fill(_heading(report), 120)]
    for table in (*report.tables, _aims(report.aims)):
        drawing = Console(file=StringIO(), width=500)
        with drawing.capture() as drawn:
            drawing.print(_drawn(table, box.MARKDOWN))
        lines = [line.rstrip() for line in drawn.get().splitlines()]
        parts += [f"### {table.title}", textwrap.fill(table.about, 120), "\n".join(filter(None, lines))]
    return "\n\n".join(parts)


def write(report: Report, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    length = "quick" if report.quick else "full"
    path = folder / f"{report.date}-{report.machine.cores}-cores-{length}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")
    return path


def _aims(aims: Sequence[Aim]) -> Table:
    rows = [
        [
            aim.what,
            f"{'below' if aim.most else 'at least'} {_text(aim.wanted)}",
            aim.got,
            "met" if aim.met else "MISSED",
        ]
        for aim in aims
    ]
    return Table("Aims", "What was hoped for.", ("aim", "wanted", "got", ""), rows)


def _heading(report: Report) -> str:
    machine = report.machine
    length = "a short run, good for a glance only" if report.quick else "a full run"
    return (
        f"{report.date}, {length}: {machine.cores} cores of {machine.processor}, {machine.system}, "
        f"Python {machine.python}, load average before {machine.load}, {machine.open_files:,} open files allowed."
    )


def _drawn(table: Table, lines: box.Box) -> RichTable:
    drawn = RichTable(box=lines)
    for index, column in enumerate(table.columns):
        numbers = any(isinstance(row[index], int | float) for row in table.rows)
        drawn.add_column(column, justify="right" if numbers else "left")
    for row in table.rows:
        drawn.add_row(*(_text(cell) for cell in row))
    return drawn


def _text(cell: Cell) -> str:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return "-"
    if isinstance(cell, float) and abs(cell) < 10:
        return f"{cell:.2f}"
    return f"{cell:,.0f}" if isinstance(cell, int | float) else cell


def _processor() -> str:
    """The processor's name where Linux tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
