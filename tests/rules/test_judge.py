"""Every rule answers, every answer is kept, and the answer says from when on the pass would be allowed."""

from datetime import date, time, timedelta

import pytest
from msgspec.structs import replace

from corridor.day.policy import Closure, Rule, Scope
from corridor.day.words import Channel, Effect, Level
from corridor.passes.commands import ReturnPass
from corridor.rules.judge import accommodations_for, earliest, judge, spoken
from corridor.rules.kinds import in_order
from corridor.rules.windows import Window
from tests.day_state import (
    LIBRARY,
    PASS_TYPE_IDS,
    RESTROOM,
    ROOM_204,
    STUDENTS,
    Day,
    accommodation,
    ask_for,
    clock,
    make_state,
    rule,
    usual_rules,
)

ANA, BEN, CAM = STUDENTS[:3]
WEDNESDAY = date(2026, 10, 7)


def day_with(*rules: Rule) -> Day:
    return Day(make_state(rules=rules))


def codes(day: Day, **wishes: object) -> list[str]:
    return [reason.code for reason in judge(day.state, ask_for(day.state, **wishes), day.now).reasons]  # type: ignore[arg-type]


def test_no_rule_objects_to_the_first_pass_of_a_day() -> None:
    judgement = judge(Day().state, ask_for(Day().state), clock(8, 30))
    assert (judgement.effect, judgement.reasons) == (Effect.ALLOW, ())


def test_all_reasons_are_given_at_once_the_strongest_first() -> None:
    day = Day(make_state(locations={RESTROOM: {"capacity": 0}, ROOM_204: {"out_capacity": 0}}))
    day.submit(ReturnPass(day.issue(ANA, LIBRARY, lift=("too_many_out",), lift_reason="Ill").id, ANA))
    day.keep(Closure(RESTROOM, day.now))
    assert codes(day) == ["closed", "cooldown", "too_many_out", "full"]


def test_the_districts_rules_come_first_and_then_the_kinds_in_one_order_and_then_the_schools_own() -> None:
    second = rule("no_fly", name="b", whole_day=True)
    first = replace(second, text=replace(rule("no_fly", name="a", whole_day=True).text, position=-1))
    districts = rule("hallway_cap", level=Level.DISTRICT, most=0)
    travel = rule("no_travel", scope=Scope(student_ids=frozenset({ANA})))
    ordered = in_order([second, first, districts, travel])
    assert [each.id for each in ordered] == [districts.id, travel.id, first.id, second.id]
    assert codes(day_with(*ordered)) == ["hallways_full", "no_travel", "no_fly", "no_fly"]


def test_a_rule_that_is_not_active_is_kept_but_not_asked() -> None:
    day = day_with()
    closed = rule("no_fly", whole_day=True)
    day.keep(replace(closed.text, active=False))
    assert [each.id for each in day.state.all_rules] == [closed.id]
    assert codes(day) == []
    day.keep(closed.text)
    assert codes(day) == ["no_fly"]


@pytest.mark.parametrize("channel", Channel)
def test_one_order_holds_on_every_channel(channel: Channel) -> None:
    day = day_with(*(replace(each, text=replace(each.text, scope=Scope())) for each in usual_rules()))
    day.issue(ANA)
    day.keep(Closure(LIBRARY, day.now))
    assert codes(day, destination_id=LIBRARY, channel=channel) == ["one_open_pass", "closed"]


def test_nothing_in_the_way_is_allowed_now() -> None:
    day = Day()
    assert earliest(day.state, ask_for(day.state), day.now) == day.now


def test_the_last_of_several_rules_to_give_way_decides() -> None:
    early = rule("no_fly", first_minutes=40)
    late = rule("closed_hours", scope=Scope(location_ids=frozenset({RESTROOM})), windows=(Window(time(8), time(9, 5)),))
    day = day_with(early, late)
    # From 09:00 the first rule closes the next period again, until 09:40.
    assert earliest(day.state, ask_for(day.state), day.now) == clock(9, 40)


def test_what_time_will_not_cure_has_no_time() -> None:
    day = day_with(rule("no_fly", first_minutes=40), rule("hallway_cap", most=0))
    assert earliest(day.state, ask_for(day.state), day.now) is None


def test_what_goes_on_and_on_has_no_time() -> None:
    day = day_with(rule("no_fly", whole_day=True))
    assert earliest(day.state, ask_for(day.state), day.now) is None
    assert judge(day.state, ask_for(day.state), day.now).reasons[0].allowed_at is None


def test_what_goes_on_in_pieces_has_no_time() -> None:
    day = day_with(rule("no_fly", first_minutes=240, outside=True))
    assert judge(day.state, ask_for(day.state), day.now).reasons[0].allowed_at is None
    assert earliest(day.state, ask_for(day.state), day.now) is None


def test_what_two_rules_close_in_turn_has_no_time() -> None:
    """Each lets go in time, but never both at once."""
    in_school = rule("no_fly", name="in school", first_minutes=240)
    day = day_with(in_school, rule("no_fly", outside=True))
    (found,) = judge(day.state, ask_for(day.state), day.now).reasons
    assert (found.rule_id, found.allowed_at) == (in_school.id, clock(11))
    assert earliest(day.state, ask_for(day.state), day.now) is None


def test_what_staff_lift_does_not_hold_up() -> None:
    cap = rule("hallway_cap", most=0)
    day = day_with(rule("no_fly", first_minutes=40), cap)
    for lift in ("hallways_full", str(cap.id)):
        assert earliest(day.state, ask_for(day.state), day.now, [lift]) == clock(8, 40)
    assert earliest(day.state, ask_for(day.state), day.now, ["hallways_full", "no_fly"]) == day.now


def test_what_may_not_be_lifted_holds_up_all_the_same() -> None:
    day = day_with(rule("one_open_pass"))
    day.issue(ANA)
    assert earliest(day.state, ask_for(day.state), day.now, ["one_open_pass"]) is None


@pytest.mark.parametrize("effect", [Effect.WARN, Effect.NEEDS_STAFF])
def test_what_does_not_stand_against_a_pass_does_not_hold_it_up(effect: Effect) -> None:
    day = day_with(rule("no_fly", effect, whole_day=True))
    assert earliest(day.state, ask_for(day.state), day.now) == day.now


def test_a_place_in_line_may_be_enough() -> None:
    day = day_with(rule("no_fly", first_minutes=40), rule("capacity_into"))
    for student in (BEN, CAM):
        day.issue(student, lift=("no_fly",), lift_reason="Early")
    assert earliest(day.state, ask_for(day.state), day.now) is None
    assert earliest(day.state, ask_for(day.state), day.now, against={Effect.REFUSE}) == clock(8, 40)


def test_a_rule_says_its_own_time_whatever_the_others_say() -> None:
    day = day_with(rule("no_fly", first_minutes=40), rule("hallway_cap", most=0))
    reasons = judge(day.state, ask_for(day.state), day.now).reasons
    assert [(reason.code, reason.allowed_at) for reason in reasons] == [
        ("no_fly", clock(8, 40)),
        ("hallways_full", None),
    ]


def test_a_reason_can_be_told_without_its_time() -> None:
    day = day_with(rule("no_fly", first_minutes=40), rule("hallway_cap", most=0))
    timed, timeless = judge(day.state, ask_for(day.state), day.now).reasons
    assert (timed.message, timed.brief) == ("No passes right now. They open again at 08:40.", "No passes right now.")
    assert timed.staff_brief == "Passes are closed at this time."
    assert (timeless.brief, timeless.staff_brief) == (timeless.message, timeless.staff_message)


def test_accommodations_of_the_day_and_of_the_type_count() -> None:
    holds = accommodation(ANA, time_percent=150)
    over = accommodation(ANA, starts_on=date(2026, 9, 1), ends_on=date(2026, 9, 30), no_line=True)
    nurses = accommodation(ANA, no_line=True, pass_type_ids=frozenset({PASS_TYPE_IDS["Nurse"]}))
    state = make_state(accommodations=[holds, over, nurses])
    assert accommodations_for(state, ask_for(state, student_id=ANA), date(2026, 10, 6)) == [holds]
    assert accommodations_for(state, ask_for(state, student_id=BEN), date(2026, 10, 6)) == []
    both = accommodations_for(state, ask_for(state, student_id=ANA, pass_type="Nurse"), date(2026, 10, 6))
    assert {each.id for each in both} == {holds.id, nurses.id}


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (clock(10, 15), "at 10:15"),
        (clock(10, 15, 1), "at 10:16"),
        (clock(10, 15) + timedelta(microseconds=1), "at 10:16"),
        (clock(0, day=WEDNESDAY), "tomorrow"),
        (clock(23, 59, 30), "tomorrow"),
        (clock(7, 5, day=WEDNESDAY), "tomorrow at 07:05"),
        (clock(0, day=date(2026, 10, 8)), "on Thursday"),
        (clock(8, day=date(2026, 10, 12)), "on Monday at 08:00"),
        (clock(8, day=date(2026, 10, 13)), "on October 13 at 08:00"),
        (clock(0, day=date(2027, 1, 4)), "on January 4"),
    ],
)
def test_a_time_is_spoken_of_in_whole_minutes_and_never_too_early(at: object, words: str) -> None:
    assert spoken(Day().state.campus, date(2026, 10, 6), at) == words  # type: ignore[arg-type]


def test_midnight_of_today_is_spoken_of_by_the_clock() -> None:
    assert spoken(Day().state.campus, WEDNESDAY, clock(0, day=WEDNESDAY)) == "at 00:00"
