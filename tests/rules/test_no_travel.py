"""Students who may not take passes at all, or not there."""

from datetime import date

from corridor.day.policy import Scope
from tests.day_state import LIBRARY, RESTROOM, STUDENTS, Day, allowed_at, clock, make_state, reason, rule

ANA, BEN = STUDENTS[:2]


def test_the_student_may_not_go_anywhere() -> None:
    stays = rule("no_travel", scope=Scope(student_ids=frozenset({ANA})))
    found = reason(Day(), stays, student_id=ANA)
    assert found is not None
    assert found.code == "no_travel"
    assert found.message == "You can't take a pass to Restroom A by yourself. Talk to your teacher."
    assert found.staff_message == "A rule keeps this student from taking passes to Restroom A."
    assert found.allowed_at is None
    assert reason(Day(), stays, student_id=BEN) is None


def test_a_grade_may_not_go_to_one_place() -> None:
    day = Day(make_state(grades={ANA: "7", BEN: "8"}))
    stays = rule("no_travel", scope=Scope(grades=frozenset({"7"}), location_ids=frozenset({LIBRARY})))
    assert reason(day, stays, student_id=ANA, destination_id=LIBRARY)
    assert reason(day, stays, student_id=ANA, destination_id=RESTROOM) is None
    assert reason(day, stays, student_id=BEN, destination_id=LIBRARY) is None


def test_the_student_may_go_again_once_the_rule_is_over() -> None:
    stays = rule("no_travel", scope=Scope(student_ids=frozenset({ANA}), ends_on=date(2026, 10, 9)))
    assert allowed_at(Day(), stays, student_id=ANA) == clock(0, day=date(2026, 10, 10))
