"""What a run of the bench says: tables for people, the same as JSON for programs."""

import math
import os
import platform
from collections.abc import Sequence
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
    """Where it was measured; `load` is the load average of the minute before, `open_files` the limit of the processes."""

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


def show(report: Report, console: Console, *, markdown: bool = False) -> None:
    machine = report.machine
    length = "a short run, good for a glance only" if report.quick else "a full run"
    console.print(
        f"{report.date}, {length}: {machine.cores} cores of {machine.processor}, {machine.system}, Python {machine.python}, "
        f"load average before {machine.load}, {machine.open_files} open files allowed",
        highlight=False,
    )
    for table in report.tables:
        _print_table(table, console, markdown=markdown)
    verdicts = [[aim.what, f"{'<' if aim.most else '≥'} {_text(aim.wanted)}", aim.got, "met" if aim.met else "MISSED"] for aim in report.aims]
    _print_table(Table("Aims", "", ["aim", "wanted", "got", ""], verdicts), console, markdown=markdown)


def write(report: Report, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    length = "quick" if report.quick else "full"
    path = folder / f"{report.date}-{report.machine.cores}-cores-{length}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")
    return path


def _print_table(table: Table, console: Console, *, markdown: bool) -> None:
    console.print()
    console.print(f"### {table.title}" if markdown else f"[bold]{table.title}[/]", highlight=False)
    if table.about:
        console.print(table.about, highlight=False)
    console.print()
    drawn = RichTable(box=box.MARKDOWN if markdown else box.SIMPLE_HEAD)
    for index, column in enumerate(table.columns):
        numbers = any(isinstance(row[index], int | float) for row in table.rows)
        drawn.add_column(column, justify="right" if numbers else "left")
    for row in table.rows:
        drawn.add_row(*(_text(cell) for cell in row))
    console.print(drawn)


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
