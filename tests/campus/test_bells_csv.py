"""Bell schedules as CSV, and what becomes of those that the school has."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.ids import new_id
from corridor.campus.bells import Schedule
from corridor.campus.bells_csv import read_schedules_csv, write_drafts_csv, write_schedules_csv
from corridor.campus.bells_import import What, plan_schedules
from corridor.campus.clock_time import read_clock, write_clock
from corridor.campus.model import Period
from corridor.campus.table_file import RowProblem, UnfitFile
from corridor.campus.weekdays import letters_of, read_weekdays, write_weekdays

REGULAR = Schedule(
    new_id(), "Regular", (1, 2, 4, 5), False, (Period("1", time(8, 5), time(8, 55)), Period("2", time(9), time(9, 50)))
)
ASSEMBLY = Schedule(new_id(), "Assembly", (), False, (Period("1", time(8, 5), time(8, 30)),))


def file(*rows: str) -> bytes:
    return "\n".join(("schedule,days,period,starts_at,ends_at", *rows)).encode()


def problems(content: bytes, *stored: Schedule) -> list[RowProblem]:
    with pytest.raises(UnfitFile) as error:
        plan_schedules(stored, read_schedules_csv(content))
    return list(error.value.problems)


def test_schedules_are_written_a_row_a_period() -> None:
    assert write_schedules_csv([REGULAR, ASSEMBLY]).splitlines() == [
        "schedule,days,period,starts_at,ends_at",
        "Regular,Mon Tue Thu Fri,1,08:05,08:55",
        "Regular,Mon Tue Thu Fri,2,09:00,09:50",
        "Assembly,,1,08:05,08:30",
    ]


def test_what_is_written_is_read_back_as_no_change() -> None:
    content = write_schedules_csv([REGULAR, ASSEMBLY]).encode()
    read = read_schedules_csv(content)
    assert [change.what for change in plan_schedules([REGULAR, ASSEMBLY], read)] == [What.UNCHANGED] * 2
    assert read_schedules_csv(write_drafts_csv(read.drafts).encode()).drafts == read.drafts


def test_a_file_adds_and_changes_schedules_and_leaves_others() -> None:
    content = file("regular,Mon-Thu,1,8:00 AM,8:50 AM", "Friday,F,1,8:30,9:00")
    changed, added = plan_schedules([REGULAR, ASSEMBLY], read_schedules_csv(content))
    assert (changed.what, changed.id, changed.schedule.name) == (What.CHANGED, REGULAR.id, "regular")
    assert changed.schedule.periods == (Period("1", time(8), time(8, 50)),)
    assert (added.what, added.schedule.days) == (What.ADDED, (5,))


def test_weekdays_may_move_between_the_schedules_of_a_file() -> None:
    wednesday = Schedule(new_id(), "Wednesday", (3,), False, ASSEMBLY.periods)
    content = file("Regular,MTWRF,1,8:00,8:50", "Wednesday,,1,8:30,9:00")
    assert [change.what for change in plan_schedules([REGULAR, wednesday], read_schedules_csv(content))] == [
        What.CHANGED
    ] * 2


def test_days_stand_in_the_first_row_at_least() -> None:
    content = (
        "Schedule\tPeriod Name\tStart Time\tEnd Time\tDays\nRegular\t1\t8:00\t8:50\tMTWRF\nRegular\t2\t9:00\t9:50\t\n"
    )
    [draft] = read_schedules_csv(content.encode()).drafts
    assert draft.days == (1, 2, 3, 4, 5)
    assert [period.name for period in draft.periods] == ["1", "2"]


def test_all_that_is_wrong_is_said_by_line() -> None:
    found = problems(
        file("Regular,Mon,1,8:00,8:50", "Regular,,1,25:00,9:00", "Half,Mon,1,9:00,8:00", "Other,Wed,1,8:00,8:30"),
        ASSEMBLY,
    )
    assert [(each.line, each.field) for each in found] == [
        (2, "days"),
        (2, "period"),
        (3, "period"),
        (3, "starts_at"),
        (4, "days"),
        (4, "ends_at"),
    ]


def test_a_weekday_of_a_schedule_that_stays_is_taken() -> None:
    [problem] = problems(file("Half,Mon,1,9:00,10:00"), REGULAR)
    assert (problem.line, problem.field) == (2, "days")
    assert "Monday already has the schedule Regular" in problem.why


def test_rows_without_a_schedule_or_with_odd_days_are_said_first() -> None:
    found = problems(
        file(",Mon,1,8:00,8:50", "Regular,Someday,1,8:00,8:50", "Other,Mon,1,8:00,9:00", "Other,Tue,2,9:00,9:30")
    )
    assert [(each.line, each.field) for each in found] == [(2, "schedule"), (3, "days"), (5, "days")]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("", ""),
        ("Mon Tue", "12"),
        ("monday, tuesday & friday", "125"),
        ("Mon-Fri", "12345"),
        ("M - F", "12345"),
        ("MWF", "135"),
        ("TTh", "24"),
        ("TR", "24"),
        ("MTWRF", "12345"),
        ("weekdays", "12345"),
        ("Every day", "1234567"),
        ("1-5", "12345"),
        ("1,3", "13"),
        ("Sat;Sun", "67"),
        ("Thurs.", "4"),
        ("Mon and Wed", "13"),
    ],
)
def test_weekdays_are_read_as_people_write_them(text: str, days: str) -> None:
    assert read_weekdays(text) == frozenset(int(day) for day in days)


@pytest.mark.parametrize("text", ["someday", "Fri-Mon", "8", "0", "MM", "FM", "A", "1-9"])
def test_what_is_no_list_of_weekdays_is_none(text: str) -> None:
    assert read_weekdays(text) is None


def test_letters_come_in_the_order_of_the_week() -> None:
    assert letters_of("MWF") == frozenset({1, 3, 5})
    assert letters_of("") is None
    assert letters_of("WM") is None
    assert letters_of("MxF") is None


@given(st.frozensets(st.integers(1, 7)))
def test_written_weekdays_are_read_back(days: frozenset[int]) -> None:
    assert read_weekdays(write_weekdays(days)) == days


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("8:05", time(8, 5)),
        (" 08:05 ", time(8, 5)),
        ("8:05 AM", time(8, 5)),
        ("8.05pm", time(20, 5)),
        ("12:00 am", time(0)),
        ("12:30 PM", time(12, 30)),
        ("1:05 p.m.", time(13, 5)),
        ("13:05:30", time(13, 5, 30)),
        ("24:00", None),
        ("13:00 PM", None),
        ("0:30 AM", None),
        ("8", None),
        ("8:5", None),
        ("08:05+02:00", None),
        ("noon", None),
    ],
)
def test_clock_times_are_read_as_people_write_them(text: str, clock: time | None) -> None:
    assert read_clock(text) == clock


@given(st.times().map(lambda each: each.replace(microsecond=0)))
def test_written_clock_times_are_read_back(clock: time) -> None:
    assert read_clock(write_clock(clock)) == clock
