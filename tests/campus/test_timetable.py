"""What day and period it is at a school, who is where, and when the day ends."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.campus.model import BellSchedule, CalendarDay, Campus, Meeting, Period, School, Section, Term
from corridor.campus.timetable import (
    cycle_on,
    day_ends_at,
    meets_on,
    midnight,
    moment,
    next_bell,
    next_midnight,
    period_at,
    place_of,
    roster_day,
    schedule_on,
    school_day,
    term_of,
    week_of,
)
from tests.campus.calendars import id_of

NEW_YORK = "America/New_York"
STUDENT = id_of("student")
ROOM, STUDIO = id_of("room"), id_of("studio")
TUESDAY, THANKSGIVING = date(2026, 10, 6), date(2026, 11, 26)
SPRING, AUTUMN = date(2027, 3, 14), date(2026, 11, 1)
"""When the clocks of New York go forward and back. Both are Sundays."""


def bells(*periods: tuple[str, str, str]) -> tuple[Period, ...]:
    return tuple(Period(name, time.fromisoformat(start), time.fromisoformat(end)) for name, start, end in periods)


REGULAR = BellSchedule(
    id_of("Regular"),
    "Regular",
    frozenset({1, 2, 4, 5}),
    bells(("1", "08:00", "08:50"), ("2", "08:55", "09:45"), ("Lunch", "09:45", "10:15")),
)
WEDNESDAY = BellSchedule(id_of("Wednesday"), "Wednesday", frozenset({3}), bells(("1", "08:30", "09:00")))
ASSEMBLY = BellSchedule(
    id_of("Assembly"), "Assembly", frozenset(), bells(("A", "08:00", "08:20"), ("1", "08:25", "09:00"))
)
DAILY = BellSchedule(id_of("Daily"), "Daily", frozenset(range(1, 8)), REGULAR.periods)


def school(
    *schedules: BellSchedule,
    zone: str = NEW_YORK,
    calendar: Mapping[date, CalendarDay] | None = None,
    sections: Sequence[Section] = (),
    terms: Sequence[Term] = (),
) -> Campus:
    return Campus(
        School(id_of("school"), "Washington", zone),
        {},
        {},
        {},
        {section.id: section for section in sections},
        {STUDENT: [section.id for section in sections]},
        schedules or (REGULAR, WEDNESDAY, ASSEMBLY),
        calendar or {},
        terms=tuple(terms),
        term_begins_on=min((term.begins_on for term in terms), default=None),
        term_ends_on=max((term.ends_on for term in terms), default=None),
    )


def at(clock: str, day: date = TUESDAY, zone: str = NEW_YORK) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), tzinfo=ZoneInfo(zone)).astimezone(UTC)


def section(name: str, *meetings: Meeting, begins_on: date | None = None, ends_on: date | None = None) -> Section:
    return Section(id_of(name), name, meetings, (), (STUDENT,), begins_on, ends_on)


def meeting(period: str, room: UUID = ROOM, *, days: Sequence[int] = (), cycles: Sequence[str] = ()) -> Meeting:
    return Meeting(period, frozenset(days), room, frozenset(cycles))


def name_on(campus: Campus, day: date) -> str | None:
    found = schedule_on(campus, day)
    return found.name if found else None


# Which schedule holds


def test_the_weekday_says_which_schedule_holds() -> None:
    campus = school()
    week = [name_on(campus, date(2026, 10, 5) + timedelta(days=ahead)) for ahead in range(7)]
    assert week == ["Regular", "Regular", "Wednesday", "Regular", "Regular", None, None]


def test_the_calendar_outweighs_the_weekday() -> None:
    saturday = date(2026, 10, 10)
    campus = school(
        calendar={
            THANKSGIVING: CalendarDay(None, note="Thanksgiving"),
            TUESDAY: CalendarDay(ASSEMBLY.id, note="Assembly"),
            saturday: CalendarDay(REGULAR.id, note="Snow make-up"),
        }
    )
    assert name_on(campus, THANKSGIVING) is None
    assert school_day(campus, THANKSGIVING) is None
    assert name_on(campus, TUESDAY) == "Assembly"
    assert name_on(campus, saturday) == "Regular"
    assert name_on(campus, TUESDAY + timedelta(days=7)) == "Regular"


def test_a_day_of_a_rotation_keeps_its_weekday_s_schedule() -> None:
    wednesday, saturday = date(2026, 10, 7), date(2026, 10, 10)
    usual = CalendarDay(None, "B", as_usual=True)
    campus = school(calendar={TUESDAY: CalendarDay(None, "A", as_usual=True), wednesday: usual, saturday: usual})
    assert [name_on(campus, day) for day in (TUESDAY, wednesday, saturday)] == ["Regular", "Wednesday", None]
    assert [cycle_on(campus, day) for day in (TUESDAY, wednesday, date(2026, 10, 8))] == ["A", "B", None]


def test_a_schedule_that_is_gone_or_empty_makes_no_school_day() -> None:
    empty = BellSchedule(id_of("Empty"), "Empty", frozenset({2}), ())
    assert school_day(school(empty), TUESDAY) is None
    assert moment(school(calendar={TUESDAY: CalendarDay(id_of("nothing"))}), at("08:10")).school_day is None


# Periods


@pytest.mark.parametrize(
    ("clock", "period", "passing"),
    [
        ("07:59:59", None, False),
        ("08:00", "1", False),
        ("08:49:59", "1", False),
        ("08:50", None, True),
        ("08:54:59", None, True),
        ("08:55", "2", False),
        ("09:45", "Lunch", False),
        ("10:14:59", "Lunch", False),
        ("10:15", None, False),
        ("23:59", None, False),
    ],
)
def test_a_period_runs_from_its_start_up_to_its_end(clock: str, period: str | None, passing: bool) -> None:
    now = moment(school(), at(clock))
    assert (now.period.name if now.period else None, now.passing) == (period, passing)
    assert period_at(school(), at(clock)) == now.period


def test_on_a_day_without_school_there_is_no_passing_time() -> None:
    now = moment(school(calendar={TUESDAY: CalendarDay(None)}), at("08:52"))
    assert (now.school_day, now.span, now.passing) == (None, None, False)


def test_a_school_in_another_time_zone_has_its_own_day() -> None:
    honolulu = school(zone="Pacific/Honolulu")
    instant = at("08:10", zone="Pacific/Honolulu")
    assert instant == datetime(2026, 10, 6, 18, 10, tzinfo=UTC)
    assert moment(honolulu, instant).period == REGULAR.periods[0]
    assert moment(school(zone="Pacific/Kiritimati"), instant).day == date(2026, 10, 7)


# Bells


def test_the_next_bell_is_an_end_or_a_start() -> None:
    campus = school()
    assert next_bell(campus, at("07:00")) == at("08:00")
    assert next_bell(campus, at("08:00")) == at("08:50")
    assert next_bell(campus, at("08:51")) == at("08:55")
    assert next_bell(campus, at("09:00")) == at("09:45")
    assert next_bell(campus, at("10:15")) == at("08:30", date(2026, 10, 7))


def test_the_next_bell_after_a_break_is_after_the_break() -> None:
    days = [date(2026, 10, 7) + timedelta(days=ahead) for ahead in range(8)]
    campus = school(calendar={day: CalendarDay(None, note="Break") for day in days})
    assert next_bell(campus, at("11:00")) == at("08:00", date(2026, 10, 15))
    assert day_ends_at(campus, at("11:00")) == at("10:15", date(2026, 10, 15))


def test_in_a_long_summer_no_bell_is_next() -> None:
    days = [TUESDAY + timedelta(days=ahead) for ahead in range(40)]
    campus = school(calendar={day: CalendarDay(None) for day in days})
    assert next_bell(campus, at("08:10")) is None
    assert day_ends_at(campus, at("08:10")) is None


def test_the_day_ends_with_its_last_period() -> None:
    campus = school(calendar={TUESDAY: CalendarDay(ASSEMBLY.id)})
    assert day_ends_at(campus, at("06:00")) == at("09:00")
    assert day_ends_at(campus, at("08:59:59")) == at("09:00")
    assert day_ends_at(campus, at("09:00")) == at("09:00", date(2026, 10, 7))


# When the clocks change


@pytest.mark.parametrize(("changes", "hours"), [(SPRING, 23), (AUTUMN, 25)])
def test_periods_keep_their_local_times_over_a_change_of_the_clocks(changes: date, hours: int) -> None:
    campus = school(DAILY)
    days = [changes + timedelta(days=ahead) for ahead in (-1, 0, 1)]
    opens = [school_day(campus, day).opens for day in days]  # type: ignore[union-attr]
    assert [each.astimezone(ZoneInfo(NEW_YORK)).time() for each in opens] == [time(8)] * 3
    assert opens[1] - opens[0] == timedelta(hours=hours)
    assert opens[2] - opens[1] == timedelta(hours=24)
    assert next_midnight(campus, at("00:00", changes)) - midnight(campus, changes) == timedelta(hours=hours)
    assert period_at(campus, at("08:10", changes)) == DAILY.periods[0]


def test_an_hour_that_comes_twice_belongs_to_one_day() -> None:
    campus = school(DAILY)
    first = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    second = first + timedelta(hours=1)
    assert [moment(campus, each).day for each in (first, second)] == [AUTUMN, AUTUMN]
    assert next_bell(campus, first) == next_bell(campus, second) == at("08:00", AUTUMN)


# Where the timetable puts a student


def test_a_section_meets_in_its_period() -> None:
    campus = school(sections=[section("Algebra", meeting("1")), section("Art", meeting("2", STUDIO))])
    first, second = place_of(campus, STUDENT, at("08:10")), place_of(campus, STUDENT, at("09:00"))
    assert first
    assert (first.section_id, first.location_id) == (id_of("Algebra"), ROOM)
    assert second
    assert second.location_id == STUDIO
    for clock in ("08:52", "09:50", "12:00"):
        assert place_of(campus, STUDENT, at(clock)) is None
    assert place_of(campus, id_of("somebody"), at("08:10")) is None


def test_a_section_meets_on_its_weekdays() -> None:
    campus = school(sections=[section("Lab", meeting("1", days=(2, 4)))])
    assert place_of(campus, STUDENT, at("08:10"))
    assert place_of(campus, STUDENT, at("08:40", date(2026, 10, 7))) is None


def test_in_a_rotation_a_section_meets_on_its_days() -> None:
    campus = school(
        sections=[section("Band", meeting("1", cycles="A")), section("Choir", meeting("1", STUDIO, cycles=("B", "C")))],
        calendar={
            TUESDAY: CalendarDay(None, "A", as_usual=True),
            date(2026, 10, 8): CalendarDay(REGULAR.id, "B"),
            date(2026, 10, 9): CalendarDay(None, "D", as_usual=True),
        },
    )

    def found(day: date) -> UUID | None:
        place = place_of(campus, STUDENT, at("08:10", day))
        return place.section_id if place else None

    assert found(TUESDAY) == id_of("Band")
    assert found(date(2026, 10, 8)) == id_of("Choir")
    assert found(date(2026, 10, 9)) is None
    assert found(date(2026, 10, 12)) is None, "a day that is none of the rotation"


def test_a_section_meets_while_its_term_runs() -> None:
    autumn, spring = Term(date(2026, 9, 1), date(2026, 12, 31)), Term(date(2027, 1, 1), date(2027, 6, 30))
    first = section("First", meeting("1"), begins_on=autumn.begins_on, ends_on=autumn.ends_on)
    second = section("Second", meeting("1"), begins_on=spring.begins_on, ends_on=spring.ends_on)
    campus = school(sections=[second, first], terms=[autumn, spring])
    places = [place_of(campus, STUDENT, at("08:10", day)) for day in (TUESDAY, date(2027, 2, 2), date(2027, 7, 6))]
    assert [place and place.section_id for place in places] == [first.id, second.id, second.id]
    assert not meets_on(campus, first, first.meetings[0], date(2027, 2, 2))


def test_a_roster_that_is_over_or_not_begun_is_read_on_its_nearest_day() -> None:
    term = Term(date(2026, 9, 1), date(2026, 12, 31))
    campus = school(terms=[term])
    assert roster_day(campus, date(2026, 8, 1)) == term.begins_on
    assert roster_day(campus, TUESDAY) == TUESDAY
    assert roster_day(campus, date(2027, 1, 8)) == term.ends_on
    assert roster_day(school(), TUESDAY) == TUESDAY


def test_the_shortest_term_is_the_term_of_a_day() -> None:
    quarter, year = Term(date(2026, 9, 1), date(2026, 10, 31)), Term(date(2026, 9, 1), date(2027, 6, 30))
    campus = school(terms=[quarter, year])
    assert term_of(campus, TUESDAY) == quarter
    assert term_of(campus, date(2026, 11, 1)) == year
    assert term_of(campus, date(2027, 7, 1)) is None


def test_a_week_begins_on_monday() -> None:
    assert week_of(date(2026, 10, 5)) == week_of(TUESDAY) == week_of(date(2026, 10, 11)) == date(2026, 10, 5)


# Whatever the calendar

ZONES = st.sampled_from(
    [NEW_YORK, "America/Chicago", "Pacific/Honolulu", "Europe/Berlin", "Asia/Kathmandu", "Pacific/Apia"]
)
DAYS = st.sampled_from(
    [
        None,
        CalendarDay(None),
        CalendarDay(ASSEMBLY.id, "A"),
        CalendarDay(None, "B", as_usual=True),
        CalendarDay(REGULAR.id),
    ]
)


@st.composite
def moments(draw: st.DrawFn) -> tuple[Campus, datetime]:
    """A school with some calendar, in the days around a change of the clocks or any other."""
    start = draw(st.dates(date(2026, 1, 1), date(2027, 12, 31)) | st.sampled_from([SPRING, AUTUMN]))
    calendar = {start + timedelta(days=ahead - 2): day for ahead in range(6) if (day := draw(DAYS)) is not None}
    campus = school(DAILY, ASSEMBLY, REGULAR, zone=draw(ZONES), calendar=calendar)
    return campus, midnight(campus, start) + timedelta(seconds=draw(st.integers(-90_000, 90_000)))


@given(moments())
def test_a_moment_s_period_holds_it(drawn: tuple[Campus, datetime]) -> None:
    campus, instant = drawn
    now = moment(campus, instant)
    assert now.day == instant.astimezone(ZoneInfo(campus.school.time_zone)).date()
    if now.span:
        assert now.span.starts <= instant < now.span.ends
        assert not now.passing
    if now.passing:
        assert now.school_day
        assert not any(span.starts <= instant < span.ends for span in now.school_day.spans)


@given(moments())
def test_nothing_changes_before_the_next_bell(drawn: tuple[Campus, datetime]) -> None:
    campus, instant = drawn
    bell = next_bell(campus, instant)
    assert bell
    assert bell > instant
    halfway = instant + (bell - instant) / 2
    assert period_at(campus, halfway) == period_at(campus, instant)
    around = moment(campus, bell - timedelta(microseconds=1)), moment(campus, bell)
    assert around[0].period != around[1].period or around[0].span != around[1].span


@given(moments())
def test_the_end_of_a_day_is_the_end_of_its_last_period(drawn: tuple[Campus, datetime]) -> None:
    campus, instant = drawn
    ends = day_ends_at(campus, instant)
    assert ends
    assert ends > instant
    last = moment(campus, ends - timedelta(microseconds=1))
    assert last.school_day
    assert last.school_day.closes == ends
    assert not moment(campus, ends).span


@given(moments())
def test_a_school_day_s_periods_follow_each_other_by_the_local_clock(drawn: tuple[Campus, datetime]) -> None:
    campus, instant = drawn
    day = school_day(campus, moment(campus, instant).day)
    if day is None:
        return
    zone = ZoneInfo(campus.school.time_zone)
    for span in day.spans:
        starts, ends = span.starts.astimezone(zone), span.ends.astimezone(zone)
        assert (starts.date(), starts.time(), ends.time()) == (day.day, span.period.starts_at, span.period.ends_at)
    assert all(before.ends <= after.starts for before, after in zip(day.spans, day.spans[1:], strict=False))
