"""What stands on the agenda, and what takes a slot."""

from datetime import date, time
from typing import Any

import pytest
from msgspec.structs import replace

from corridor.appointments.agenda import agenda
from corridor.appointments.commands import MakeAppointment, SummonStudent
from corridor.appointments.slots import slots_on
from corridor.base.ids import new_id
from corridor.day.policy import Appointment, SlotPlan
from corridor.passes.commands import CancelPass, ReturnPass, StartPass
from corridor.policy.commands import Keep
from tests.day_state import LIBRARY, NURSE, PASS_TYPE_IDS, STUDENTS, TEACHER, Day, clock

ANA, BEN = STUDENTS[:2]
TUESDAY, WEDNESDAY = date(2026, 10, 6), date(2026, 10, 7)


@pytest.fixture
def day() -> Day:
    day = Day()
    plan = SlotPlan(NURSE, frozenset(range(1, 6)), time(9), time(10), 30, places=2)
    day.submit(Keep(TEACHER, plan))
    return day


def make(day: Day, **fields: Any) -> None:
    usual: dict[str, Any] = {
        "id": new_id(),
        "destination_id": NURSE,
        "begins": clock(9),
        "minutes": 10,
        "pass_type_id": PASS_TYPE_IDS["Nurse"],
        "made_by": TEACHER,
        "student_ids": frozenset({ANA, BEN}),
        "by_itself": False,
    }
    day.submit(MakeAppointment(TEACHER, Appointment(**(usual | fields))))
    day.later(seconds=1)


def free(day: Day, on: date = TUESDAY) -> list[int]:
    return [slot.free for slot in slots_on(day.state, NURSE, on)]


def test_who_cannot_come_leaves_the_slot_and_who_has_been_there_keeps_it(day: Day) -> None:
    make(day)
    assert free(day) == [0, 2]
    one, other = day.state.passes.values()
    day.submit(CancelPass(one.id, TEACHER))
    assert free(day) == [1, 2]
    day.submit(StartPass(other.id, TEACHER))
    day.submit(ReturnPass(other.id, TEACHER))
    assert free(day) == [1, 2]


def test_only_what_is_planned_for_that_place_and_date_takes_its_slots(day: Day) -> None:
    make(day, destination_id=LIBRARY, begins=clock(9, day=WEDNESDAY))
    day.submit(SummonStudent(pass_id=new_id(), by=TEACHER, student_id=ANA, destination_id=NURSE))
    assert free(day) == free(day, WEDNESDAY) == [2, 2]
    make(day)
    assert free(day, WEDNESDAY) == [2, 2]


def test_the_agenda_has_each_time_once_in_order(day: Day) -> None:
    day.issue(STUDENTS[3], LIBRARY)
    make(day, recurrence="FREQ=DAILY", begins=clock(9, 15))
    make(day, destination_id=LIBRARY, begins=clock(8, 45), student_ids=frozenset({BEN}))
    call = SummonStudent(pass_id=new_id(), by=TEACHER, student_id=ANA, destination_id=NURSE, reason="Medicine")
    day.submit(call)
    entries = agenda(day.state, TUESDAY, 2)
    assert [(entry.destination_id, entry.at, len(entry.passes)) for entry in entries] == [
        (NURSE, day.now, 1),
        (LIBRARY, clock(8, 45), 1),
        (NURSE, clock(9, 15), 2),
        (NURSE, clock(9, 15, day=WEDNESDAY), 0),
    ]
    assert [entry.repeats for entry in entries] == [False, False, True, True]
    assert [entry.at for entry in agenda(day.state, WEDNESDAY, 1)] == [clock(9, 15, day=WEDNESDAY)]


def test_a_student_has_an_agenda_of_their_own(day: Day) -> None:
    make(day, begins=clock(9, 15))
    (entry,) = agenda(day.state, TUESDAY, 1, student_id=ANA)
    assert entry.student_ids == (ANA,)
    assert [pass_.student_id for pass_ in entry.passes] == [ANA]
    assert agenda(day.state, TUESDAY, 1, student_id=STUDENTS[2]) == []


def test_a_plan_shorter_than_a_slot_has_none(day: Day) -> None:
    plan = replace(day.state.slot_plans[NURSE], ends_at=time(9, 20))
    day.submit(Keep(TEACHER, plan))
    assert free(day) == []
