"""Students who must not be out together."""

from uuid import UUID

import pytest

from corridor.base.ids import new_id
from corridor.day.state import Approval, Leg
from corridor.day.words import Effect
from corridor.passes.commands import ArriveOnPass, DepartOnPass, ReturnPass
from corridor.passes.refusal import NOT_NOW, Refused
from tests.day_state import (
    LIBRARY,
    NURSE,
    RESTROOM,
    STUDENTS,
    TEACHER,
    Day,
    accommodation,
    group,
    make_state,
    reason,
    rule,
)

ANA, BEN, CAM = STUDENTS[:3]
APART = rule("separation", student_ids={ANA, BEN})
APART_THERE = rule("separation", student_ids={ANA, BEN}, same_destination=True)


@pytest.fixture
def day() -> Day:
    return Day()


def test_either_may_go_while_the_other_is_in_class(day: Day) -> None:
    assert reason(day, APART, student_id=ANA) is None
    assert reason(day, APART, student_id=BEN) is None


@pytest.mark.parametrize(("out", "other"), [(ANA, BEN), (BEN, ANA)])
def test_neither_may_go_anywhere_while_the_other_is_out(day: Day, out: UUID, other: UUID) -> None:
    day.issue(out, LIBRARY)
    found = reason(day, APART, student_id=other)
    assert found is not None
    assert found.code == "separation"
    assert found.private
    assert found.allowed_at is None


def test_the_student_is_told_nothing_of_the_other_and_staff_are(day: Day) -> None:
    day.issue(BEN)
    found = reason(day, APART, student_id=ANA)
    assert found is not None
    assert found.message == "You can't go right now. Ask again in a few minutes."
    assert found.staff_message == "Another student is out from whom this one is kept apart."


def test_others_may_go(day: Day) -> None:
    day.issue(BEN)
    assert reason(day, APART, student_id=CAM) is None


def test_a_student_is_not_kept_apart_from_themself(day: Day) -> None:
    day.issue(ANA)
    assert reason(day, APART, student_id=ANA) is None


def test_the_other_is_out_until_they_are_back(day: Day) -> None:
    out = day.issue(BEN)
    day.submit(ArriveOnPass(out.id, TEACHER))
    day.submit(DepartOnPass(out.id, TEACHER))
    assert day[out.id].leg is Leg.RETURNING
    assert reason(day, APART, student_id=ANA)
    day.submit(ReturnPass(out.id, TEACHER))
    assert reason(day, APART, student_id=ANA) is None


def test_a_request_of_the_other_keeps_nobody_in(day: Day) -> None:
    day.requested(BEN)
    assert reason(day, APART, student_id=ANA) is None


def test_groups_are_kept_apart_within_and_from_the_students_named() -> None:
    bens = group("Bens", BEN)
    day = Day(make_state(groups=[bens]))
    apart = rule("separation", student_ids={ANA}, group_ids={bens.id, new_id()})
    day.issue(BEN)
    assert reason(day, apart, student_id=ANA)
    assert reason(day, apart, student_id=CAM) is None


def test_at_the_same_destination_only(day: Day) -> None:
    day.issue(BEN, LIBRARY)
    assert reason(day, APART_THERE, student_id=ANA, destination_id=LIBRARY)
    assert reason(day, APART_THERE, student_id=ANA, destination_id=NURSE) is None


def test_nobody_is_exempt() -> None:
    special = accommodation(ANA, exempt=frozenset({"separation"}))
    day = Day(make_state(accommodations=[special]))
    day.issue(BEN)
    assert reason(day, APART, student_id=ANA)


def test_a_refused_student_reads_neither_the_other_nor_the_rule() -> None:
    day = Day(make_state(rules=[APART], approval={"Restroom": Approval.NONE}))
    day.issue(BEN)
    about = day.request(ANA).about
    assert isinstance(about, Refused)
    (told,) = about.reasons
    assert (told.code, told.rule_id, told.overridable) == (NOT_NOW, None, False)
    assert "Student1" not in told.message


def test_a_separation_that_is_only_to_be_noted_lets_the_student_go() -> None:
    noted = rule("separation", Effect.WARN, student_ids={ANA, BEN})
    day = Day(make_state(rules=[noted], approval={"Restroom": Approval.NONE}))
    day.issue(BEN, RESTROOM)
    assert day.requested(ANA).noted == (noted.id,)
