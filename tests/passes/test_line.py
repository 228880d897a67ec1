"""The line for a full destination: whose turn it is, how long it takes, and who is skipped."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from corridor.base.errors import Conflict, InvalidInput, NotFound
from corridor.campus.commands import ChangeLocation, LocationChanges
from corridor.campus.model import Location
from corridor.campus.words import LocationKind
from corridor.day.policy import Freeze, Scope
from corridor.day.state import Approval, Pass, PassSettings, Status
from corridor.day.words import Channel
from corridor.ledger.words import Decision
from corridor.passes import commands as ask
from corridor.passes import events as happened
from corridor.passes.line import instead_of, line_at, standing_of, turn_of
from corridor.passes.refusal import Refused
from tests.day_state import (
    ALGEBRA,
    DECIDER,
    LIBRARY,
    NORTH_WING,
    NURSE,
    PASS_TYPE_IDS,
    RESTROOM,
    ROOM_110,
    SCHOOL,
    STUDENTS,
    TEACHER,
    Day,
    ask_for,
    clock,
    id_of,
    make_state,
    rule,
    usual_rules,
)

ANA, BEN, CAM, DAN, EVA, FAY = STUDENTS
FREE = {"Restroom": Approval.NONE, "Nurse": Approval.NONE, "Library": Approval.NONE}


def day_with(*more: Any, capacity: int = 1, **fields: Any) -> Day:
    """Nobody has to approve; the restroom takes one. `more` are further rules."""
    locations = {RESTROOM: {"capacity": capacity}} | fields.pop("locations", {})
    rules = [each for each in usual_rules() if each.text.kind != "cooldown"]
    return Day(make_state(rules=[*rules, *more], approval=FREE, locations=locations, **fields))


@pytest.fixture
def day() -> Day:
    """Ana is in the restroom, which takes one."""
    day = day_with()
    day.issue(ANA)
    return day


def line_up(day: Day, *students: UUID, destination_id: UUID = RESTROOM) -> list[Pass]:
    return [day.requested(student, destination_id, may_wait=True) for student in students]


def back(day: Day, student_id: UUID = ANA) -> None:
    """The student comes back, and time does what is due then."""
    out = next(each for each in day.state.passes.values() if each.student_id == student_id)
    day.submit(ask.ReturnPass(out.id, student_id))
    day.later()


def start(day: Day, pass_: Pass) -> Decision:
    """The student takes the place that is offered."""
    return day.submit(ask.StartPass(pass_.id, pass_.student_id, student_only=pass_.student_id))


def students_in_line(day: Day, place_id: UUID = RESTROOM) -> list[UUID]:
    return [day[pass_id].student_id for pass_id in day.state.lines.get(place_id, ())]


def offered_to(day: Day) -> list[UUID]:
    """In the order of their places."""
    offered = [each for each in day.state.passes.values() if each.offered_until]
    return [each.student_id for each in sorted(offered, key=lambda each: each.line or 0)]


def put(day: Day, location: Location) -> None:
    """Have this location, in place of what it was."""
    locations = {**day.state.campus.locations, location.id: location}
    day.state.campus = replace(day.state.campus, locations=locations)


# Getting in


def test_a_full_place_puts_in_line_who_is_willing_to_wait(day: Day) -> None:
    first, second = line_up(day, BEN, CAM)
    assert (first.status, first.line) == (Status.WAITING, 1)
    assert (second.status, second.line) == (Status.WAITING, 2)
    assert students_in_line(day) == [BEN, CAM]


def test_a_full_place_refuses_who_is_not(day: Day) -> None:
    assert day.request(BEN).refused
    assert students_in_line(day) == []


def test_staff_may_put_a_student_in_line_too(day: Day) -> None:
    waiting = day.pass_of(day.request(BEN, channel=Channel.STAFF, by=TEACHER, may_wait=True))
    assert waiting.status is Status.WAITING


def test_a_request_that_needs_an_answer_gets_in_line_when_it_is_approved() -> None:
    """Whoever came in between stands before them."""
    day = Day()
    for student in (ANA, BEN):
        day.issue(student)
    asked = day.requested(CAM, may_wait=True)
    assert asked.status is Status.REQUESTED
    day.pass_of(day.request(DAN, channel=Channel.STAFF, by=TEACHER, may_wait=True))
    day.submit(ask.ApprovePass(asked.id, TEACHER))
    assert students_in_line(day) == [DAN, CAM]


def test_a_newcomer_does_not_overtake_the_line(day: Day) -> None:
    line_up(day, BEN)
    back(day)
    assert day.state.going_to == {}
    assert day.request(CAM).refused
    (late,) = line_up(day, CAM)
    assert late.line == 2


def test_an_approval_does_not_overtake_the_line_either() -> None:
    day = Day(make_state(locations={RESTROOM: {"capacity": 1}}))
    day.issue(ANA)
    day.pass_of(day.request(BEN, channel=Channel.STAFF, by=TEACHER, may_wait=True))
    asked = day.requested(CAM, may_wait=True)
    back(day)
    day.submit(ask.ApprovePass(asked.id, TEACHER))
    assert students_in_line(day) == [BEN, CAM]


def test_the_lines_of_other_places_are_not_blocked() -> None:
    day = day_with(locations={NURSE: {"capacity": 1}})
    day.issue(ANA)
    day.issue(BEN, NURSE)
    line_up(day, CAM)
    line_up(day, DAN, destination_id=NURSE)
    assert day.requested(EVA, LIBRARY).status is Status.ACTIVE
    back(day, BEN)
    assert offered_to(day) == [DAN]
    assert (students_in_line(day), students_in_line(day, NURSE)) == ([CAM], [DAN])


# Waiting


def test_a_student_knows_their_place_and_about_how_long_it_takes(day: Day) -> None:
    """Nobody has been there today, so a stay is taken to last as long as a pass: 6 minutes."""
    waiting = line_up(day, BEN, CAM)
    turns = [turn_of(day.state, each) for each in waiting]
    assert [(turn.place, turn.seconds, turn.minutes) for turn in turns] == [(1, 360, 6), (2, 720, 12)]


def test_the_wait_is_told_from_how_long_stays_took_today(day: Day) -> None:
    day.later(minutes=2)
    back(day)
    day.issue(ANA)
    day.later(minutes=1)
    back(day)
    day.issue(ANA)
    (waiting,) = line_up(day, BEN)
    assert turn_of(day.state, waiting).seconds == 90
    assert turn_of(day.state, waiting).minutes == 2


def test_two_places_are_free_twice_as_often() -> None:
    day = day_with(capacity=2)
    for student in (ANA, BEN):
        day.issue(student)
    waiting = line_up(day, CAM, DAN)
    assert [turn_of(day.state, each).seconds for each in waiting] == [180, 360]


def test_a_wait_takes_a_minute_at_least(day: Day) -> None:
    back(day)
    day.issue(ANA)
    (waiting,) = line_up(day, BEN)
    assert (turn_of(day.state, waiting).seconds, turn_of(day.state, waiting).minutes) == (0, 1)


def test_a_place_for_nobody_or_without_a_number_is_waited_for_all_the_same(day: Day) -> None:
    (waiting,) = line_up(day, BEN)
    for capacity in (0, None):
        put(day, replace(day.state.campus.locations[RESTROOM], capacity=capacity))
        assert turn_of(day.state, waiting).seconds == 360


def test_staff_see_who_stands_in_line_and_for_how_long_still(day: Day) -> None:
    first, second = line_up(day, BEN, CAM)
    del day.state.campus.students[CAM]  # type: ignore[attr-defined]
    one, other = line_at(day.state, RESTROOM)
    assert (one.student_name, one.place, one.wait_seconds, one.since) == ("Student1 Example", 1, 360, day.now)
    assert (other.student_name, other.place, other.wait_seconds) == ("A former student", 2, 720)
    assert standing_of(day.state, second.id) == other
    back(day)
    offered = standing_of(day.state, first.id)
    assert offered is not None
    assert (offered.offered_until, offered.misses) == (day.now + timedelta(seconds=30), 0)
    start(day, first)
    assert standing_of(day.state, first.id) is None
    assert line_at(day.state, LIBRARY) == []


# Offers


def test_a_place_that_frees_is_offered_to_the_first_for_as_long_as_the_school_says() -> None:
    day = day_with(settings=PassSettings(offer_seconds=45))
    day.issue(ANA)
    first, second = line_up(day, BEN, CAM)
    back(day)
    assert day[first.id].offered_until == day.now + timedelta(seconds=45)
    assert day[second.id].offered_until is None
    assert isinstance(day.events[-1].event, happened.PassOffered)


def test_a_place_is_offered_once(day: Day) -> None:
    line_up(day, BEN, CAM)
    back(day)
    assert day.later(seconds=1) == []


def test_every_place_that_frees_is_offered() -> None:
    day = day_with(capacity=2)
    for student in (ANA, BEN):
        day.issue(student)
    line_up(day, CAM, DAN, EVA)
    back(day, ANA)
    back(day, BEN)
    assert offered_to(day) == [CAM, DAN]


def test_a_student_takes_the_place_that_is_offered(day: Day) -> None:
    first, second = line_up(day, BEN, CAM)
    back(day)
    start(day, first)
    begun = day[first.id]
    assert (begun.status, begun.started_at, begun.line, begun.offered_until) == (Status.ACTIVE, day.now, None, None)
    assert students_in_line(day) == [CAM]
    assert turn_of(day.state, day[second.id]).place == 1
    assert start(day, first).events == []


def test_an_offer_is_good_to_its_last_instant_and_no_longer(day: Day) -> None:
    (first,) = line_up(day, BEN)
    back(day)
    day.now += timedelta(seconds=30)
    assert not day.decide(ask.StartPass(first.id, BEN, student_only=BEN)).refused
    day.now += timedelta(microseconds=1)
    with pytest.raises(Conflict) as error:
        start(day, first)
    assert error.value.code == "not_your_turn"


def test_a_student_cannot_go_before_it_is_their_turn(day: Day) -> None:
    first, second = line_up(day, BEN, CAM)
    for each in (first, second):
        with pytest.raises(Conflict, match="not your turn"):
            start(day, each)
    back(day)
    with pytest.raises(Conflict, match="not your turn"):
        start(day, second)


def test_a_student_cannot_take_anothers_turn(day: Day) -> None:
    (first,) = line_up(day, BEN)
    back(day)
    with pytest.raises(NotFound):
        day.submit(ask.StartPass(first.id, CAM, student_only=CAM))


def test_only_what_waits_can_begin_so(day: Day) -> None:
    asked = Day()
    request = asked.requested(BEN)
    with pytest.raises(Conflict, match="Only a pass that waits or is scheduled can begin; this one is requested"):
        asked.submit(ask.StartPass(request.id, TEACHER))


# Misses


def test_who_misses_an_offer_once_goes_behind_the_next(day: Day) -> None:
    first, second, _ = line_up(day, BEN, CAM, DAN)
    back(day)
    happens = [recorded.kind for recorded in day.later(seconds=31)]
    assert happens == ["pass_offer_missed", "pass_line_ordered", "pass_offered"]
    assert students_in_line(day) == [CAM, BEN, DAN]
    assert (day[first.id].misses, day[first.id].offered_until) == (1, None)
    assert day[second.id].offered_until == day.now + timedelta(seconds=30)


def test_who_misses_a_second_one_is_out(day: Day) -> None:
    first, _ = line_up(day, BEN, CAM)
    back(day)
    for _ in range(3):
        day.later(seconds=31)
    assert day[first.id].status is Status.LAPSED
    assert day[first.id].ended_at == day.now
    assert students_in_line(day) == [CAM]
    assert offered_to(day) == [CAM]


def test_who_is_alone_in_line_gets_a_second_offer_at_once(day: Day) -> None:
    (only,) = line_up(day, BEN)
    back(day)
    assert [recorded.kind for recorded in day.later(seconds=31)] == ["pass_offer_missed", "pass_offered"]
    assert [recorded.kind for recorded in day.later(seconds=31)] == ["pass_offer_missed", "pass_lapsed"]
    assert day[only.id].status is Status.LAPSED
    assert RESTROOM not in day.state.lines


def test_two_who_miss_at_once_let_two_others_by() -> None:
    day = day_with(capacity=2)
    for student in (ANA, BEN):
        day.issue(student)
    line_up(day, CAM, DAN, EVA, FAY)
    for student in (ANA, BEN):
        day.submit(ask.ReturnPass(day.state.of_student[student][-1], student))
    day.later()
    assert offered_to(day) == [CAM, DAN]
    day.later(seconds=31)
    assert students_in_line(day) == [EVA, FAY, CAM, DAN]
    assert offered_to(day) == [EVA, FAY]


def test_one_who_is_out_makes_way_while_another_goes_behind() -> None:
    """Ben misses his second offer at the very moment at which Cam misses a first."""
    day = day_with(capacity=2)
    for student in (ANA, EVA):
        day.issue(student)
    first, second, _ = line_up(day, BEN, CAM, DAN)
    back(day, ANA)
    day.later(seconds=31)
    assert students_in_line(day) == [CAM, BEN, DAN]
    back(day, EVA)
    assert offered_to(day) == [CAM, BEN]
    day.later(seconds=31)
    assert (day[first.id].status, day[second.id].misses) == (Status.LAPSED, 1)
    assert students_in_line(day) == [DAN, CAM]


# Skipping


def test_a_separated_student_is_skipped_until_the_other_is_back() -> None:
    day = day_with(rule("separation", student_ids={BEN, FAY}))
    day.issue(ANA)
    first, second, _ = line_up(day, BEN, CAM, DAN)
    day.issue(FAY, LIBRARY)
    back(day, ANA)
    assert offered_to(day) == [CAM]
    start(day, second)
    assert students_in_line(day) == [BEN, DAN]
    back(day, FAY)
    assert offered_to(day) == []
    back(day, CAM)
    assert offered_to(day) == [BEN]
    assert day[first.id].misses == 0


def test_when_the_one_in_front_is_kept_back_a_newcomer_still_stands_behind() -> None:
    day = day_with(rule("separation", student_ids={BEN, FAY}))
    day.issue(ANA)
    line_up(day, BEN)
    day.issue(FAY, LIBRARY)
    back(day, ANA)
    assert offered_to(day) == []
    line_up(day, CAM)
    day.later()
    assert students_in_line(day) == [BEN, CAM]
    assert offered_to(day) == [CAM]


def test_nobody_is_offered_a_place_at_a_time_without_passes() -> None:
    """At 08:30 the first half of the period is over; from 08:50 on nobody goes."""
    day = day_with(rule("no_fly", last_minutes=10))
    day.issue(ANA, minutes=40)
    line_up(day, BEN)
    day.now = clock(8, 55)
    back(day)
    assert offered_to(day) == []
    assert DECIDER.due(day.state) == clock(9)
    day.now = clock(9)
    assert [recorded.kind for recorded in day.later()] == ["pass_offered"]


def test_an_offer_that_something_came_between_is_taken_back_and_the_place_in_line_kept(day: Day) -> None:
    (first,) = line_up(day, BEN)
    back(day)
    day.keep(Freeze(SCHOOL, day.now))
    decision = start(day, first)
    assert decision.refused
    assert isinstance(decision.about, Refused)
    assert [reason.code for reason in decision.about.reasons] == ["freeze"]
    assert [event.kind for event in decision.events] == ["pass_refused", "pass_offer_withdrawn"]
    assert (day[first.id].status, day[first.id].offered_until, day[first.id].misses) == (Status.WAITING, None, 0)
    day.drop("freeze", SCHOOL)
    assert [recorded.kind for recorded in day.later()] == ["pass_offered"]


def test_a_student_who_waits_on_a_pass_from_staff_reads_a_students_words() -> None:
    """What staff may read of a separation is not for a student, whoever has made the pass."""
    day = day_with(rule("separation", student_ids={BEN, FAY}))
    day.issue(ANA)
    waiting = day.pass_of(day.request(BEN, channel=Channel.STAFF, by=TEACHER, may_wait=True))
    back(day, ANA)
    day.issue(FAY, LIBRARY)
    about = start(day, waiting).about
    assert isinstance(about, Refused)
    (told,) = about.reasons
    assert (told.code, told.message) == ("not_now", "You can't go right now. Ask again in a few minutes.")


def test_who_has_left_the_school_is_skipped(day: Day) -> None:
    line_up(day, BEN, CAM)
    del day.state.campus.students[BEN]  # type: ignore[attr-defined]
    back(day)
    assert offered_to(day) == [CAM]
    assert DECIDER.due(day.state) is not None


def test_nobody_is_sent_to_a_place_out_of_use(day: Day) -> None:
    line_up(day, BEN)
    day.submit(ChangeLocation(RESTROOM, TEACHER, LocationChanges(active=False)))
    back(day)
    assert offered_to(day) == []
    assert DECIDER.due(day.state) == clock(11)


def test_without_a_rule_that_keeps_them_out_everyone_in_line_may_go(day: Day) -> None:
    line_up(day, BEN, CAM)
    day.drop("rule", rule("capacity_into").id)
    day.later()
    assert offered_to(day) == [BEN, CAM]


def test_without_a_capacity_everyone_in_line_may_go(day: Day) -> None:
    line_up(day, BEN, CAM)
    back(day, ANA)
    put(day, replace(day.state.campus.locations[RESTROOM], capacity=None))
    day.later()
    assert offered_to(day) == [BEN, CAM]


# Staff at the line


def test_staff_begin_a_waiting_pass_when_there_is_room(day: Day) -> None:
    first, second = line_up(day, BEN, CAM)
    decision = day.submit(ask.StartPass(second.id, TEACHER))
    assert decision.refused
    assert isinstance(decision.about, Refused)
    assert decision.about.reasons[0].overridable
    day.submit(ask.ReturnPass(day.state.of_student[ANA][-1], ANA))
    day.submit(ask.StartPass(second.id, TEACHER))
    assert day[second.id].status is Status.ACTIVE
    assert students_in_line(day) == [BEN]
    assert day[first.id].line == 1


def test_staff_begin_a_waiting_pass_against_a_rule_with_a_reason(day: Day) -> None:
    (first,) = line_up(day, BEN)
    with pytest.raises(InvalidInput, match="Say why"):
        day.submit(ask.StartPass(first.id, TEACHER, lift=("full",)))
    day.submit(ask.StartPass(first.id, TEACHER, lift=("full",), lift_reason="Not well"))
    assert (day[first.id].status, day[first.id].lifted, day[first.id].lift_reason) == (
        Status.ACTIVE,
        ("full",),
        "Not well",
    )


@pytest.mark.parametrize(
    ("place", "order"), [(1, [EVA, BEN, CAM, DAN]), (2, [BEN, EVA, CAM, DAN]), (4, [BEN, CAM, DAN, EVA])]
)
def test_staff_put_a_student_elsewhere_in_line(day: Day, place: int, order: list[UUID]) -> None:
    *_, last = line_up(day, BEN, CAM, DAN, EVA)
    day.submit(ask.MoveInLine(last.id, TEACHER, place=place))
    assert students_in_line(day) == order
    back(day)
    assert offered_to(day) == order[:1]


def test_a_student_moved_to_where_they_stand_stays_there(day: Day) -> None:
    first, _ = line_up(day, BEN, CAM)
    assert day.submit(ask.MoveInLine(first.id, TEACHER, place=1)).events == []


@pytest.mark.parametrize("place", [0, 3])
def test_there_is_no_such_place_in_line(day: Day, place: int) -> None:
    first, _ = line_up(day, BEN, CAM)
    with pytest.raises(InvalidInput, match="place from 1 to 2") as error:
        day.submit(ask.MoveInLine(first.id, TEACHER, place=place))
    assert error.value.extra == {"field": "place"}


def test_only_who_waits_can_be_moved(day: Day) -> None:
    with pytest.raises(Conflict):
        day.submit(ask.MoveInLine(day.state.of_student[ANA][0], TEACHER, place=1))


def test_a_student_or_staff_take_a_student_out_of_line(day: Day) -> None:
    first, second, _ = line_up(day, BEN, CAM, DAN)
    day.submit(ask.CancelPass(second.id, CAM, student_only=CAM))
    day.submit(ask.CancelPass(first.id, TEACHER))
    assert students_in_line(day) == [DAN]


def test_who_comes_after_one_was_moved_stands_last(day: Day) -> None:
    first, second = line_up(day, BEN, CAM)
    day.submit(ask.MoveInLine(first.id, TEACHER, place=2))
    day.submit(ask.CancelPass(second.id, TEACHER))
    line_up(day, DAN)
    assert students_in_line(day) == [BEN, DAN]


# The end of the day


def test_a_line_ends_with_the_day(day: Day) -> None:
    day.now = clock(10, 58)
    first, second = line_up(day, BEN, CAM)
    day.now = clock(11)
    day.later()
    assert {day[each.id].status for each in (first, second)} == {Status.LAPSED}
    assert day.state.lines == {}
    assert offered_to(day) == []


def test_a_line_ends_after_two_hours_where_no_bell_tells() -> None:
    day = day_with()
    day.state.campus = replace(day.state.campus, bell_schedules=())
    day.issue(ANA, minutes=240, origin_id=ROOM_110)
    (first,) = line_up(day, BEN)
    day.later(hours=1, minutes=59)
    assert day[first.id].status is Status.WAITING
    day.later(minutes=1)
    assert day[first.id].status is Status.LAPSED


# Elsewhere


def restroom(name: str, **fields: Any) -> Location:
    return Location(id_of(name), SCHOOL, name, LocationKind.RESTROOM, **{"capacity": 1, **fields})


def test_a_free_place_of_the_same_kind_is_suggested_the_nearest_first_then_the_emptiest() -> None:
    day = day_with(locations={RESTROOM: {"zone_id": NORTH_WING, "capacity": 1}})
    near, busy, quiet = restroom("C", zone_id=NORTH_WING), restroom("A", capacity=9), restroom("B")
    full, closed = restroom("D"), restroom("E", active=False)
    for each in (near, busy, quiet, full, closed):
        put(day, each)
    day.issue(ANA)
    day.issue(BEN, full.id)
    day.issue(CAM, busy.id)
    wish = ask_for(day.state, student_id=DAN)
    assert [each.name for each in instead_of(day.state, wish, day.now)] == ["C", "B"]


def test_a_place_from_which_the_student_comes_is_not_suggested() -> None:
    day = day_with()
    other = restroom("B")
    put(day, other)
    wish = ask_for(day.state, student_id=DAN, origin_id=other.id)
    assert instead_of(day.state, wish, day.now) == []


def test_a_place_that_a_rule_closes_is_not_suggested() -> None:
    day = day_with(rule("closed_hours", scope=Scope(zone_ids=frozenset({NORTH_WING}))))
    other = restroom("B", zone_id=NORTH_WING)
    put(day, other)
    assert instead_of(day.state, ask_for(day.state, student_id=DAN), day.now) == []


def test_a_waiting_pass_keeps_the_class_it_is_out_of(day: Day) -> None:
    (waiting,) = line_up(day, BEN)
    assert (waiting.section_id, waiting.pass_type_id) == (ALGEBRA, PASS_TYPE_IDS["Restroom"])
