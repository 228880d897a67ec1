"""The calendar as CSV: date, schedule, cycle, note.

A schedule is named as the school names it; "no school" is a day without school, and an empty cell means that the
weekday's schedule holds. Only days of which the calendar says something are written.
"""

from collections.abc import Mapping
from datetime import date

from corridor.base.text import one_line
from corridor.campus.calendar import FIRST_DAY, LAST_DAY, LONGEST_CYCLE, LONGEST_NOTE, MOST_DAYS, Calendar, Wish, Word
from corridor.campus.model import BellSchedule, CalendarDay
from corridor.campus.no_school import means_no_school
from corridor.campus.table_file import Row, RowProblem, UnfitFile, read_date, read_rows, write_rows

COLUMNS = ("date", "schedule", "cycle", "note")
NO_SCHOOL = "no school"
_OTHER_NAMES = {
    "date": ("day", "on", "on date"),
    "schedule": ("bell schedule", "schedule name"),
    "cycle": ("cycle day", "rotation", "rotation day", "day type"),
    "note": ("notes", "title", "description", "event"),
}


def write_calendar(known: Calendar) -> str:
    rows = [
        (day.isoformat(), _schedule(known, said), said.cycle or "", said.note or "")
        for day, said in sorted(known.calendar.items())
    ]
    return write_rows(COLUMNS, rows)


def write_wishes(known: Calendar, wishes: Mapping[date, Wish]) -> str:
    """Days as a file that says the same. What a wish leaves as it is stands there as it is."""
    rows = []
    for day, wish in sorted(wishes.items()):
        was = known.calendar.get(day) or CalendarDay(None, as_usual=True)
        schedule = wish.schedule if isinstance(wish.schedule, Word) else None
        named = known.schedule(wish.schedule) if not isinstance(wish.schedule, Word) and wish.schedule else None
        if named:
            shown = named.name
        elif schedule is None:
            shown = _schedule(known, was)
        else:
            shown = NO_SCHOOL if schedule is Word.NONE else ""
        cycle = was.cycle if not isinstance(wish.cycle, str | None) else wish.cycle
        note = was.note if not isinstance(wish.note, str | None) else wish.note
        rows.append((day.isoformat(), shown, cycle or "", note or ""))
    return write_rows(COLUMNS, rows)


def read_calendar_csv(content: bytes, known: Calendar) -> dict[date, Wish]:
    """What the file wishes, by date. Raises `UnfitFile` with all that is wrong."""
    rows = read_rows(content, _OTHER_NAMES, needed=("date",))
    by_name = {schedule.name.casefold(): schedule for schedule in known.bell_schedules}
    wishes: dict[date, Wish] = {}
    problems: list[RowProblem] = []
    for row in rows:
        day, wrong = _day(row, wishes)
        wish, more = _wish(row, by_name)
        problems += wrong + more
        if day:
            wishes[day] = wish
    if len(wishes) > MOST_DAYS:
        problems.insert(0, RowProblem(None, None, f"At most {MOST_DAYS} days change at once; these are {len(wishes)}."))
    if problems:
        raise UnfitFile(problems)
    return wishes


def _schedule(known: Calendar, said: CalendarDay) -> str:
    if said.as_usual:
        return ""
    found = known.schedule(said.schedule_id) if said.schedule_id else None
    return found.name if found else NO_SCHOOL


def _day(row: Row, wishes: Mapping[date, Wish]) -> tuple[date | None, list[RowProblem]]:
    day = read_date(row["date"])
    if day is None:
        return None, [RowProblem(row.line, "date", f"'{row['date'][:40]}' is no date. Write 2026-11-26.")]
    if not FIRST_DAY <= day <= LAST_DAY:
        return None, [RowProblem(row.line, "date", "The date is not of the years 2000 to 2199.")]
    if day in wishes:
        return None, [RowProblem(row.line, "date", f"{day} stands in the file twice.")]
    return day, []


def _wish(row: Row, by_name: Mapping[str, BellSchedule]) -> tuple[Wish, list[RowProblem]]:
    problems = []
    name, cycle, note = (one_line(row[column]) for column in COLUMNS[1:])
    found = by_name.get(name.casefold())
    if name and not found and not means_no_school(name):
        listed = ", ".join(schedule.name for schedule in by_name.values())
        why = f"There is no bell schedule named '{name[:40]}'. The school has: {listed}; or write no school."
        problems.append(RowProblem(row.line, "schedule", why))
    if len(cycle) > LONGEST_CYCLE:
        problems.append(RowProblem(row.line, "cycle", f"A day of a rotation has at most {LONGEST_CYCLE} characters."))
    if len(note) > LONGEST_NOTE:
        problems.append(RowProblem(row.line, "note", f"A note has at most {LONGEST_NOTE} characters."))
    schedule = found.id if found else Word.NONE if name else Word.USUAL
    return Wish(schedule, cycle or None, note or None), problems
