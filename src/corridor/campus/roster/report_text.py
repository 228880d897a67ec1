"""A report as lines of text, for a terminal or a mail."""

from corridor.campus.roster.report import Quirk, RejectedRow, RosterReport, Status

_MOST_ROWS = 20
_HEADLINES = {
    Status.RUNNING: "Import of {source} is running.",
    Status.APPLIED: "Imported {source}.",
    Status.DRY_RUN: "Dry run of {source}: nothing was changed.",
    Status.REFUSED: "Refused {source}.",
    Status.FAILED: "Could not import {source}.",
    Status.INTERRUPTED: "The import of {source} was interrupted: nothing was changed.",
}
_COLUMNS = ("added", "changed", "reactivated", "removed", "unchanged", "rejected")


def report_lines(report: RosterReport) -> list[str]:
    """Counts of each kind, then what was refused, what was odd, and what is left to do."""
    lines = [_HEADLINES[report.status].format(source=report.source)]
    if report.error:
        lines += ["", report.error]
    lines += ["", *_table(report)]
    if report.rejected:
        lines += ["", f"Rejected rows ({report.rejected_total:,}):"]
        lines += [_rejected(row) for row in report.rejected[:_MOST_ROWS]]
        lines += _more(report.rejected_total - _MOST_ROWS)
    if report.warnings:
        lines += ["", "Read with a warning:"]
        lines += [_quirk(quirk) for quirk in report.warnings]
    if report.notes:
        lines += ["", "To know:"]
        lines += [f"  {note.text}" for note in report.notes]
    return lines


def _table(report: RosterReport) -> list[str]:
    rows = [
        (kind.value, *(f"{getattr(counts, column):,}" for column in _COLUMNS), f"{counts.active_after:,}")
        for kind, counts in report.kinds.items()
    ]
    table = [("", *_COLUMNS, "now active"), *rows]
    widths = [max(len(row[index]) for row in table) for index in range(len(table[0]))]
    return [
        "  ".join(
            cell.ljust(width) if index == 0 else cell.rjust(width) for index, (cell, width) in enumerate(line)
        ).rstrip()
        for line in (zip(row, widths, strict=True) for row in table)
    ]


def _rejected(row: RejectedRow) -> str:
    return f"  {_place(row.file, row.line)}{_cell(row.field, row.value)}: {row.why} {row.advice}"


def _quirk(quirk: Quirk) -> str:
    times = f"{quirk.count:,} times, first " if quirk.count > 1 else ""
    first = quirk.examples[0] if quirk.examples else None
    place = _place(quirk.file, first.line if first else None)
    return f"  {times}{place}{_cell(quirk.field, first.value if first else None)}: {quirk.why} {quirk.advice}"


def _place(file: str, line: int | None) -> str:
    return file if line is None else f"{file} line {line}"


def _cell(field: str | None, value: str | None) -> str:
    shown = None if value is None else f"'{value}'"
    parts = [part for part in (field, shown) if part]
    return f", {' '.join(parts)}" if parts else ""


def _more(number: int) -> list[str]:
    return [f"  ... and {number:,} more"] if number > 0 else []
