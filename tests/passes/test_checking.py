"""What would happen, without anything happening."""

from datetime import timedelta

from corridor.day.policy import Closure
from corridor.day.state import Approval
from corridor.day.words import Channel, Effect
from corridor.passes.checking import Prospect, foresee, instead, look_into, wish_for
from corridor.passes.wish import Outcome
from tests.day_state import (
    LIBRARY,
    NURSE,
    RESTROOM,
    ROOM_204,
    STUDENTS,
    TEACHER,
    Day,
    changed,
    clock,
    make_state,
    rule,
    usual_rules,
)

OPEN_TO_ALL = {"Restroom": Approval.NONE}


def seen(day: Day, place_id: object = RESTROOM, *, staff: bool = False, may_wait: bool = True) -> Prospect:
    channel = Channel.STAFF if staff else Channel.STUDENT
    wish = wish_for(STUDENTS[0], place_id, channel=channel, may_wait=may_wait)  # type: ignore[arg-type]
    return foresee(day.state, wish, day.now)


def full(**more: object) -> Day:
    """The restroom has two places, and both are taken."""
    day = Day(make_state(**more))  # type: ignore[arg-type]
    for student_id in STUDENTS[-2:]:
        day.issue(student_id)
    return day


def test_what_needs_no_approval_would_begin() -> None:
    found = seen(Day(make_state(approval=OPEN_TO_ALL)))
    assert (found.outcome, found.minutes, found.reasons, found.open) == (Outcome.BEGINS, 6, (), True)


def test_what_staff_decide_would_be_asked() -> None:
    assert seen(Day()).outcome is Outcome.ASKS


def test_at_a_full_place_one_would_wait_at_the_end_of_the_line() -> None:
    day = full(approval=OPEN_TO_ALL)
    found = seen(day)
    assert found.outcome is Outcome.WAITS
    assert found.turn
    assert (found.turn.place, found.turn.minutes) == (1, 3)
    day.request(STUDENTS[1], may_wait=True)
    later = seen(day)
    assert later.turn
    assert later.turn.place == 2
    assert not later.open


def test_a_request_for_a_full_place_says_where_one_would_stand_after_the_approval() -> None:
    found = seen(full())
    assert found.outcome is Outcome.ASKS
    assert found.turn
    assert not found.open


def test_staff_are_told_that_a_place_is_full_unless_the_student_may_wait() -> None:
    day = full()
    assert seen(day, staff=True, may_wait=False).outcome is Outcome.REFUSED
    assert seen(day, staff=True).outcome is Outcome.WAITS


def test_all_reasons_are_told_and_from_when_none_of_them_stands() -> None:
    rules = (
        rule("no_fly", first_minutes=35),
        rule("cooldown", minutes=10),
        rule("limit", Effect.NEEDS_STAFF, most=0),
    )
    day = Day(make_state(rules=rules))

    found = seen(day)
    assert [reason.code for reason in found.reasons] == ["no_fly", "limit"]
    assert found.allowed_at == clock(8, 35)
    assert found.when == "at 08:35"


def test_a_private_rule_is_only_not_now_to_the_student() -> None:
    rules = (rule("separation", student_ids=frozenset(STUDENTS[:2])),)
    day = Day(make_state(rules=rules))
    day.issue(STUDENTS[1], LIBRARY)
    (reason,) = seen(day).reasons
    assert reason.code == "not_now"
    assert reason.rule_id is None
    (for_staff,) = seen(day, staff=True).reasons
    assert for_staff.code == "separation"
    assert for_staff.message == "Another student is out from whom this one is kept apart."


def test_what_is_for_staff_to_note_is_not_told_to_the_student() -> None:
    rules = (
        rule("separation", Effect.WARN, student_ids=frozenset(STUDENTS[:2])),
        rule("no_fly", Effect.WARN, first_minutes=60),
    )
    day = Day(make_state(rules=rules, approval=OPEN_TO_ALL))
    day.issue(STUDENTS[1], LIBRARY)
    assert seen(day).reasons == ()
    assert len(seen(day, staff=True).reasons) == 2


def test_nothing_is_recorded() -> None:
    day = full()
    before = day.state
    seen(day)
    assert day.state is before


def test_a_closed_place_names_where_to_go_meanwhile() -> None:
    day = Day()
    day.state.closures = {RESTROOM: Closure(RESTROOM, day.now, until=day.now + timedelta(minutes=20), instead_id=NURSE)}
    found = seen(day)
    assert found.outcome is Outcome.REFUSED
    assert found.when == "at 08:50"
    places = instead(day.state, wish_for(STUDENTS[0], RESTROOM), day.now)
    assert [place.id for place in places] == [NURSE]


def test_a_place_that_is_closed_too_is_not_named() -> None:
    day = Day()
    day.state.closures = {
        RESTROOM: Closure(RESTROOM, day.now, instead_id=NURSE),
        NURSE: Closure(NURSE, day.now),
    }
    assert instead(day.state, wish_for(STUDENTS[0], RESTROOM), day.now) == []


def test_what_makes_no_sense_is_a_reason_in_a_list_of_places() -> None:
    day = Day(make_state(rules=changed(usual_rules(), "cooldown", minutes=1)))
    place = day.state.campus.locations[ROOM_204]
    wish = wish_for(STUDENTS[0], ROOM_204, by=TEACHER, origin_id=ROOM_204, channel=Channel.STAFF)
    found = look_into(day.state, place, wish, day.now)
    assert (found.outcome, found.pass_type) == (Outcome.REFUSED, None)
    assert found.reasons[0].message == "Origin and destination are the same place."
