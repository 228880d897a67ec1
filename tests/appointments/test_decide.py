"""Appointments become passes on their day, begin by themselves or when someone says so, and can be called off."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from corridor.appointments import commands as ask
from corridor.appointments.slots import Slot, slots_on
from corridor.base.errors import Conflict, InvalidInput, NotFound
from corridor.base.ids import new_id
from corridor.day.policy import Absence, Appointment, Freeze, Group, SlotPlan
from corridor.day.state import Approval, EndedHow, Pass, Status
from corridor.day.words import Channel, Effect
from corridor.ledger.words import Decision
from corridor.passes import commands
from corridor.passes.refusal import Refused
from corridor.policy.commands import Keep
from tests.day_state import (
    ALGEBRA,
    ART,
    DECIDER,
    LIBRARY,
    NURSE,
    PASS_TYPE_IDS,
    RESTROOM,
    ROOM_110,
    ROOM_204,
    SCHOOL,
    STUDENTS,
    TEACHER,
    Day,
    clock,
    id_of,
    loaded_afresh,
    make_state,
    rule,
    usual_rules,
)

ANA, BEN, CAM = STUDENTS[:3]
TUESDAY, WEDNESDAY = date(2026, 10, 6), date(2026, 10, 7)


@pytest.fixture
def day() -> Day:
    return Day()


def appointment(**fields: Any) -> Appointment:
    """Ana at the nurse at 09:15 today, ten minutes, by itself."""
    usual: dict[str, Any] = {
        "id": id_of("appointment"),
        "destination_id": NURSE,
        "begins": clock(9, 15),
        "minutes": 10,
        "pass_type_id": PASS_TYPE_IDS["Nurse"],
        "made_by": TEACHER,
        "student_ids": frozenset({ANA}),
    }
    return Appointment(**(usual | fields))


def make(day: Day, **fields: Any) -> Decision:
    return day.submit(ask.MakeAppointment(TEACHER, appointment(**fields)))


def scheduled(day: Day) -> list[Pass]:
    return [pass_ for pass_ in day.state.passes.values() if pass_.status is Status.SCHEDULED]


def until(day: Day, at: datetime) -> None:
    """Let what is due happen when it is due, as the ticker does."""
    while (due := _next(day)) is not None and due <= at:
        day.now = max(day.now, due)
        day.later()
    day.now = at
    day.later()
    assert day.state == loaded_afresh(day.state, day.events)


def _next(day: Day) -> datetime | None:
    return DECIDER.due(day.state)


def test_an_appointment_for_today_becomes_a_pass_for_later_at_once(day: Day) -> None:
    make(day, note="Vision test")
    until(day, clock(8, 31))
    (pass_,) = scheduled(day)
    assert pass_.student_id == ANA
    assert pass_.planned_at == clock(9, 15)
    assert pass_.channel is Channel.APPOINTMENT
    assert pass_.reason == "Vision test"
    assert (pass_.origin_id, pass_.section_id) == (ROOM_110, ART), "where the student will be then"
    assert not day.state.appointments, "nothing is left to come"


def test_it_begins_by_itself(day: Day) -> None:
    make(day)
    until(day, clock(9, 14, 59))
    assert [pass_.status for pass_ in day.state.passes.values()] == [Status.SCHEDULED]
    until(day, clock(9, 15))
    (pass_,) = day.state.passes.values()
    assert pass_.status is Status.ACTIVE
    assert pass_.due_at == clock(9, 25)


def test_one_that_must_be_confirmed_begins_when_someone_says_so_and_not_before_its_time(day: Day) -> None:
    make(day, by_itself=False)
    until(day, clock(9, 10))
    (pass_,) = scheduled(day)
    with pytest.raises(Conflict) as error:
        day.submit(commands.StartPass(pass_.id, ANA, ANA))
    assert error.value.code == "not_your_turn"
    until(day, clock(9, 16))
    assert day[pass_.id].status is Status.SCHEDULED
    day.submit(commands.StartPass(pass_.id, ANA, ANA))
    assert day[pass_.id].status is Status.ACTIVE


def test_staff_may_send_a_student_before_the_time(day: Day) -> None:
    make(day, by_itself=False)
    until(day, clock(9, 10))
    (pass_,) = scheduled(day)
    day.submit(commands.StartPass(pass_.id, TEACHER))
    assert day[pass_.id].status is Status.ACTIVE


def test_nobody_comes_and_it_lapses(day: Day) -> None:
    make(day, by_itself=False)
    until(day, clock(9, 30))
    (pass_,) = day.state.closed.values()
    assert (pass_.status, pass_.ended_at) == (Status.LAPSED, clock(9, 30))


def test_a_pass_for_later_does_not_keep_the_student_from_another_until_then(day: Day) -> None:
    make(day)
    until(day, clock(9, 10))
    other = day.issue(ANA, RESTROOM)
    until(day, clock(9, 15))
    (held,) = scheduled(day)
    assert held.held_until == clock(9, 16), "the student is out: tried again in a minute"
    day.now = clock(9, 15, 30)
    day.submit(commands.ReturnPass(other.id, ANA))
    until(day, clock(9, 16))
    assert day[held.id].status is Status.ACTIVE
    assert day[held.id].held_until is None


def test_two_for_one_student_at_once_begin_one_after_the_other(day: Day) -> None:
    make(day)
    make(day, id=id_of("another"), destination_id=LIBRARY, minutes=20)
    until(day, clock(9, 15))
    assert sorted(pass_.status for pass_ in day.state.passes.values()) == [Status.ACTIVE, Status.SCHEDULED]


def test_rules_hold_it_up_until_it_is_too_late(day: Day) -> None:
    make(day)
    day.submit(Keep(TEACHER, Freeze(SCHOOL, day.now)))
    until(day, clock(9, 20))
    (pass_,) = scheduled(day)
    held = [recorded.event for recorded in day.events if recorded.kind == "pass_held"]
    assert held[0] is not None
    assert held[0].codes == ("freeze",)  # type: ignore[attr-defined]
    until(day, clock(9, 30))
    assert day[pass_.id].status is Status.LAPSED


def test_appointments_do_not_use_up_limits_and_caps_leave_them_alone() -> None:
    limit = rule("limit", Effect.REFUSE, most=1)
    state = make_state(
        rules=[*(each for each in usual_rules() if each.text.kind not in ("limit", "cooldown")), limit],
        approval={"Nurse": Approval.NONE},
        locations={NURSE: {"capacity": 0}},
    )
    day = Day(state)
    make(day)
    until(day, clock(9, 15))
    (pass_,) = day.state.passes.values()
    assert pass_.status is Status.ACTIVE
    day.submit(commands.ReturnPass(pass_.id, ANA))
    assert not day.request(ANA, RESTROOM).refused


def test_a_repeating_one_comes_again_each_time(day: Day) -> None:
    make(day, recurrence="FREQ=DAILY;COUNT=3")
    until(day, clock(10, 59))
    assert day.state.appointments[id_of("appointment")].next_at == clock(9, 15, day=WEDNESDAY)
    until(day, clock(0, 1, day=WEDNESDAY))
    (pass_,) = scheduled(day)
    assert pass_.planned_at == clock(9, 15, day=WEDNESDAY)
    until(day, clock(0, 1, day=date(2026, 10, 9)))
    assert not day.state.appointments


def test_one_for_a_group_is_for_whoever_is_in_it_then(day: Day) -> None:
    group = Group(id_of("group"), "Choir", frozenset({ANA, BEN}))
    day.submit(Keep(TEACHER, group))
    make(day, begins=clock(9, 15, day=WEDNESDAY), student_ids=frozenset(), group_id=group.id)
    day.submit(Keep(TEACHER, replace(group, student_ids=frozenset({BEN, CAM}))))
    until(day, clock(0, 1, day=WEDNESDAY))
    assert {pass_.student_id for pass_ in scheduled(day)} == {BEN, CAM}
    until(day, clock(9, 15, day=WEDNESDAY))
    assert {pass_.student_id for pass_ in day.state.passes.values() if pass_.status is Status.ACTIVE} == {BEN, CAM}


def test_what_was_missed_while_nothing_ran_is_let_go(day: Day) -> None:
    make(day, recurrence="FREQ=DAILY")
    day.now = clock(10, 30, day=date(2026, 10, 8))
    day.later()
    assert not scheduled(day)
    assert day.state.appointments[id_of("appointment")].next_at == clock(9, 15, day=date(2026, 10, 9))


def test_changing_it_makes_todays_part_anew(day: Day) -> None:
    make(day)
    until(day, clock(8, 31))
    make(day, begins=clock(9, 40), minutes=5)
    until(day, clock(8, 32))
    (pass_,) = scheduled(day)
    assert (pass_.planned_at, pass_.minutes) == (clock(9, 40), 5)


def test_saving_it_unchanged_changes_nothing(day: Day) -> None:
    make(day, begins=clock(9, 15, day=WEDNESDAY))
    assert not make(day, begins=clock(9, 15, day=WEDNESDAY)).events


def test_whoever_has_gone_does_not_go_again_when_it_is_changed(day: Day) -> None:
    make(day, by_itself=False, recurrence="FREQ=DAILY")
    until(day, clock(8, 31))
    (pass_,) = scheduled(day)
    day.submit(commands.StartPass(pass_.id, TEACHER))
    make(day, by_itself=False, recurrence="FREQ=DAILY", note="Bring the form")
    until(day, clock(8, 32))
    assert [each.status for each in day.state.passes.values()] == [Status.ACTIVE]


def test_staff_call_it_off_with_todays_part(day: Day) -> None:
    make(day, recurrence="FREQ=DAILY")
    until(day, clock(8, 31))
    day.submit(ask.CancelAppointment(TEACHER, id_of("appointment")))
    assert not day.state.appointments
    assert not day.state.passes
    with pytest.raises(NotFound):
        day.submit(ask.CancelAppointment(TEACHER, id_of("appointment")))


def test_one_that_is_all_of_today_is_called_off_by_its_id(day: Day) -> None:
    make(day)
    until(day, clock(8, 31))
    assert not day.state.appointments
    day.submit(ask.CancelAppointment(TEACHER, id_of("appointment")))
    assert not day.state.passes


def test_a_student_declines_only_what_may_be_declined_and_is_theirs_alone(day: Day) -> None:
    make(day, begins=clock(9, 15, day=WEDNESDAY))
    with pytest.raises(Conflict) as error:
        day.submit(ask.CancelAppointment(ANA, id_of("appointment"), ANA))
    assert error.value.code == "not_declinable"
    make(day, begins=clock(9, 15, day=WEDNESDAY), declinable=True)
    with pytest.raises(Conflict):
        day.submit(ask.CancelAppointment(BEN, id_of("appointment"), BEN))
    day.submit(ask.CancelAppointment(ANA, id_of("appointment"), ANA))
    assert not day.state.appointments


def test_a_student_cancels_the_pass_of_a_declinable_one(day: Day) -> None:
    make(day)
    make(day, id=id_of("declinable"), begins=clock(10, 15), declinable=True)
    until(day, clock(8, 31))
    fixed, free = sorted(scheduled(day), key=lambda pass_: pass_.declinable)
    with pytest.raises(Conflict) as error:
        day.submit(commands.CancelPass(fixed.id, ANA, ANA))
    assert error.value.code == "not_declinable"
    day.submit(commands.CancelPass(free.id, ANA, ANA))
    assert day[free.id].status is Status.CANCELLED
    day.submit(commands.CancelPass(fixed.id, TEACHER))
    assert day[fixed.id].status is Status.CANCELLED


def test_one_date_can_be_skipped(day: Day) -> None:
    make(day, recurrence="FREQ=DAILY")
    until(day, clock(8, 31))
    day.submit(ask.SkipAppointment(TEACHER, id_of("appointment"), TUESDAY))
    assert not day.state.passes
    day.submit(ask.SkipAppointment(TEACHER, id_of("appointment"), WEDNESDAY))
    assert day.state.appointments[id_of("appointment")].next_at == clock(9, 15, day=date(2026, 10, 8))
    assert not day.submit(ask.SkipAppointment(TEACHER, id_of("appointment"), WEDNESDAY)).events
    with pytest.raises(NotFound):
        day.submit(ask.SkipAppointment(TEACHER, new_id(), WEDNESDAY))


def test_skipping_the_last_date_ends_it(day: Day) -> None:
    make(day, begins=clock(9, 15, day=WEDNESDAY), recurrence="FREQ=DAILY;COUNT=1")
    day.submit(ask.SkipAppointment(TEACHER, id_of("appointment"), WEDNESDAY))
    assert not day.state.appointments


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"begins": clock(8, 29)}, "begins"),
        ({"begins": clock(9, 15, day=date(2026, 10, 10))}, "begins"),
        ({"begins": clock(9, 15), "recurrence": "FREQ=WEEKLY;BYDAY=SU"}, "begins"),
        ({"minutes": 0}, "minutes"),
        ({"minutes": 1000}, "minutes"),
        ({"pass_type_id": id_of("nothing")}, "pass_type_id"),
        ({"destination_id": id_of("nowhere")}, "destination_id"),
        ({"student_ids": frozenset()}, "student_ids"),
        ({"student_ids": frozenset({id_of("nobody")})}, "student_ids"),
        ({"group_id": id_of("no group")}, "group_id"),
        ({"recurrence": "whenever"}, "recurrence"),
        ({"note": "x" * 201}, "note"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(day: Day, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as error:
        make(day, **fields)
    assert error.value.extra["field"] == field


def test_one_is_for_students_or_for_a_group(day: Day) -> None:
    day.submit(Keep(TEACHER, Group(id_of("group"), "Choir", frozenset({ANA}))))
    with pytest.raises(InvalidInput) as error:
        make(day, group_id=id_of("group"))
    assert error.value.extra["field"] == "student_ids"


@pytest.fixture
def planned(day: Day) -> Day:
    """The nurse sees two students every half hour from 9 to 10:15 on weekdays."""
    day.submit(Keep(TEACHER, SlotPlan(NURSE, frozenset(range(1, 6)), time(9), time(10, 15), 30, places=2)))
    return day


def free(day: Day, on: date = TUESDAY) -> list[tuple[datetime, int]]:
    return [(slot.starts, slot.free) for slot in slots_on(day.state, NURSE, on)]


def wish(day: Day, student: UUID = ANA, at: datetime | None = None, **fields: Any) -> UUID:
    appointment_id = new_id()
    day.submit(ask.AskForAppointment(appointment_id, student, NURSE, at or clock(9, 30), **fields))
    return appointment_id


def test_a_plan_gives_whole_slots_on_its_days(planned: Day) -> None:
    assert slots_on(planned.state, NURSE, TUESDAY) == [
        Slot(clock(9), clock(9, 30), 2, 2),
        Slot(clock(9, 30), clock(10), 2, 2),
    ]
    assert free(planned, date(2026, 10, 10)) == []
    assert slots_on(planned.state, LIBRARY, TUESDAY) == []


def test_a_student_takes_a_slot_and_staff_say_yes(planned: Day) -> None:
    made = wish(planned, note="A headache")
    assert free(planned) == [(clock(9), 2), (clock(9, 30), 1)]
    until(planned, clock(8, 35))
    assert not scheduled(planned), "nobody has answered yet"
    planned.submit(ask.AcceptAppointment(TEACHER, made))
    assert not planned.submit(ask.AcceptAppointment(TEACHER, made)).events
    until(planned, clock(8, 36))
    (pass_,) = scheduled(planned)
    assert (pass_.planned_at, pass_.minutes, pass_.by_itself, pass_.declinable) == (clock(9, 30), 30, False, True)
    assert free(planned) == [(clock(9), 2), (clock(9, 30), 1)]


def test_a_slot_holds_so_many_and_no_more(planned: Day) -> None:
    wish(planned, ANA)
    wish(planned, BEN)
    with pytest.raises(Conflict) as error:
        wish(planned, CAM)
    assert error.value.code == "slot_taken"


def test_staff_appointments_take_slots_too(planned: Day) -> None:
    make(planned, begins=clock(9, 35, day=WEDNESDAY), recurrence="FREQ=DAILY", student_ids=frozenset({ANA, BEN}))
    assert free(planned, WEDNESDAY) == [(clock(9, day=WEDNESDAY), 2), (clock(9, 30, day=WEDNESDAY), 0)]
    assert free(planned) == [(clock(9), 2), (clock(9, 30), 2)]


def test_a_wish_that_nobody_answers_is_put_away_when_its_time_comes(planned: Day) -> None:
    wish(planned)
    until(planned, clock(9, 30))
    assert not planned.state.appointments
    assert not planned.state.passes


def test_a_student_takes_one_slot_at_a_time_and_may_give_it_back(planned: Day) -> None:
    made = wish(planned)
    with pytest.raises(Conflict) as error:
        wish(planned)
    assert error.value.code == "slot_taken"
    planned.submit(ask.CancelAppointment(ANA, made, ANA))
    assert free(planned) == [(clock(9), 2), (clock(9, 30), 2)]


def test_what_is_no_slot_cannot_be_asked_for(planned: Day) -> None:
    for at in (clock(9, 10), clock(9, 30, day=date(2026, 10, 5)), clock(10)):
        with pytest.raises(InvalidInput) as error:
            wish(planned, at=at)
        assert error.value.extra["field"] == "begins"
    with pytest.raises(NotFound):
        wish(planned, id_of("nobody"))
    with pytest.raises(NotFound):
        planned.submit(ask.AcceptAppointment(TEACHER, new_id()))


def test_a_place_without_a_plan_gives_none(day: Day) -> None:
    with pytest.raises(Conflict) as error:
        wish(day)
    assert error.value.code == "no_slots"


def summon(day: Day, **fields: Any) -> Decision:
    return day.submit(ask.SummonStudent(pass_id=new_id(), by=TEACHER, student_id=ANA, destination_id=NURSE, **fields))


def test_a_summons_waits_until_someone_sends_the_student(day: Day) -> None:
    pass_ = day.pass_of(summon(day, reason="Your medicine"))
    assert (pass_.status, pass_.channel, pass_.planned_at) == (Status.SCHEDULED, Channel.SUMMONS, day.now)
    assert (pass_.origin_id, pass_.section_id, pass_.reason) == (ROOM_204, ALGEBRA, "Your medicine")
    with pytest.raises(Conflict):
        day.submit(commands.CancelPass(pass_.id, ANA, ANA))
    day.submit(commands.StartPass(pass_.id, ANA, ANA))
    assert day[pass_.id].status is Status.ACTIVE


def test_a_summons_at_once_begins_now(day: Day) -> None:
    assert day.pass_of(summon(day, at_once=True, minutes=25)).minutes == 25
    (pass_,) = day.state.passes.values()
    assert pass_.status is Status.ACTIVE


def test_a_student_who_is_out_is_called_for_when_they_are_back(day: Day) -> None:
    day.issue(ANA, RESTROOM)
    assert not summon(day).refused
    assert summon(day, at_once=True).refused


def test_a_summons_is_refused_by_rules_and_can_be_overridden(day: Day) -> None:
    day.submit(Keep(TEACHER, Absence(ANA, day.now)))
    decision = summon(day)
    assert isinstance(decision.about, Refused)
    assert [reason.code for reason in decision.about.reasons] == ["absent"]
    with pytest.raises(InvalidInput):
        summon(day, lift=("absent",))
    pass_ = day.pass_of(summon(day, lift=("absent",), lift_reason="She is in the gym"))
    assert pass_.lifted == ("absent",)
    day.submit(commands.StartPass(pass_.id, TEACHER))
    assert day[pass_.id].status is Status.ACTIVE, "what was lifted stays lifted"


def test_a_summons_does_not_use_up_limits(day: Day) -> None:
    day = Day(make_state(rules=[rule("limit", Effect.REFUSE, most=1)], approval={"Restroom": Approval.NONE}))
    pass_ = day.pass_of(summon(day, at_once=True))
    day.submit(commands.ReturnPass(pass_.id, ANA))
    assert not day.request(ANA, RESTROOM).refused
    assert day.state.closed[pass_.id].ended_how is EndedHow.RETURNED


def test_students_who_left_are_not_expected(day: Day) -> None:
    make(day, begins=clock(9, 15, day=WEDNESDAY), student_ids=frozenset({ANA, BEN}))
    campus = day.state.campus
    stay = {id: student for id, student in campus.students.items() if id != ANA}
    day.state = replace_campus(day, replace(campus, students=stay))
    day.now = clock(0, 1, day=WEDNESDAY)
    day.later()
    assert [pass_.student_id for pass_ in scheduled(day)] == [BEN]


def test_a_pass_for_later_of_a_student_who_left_is_held_and_lapses(day: Day) -> None:
    make(day)
    until(day, clock(8, 31))
    campus = day.state.campus
    stay = {id: student for id, student in campus.students.items() if id != ANA}
    day.state = replace_campus(day, replace(campus, students=stay))
    day.now = clock(9, 15)
    assert [recorded.kind for recorded in day.later()] == ["pass_held"]
    day.now = clock(9, 30)
    assert [recorded.kind for recorded in day.later()] == ["pass_lapsed"]


def replace_campus(day: Day, campus: Any) -> Any:
    return replace(day.state, campus=campus)


def kinds(recorded: Sequence[Any]) -> list[str]:
    return [each.kind for each in recorded]


def test_a_school_without_bells_lets_appointments_lapse_by_their_own_time() -> None:
    state = make_state()
    day = Day(replace(state, campus=replace(state.campus, bell_schedules=())))
    make(day, by_itself=False, begins=clock(9, 15, day=date(2026, 10, 10)))
    day.now = clock(0, 1, day=date(2026, 10, 10))
    assert kinds(day.later()) == ["pass_scheduled", "appointment_set"]
    day.now += timedelta(hours=10)
    assert kinds(day.later()) == ["pass_lapsed"]
