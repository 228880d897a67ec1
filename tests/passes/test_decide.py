"""What becomes of a command about a pass."""

from datetime import timedelta
from typing import Any

import pytest

from corridor.base.errors import Conflict, InvalidInput, NotFound
from corridor.base.ids import new_id
from corridor.campus.commands import ChangeLocation, LocationChanges
from corridor.day.policy import Absence, Closure
from corridor.day.state import Approval, Leg, Status
from corridor.day.words import Channel, Effect
from corridor.ledger.words import Decision
from corridor.passes import commands as ask
from corridor.passes import events as happened
from corridor.passes.refusal import Refused
from tests.day_state import (
    ALGEBRA,
    ART,
    LIBRARY,
    NURSE,
    ONE_WAY,
    PASS_TYPE_IDS,
    RESTROOM,
    ROOM_110,
    ROOM_204,
    STUDENTS,
    TEACHER,
    Day,
    clock,
    make_state,
    rule,
)

ANA, BEN, CAM = STUDENTS[:3]


@pytest.fixture
def day() -> Day:
    return Day()


def refused(decision: Decision) -> Refused:
    assert decision.refused
    assert isinstance(decision.about, Refused)
    return decision.about


def reasons_of(decision: Decision) -> tuple[Any, ...]:
    return refused(decision).reasons


def codes_of(decision: Decision) -> list[str]:
    return [reason.code for reason in reasons_of(decision)]


def test_a_request_waits_for_an_answer_when_its_type_needs_approval(day: Day) -> None:
    pass_ = day.requested()
    assert (pass_.status, pass_.leg, pass_.started_at) == (Status.REQUESTED, None, None)


def test_a_request_begins_at_once_when_its_type_needs_none() -> None:
    day = Day(make_state(approval={"Restroom": Approval.NONE}))
    pass_ = day.requested()
    assert (pass_.status, pass_.leg) == (Status.ACTIVE, Leg.OUTBOUND)
    assert pass_.due_at == day.now + timedelta(minutes=pass_.minutes)


def test_a_request_needs_an_answer_all_the_same_when_a_rule_wants_staff_to_look() -> None:
    rules = [rule("limit", Effect.NEEDS_STAFF, most=0)]
    day = Day(make_state(rules=rules, approval={"Restroom": Approval.NONE}))
    assert day.requested().status is Status.REQUESTED


def test_a_request_of_a_stranger_is_not_found(day: Day) -> None:
    with pytest.raises(NotFound):
        day.request(new_id())


@pytest.mark.parametrize("lost", [new_id(), "inactive"])
def test_a_request_to_a_place_that_is_not_there_or_out_of_use_is_an_error(lost: Any) -> None:
    day = Day(make_state(locations={LIBRARY: {"active": False}}))
    with pytest.raises(InvalidInput) as error:
        day.request(destination_id=LIBRARY if lost == "inactive" else lost)
    assert error.value.extra == {"field": "destination_id"}


def test_a_request_from_a_place_to_itself_is_an_error(day: Day) -> None:
    with pytest.raises(InvalidInput, match="same place"):
        day.request(destination_id=NURSE, origin_id=NURSE)


def test_a_request_from_a_place_out_of_use_is_an_error() -> None:
    day = Day(make_state(locations={LIBRARY: {"active": False}}))
    with pytest.raises(InvalidInput) as error:
        day.request(origin_id=LIBRARY)
    assert error.value.extra == {"field": "origin_id"}


@pytest.mark.parametrize("reason", ["r" * 201, " " * 3 + "r" * 201])
def test_a_request_with_too_long_a_reason_is_an_error(day: Day, reason: str) -> None:
    with pytest.raises(InvalidInput, match="200 characters"):
        day.request(reason=reason)


@pytest.mark.parametrize(("given", "kept"), [("  for a drink ", "for a drink"), ("  ", None), (None, None)])
def test_a_request_keeps_the_reason_that_was_given(day: Day, given: str | None, kept: str | None) -> None:
    assert day.requested(reason=given).reason == kept


def test_the_origin_is_where_the_timetable_says_the_student_is(day: Day) -> None:
    pass_ = day.requested()
    assert (pass_.origin_id, pass_.section_id) == (ROOM_204, ALGEBRA)


def test_the_origin_is_as_given_with_the_section_that_meets_there_now(day: Day) -> None:
    pass_ = day.requested(origin_id=ROOM_204)
    assert (pass_.origin_id, pass_.section_id) == (ROOM_204, ALGEBRA)


def test_the_origin_is_as_given_with_the_section_that_meets_there_at_another_time(day: Day) -> None:
    pass_ = day.requested(origin_id=ROOM_110)
    assert (pass_.origin_id, pass_.section_id) == (ROOM_110, ART)


def test_the_origin_is_as_given_without_a_section_where_none_meets(day: Day) -> None:
    pass_ = day.requested(origin_id=NURSE)
    assert (pass_.origin_id, pass_.section_id) == (NURSE, None)


def test_the_origin_is_unknown_when_the_timetable_says_nothing() -> None:
    pass_ = Day(now=clock(10, 30)).requested()
    assert (pass_.origin_id, pass_.section_id) == (None, None)


def test_the_origin_is_unknown_for_a_pass_to_the_very_room_of_the_timetable(day: Day) -> None:
    pass_ = day.requested(destination_id=ROOM_204)
    assert (pass_.origin_id, pass_.section_id) == (None, ALGEBRA)


def test_the_origin_is_unknown_when_the_timetables_room_is_out_of_use() -> None:
    day = Day(make_state(locations={ROOM_204: {"active": False}}))
    pass_ = day.requested()
    assert (pass_.origin_id, pass_.section_id) == (None, ALGEBRA)


def test_the_pass_type_is_the_first_that_is_usual_for_the_destination(day: Day) -> None:
    assert day.requested().pass_type_id == PASS_TYPE_IDS["Restroom"]
    assert day.requested(BEN, ROOM_110).pass_type_id == PASS_TYPE_IDS["Another place"]


def test_the_pass_type_is_as_given(day: Day) -> None:
    assert day.requested(pass_type_id=ONE_WAY).pass_type_id == ONE_WAY


def test_the_pass_type_that_is_not_there_is_an_error(day: Day) -> None:
    with pytest.raises(InvalidInput) as error:
        day.request(pass_type_id=new_id())
    assert error.value.extra == {"field": "pass_type_id"}


def test_the_pass_type_is_the_last_one_when_none_is_usual_there(day: Day) -> None:
    del day.state.pass_types[PASS_TYPE_IDS["Another place"]]  # type: ignore[attr-defined]
    assert day.requested(destination_id=ROOM_110).pass_type_id == ONE_WAY


def test_the_pass_type_is_missing_at_a_school_without_any(day: Day) -> None:
    day.state.pass_types = {}
    with pytest.raises(InvalidInput, match="no pass types"):
        day.request()


def test_the_minutes_are_the_types_own_unless_given(day: Day) -> None:
    assert day.requested().minutes == 6
    assert day.requested(BEN, minutes=3).minutes == 3


@pytest.mark.parametrize("minutes", [0, 11])
def test_the_minutes_of_a_student_stay_within_the_type(day: Day, minutes: int) -> None:
    with pytest.raises(InvalidInput, match="1 to 10 minutes"):
        day.request(minutes=minutes)


def test_the_minutes_that_staff_give_may_exceed_the_type(day: Day) -> None:
    assert day.issue(minutes=999).minutes == 999
    with pytest.raises(InvalidInput, match="1 to 999 minutes"):
        day.issue(BEN, minutes=1000)


def test_a_refusal_is_kept_as_an_event_with_every_reason() -> None:
    day = Day(make_state(locations={RESTROOM: {"capacity": 0}, ROOM_204: {"out_capacity": 0}}))
    decision = day.request()
    assert codes_of(decision) == ["too_many_out", "full"]
    event = day.events[-1].event
    assert isinstance(event, happened.PassRefused)
    assert event.codes == ("too_many_out", "full")
    assert event.rule_ids == (rule("capacity_out_of").id, rule("capacity_into").id)
    assert not event.at_approval
    assert not day.state.passes
    assert not day.state.closed


def test_a_refusal_tells_a_student_less_than_staff(day: Day) -> None:
    for student in (ANA, BEN):
        day.issue(student)
    (to_student,) = reasons_of(day.request(CAM))
    (to_staff,) = reasons_of(day.request(CAM, channel=Channel.STAFF, by=TEACHER))
    assert to_student.message == "Restroom A is full right now."
    assert to_staff.message == "Restroom A is full: 2 of 2 places are taken."
    assert (to_student.overridable, to_staff.overridable) == (False, True)


def test_a_refusal_says_when_it_would_be_allowed(day: Day) -> None:
    day.submit(ask.ReturnPass(day.issue().id, TEACHER))
    (reason,) = reasons_of(day.request())
    assert (reason.code, reason.allowed_at) == ("cooldown", day.now + timedelta(minutes=5))


def test_a_refusal_says_when_nothing_would_stand_against_it_any_more(day: Day) -> None:
    """The pause is over after five minutes; the place opens after ten."""
    day.submit(ask.ReturnPass(day.issue().id, TEACHER))
    opens = day.now + timedelta(minutes=10)
    day.keep(Closure(RESTROOM, day.now, until=opens))
    assert refused(day.request()).allowed_at == opens


def test_a_refusal_says_when_a_place_in_line_would_be_given(day: Day) -> None:
    day.submit(ask.ReturnPass(day.issue(CAM).id, TEACHER))
    for student in (ANA, BEN):
        day.issue(student)
    assert refused(day.request(CAM)).allowed_at is None
    assert refused(day.request(CAM, may_wait=True)).allowed_at == day.now + timedelta(minutes=5)


def test_a_refusal_leaves_out_of_its_time_what_staff_overrode() -> None:
    closed = rule("no_fly", first_minutes=40)
    day = Day(make_state(rules=[closed, rule("absent")]))
    day.keep(Absence(ANA, day.now))
    staff: dict[str, Any] = {"channel": Channel.STAFF, "by": TEACHER, "lift_reason": "Called"}
    for lift in ("absent", str(rule("absent").id)):
        about = refused(day.request(ANA, lift=(lift,), **staff))
        assert ([reason.code for reason in about.reasons], about.allowed_at) == (["no_fly"], clock(8, 40))


def test_an_override_lets_staff_go_against_a_rule_and_is_kept_with_its_reason(day: Day) -> None:
    for student in (ANA, BEN):
        day.issue(student)
    pass_ = day.issue(CAM, lift=("full",), lift_reason=" Not well ")
    assert (pass_.lifted, pass_.lift_reason) == (("full",), "Not well")


def test_an_override_without_a_reason_is_an_error(day: Day) -> None:
    with pytest.raises(InvalidInput) as error:
        day.issue(lift=("full",), lift_reason=" ")
    assert error.value.extra == {"field": "override.reason"}


def test_an_override_that_nothing_needed_leaves_no_trace(day: Day) -> None:
    pass_ = day.issue(lift=("full",), lift_reason="In case")
    assert (pass_.lifted, pass_.lift_reason) == ((), None)


def test_an_override_cannot_lift_what_may_not_be_lifted(day: Day) -> None:
    day.issue()
    decision = day.request(channel=Channel.STAFF, by=TEACHER, lift=("one_open_pass",), lift_reason="Really")
    assert codes_of(decision) == ["one_open_pass"]


def test_an_approval_begins_the_pass_now(day: Day) -> None:
    pass_ = day.requested()
    day.later(minutes=4)
    approved = day.pass_of(day.submit(ask.ApprovePass(pass_.id, TEACHER)))
    assert (approved.status, approved.leg, approved.started_at) == (Status.ACTIVE, Leg.OUTBOUND, day.now)
    assert approved.due_at == day.now + timedelta(minutes=6)
    assert approved.decided_by == TEACHER


def test_an_approval_puts_in_line_when_the_place_is_full(day: Day) -> None:
    pass_ = day.requested(CAM)
    for student in (ANA, BEN):
        day.issue(student)
    day.submit(ask.ApprovePass(pass_.id, TEACHER))
    waiting = day[pass_.id]
    assert (waiting.status, waiting.line, waiting.decided_by) == (Status.WAITING, 1, TEACHER)
    assert waiting.noted == (rule("capacity_into").id,)
    assert day.submit(ask.ApprovePass(pass_.id, TEACHER)).events == []


def test_an_approval_asks_the_rules_again(day: Day) -> None:
    pass_ = day.requested(CAM)
    day.keep(Closure(RESTROOM, day.now))
    decision = day.submit(ask.ApprovePass(pass_.id, TEACHER))
    assert codes_of(decision) == ["closed"]
    assert reasons_of(decision)[0].overridable
    assert day[pass_.id].status is Status.REQUESTED
    event = day.events[-1].event
    assert isinstance(event, happened.PassRefused)
    assert event.at_approval


def test_an_approval_goes_through_against_a_rule_with_a_reason(day: Day) -> None:
    pass_ = day.requested(CAM)
    for student in (ANA, BEN):
        day.issue(student)
    with pytest.raises(InvalidInput):
        day.submit(ask.ApprovePass(pass_.id, TEACHER, lift=("full",)))
    day.submit(ask.ApprovePass(pass_.id, TEACHER, lift=("full",), lift_reason="Not well"))
    assert (day[pass_.id].lifted, day[pass_.id].lift_reason) == (("full",), "Not well")


def test_an_approval_of_who_has_left_the_school_is_not_found(day: Day) -> None:
    pass_ = day.requested(ANA)
    del day.state.campus.students[ANA]  # type: ignore[attr-defined]
    with pytest.raises(NotFound, match="no longer at this school"):
        day.submit(ask.ApprovePass(pass_.id, TEACHER))


def test_an_approval_of_a_pass_to_a_place_out_of_use_is_a_conflict(day: Day) -> None:
    pass_ = day.requested(ANA, LIBRARY)
    day.submit(ChangeLocation(LIBRARY, TEACHER, LocationChanges(active=False)))
    with pytest.raises(Conflict, match="Library is no longer in use") as error:
        day.submit(ask.ApprovePass(pass_.id, TEACHER))
    assert error.value.code == "out_of_use"
    day.submit(ask.DenyPass(pass_.id, TEACHER))


def test_an_approval_of_a_pass_from_nowhere_in_particular_works() -> None:
    day = Day(now=clock(10, 30))
    pass_ = day.requested()
    assert pass_.origin_id is None
    day.submit(ask.ApprovePass(pass_.id, TEACHER))
    assert day[pass_.id].status is Status.ACTIVE


def test_an_approval_again_changes_nothing(day: Day) -> None:
    pass_ = day.issue()
    assert day.submit(ask.ApprovePass(pass_.id, TEACHER)).events == []


def test_an_approval_of_a_denied_request_is_a_conflict(day: Day) -> None:
    pass_ = day.requested()
    day.submit(ask.DenyPass(pass_.id, TEACHER))
    with pytest.raises(Conflict) as error:
        day.submit(ask.ApprovePass(pass_.id, TEACHER))
    assert (error.value.code, error.value.extra) == ("wrong_state", {"pass_status": Status.DENIED})


def test_a_request_denied_with_a_reason(day: Day) -> None:
    pass_ = day.requested()
    day.submit(ask.DenyPass(pass_.id, TEACHER, reason=" After the test "))
    denied = day[pass_.id]
    assert (denied.status, denied.deny_reason, denied.decided_by) == (Status.DENIED, "After the test", TEACHER)
    assert denied.ended_at == day.now
    assert day.submit(ask.DenyPass(pass_.id, TEACHER)).events == []


def test_a_request_taken_back(day: Day) -> None:
    pass_ = day.requested()
    day.submit(ask.CancelPass(pass_.id, ANA, student_only=ANA))
    assert (day[pass_.id].status, day[pass_.id].ended_by) == (Status.CANCELLED, ANA)
    assert day.submit(ask.CancelPass(pass_.id, ANA)).events == []


@pytest.mark.parametrize("command", [ask.DenyPass, ask.CancelPass])
def test_a_request_come_too_late_for_an_active_pass(day: Day, command: type[ask.OnPass]) -> None:
    with pytest.raises(Conflict):
        day.submit(command(day.issue().id, TEACHER))
