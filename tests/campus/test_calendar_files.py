"""The calendar as CSV and as iCalendar: what is written is read back, and what others write is understood."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import icalendar
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.campus.calendar import Calendar, Wish, Word, plan_wishes
from corridor.campus.calendar_csv import read_calendar_csv, write_calendar, write_wishes
from corridor.campus.calendar_ics import write_ics
from corridor.campus.calendar_ics_read import IcsReading, read_calendar_ics
from corridor.campus.model import CalendarDay, Campus, School
from corridor.campus.table_file import MOST_BYTES, RowProblem, UnfitFile
from tests.campus.calendars import ASSEMBLY, EARLY, MONDAY, REGULAR, WEDNESDAY, cycles, december, id_of, known

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
NONE, UNSET = Word.NONE, msgspec.UNSET


def csv_of(*rows: str) -> bytes:
    return "\r\n".join(("date,schedule,cycle,note", *rows)).encode()


def ics_of(*events: str) -> bytes:
    """Each event as its lines, divided by bars; `on 20261214` is short for an all-day DTSTART."""
    written = "".join(f"BEGIN:VEVENT\r\n{_lines(event)}\r\nEND:VEVENT\r\n" for event in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{written}END:VCALENDAR\r\n".encode()


def _lines(event: str) -> str:
    return "\r\n".join(
        f"DTSTART;VALUE=DATE:{line.removeprefix('on ')}" if line.startswith("on ") else line
        for line in event.split("|")
    )


def read(*events: str, calendar: dict[date, CalendarDay] | None = None) -> dict[int, Wish]:
    """By day of December."""
    return {day.day: wish for day, wish in read_calendar_ics(ics_of(*events), known(calendar)).wishes.items()}


def problems(content: bytes, *, ics: bool = False) -> list[RowProblem]:
    with pytest.raises(UnfitFile) as error:
        (read_calendar_ics if ics else read_calendar_csv)(content, known())
    return list(error.value.problems)


def campus(calendar: Calendar, zone: str = "America/New_York") -> Campus:
    return Campus(
        School(id_of("school"), "Washington", zone), {}, {}, {}, {}, {}, calendar.bell_schedules, calendar.calendar
    )


# CSV


def test_the_calendar_is_written_as_csv() -> None:
    said = {**cycles("A"), december(15): CalendarDay(EARLY.id, "B", "Half day, all"), december(16): CalendarDay(None)}
    assert write_calendar(known(said)).splitlines() == [
        "date,schedule,cycle,note",
        "2026-12-14,,A,",
        '2026-12-15,Early release,B,"Half day, all"',
        "2026-12-16,no school,,",
    ]


def test_a_csv_file_is_read_as_people_write_it() -> None:
    content = (
        "Day;Bell schedule;Rotation;Notes;Room\r\n"
        "12/14/2026;EARLY  RELEASE;A;;204\r\n"
        "\r\n"
        "2026-12-15; No School ;;Snow\r\n"
        "2026-12-16;;;\r\n"
    )
    assert read_calendar_csv(b"\xef\xbb\xbf" + content.encode(), known()) == {
        MONDAY: Wish(EARLY.id, "A", None),
        december(15): Wish(NONE, None, "Snow"),
        december(16): Wish(Word.USUAL, None, None),
    }


def test_all_that_is_wrong_with_a_csv_file_is_said_by_line() -> None:
    found = problems(
        csv_of(
            "tomorrow,,A,",
            "2026-12-14,Half day,,",
            "2026-12-14,,,",
            f"2026-12-16,,{'C' * 21},{'n' * 121}",
            "0001-01-01,,,",
        )
    )
    assert [(each.line, each.field) for each in found] == [
        (2, "date"),
        (3, "schedule"),
        (4, "date"),
        (5, "cycle"),
        (5, "note"),
        (6, "date"),
    ]
    assert "Early release" in found[1].why, "it says which schedules there are"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"date,schedule\r\n", "no rows"),
        (b"when,what\r\n2026-12-14,x\r\n", "does not name date"),
        (b"date,note\r\n2026-12-14,\xff\r\n", "UTF-8"),
        (b"date\r\n\x002026-12-14\r\n", "null characters"),
        (b"date\r\n" + b"2026-12-14\r\n" * 5001, "at most 5000"),
        (b" " * (MOST_BYTES + 1), "more than 2 MB"),
        (b'date,note\r\n2026-12-14,"' + b"n" * 140_000, "no CSV"),
    ],
)
def test_a_file_that_is_no_table_says_what_it_is(content: bytes, why: str) -> None:
    [problem] = problems(content)
    assert why in problem.why


def events_of(content: bytes) -> list[Any]:
    file = icalendar.Calendar.from_ical(content)
    assert isinstance(file, icalendar.Calendar)
    return list(file.events)


# iCalendar, ours


def test_special_days_are_all_day_events() -> None:
    said = {
        **cycles("A"),
        december(15): CalendarDay(EARLY.id, "B", "Concert"),
        december(23): CalendarDay(None, None, "Winter break"),
        december(24): CalendarDay(None, None, "Winter break"),
    }
    content = write_ics(campus(known(said)), december(1), december(31), periods=False, now=NOW)
    found = [(str(each["summary"]), each["dtstart"].dt, each["dtend"].dt) for each in events_of(content)]
    assert found == [
        ("A day", MONDAY, december(15)),
        ("Early release, B day: Concert", december(15), december(16)),
        ("No school: Winter break", december(23), december(25)),
    ]
    assert b"X-WR-CALNAME:Washington" in content
    assert {str(each["uid"]) for each in events_of(content)} == {
        f"day-{day}.{id_of('school')}@corridor" for day in ("2026-12-14", "2026-12-15", "2026-12-23")
    }


def test_periods_are_events_at_the_school_s_own_time_on_both_sides_of_a_change_of_the_clocks() -> None:
    content = write_ics(campus(known()), date(2026, 10, 30), date(2026, 11, 2), periods=True, now=NOW)
    assert b"DTSTART;TZID=America/New_York:20261030T080000" in content
    assert b"BEGIN:VTIMEZONE" in content
    events = events_of(content)
    starts = [each["dtstart"].dt for each in events if str(each["summary"]) == "1"]
    assert [each.astimezone(UTC).hour for each in starts] == [12, 13]
    assert [each.astimezone(ZoneInfo("America/New_York")).hour for each in starts] == [8, 8]
    assert len(events) == 4, "none on the weekend"


DAYS = st.dictionaries(
    st.integers(0, 20).map(lambda ahead: MONDAY + timedelta(days=ahead)),
    st.builds(
        CalendarDay,
        st.sampled_from([None, REGULAR.id, EARLY.id, ASSEMBLY.id]),
        st.none() | st.sampled_from(["A", "B", "Day 3", "c;d"]),
        st.none() | st.sampled_from(["Snow", "Half day, all", 'say "no"', "a\\b; c", "Tag für Eltern", "x" * 120]),
        st.booleans(),
    ),
    max_size=12,
).map(
    lambda days: {
        day: said
        for day, said in ((day, _sane(said)) for day, said in days.items())
        if said != CalendarDay(None, as_usual=True)
    }
)


def _sane(said: CalendarDay) -> CalendarDay:
    """As it can be stored: as usual without a schedule, no day of a rotation without school."""
    schedule_id = None if said.as_usual else said.schedule_id
    no_school = schedule_id is None and not said.as_usual
    return CalendarDay(schedule_id, None if no_school else said.cycle, said.note, said.as_usual)


@given(DAYS)
def test_what_is_written_is_read_back(days: dict[date, CalendarDay]) -> None:
    calendar = known(days)
    fresh = known()
    ics = write_ics(campus(calendar), MONDAY, MONDAY + timedelta(days=20), periods=False, now=NOW)
    wishes = [read_calendar_ics(ics, fresh).wishes]
    if days:
        wishes.append(read_calendar_csv(write_calendar(calendar).encode(), fresh))
        wishes.append(read_calendar_csv(write_wishes(fresh, wishes[0]).encode(), fresh))
    for found in wishes:
        assert {change.day: change.after for change in plan_wishes(fresh, found)} == days
        assert plan_wishes(calendar, found) == [], "a second time it changes nothing"


# iCalendar, of others


@pytest.mark.parametrize(
    ("title", "wish"),
    [
        ("Early release", Wish(EARLY.id)),
        ("EARLY RELEASE DAY", Wish(EARLY.id)),
        ("Wednesday bell schedule", Wish(WEDNESDAY.id)),
        ("Assembly: veterans", Wish(ASSEMBLY.id, note="Assembly: veterans")),
        ("Early Release - Teacher Training", Wish(EARLY.id, note="Early Release - Teacher Training")),
        ("Thanksgiving Break", Wish(NONE, note="Thanksgiving Break")),
        ("No School", Wish(NONE, note="No School")),
        ("Schools closed (Labor Day)", Wish(NONE, note="Schools closed (Labor Day)")),
        ("Teacher Workday", Wish(NONE, note="Teacher Workday")),
        ("Professional Development Day", Wish(NONE, note="Professional Development Day")),
        ("Winter vacation", Wish(NONE, note="Winter vacation")),
        ("A Day", Wish(cycle="A")),
        ("Day b", Wish(cycle="B")),
        ("Day 3 - Assembly", Wish(cycle="3")),
        ("Early release (A day)", Wish(EARLY.id, note="Early release (A day)")),
    ],
)
def test_a_title_says_what_a_day_is(title: str, wish: Wish) -> None:
    assert read(f"SUMMARY:{title}|on 20261214") == {14: wish}


@pytest.mark.parametrize(
    "title",
    [
        "Holiday concert",
        "Regular board meeting",
        "Last day before break",
        "School resumes after winter break",
        "PTA",
        "",
        "Day of service",
    ],
)
def test_what_says_nothing_known_is_listed_and_ignored(title: str) -> None:
    found = read_calendar_ics(ics_of(f"SUMMARY:{title}|on 20261214", f"SUMMARY:{title}|on 20261215"), known())
    assert found == IcsReading({}, (title or "without a title",), 0)


def test_a_span_ends_before_its_end_and_leaves_weekends_alone() -> None:
    assert list(read("SUMMARY:Winter break|on 20261217|DTEND;VALUE=DATE:20261223")) == [17, 18, 21, 22]
    assert list(read("SUMMARY:Early release|on 20261217|DURATION:P2D")) == [17, 18]
    assert list(read("SUMMARY:Early release|on 20261217|DTEND;VALUE=DATE:20261217")) == [17]


def test_one_day_counts_even_on_a_weekend() -> None:
    assert list(read("SUMMARY:Early release|on 20261219")) == [19]


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("RRULE:FREQ=WEEKLY;COUNT=3", [14, 21, 28]),
        ("RRULE:FREQ=WEEKLY;BYDAY=MO,TH;UNTIL=20261224", [14, 17, 21, 24]),
        ("RRULE:FREQ=DAILY;INTERVAL=2;COUNT=3|EXDATE;VALUE=DATE:20261216", [14, 18]),
        ("RDATE;VALUE=DATE:20261216,20261218", [14, 16, 18]),
        ("RRULE:FREQ=MONTHLY;BYDAY=2MO;COUNT=1", [14]),
        ("RRULE:FREQ=YEARLY;BYMONTH=12;BYDAY=-1TH;COUNT=1", [31]),
        ("RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", []),
        ("RRULE:FREQ=MONTHLY;BYDAY=MO;BYSETPOS=50", []),
    ],
)
def test_repeated_events_count_on_each_of_their_days(rule: str, days: list[int]) -> None:
    assert list(read(f"SUMMARY:Early release|on 20261214|{rule}")) == days


def test_a_repeated_event_may_be_moved_once() -> None:
    found = read(
        "UID:1|SUMMARY:Early release|on 20261214|RRULE:FREQ=WEEKLY;COUNT=2",
        "UID:1|SUMMARY:Early release|on 20261222|RECURRENCE-ID;VALUE=DATE:20261221",
    )
    assert list(found) == [14, 22]


def test_several_events_of_a_day_are_put_together() -> None:
    together = read("SUMMARY:A day|on 20261214", "SUMMARY:Early release|on 20261214")
    assert together == {14: Wish(EARLY.id, "A")}
    assert read("SUMMARY:Early release|on 20261214", "SUMMARY:Snow day|on 20261214")[14].schedule is NONE
    assert read("SUMMARY:Snow day|on 20261214", "SUMMARY:A day|on 20261214")[14].schedule is NONE


def test_events_with_a_time_of_day_and_cancelled_ones_do_not_count() -> None:
    found = read_calendar_ics(
        ics_of(
            "SUMMARY:Early release|DTSTART:20261214T120000Z",
            "SUMMARY:Early release|on 20261215|STATUS:CANCELLED",
            "SUMMARY:Early release|DTSTART:20261216T000000|DTEND:20261217T000000",
        ),
        known(),
    )
    assert list(found.wishes) == [december(16)]
    assert found.timed == 1


def test_the_calendar_s_own_spelling_of_a_cycle_is_kept() -> None:
    assert read("SUMMARY:Day a|on 20261214", calendar=cycles("a"))[14].cycle == "a"


@pytest.mark.parametrize(
    ("event", "field"),
    [
        ("SUMMARY:Holiday", "DTSTART"),
        ("SUMMARY:Holiday|DTSTART;VALUE=DATE:2026xx12", "DTSTART"),
        ("SUMMARY:Holiday|on 20261214|DTEND;VALUE=DATE:20261210", "DTEND"),
        ("SUMMARY:Holiday|on 20261214|DTEND;VALUE=DATE:20361210", "DTEND"),
        ("SUMMARY:Holiday|on 20261214|RRULE:FREQ=SECONDLY", "RRULE"),
        ("SUMMARY:Holiday|on 20261214|RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "RRULE"),
        ("SUMMARY:Holiday|on 20261214|RRULE:FREQ=DAILY;INTERVAL=0", "RRULE"),
        ("SUMMARY:Holiday|on 20261214|RRULE:nonsense", "RRULE"),
        ("SUMMARY:Holiday|on 20261214|RRULE:FREQ=DAILY;BYDAY=XX", "RRULE"),
        ("SUMMARY:Holiday|on 20261214|DTEND;VALUE=DATE:20280101|RRULE:FREQ=DAILY", "RRULE"),
        ("SUMMARY:Holiday|on 18991214", "DTSTART"),
        ("SUMMARY:Holiday|on 99991231", "DTSTART"),
        ("SUMMARY:Holiday|on 20261214|DURATION:P9999999D", "DTEND"),
    ],
)
def test_an_event_that_cannot_be_read_is_named_with_its_line(event: str, field: str) -> None:
    found = problems(ics_of("SUMMARY:PTA|on 20261213", event), ics=True)
    assert [each.field for each in found] == [field]
    assert found[0].line in (7, None)


def test_an_event_that_says_nothing_known_may_be_as_it_likes() -> None:
    assert read("SUMMARY:Practice|DTSTART;VALUE=DATE:2026xx12", "SUMMARY:Early release|on 20261214") == {
        14: Wish(EARLY.id)
    }


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "does not begin with BEGIN:VCALENDAR"),
        (b"date,schedule\r\n", "does not begin with BEGIN:VCALENDAR"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", "breaks off"),
        (b"BEGIN:VCALENDAR\r\nnonsense\r\nEND:VCALENDAR", "cannot be read"),
        (b"BEGIN:VCALENDAR\r\n\xff\r\nEND:VCALENDAR", "UTF-8"),
        (ics_of(*["SUMMARY:PTA|on 20261214"] * 5001), "at most 5000"),
        (ics_of(*["SUMMARY:Holiday|on 20261214|RRULE:FREQ=WEEKLY;COUNT=2"] * 101), "more than 100 recurring"),
        (
            ics_of(*(f"SUMMARY:Holiday|on 20{year}0101|DTEND;VALUE=DATE:20{year + 2}0101" for year in (20, 22, 24))),
            "At most 1100",
        ),
    ],
)
def test_a_file_that_is_no_calendar_says_what_it_is(content: bytes, why: str) -> None:
    [problem] = problems(content, ics=True)
    assert why in problem.why


def test_wishes_as_a_file_keep_what_they_leave_alone() -> None:
    calendar = known({MONDAY: CalendarDay(ASSEMBLY.id, "A", "Pep")})
    text = write_wishes(calendar, {MONDAY: Wish(cycle="B"), december(15): Wish(EARLY.id), december(16): Wish(NONE)})
    assert text.splitlines()[1:] == [
        "2026-12-14,Assembly,B,Pep",
        "2026-12-15,Early release,,",
        "2026-12-16,no school,,",
    ]


def test_an_own_event_of_a_schedule_that_is_gone_is_read_by_its_title() -> None:
    found = read("SUMMARY:No school: Snow|X-CORRIDOR-SCHEDULE:Gone|on 20261214")
    assert found == {14: Wish(NONE, UNSET, "No school: Snow")}
    assert isinstance(read("SUMMARY:x|X-CORRIDOR-SCHEDULE:Assembly|on 20261219")[19].schedule, UUID)


_SAMPLE = ics_of(
    "UID:1|SUMMARY:Early release|on 20261214|RRULE:FREQ=WEEKLY;BYDAY=MO,TH;COUNT=4|EXDATE;VALUE=DATE:20261217",
    "UID:1|SUMMARY:Snow day|on 20261222|RECURRENCE-ID;VALUE=DATE:20261221|DURATION:P2D",
)
_PIECES = st.sampled_from(
    [b"", b"0", b"-", b":", b";", b"\r\n", b"VALUE=DATE:", b"20261399", b"BYDAY=1MO", b"=", b"\xc3\xa4"]
)


@given(st.lists(st.tuples(st.integers(0, len(_SAMPLE)), st.integers(0, 12), _PIECES), min_size=1, max_size=4))
def test_a_damaged_file_is_read_or_refused_and_nothing_else(damages: list[tuple[int, int, bytes]]) -> None:
    content = _SAMPLE
    for start, length, instead in damages:
        content = content[:start] + instead + content[start + length :]
    with suppress(UnfitFile):
        read_calendar_ics(content, known())
