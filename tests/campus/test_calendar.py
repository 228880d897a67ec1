"""The calendar: days and spans, rotations, and whom a change concerns. Written to a real database, too."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.database import Database
from corridor.campus.bells import PeriodDraft, ScheduleDraft, ScheduleInUse, remove_schedule, write_schedule
from corridor.campus.calendar import (
    MOST_DAYS,
    Calendar,
    DayChange,
    UnfitCalendar,
    Wish,
    Word,
    change_calendar,
    cycles_of,
    plan_clear,
    plan_days,
    plan_wishes,
    read_calendar,
)
from corridor.campus.calendar_effects import effects_of
from corridor.campus.load import load_campus
from corridor.campus.model import CalendarDay
from corridor.campus.rotation import CycleDraft, plan_no_rotation, plan_rotation
from corridor.campus.timetable import cycle_on, schedule_on
from tests.campus.calendars import ASSEMBLY, EARLY, MONDAY, REGULAR, cycles, december, id_of, known
from tests.school import make_school

NO_SCHOOL = CalendarDay(None)


def after(calendar: Calendar, changes: list[DayChange]) -> Calendar:
    days = {**calendar.calendar, **{change.day: change.after for change in changes}}
    return Calendar(calendar.bell_schedules, {day: said for day, said in days.items() if said})


def shown(calendar: Calendar, first: date, number: int) -> str:
    """The days' cycles; - for a day without school, . for one of no rotation."""
    days = [first + timedelta(days=ahead) for ahead in range(number)]
    return "".join("-" if not calendar.has_school(day) else cycle_on(calendar, day) or "." for day in days)


# Days and spans


def test_a_day_gets_another_schedule() -> None:
    [change] = plan_days(known(), MONDAY, MONDAY, Wish(EARLY.id, None, " Half  day "))
    assert change == DayChange(MONDAY, None, CalendarDay(EARLY.id, None, "Half day"))


def test_a_day_like_any_other_is_not_kept() -> None:
    assert plan_days(known(), MONDAY, MONDAY, Wish(Word.USUAL, None, "")) == []
    special = known({MONDAY: CalendarDay(EARLY.id)})
    assert plan_days(special, MONDAY, MONDAY, Wish(Word.USUAL)) == [DayChange(MONDAY, CalendarDay(EARLY.id), None)]


def test_a_break_takes_school_off_all_its_days_and_leaves_no_day_of_the_rotation() -> None:
    calendar = known(cycles("ABABA"))
    changes = plan_days(calendar, MONDAY, december(18), Wish(Word.NONE, note="Winter break"))
    assert [change.after for change in changes] == [CalendarDay(None, None, "Winter break")] * 5


def test_over_a_span_a_schedule_goes_to_school_days_and_the_rotation_stays() -> None:
    calendar = known({**cycles("AB"), december(17): NO_SCHOOL})
    changes = plan_days(calendar, MONDAY, december(20), Wish(EARLY.id, "C", "Finals"))
    assert {change.day.day: change.after for change in changes} == {
        14: CalendarDay(EARLY.id, "A", "Finals"),
        15: CalendarDay(EARLY.id, "B", "Finals"),
        16: CalendarDay(EARLY.id, None, "Finals"),
        18: CalendarDay(EARLY.id, None, "Finals"),
    }


def test_one_day_may_become_a_school_day_on_a_weekend() -> None:
    [change] = plan_days(known(), december(19), december(19), Wish(REGULAR.id, note="Snow make-up"))
    assert change.after == CalendarDay(REGULAR.id, None, "Snow make-up")


def test_clearing_leaves_what_weekdays_say() -> None:
    calendar = known({**cycles("AB"), december(30): NO_SCHOOL})
    assert after(calendar, plan_clear(calendar, MONDAY, december(15))).calendar == {december(30): NO_SCHOOL}


@pytest.mark.parametrize(
    ("first", "last", "wish", "field"),
    [
        (MONDAY, december(13), Wish(Word.NONE), "last"),
        (MONDAY, MONDAY + timedelta(days=MOST_DAYS), Wish(Word.NONE), "last"),
        (date(1999, 12, 31), MONDAY, Wish(Word.NONE), "first"),
        (MONDAY, date(9999, 12, 31), Wish(Word.NONE), "last"),
        (MONDAY, MONDAY, Wish(id_of("nothing")), "schedule"),
        (MONDAY, MONDAY, Wish(cycle="C" * 21), "cycle"),
        (MONDAY, MONDAY, Wish(note="n" * 121), "note"),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field(first: date, last: date, wish: Wish, field: str) -> None:
    with pytest.raises(UnfitCalendar) as error:
        plan_days(known(), first, last, wish)
    assert set(error.value.problems) == {field}


# Rotations


def test_a_rotation_takes_turns_on_school_days() -> None:
    calendar = known({december(16): NO_SCHOOL})
    changed = after(calendar, plan_rotation(calendar, MONDAY, december(23), [CycleDraft("A"), CycleDraft("B")]))
    assert shown(changed, MONDAY, 10) == "AB-AB--ABA"
    assert schedule_on(changed, MONDAY) == REGULAR
    assert cycles_of(changed) == ["A", "B"]


def test_days_of_a_rotation_may_have_schedules_of_their_own() -> None:
    calendar = known({december(15): CalendarDay(ASSEMBLY.id, note="Concert")})
    drafts = [CycleDraft("A"), CycleDraft("B", EARLY.id), CycleDraft("C", EARLY.id)]
    changed = after(calendar, plan_rotation(calendar, MONDAY, december(17), drafts))
    names = [found.name for day in range(14, 18) if (found := schedule_on(changed, december(day)))]
    assert names == ["Regular", "Assembly", "Early release", "Regular"]
    assert changed.calendar[december(15)] == CalendarDay(ASSEMBLY.id, "B", "Concert")


def test_a_rotation_can_begin_anew_and_end() -> None:
    drafts = [CycleDraft("A", EARLY.id), CycleDraft("B")]
    first = after(known(), plan_rotation(known(), MONDAY, december(18), drafts))
    assert plan_rotation(first, MONDAY, december(18), drafts) == []
    moved = after(first, plan_rotation(first, december(16), december(18), drafts))
    assert shown(moved, MONDAY, 5) == "ABABA"
    turned = after(first, plan_rotation(first, december(15), december(18), drafts))
    assert shown(turned, MONDAY, 5) == "AABAB"
    assert schedule_on(turned, december(16)) != EARLY
    ended = after(turned, plan_no_rotation(turned, MONDAY, december(18)))
    assert shown(ended, MONDAY, 5) == "....."


@pytest.mark.parametrize(
    ("drafts", "fields"),
    [
        ([], {"cycles"}),
        ([CycleDraft(str(number)) for number in range(13)], {"cycles"}),
        ([CycleDraft("A"), CycleDraft(" ")], {"cycle-1-name"}),
        ([CycleDraft("A"), CycleDraft("A")], {"cycle-0-name", "cycle-1-name"}),
        ([CycleDraft("A", id_of("nothing"))], {"cycle-0-schedule"}),
    ],
)
def test_a_rotation_that_makes_no_sense_says_why(drafts: list[CycleDraft], fields: set[str]) -> None:
    with pytest.raises(UnfitCalendar) as error:
        plan_rotation(known(), MONDAY, december(18), drafts)
    assert set(error.value.problems) == fields


@given(st.integers(1, 6), st.integers(0, 60), st.sets(st.integers(0, 60)))
def test_a_rotation_never_skips_a_turn(number: int, length: int, holidays: set[int]) -> None:
    calendar = known({MONDAY + timedelta(days=ahead): NO_SCHOOL for ahead in holidays})
    names = [str(turn) for turn in range(number)]
    drafts = [CycleDraft(name) for name in names]
    changed = after(calendar, plan_rotation(calendar, MONDAY, MONDAY + timedelta(days=length), drafts))
    found = shown(changed, MONDAY, length + 1).replace("-", "")
    assert found == "".join(names * 61)[: len(found)]
    assert set(calendar.calendar) <= set(changed.calendar)


# Whom it concerns


@pytest.mark.parametrize(
    ("calendar", "wishes", "words"),
    [
        ({}, {}, "Nothing changes: the calendar says so already."),
        ({}, {14: Wish(EARLY.id)}, "1 school day changes."),
        ({}, {14: Wish(EARLY.id), 15: Wish(cycle="A")}, "2 school days change."),
        ({}, {14: Wish(Word.NONE)}, "1 school day changes. On it there is no school any more."),
        (
            {},
            {14: Wish(Word.NONE), 15: Wish(Word.NONE)},
            "2 school days change. On all of them there is no school any more.",
        ),
        (
            {},
            {14: Wish(Word.NONE), 15: Wish(EARLY.id), 19: Wish(REGULAR.id)},
            "2 school days change. On 1 of them there is no school any more. 1 day becomes a school day.",
        ),
        ({}, {19: Wish(REGULAR.id), 20: Wish(REGULAR.id)}, "2 days become school days."),
        ({}, {14: Wish(note="Picture day")}, "No school day changes; 1 day gets another note."),
        ({14: NO_SCHOOL}, {14: Wish(Word.USUAL)}, "1 day becomes a school day."),
    ],
)
def test_a_change_says_whom_it_concerns(calendar: dict[int, CalendarDay], wishes: dict[int, Wish], words: str) -> None:
    before = known({december(day): said for day, said in calendar.items()})
    changes = plan_wishes(before, {december(day): wish for day, wish in wishes.items()})
    assert effects_of(before, changes).words == words


# In the database


async def test_what_is_written_counts_for_the_school_s_day(database: Database) -> None:
    school = await make_school(database)
    async with database.session() as session:
        await change_calendar(
            session, school.id, lambda known: plan_days(known, MONDAY, MONDAY, Wish(Word.NONE, note="Snow"))
        )
        await change_calendar(
            session,
            school.id,
            lambda known: plan_rotation(known, MONDAY, december(16), [CycleDraft("A"), CycleDraft("B")]),
        )
    async with database.raw() as connection:
        campus = await load_campus(connection, school.id)
    assert campus.calendar == {
        MONDAY: CalendarDay(None, None, "Snow"),
        december(15): CalendarDay(None, "A", as_usual=True),
        december(16): CalendarDay(None, "B", as_usual=True),
    }
    assert (await read_calendar(database, school.id)).calendar == campus.calendar


async def test_a_plan_that_fails_changes_nothing(database: Database) -> None:
    school = await make_school(database)
    with pytest.raises(UnfitCalendar):
        async with database.session() as session:
            await change_calendar(
                session, school.id, lambda known: plan_days(known, december(15), MONDAY, Wish(Word.NONE))
            )
    assert (await read_calendar(database, school.id)).calendar == {}


async def test_another_school_s_calendar_stays_as_it_is(database: Database) -> None:
    school = await make_school(database)
    other = await make_school(database, name="Lincoln", district_id=school.district_id)
    async with database.session() as session:
        for id in (school.id, other.id):
            await change_calendar(session, id, lambda known: plan_days(known, MONDAY, MONDAY, Wish(Word.NONE)))
        await change_calendar(session, school.id, lambda known: plan_clear(known, MONDAY, MONDAY))
    assert (await read_calendar(database, school.id)).calendar == {}
    assert (await read_calendar(database, other.id)).calendar == {MONDAY: NO_SCHOOL}


async def test_a_schedule_that_the_calendar_gives_is_not_removed_unasked(database: Database) -> None:
    school = await make_school(database)
    regular = (await read_calendar(database, school.id)).bell_schedules[0].id
    async with database.session() as session:
        await change_calendar(session, school.id, lambda known: plan_days(known, MONDAY, MONDAY, Wish(regular, "A")))
        await change_calendar(
            session, school.id, lambda known: plan_days(known, december(15), december(15), Wish(regular))
        )
    await _add_another_schedule(database, school.id)
    with pytest.raises(ScheduleInUse, match="gives Regular to 2 days"):
        async with database.session() as session:
            await remove_schedule(session, school.id, regular)
    async with database.session() as session:
        assert await remove_schedule(session, school.id, regular, days_as_usual=True) == "Regular"
    assert (await read_calendar(database, school.id)).calendar == {MONDAY: CalendarDay(None, "A", as_usual=True)}


async def _add_another_schedule(database: Database, school_id: UUID) -> None:
    async with database.session() as session:
        draft = ScheduleDraft("Other", (), (PeriodDraft("1", "8:00", "9:00"),))
        await write_schedule(session, school_id, None, draft)
