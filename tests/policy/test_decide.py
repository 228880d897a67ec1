"""What is decided for a school stands from then on, and everyone can see what stood before."""

from datetime import date, time, timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from corridor.base.errors import Conflict, InvalidInput, NotFound
from corridor.base.ids import new_id
from corridor.day.policy import Absence, Appointment, Closure, Delegation, Freeze, Restriction, Scope, SlotPlan
from corridor.day.state import PassSettings, SchoolState
from corridor.day.words import Effect, Level
from corridor.ledger.words import Recorded
from corridor.policy import events as happened
from corridor.policy.commands import (
    ChangeMembers,
    CloseLocation,
    Drop,
    HoldPasses,
    Kept,
    MarkAbsent,
    SetPassSettings,
    SetPassType,
)
from corridor.policy.shelf import BY_VALUE
from tests.day_state import (
    DECIDER,
    LIBRARY,
    NURSE,
    PASS_TYPE_IDS,
    RESTROOM,
    SCHOOL,
    STUDENTS,
    TEACHER,
    Day,
    accommodation,
    clock,
    group,
    id_of,
    make_state,
    rule,
)

ANA, BEN, CAM = STUDENTS[:3]
OTHER = id_of("other teacher")
BAND = group("Band", ANA)
TUESDAY = date(2026, 10, 6)


@pytest.fixture
def day() -> Day:
    """A school without rules, and with a second teacher."""
    state = make_state(rules=[])
    state.campus = replace(state.campus, staff={**state.campus.staff, OTHER: "Other Example"})
    return Day(state)


# One of each kind that can be kept, and the same changed.
EACH: list[tuple[str, Kept, Kept]] = [
    ("rule", rule("limit").text, replace(rule("limit").text, effect=Effect.WARN)),
    ("group", BAND, replace(BAND, student_ids=frozenset({BEN}))),
    (
        "accommodation",
        accommodation(ANA, no_line=True),
        replace(accommodation(ANA, no_line=True), always_approved=True),
    ),
    ("closure", Closure(RESTROOM, clock(8, 30)), Closure(RESTROOM, clock(8, 30), staff_away=True)),
    ("absence", Absence(ANA, clock(8)), Absence(ANA, clock(8), clock(9))),
    (
        "delegation",
        Delegation(id_of("delegation"), TEACHER, OTHER, TUESDAY, TUESDAY),
        Delegation(id_of("delegation"), TEACHER, OTHER, TUESDAY, TUESDAY, substitute=True),
    ),
    ("freeze", Freeze(SCHOOL, clock(8, 30)), Freeze(SCHOOL, clock(8, 30), "Drill")),
    (
        "slot_plan",
        SlotPlan(NURSE, frozenset({1}), time(8), time(9), 15),
        SlotPlan(NURSE, frozenset({2}), time(8), time(9), 15),
    ),
    ("restriction", Restriction(ANA, clock(8)), Restriction(ANA, clock(9))),
]
CASES = pytest.mark.parametrize(("kind", "first", "second"), EACH, ids=[kind for kind, *_ in EACH])


def standing(state: SchoolState, value: Kept) -> Any:
    return BY_VALUE[type(value)].find(state, value.id)


def last_event(day: Day) -> happened.Set:
    event = day.events[-1].event
    assert isinstance(event, happened.Set)
    return event


@CASES
def test_it_stands_is_changed_and_stands_no_more(day: Day, kind: str, first: Kept, second: Kept) -> None:
    empty = day.state
    for before, after in ((None, first), (first, second)):
        day.keep(after)
        assert standing(day.state, after) == after
        event = last_event(day)
        assert (event.kind, event.by, event.id) == (f"{kind}_set", TEACHER, first.id)
        assert (event.before, event.after) == (before, after)
    assert day.drop(kind, first.id).about == second
    assert (last_event(day).before, last_event(day).after) == (second, None)
    assert day.state == replace(empty, as_of=day.state.as_of)


@CASES
def test_what_stands_already_is_not_decided_again(day: Day, kind: str, first: Kept, second: Kept) -> None:
    day.keep(first)
    assert day.keep(first).events == []


@CASES
def test_what_does_not_stand_cannot_be_dropped(day: Day, kind: str, first: Kept, second: Kept) -> None:
    with pytest.raises(NotFound, match=f"There is no such {kind.replace('_', ' ')}"):
        day.drop(kind, first.id)


@CASES
def test_what_is_told_in_json_leads_to_the_same_state(day: Day, kind: str, first: Kept, second: Kept) -> None:
    """As another process hears of it."""
    other = DECIDER.draft(day.state)
    for value in (first, second):
        day.keep(value)
    for recorded in day.events:
        event = recorded.event
        assert event is not None
        heard = msgspec.json.decode(msgspec.json.encode(event), type=type(event))
        assert heard == event
        other = DECIDER.evolve(other, replace(recorded, event=heard))
    assert other == day.state


def test_only_what_is_private_is_told_to_nobody() -> None:
    private = {event.kind for event in vars(happened).values() if getattr(event, "private", False)}
    assert "accommodation_set" in private
    assert not private & {"rule_set", "closure_set", "pass_type_set"}


def test_accommodations_of_a_student_stand_side_by_side(day: Day) -> None:
    one, two = accommodation(ANA, no_line=True), accommodation(ANA, always_approved=True)
    day.keep(one)
    day.keep(two)
    assert set(day.state.accommodations[ANA]) == {one, two}
    day.drop("accommodation", one.id)
    assert day.state.accommodations == {ANA: (two,)}


def test_an_accommodation_that_was_put_down_for_the_wrong_student_is_moved(day: Day) -> None:
    wrong = accommodation(ANA, no_line=True)
    day.keep(wrong)
    day.keep(replace(wrong, student_id=BEN))
    assert day.state.accommodations == {BEN: (replace(wrong, student_id=BEN),)}


# What is in use


@pytest.mark.parametrize(
    ("users", "says"),
    [
        ([rule("limit", scope=Scope(group_ids=frozenset({BAND.id})))], "It is still used: 1 rule. Change that first."),
        (
            [
                rule("separation", group_ids={BAND.id}),
                rule("members_only", scope=Scope(location_ids=frozenset({LIBRARY})), group_ids={BAND.id}),
            ],
            "It is still used: 2 rules.",
        ),
    ],
)
def test_a_group_that_a_rule_names_cannot_be_dropped(day: Day, users: list[Any], says: str) -> None:
    day.keep(BAND)
    for each in users:
        day.keep(each.text)
    with pytest.raises(Conflict) as error:
        day.drop("group", BAND.id)
    assert error.value.code == "in_use"
    assert says in error.value.detail
    for each in users:
        day.drop("rule", each.id)
    day.drop("group", BAND.id)
    assert day.state.groups == {}


@pytest.mark.parametrize(("number", "says"), [(1, "1 appointment."), (2, "2 appointments.")])
def test_a_group_with_an_appointment_cannot_be_dropped(day: Day, number: int, says: str) -> None:
    day.keep(BAND)
    day.state.appointments = {
        id: Appointment(id, NURSE, clock(9), 10, PASS_TYPE_IDS["Nurse"], TEACHER, group_id=BAND.id)
        for id in (new_id() for _ in range(number))
    }
    with pytest.raises(Conflict, match=says):
        day.drop("group", BAND.id)


# The district's rules


def test_a_school_cannot_drop_a_rule_of_the_district(day: Day) -> None:
    districts = rule("limit", level=Level.DISTRICT)
    day.keep(districts.text)
    with pytest.raises(Conflict) as error:
        day.drop("rule", districts.id)
    assert error.value.code == "district_rule"
    day.submit(Drop(TEACHER, "rule", districts.id, Level.DISTRICT))
    assert day.state.all_rules == ()


def test_a_district_does_not_drop_what_a_school_has_set(day: Day) -> None:
    day.keep(rule("limit").text)
    with pytest.raises(Conflict):
        day.submit(Drop(TEACHER, "rule", rule("limit").id, Level.DISTRICT))


# In fewer words


def test_members_come_and_go(day: Day) -> None:
    day.keep(BAND)
    day.submit(ChangeMembers(TEACHER, BAND.id, add=frozenset({BEN, CAM}), remove=frozenset({ANA, CAM})))
    assert day.state.groups[BAND.id].student_ids == {BEN}
    with pytest.raises(NotFound):
        day.submit(ChangeMembers(TEACHER, new_id(), add=frozenset({BEN})))


def test_a_location_is_closed_for_some_minutes_until_a_time_or_until_someone_opens_it(day: Day) -> None:
    for fields, until in (
        ({"minutes": 20}, day.now + timedelta(minutes=20)),
        ({"until": clock(10)}, clock(10)),
        ({}, None),
    ):
        day.submit(CloseLocation(TEACHER, RESTROOM, instead_id=NURSE, note="A leak", **fields))
        assert day.state.closures[RESTROOM] == Closure(RESTROOM, day.now, False, until, NURSE, "A leak")
    day.submit(CloseLocation(TEACHER, NURSE, staff_away=True))
    assert day.state.closures[NURSE].staff_away


@pytest.mark.parametrize("fields", [{"minutes": 0}, {"minutes": 1441}, {"minutes": 5, "until": clock(10)}])
def test_a_closure_has_one_end(day: Day, fields: Any) -> None:
    with pytest.raises(InvalidInput) as error:
        day.submit(CloseLocation(TEACHER, RESTROOM, **fields))
    assert error.value.extra == {"field": "minutes"}


def test_a_student_is_marked_absent_from_now_on_or_from_when_it_is_said(day: Day) -> None:
    day.submit(MarkAbsent(TEACHER, ANA))
    day.submit(MarkAbsent(TEACHER, BEN, clock(9), clock(10), "Dentist"))
    assert day.state.absences == {
        ANA: Absence(ANA, day.now),
        BEN: Absence(BEN, clock(9), clock(10), "Dentist"),
    }


def test_passes_are_put_on_hold(day: Day) -> None:
    day.submit(HoldPasses(TEACHER, "Drill"))
    assert day.state.freeze == Freeze(SCHOOL, day.now, "Drill")


# Pass types and settings


def test_a_new_pass_type_comes_last(day: Day) -> None:
    new = replace(day.state.pass_types[PASS_TYPE_IDS["Nurse"]], id=new_id(), name=" Band  hall ", school_id=new_id())
    day.submit(SetPassType(TEACHER, new))
    last = list(day.state.pass_types.values())[-1]
    assert (last.id, last.name, last.school_id) == (new.id, "Band hall", SCHOOL)
    assert last.position == max(each.position for each in day.state.pass_types.values())
    event = day.events[-1].event
    assert isinstance(event, happened.PassTypeSet)
    assert (event.before, event.after) == (None, last)


def test_the_first_pass_type_comes_first(day: Day) -> None:
    new = replace(day.state.pass_types[PASS_TYPE_IDS["Nurse"]], position=7)
    day.state.pass_types = {}
    day.submit(SetPassType(TEACHER, new))
    assert [each.position for each in day.state.pass_types.values()] == [0]


def test_pass_types_stand_in_the_order_of_their_positions(day: Day) -> None:
    for number, each in enumerate(list(day.state.pass_types.values())):
        day.submit(SetPassType(TEACHER, replace(each, position=-number)))
    names = [each.name for each in day.state.pass_types.values()]
    assert (names[0], names[-1]) == ("Another place", "Restroom")


def test_a_pass_type_that_stands_already_is_not_decided_again(day: Day) -> None:
    assert day.submit(SetPassType(TEACHER, day.state.pass_types[PASS_TYPE_IDS["Nurse"]])).events == []


def test_settings_are_changed(day: Day) -> None:
    patient = PassSettings(offer_seconds=60)
    day.submit(SetPassSettings(TEACHER, patient))
    assert day.state.settings == patient
    (recorded,) = day.events
    assert isinstance(recorded, Recorded)
    assert recorded.event == happened.PassSettingsSet(TEACHER, PassSettings(), patient)
    assert day.submit(SetPassSettings(TEACHER, patient)).events == []
