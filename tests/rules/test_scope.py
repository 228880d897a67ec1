"""Whether a rule applies: to whom, to what, when, and how the pass is asked for."""

from datetime import date, time
from typing import Any

import pytest
from msgspec.structs import replace

from corridor.base.ids import new_id
from corridor.campus.model import BellSchedule, CalendarDay, Period
from corridor.day.policy import Rule, Scope
from corridor.day.state import Approval
from corridor.day.words import Channel, Level
from corridor.passes.commands import ReturnPass
from tests.day_state import (
    LIBRARY,
    NORTH_WING,
    NURSE,
    PASS_TYPE_IDS,
    RESTROOM,
    STUDENTS,
    Day,
    allowed_at,
    clock,
    group,
    id_of,
    make_state,
    reason,
    rule,
)

ANA, BEN, CAM, DAN = STUDENTS[:4]
BAND = group("Band", ANA, BEN)
CHESS = group("Chess", ANA)
_NO_SCHOOL = CalendarDay(None)


def only(*ids: Any) -> frozenset[Any]:
    return frozenset(ids)


def closed(**scope: Any) -> Rule:
    """A rule that objects wherever and whenever it applies."""
    return rule("no_fly", whole_day=True, scope=Scope(**scope))


@pytest.fixture
def day() -> Day:
    """Ana and Ben are in the band, Ana and Cam in grade 7. The library lies in the north wing. It is 08:30."""
    return Day(
        make_state(
            groups=[BAND, CHESS],
            grades={ANA: "7", BEN: "8", CAM: "7"},
            locations={LIBRARY: {"zone_id": NORTH_WING}},
        )
    )


@pytest.mark.parametrize(
    ("scope", "inside", "outside"),
    [
        ({"student_ids": only(ANA)}, {"student_id": ANA}, {"student_id": BEN}),
        ({"group_ids": only(BAND.id)}, {"student_id": BEN}, {"student_id": CAM}),
        ({"grades": only("7")}, {"student_id": CAM}, {"student_id": BEN}),
        ({"grades": only("7")}, {"student_id": CAM}, {"student_id": DAN}),
        ({"location_ids": only(NURSE)}, {"destination_id": NURSE}, {"destination_id": LIBRARY}),
        ({"zone_ids": only(NORTH_WING)}, {"destination_id": LIBRARY}, {"destination_id": NURSE}),
        ({"pass_type_ids": only(PASS_TYPE_IDS["Nurse"])}, {"pass_type": "Nurse"}, {"pass_type": "Library"}),
        ({"channels": only(Channel.KIOSK)}, {"channel": Channel.KIOSK}, {"channel": Channel.STAFF}),
        ({"periods": only("1")}, {"at": clock(8, 59, 59)}, {"at": clock(9)}),
        ({"starts_on": date(2026, 10, 7)}, {"at": clock(0, day=date(2026, 10, 7))}, {"at": clock(23, 59, 59)}),
        ({"ends_on": date(2026, 10, 6)}, {"at": clock(23, 59, 59)}, {"at": clock(0, day=date(2026, 10, 7))}),
    ],
)
def test_a_scope_of_one_kind(day: Day, scope: dict[str, Any], inside: dict[str, Any], outside: dict[str, Any]) -> None:
    assert reason(day, closed(**scope), **inside)
    assert reason(day, closed(**scope), **outside) is None


def test_a_scope_of_nothing_is_about_everything(day: Day) -> None:
    for student in STUDENTS:
        for place in (LIBRARY, NURSE, RESTROOM):
            for channel in Channel:
                assert reason(day, closed(), student_id=student, destination_id=place, channel=channel)


def test_whom_is_any_of_students_groups_and_grades(day: Day) -> None:
    some = closed(student_ids=only(DAN), group_ids=only(CHESS.id, new_id()), grades=only("8"))
    assert [bool(reason(day, some, student_id=each)) for each in (ANA, BEN, CAM, DAN)] == [True, True, False, True]


def test_where_is_any_of_locations_and_zones(day: Day) -> None:
    some = closed(location_ids=only(NURSE), zone_ids=only(NORTH_WING))
    assert [bool(reason(day, some, destination_id=each)) for each in (NURSE, LIBRARY, RESTROOM)] == [True, True, False]


def test_whom_what_when_and_how_narrow_a_scope_together(day: Day) -> None:
    narrow = closed(
        student_ids=only(ANA),
        location_ids=only(NURSE),
        pass_type_ids=only(PASS_TYPE_IDS["Nurse"]),
        periods=only("1"),
        channels=only(Channel.STUDENT),
        starts_on=date(2026, 10, 6),
        ends_on=date(2026, 10, 6),
    )
    inside: dict[str, Any] = {"student_id": ANA, "destination_id": NURSE, "pass_type": "Nurse"}
    assert reason(day, narrow, **inside)
    for other in (
        {"student_id": BEN},
        {"destination_id": LIBRARY},
        {"pass_type": "Office"},
        {"channel": Channel.KIOSK},
        {"at": clock(9)},
        {"at": clock(8, 30, day=date(2026, 10, 7))},
    ):
        assert reason(day, narrow, **(inside | other)) is None


def test_a_rule_of_some_periods_holds_until_its_period_ends(day: Day) -> None:
    assert allowed_at(day, closed(periods=only("1"))) == clock(9)
    assert allowed_at(day, closed(periods=only("1", "2", "3"))) == clock(11)


def test_a_rule_of_a_period_does_not_hold_between_periods() -> None:
    state = make_state()
    periods = (Period("1", time(8), time(8, 30)), Period("2", time(8, 40), time(9)))
    state.campus = replace(
        state.campus, bell_schedules=(BellSchedule(id_of("Short"), "Short", frozenset({2}), periods),)
    )
    assert reason(Day(state, clock(8, 35)), closed(periods=only("1", "2"))) is None


def test_a_rule_holds_on_its_last_day_to_the_end(day: Day) -> None:
    assert allowed_at(day, closed(ends_on=date(2026, 10, 8))) == clock(0, day=date(2026, 10, 9))


# Limits: of those about the same thing only the one closest to the student counts.


def limit(most: int, *, name: str = "", level: Level = Level.SCHOOL, per: str = "day", **scope: Any) -> Rule:
    return rule("limit", most=most, per=per, name=f"{name} {most} {scope}", level=level, scope=Scope(**scope))


def took(day: Day, student_id: Any, times: int = 1) -> Day:
    for _ in range(times):
        day.submit(ReturnPass(day.requested(student_id, LIBRARY).id, student_id))
    return day


@pytest.fixture
def free() -> Day:
    """Nobody has to approve library passes."""
    return Day(
        make_state(
            rules=[], approval={"Library": Approval.NONE}, groups=[BAND, CHESS], grades={ANA: "7", BEN: "8", CAM: "7"}
        )
    )


SCHOOLS = limit(1)
GRADES = limit(2, grades=only("7"))
GROUPS = limit(3, group_ids=only(BAND.id))
OWN = limit(4, student_ids=only(ANA))


@pytest.mark.parametrize(
    ("rules", "counts"),
    [
        ((SCHOOLS,), SCHOOLS),
        ((SCHOOLS, GRADES), GRADES),
        ((SCHOOLS, GRADES, GROUPS), GROUPS),
        ((SCHOOLS, GRADES, GROUPS, OWN), OWN),
        ((SCHOOLS, OWN), OWN),
    ],
)
def test_individual_beats_group_beats_grade_beats_school(free: Day, rules: tuple[Rule, ...], counts: Rule) -> None:
    took(free, ANA, 4)
    for each in rules:
        others = [other for other in rules if other is not each]
        assert bool(reason(free, each, *others, student_id=ANA)) is (each is counts)


def test_the_closer_limit_counts_even_when_it_is_the_stricter_one(free: Day) -> None:
    strict = limit(0, student_ids=only(ANA))
    assert reason(free, strict, SCHOOLS, student_id=ANA)
    assert reason(free, strict, SCHOOLS, student_id=BEN) is None


def test_new_students_get_the_limit_of_all(free: Day) -> None:
    """Dan has come today: no grade is known, and nobody has put him in a group."""
    took(free, DAN)
    assert reason(free, SCHOOLS, GRADES, GROUPS, OWN, student_id=DAN)


def test_of_two_limits_equally_close_both_count(free: Day) -> None:
    bands, chess = limit(3, group_ids=only(BAND.id)), limit(1, group_ids=only(CHESS.id))
    took(free, ANA)
    assert reason(free, chess, bands, student_id=ANA)
    assert reason(free, bands, chess, student_id=ANA) is None
    took(free, ANA, 2)
    assert reason(free, bands, chess, student_id=ANA)


def test_limits_about_different_things_stand_side_by_side(free: Day) -> None:
    """A student's own limit for the week takes nothing from the school's for the day, nor one for a place."""
    weeks = limit(5, per="week", student_ids=only(ANA))
    librarys = limit(5, student_ids=only(ANA), location_ids=only(LIBRARY))
    took(free, ANA)
    assert reason(free, SCHOOLS, weeks, librarys, student_id=ANA)


def test_the_districts_limit_stands_beside_the_schools(free: Day) -> None:
    districts = limit(2, level=Level.DISTRICT)
    took(free, ANA, 2)
    assert reason(free, districts, OWN, student_id=ANA)
    assert reason(free, OWN, districts, student_id=ANA) is None
    assert reason(free, SCHOOLS, districts, student_id=ANA)


def test_a_closer_limit_on_another_channel_does_not_count(free: Day) -> None:
    own = limit(4, student_ids=only(ANA), channels=only(Channel.KIOSK))
    took(free, ANA)
    assert reason(free, SCHOOLS, own, student_id=ANA)
    assert reason(free, SCHOOLS, own, student_id=ANA, channel=Channel.KIOSK) is None


def test_a_closer_limit_counts_only_while_it_holds(free: Day) -> None:
    took(free, ANA)
    over = limit(4, student_ids=only(ANA), ends_on=date(2026, 10, 5))
    later = limit(4, student_ids=only(ANA), starts_on=date(2026, 10, 8))
    assert reason(free, SCHOOLS, over, later, student_id=ANA)


def test_a_limit_is_let_go_when_a_closer_one_begins(free: Day) -> None:
    week = limit(1, per="week")
    own = limit(4, per="week", student_ids=only(ANA), starts_on=date(2026, 10, 8))
    took(free, ANA)
    assert allowed_at(free, week, own, student_id=ANA) == clock(0, day=date(2026, 10, 8))


def test_a_limit_is_let_go_when_the_period_of_a_closer_one_begins(free: Day) -> None:
    own = limit(4, student_ids=only(ANA), periods=only("3"))
    took(free, ANA)
    assert allowed_at(free, SCHOOLS, own, student_id=ANA) == clock(10)


def test_a_closer_limit_of_a_period_may_begin_after_a_long_vacation(free: Day) -> None:
    """No bell is known for 21 days; the limit for the term is let go when the period comes."""
    november = date(2026, 11, 16)
    calendar = {date.fromordinal(day): _NO_SCHOOL for day in range(date(2026, 10, 6).toordinal(), november.toordinal())}
    free.state.campus = replace(free.state.campus, calendar=calendar)
    took(free, ANA)
    terms, own = limit(1, per="term"), limit(4, per="term", student_ids=only(ANA), periods=only("2"))
    assert allowed_at(free, terms, own, student_id=ANA) == clock(9, day=november)
