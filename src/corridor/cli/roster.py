"""Commands that bring in data from other systems."""

from pathlib import Path
from typing import Any

import click
import msgspec
from rich.table import Table

from corridor.base.clock import SystemClock
from corridor.base.settings import Settings
from corridor.campus.roster import DEFAULT_ALLOWED_REMOVALS, RosterReport, Status, import_roster
from corridor.cli.terminal import ReportProgress, current_database, out, run, with_progress
from corridor.integrations.sis.oneroster_csv import OneRosterCsv
from corridor.policy.defaults import add_defaults

MOST_SHOWN = 20
_COLUMNS = ("added", "changed", "reactivated", "removed", "unchanged", "rejected")


class Percentage(click.ParamType[float]):
    """A number from 0 to 100, with or without its sign."""

    name = "percentage"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            number = float(str(value).rstrip("% "))
        except ValueError:
            number = -1.0
        if not 0 <= number <= 100:
            self.fail(f"'{value}' is no percentage from 0 to 100.", param, ctx)
        return number


@click.group("import")
def import_group() -> None:
    """Bring in data from other systems."""


@import_group.command("oneroster")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check everything and report, but change nothing.")
@click.option(
    "--allow-removals",
    type=Percentage(),
    default=DEFAULT_ALLOWED_REMOVALS,
    show_default=True,
    metavar="N%",
    help="How many percent of a kind may leave at once.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_obj
def import_oneroster(settings: Settings, path: Path, dry_run: bool, allow_removals: float, as_json: bool) -> None:
    """Import a OneRoster 1.1 or 1.2 CSV export, a folder or a zip.

    Everything is checked first; what cannot be used is reported row by row, and an import that stops changes nothing.
    """

    async def work(progress: ReportProgress) -> RosterReport:
        async with current_database(settings) as database:
            return await import_roster(
                database,
                OneRosterCsv(path),
                clock=SystemClock(),
                time_zone=settings.time_zone,
                dry_run=dry_run,
                allow_removals=allow_removals,
                progress=progress,
                on_new_schools=[add_defaults],
            )

    report = run(with_progress(work))
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
    else:
        show(report)


def show(report: RosterReport) -> None:
    """Print what an import found and did."""
    table = Table(title=f"{report.source}: {report.rows_read} rows read", title_justify="left")
    table.add_column("")
    for column in _COLUMNS:
        table.add_column(column, justify="right")
    for kind, counts in report.kinds.items():
        table.add_row(kind.value, *(str(getattr(counts, column) or "") for column in _COLUMNS))
    out.print(table)
    for row in report.rejected[:MOST_SHOWN]:
        out.print(f"[red]left out[/]  {_place(row.file, row.line, row.field)}: ", end="")
        value = f" '{row.value}':" if row.value else ""
        out.print(f"{value} {row.why} {row.advice}".strip(), markup=False, soft_wrap=True)
    _and_more(report.rejected_total - min(MOST_SHOWN, len(report.rejected)), "rows left out")
    for quirk in report.warnings[:MOST_SHOWN]:
        first = quirk.examples[0].line if quirk.examples else None
        times = f" ({quirk.count} times)" if quirk.count > 1 else ""
        out.print(f"[yellow]warning[/]   {_place(quirk.file, first, quirk.field)}{times}: ", end="")
        out.print(f"{quirk.why} {quirk.advice}", markup=False, soft_wrap=True)
    _and_more(len(report.warnings) - MOST_SHOWN, "kinds of warnings")
    for note in report.notes:
        out.print("[cyan]note[/]      ", end="")
        out.print(note.text, markup=False, soft_wrap=True)
    if report.status is Status.DRY_RUN:
        out.print("A dry run: nothing was changed.")
    elif not report.differs:
        out.print("Everything was up to date; nothing was changed.")
    else:
        out.print("[green]Imported.[/]")


def _place(file: str, line: int | None, field: str | None) -> str:
    place = file if line is None else f"{file}:{line}"
    return f"{place} {field}" if field else place


def _and_more(count: int, what: str) -> None:
    if count > 0:
        out.print(f"          ... and {count} more {what}; --json lists them.")
