"""Bell schedules as CSV, a row a period: schedule, days, period, starts_at, ends_at.

`days` are weekdays, such as "Mon Tue Wed"; they stand in the schedule's first row at least, and nowhere for a schedule
that only the calendar chooses.
"""

from collections.abc import Sequence

import msgspec

from corridor.base.text import one_line
from corridor.campus.bells import PeriodDraft, Schedule, ScheduleDraft
from corridor.campus.clock_time import write_clock
from corridor.campus.table_file import Row, RowProblem, UnfitFile, read_rows, write_rows
from corridor.campus.weekdays import read_weekdays, write_weekdays

COLUMNS = ("schedule", "days", "period", "starts_at", "ends_at")
_OTHER_NAMES = {
    "schedule": ("bell schedule", "schedule name", "bell schedule name"),
    "days": ("weekdays", "day", "weekday", "holds on"),
    "period": ("period name", "block", "name"),
    "starts_at": ("starts", "start", "start time", "begins", "begin", "from"),
    "ends_at": ("ends", "end", "end time", "to", "until"),
}


class SchedulesFile(msgspec.Struct, frozen=True):
    """What a file says. `lines` are each schedule's periods' lines in the file, to say where something is wrong."""

    drafts: tuple[ScheduleDraft, ...]
    lines: tuple[tuple[int, ...], ...]


def write_schedules_csv(schedules: Sequence[Schedule]) -> str:
    rows = [
        (each.name, write_weekdays(each.days), period.name, write_clock(period.starts_at), write_clock(period.ends_at))
        for each in schedules
        for period in each.periods
    ]
    return write_rows(COLUMNS, rows)


def write_drafts_csv(drafts: Sequence[ScheduleDraft]) -> str:
    """Drafts as a file that says the same."""
    rows = [
        (each.name, write_weekdays(each.days), period.name, period.starts_at, period.ends_at)
        for each in drafts
        for period in each.periods
    ]
    return write_rows(COLUMNS, rows)


def read_schedules_csv(content: bytes) -> SchedulesFile:
    """Raises `UnfitFile` with all rows that cannot be read; whether the schedules make sense is not looked at."""
    groups: dict[str, list[Row]] = {}
    problems = []
    for row in read_rows(content, _OTHER_NAMES, needed=("schedule", "period", "starts_at", "ends_at")):
        if name := one_line(row["schedule"]):
            groups.setdefault(name.casefold(), []).append(row)
        else:
            problems.append(RowProblem(row.line, "schedule", "The row does not name its schedule."))
    drafts = []
    for rows in groups.values():
        days, wrong = _days(rows)
        problems += wrong
        periods = tuple(PeriodDraft(one_line(row["period"]), row["starts_at"], row["ends_at"]) for row in rows)
        drafts.append(ScheduleDraft(one_line(rows[0]["schedule"]), days, periods))
    if problems:
        raise UnfitFile(sorted(problems, key=lambda each: each.line or 0))
    return SchedulesFile(tuple(drafts), tuple(tuple(row.line for row in rows) for rows in groups.values()))


def _days(rows: Sequence[Row]) -> tuple[tuple[int, ...], list[RowProblem]]:
    problems = []
    days: frozenset[int] | None = None
    for row in rows:
        if not row["days"]:
            continue
        found = read_weekdays(row["days"])
        if found is None:
            why = f"'{row['days'][:40]}' are no weekdays. Write them as Mon Tue Wed, or as Mon-Fri."
            problems.append(RowProblem(row.line, "days", why))
        elif days is not None and found != days:
            why = f"{one_line(row['schedule'])} has other days here than in the row where they came first."
            problems.append(RowProblem(row.line, "days", why))
        else:
            days = found
    return tuple(sorted(days or ())), problems
