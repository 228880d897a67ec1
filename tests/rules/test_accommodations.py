"""Private, dated exemptions of one student: what they do, and that nobody reads of them."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from corridor.day.policy import Accommodation
from corridor.day.state import Approval, Status
from corridor.day.words import Channel, Effect
from corridor.passes.commands import ApprovePass, ReturnPass
from corridor.policy.events import AccommodationSet
from corridor.rules.kinds import KINDS
from tests.day_state import (
    LIBRARY,
    NURSE,
    PASS_TYPE_IDS,
    RESTROOM,
    STUDENTS,
    TEACHER,
    Day,
    accommodation,
    allowed_at,
    changed,
    clock,
    make_state,
    reason,
    rule,
    usual_rules,
)

ANA, BEN, CAM, DAN = STUDENTS[:4]
PAUSE = rule("cooldown", minutes=60)
FULL = rule("capacity_into")
YESTERDAY, TODAY, TOMORROW = (date(2026, 10, day) for day in (5, 6, 7))


def day_with(*special: Accommodation, **fields: Any) -> Day:
    return Day(make_state(accommodations=special, **fields))


def back(day: Day, student_id: Any = ANA) -> Day:
    """The student was just out."""
    day.submit(ReturnPass(day.issue(student_id, LIBRARY).id, student_id))
    return day


def test_a_rule_does_not_apply_to_who_is_exempt_from_its_kind() -> None:
    day = back(back(day_with(accommodation(ANA, exempt=frozenset({"cooldown"})))), BEN)
    assert reason(day, PAUSE, student_id=ANA) is None
    assert reason(day, PAUSE, student_id=BEN)


def test_another_kind_of_rule_applies_all_the_same() -> None:
    day = back(day_with(accommodation(ANA, exempt=frozenset({"limit"}))))
    assert reason(day, PAUSE, student_id=ANA)


@pytest.mark.parametrize("kind", sorted(name for name, kind in KINDS.items() if not kind.exemptible))
def test_from_some_kinds_nobody_is_exempt(kind: str) -> None:
    assert kind in ("one_open_pass", "freeze", "absent", "separation")


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "holds"),
    [(TODAY, TODAY, True), (YESTERDAY, None, True), (YESTERDAY, YESTERDAY, False), (TOMORROW, None, False)],
)
def test_it_holds_from_its_first_day_to_its_last(starts_on: date, ends_on: date | None, holds: bool) -> None:
    special = accommodation(ANA, starts_on=starts_on, ends_on=ends_on, exempt=frozenset({"cooldown"}))
    assert (reason(back(day_with(special)), PAUSE, student_id=ANA) is None) is holds


def test_a_rule_is_let_go_on_its_first_day() -> None:
    day = day_with(accommodation(ANA, starts_on=TOMORROW, exempt=frozenset({"no_fly"})))
    assert allowed_at(day, rule("no_fly", whole_day=True), student_id=ANA) == clock(0, day=TOMORROW)


def test_a_rule_applies_again_after_its_last_day() -> None:
    day = day_with(accommodation(ANA, ends_on=TODAY, exempt=frozenset({"no_fly"})))
    closed = rule("no_fly", whole_day=True)
    assert reason(day, closed, student_id=ANA) is None
    assert reason(day, closed, student_id=ANA, at=clock(0, day=TOMORROW))


def test_it_may_be_for_some_types_of_passes_only() -> None:
    nurse = frozenset({PASS_TYPE_IDS["Nurse"]})
    day = back(day_with(accommodation(ANA, exempt=frozenset({"cooldown"}), pass_type_ids=nurse)))
    assert reason(day, PAUSE, student_id=ANA, pass_type="Nurse") is None
    assert reason(day, PAUSE, student_id=ANA, pass_type="Restroom")


def test_who_needs_more_time_gets_it_without_asking() -> None:
    day = day_with(accommodation(ANA, time_percent=150))
    assert day.requested(ANA).minutes == 9
    assert day.requested(BEN).minutes == 6


def test_who_needs_more_time_may_ask_for_more() -> None:
    day = day_with(accommodation(ANA, time_percent=150))
    assert day.requested(ANA, minutes=15).minutes == 15


@pytest.mark.parametrize(("percent", "minutes"), [(110, 7), (25, 2), (500, 30)])
def test_time_is_in_whole_minutes_rounded_up(percent: int, minutes: int) -> None:
    assert day_with(accommodation(ANA, time_percent=percent)).requested(ANA).minutes == minutes


def test_of_several_the_one_that_gives_most_counts() -> None:
    day = day_with(accommodation(ANA, time_percent=150), accommodation(ANA, time_percent=200))
    assert day.requested(ANA).minutes == 12


def test_time_for_some_types_of_passes_is_for_those_only() -> None:
    day = day_with(accommodation(ANA, time_percent=200, pass_type_ids=frozenset({PASS_TYPE_IDS["Nurse"]})))
    assert day.requested(ANA, RESTROOM).minutes == 6


def test_who_need_not_stand_in_line_goes_at_once() -> None:
    day = day_with(accommodation(CAM, no_line=True), approval={"Restroom": Approval.NONE})
    for student in (ANA, BEN):
        day.issue(student)
    assert day.requested(DAN, may_wait=True).status is Status.WAITING
    assert day.requested(CAM).status is Status.ACTIVE


def test_who_need_not_stand_in_line_is_refused_where_there_is_none() -> None:
    day = day_with(accommodation(CAM, no_line=True))
    for student in (ANA, BEN):
        day.issue(student)
    assert reason(day, FULL, student_id=CAM) is None
    assert reason(day, rule("capacity_into", Effect.REFUSE), student_id=CAM)


def test_who_is_always_approved_goes_without_anyones_answer() -> None:
    day = day_with(accommodation(ANA, always_approved=True))
    assert day.requested(ANA).status is Status.ACTIVE
    assert day.requested(BEN).status is Status.REQUESTED


def test_who_is_always_approved_goes_even_where_a_rule_wants_staff_to_look() -> None:
    limited = changed(usual_rules(), "limit", most=0)
    day = day_with(accommodation(ANA, always_approved=True), rules=limited)
    assert day.requested(ANA).status is Status.ACTIVE


def test_who_is_always_approved_is_refused_what_a_rule_refuses() -> None:
    day = back(day_with(accommodation(ANA, always_approved=True), rules=[PAUSE]))
    assert day.request(ANA).refused


def test_nobody_reads_of_it() -> None:
    """Neither the events nor what students and staff read tell that Ana is a special case."""
    special = accommodation(
        ANA,
        exempt=frozenset({"limit", "cooldown"}),
        time_percent=300,
        no_line=True,
        always_approved=True,
        note="Section 504 plan",
    )
    day = Day()
    day.keep(special)
    assert AccommodationSet.private
    assert [recorded.kind for recorded in day.events] == ["accommodation_set"]
    for _ in range(2):
        day.submit(ReturnPass(day.requested(ANA).id, ANA))
    day.issue(BEN)
    day.issue(CAM)
    asked = day.requested(DAN, NURSE)
    day.submit(ApprovePass(asked.id, TEACHER))
    out = day.requested(ANA)
    assert out.status is Status.ACTIVE
    assert (out.lifted, out.noted) == ((), ())
    texts = [msgspec.json.encode(day.request(ANA, channel=channel).about) for channel in Channel]
    texts += [msgspec.json.encode(recorded.event) for recorded in day.events[1:]]
    for text in texts:
        for word in (b"accommodation", b"exempt", b"504 plan", b"300,", str(special.id).encode()):
            assert word not in text


def test_a_pass_is_due_after_the_time_that_the_student_gets() -> None:
    day = day_with(accommodation(ANA, time_percent=200, always_approved=True))
    assert day.requested(ANA).due_at == day.now + timedelta(minutes=12)
