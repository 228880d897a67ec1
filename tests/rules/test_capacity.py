"""So many may be at a place, or out of a room, at once."""

from typing import Any

import msgspec
import pytest

from corridor.passes.commands import ArriveOnPass, DepartOnPass, ReturnPass
from corridor.rules.capacity import Params, judge_into, judge_out_of, takes_a_place
from tests.day_state import LIBRARY, NURSE, RESTROOM, ROOM_204, STUDENTS, TEACHER, Day, ask_for, make_state


def day_with(**limits: Any) -> Day:
    """The restroom takes two; `limits` are room 204's."""
    return Day(make_state(locations={ROOM_204: limits}))


def test_a_place_takes_as_many_as_its_capacity_and_no_more() -> None:
    day = day_with()
    for student in STUDENTS[:2]:
        assert judge_into(Params(), ask_for(day.state), day.state, day.now) is None
        day.issue(student)
    objection = judge_into(Params(), ask_for(day.state), day.state, day.now)
    assert objection is not None
    assert objection.code == "full"
    assert objection.message == "Restroom A is full right now."
    assert objection.staff_message == "Restroom A is full: 2 of 2 places are taken."
    assert objection.allowed_at is None


def test_a_place_without_a_capacity_takes_everyone() -> None:
    day = day_with()
    for student in STUDENTS:
        day.issue(student, NURSE)
    assert judge_into(Params(), ask_for(day.state, NURSE), day.state, day.now) is None


def test_a_capacity_of_none_at_all_lets_nobody_in() -> None:
    day = Day(make_state(locations={RESTROOM: {"capacity": 0}}))
    assert judge_into(Params(), ask_for(day.state), day.state, day.now) is not None


def test_whoever_only_asks_takes_no_place() -> None:
    day = day_with()
    for student in STUDENTS[:3]:
        day.requested(student)
    assert judge_into(Params(), ask_for(day.state), day.state, day.now) is None


def test_a_place_is_free_again_once_someone_leaves_it() -> None:
    day = day_with()
    first, _ = [day.issue(student) for student in STUDENTS[:2]]
    day.submit(ArriveOnPass(first.id, TEACHER))
    assert takes_a_place(day[first.id])
    assert judge_into(Params(), ask_for(day.state), day.state, day.now) is not None
    day.submit(DepartOnPass(first.id, TEACHER))
    assert not takes_a_place(day[first.id])
    assert judge_into(Params(), ask_for(day.state), day.state, day.now) is None


def test_so_many_may_be_out_of_a_room_and_no_more() -> None:
    day = day_with(out_capacity=1)
    assert judge_out_of(Params(), ask_for(day.state, LIBRARY), day.state, day.now) is None
    pass_ = day.issue(STUDENTS[1], NURSE)
    assert pass_.origin_id == ROOM_204
    objection = judge_out_of(Params(), ask_for(day.state, LIBRARY), day.state, day.now)
    assert objection is not None
    assert objection.code == "too_many_out"
    assert objection.message == "Too many are out of your room right now. Ask again when someone is back."
    assert objection.staff_message == "204 may have 1 out at once; 1 are out now."
    assert objection.allowed_at is None


def test_whoever_is_on_the_way_back_is_still_out() -> None:
    day = day_with(out_capacity=1)
    pass_ = day.issue(STUDENTS[1], NURSE)
    day.submit(DepartOnPass(pass_.id, TEACHER))
    assert judge_out_of(Params(), ask_for(day.state), day.state, day.now) is not None
    day.submit(ReturnPass(pass_.id, TEACHER))
    assert judge_out_of(Params(), ask_for(day.state), day.state, day.now) is None


def test_a_room_without_a_limit_lets_everyone_out() -> None:
    day = day_with()
    for student in STUDENTS:
        day.issue(student, NURSE)
    assert judge_out_of(Params(), ask_for(day.state), day.state, day.now) is None


def test_nobody_is_out_of_an_unknown_place() -> None:
    day = day_with(out_capacity=0)
    assert judge_out_of(Params(), ask_for(day.state, origin_id=None), day.state, day.now) is None


def test_the_rule_has_no_parameters() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"most": 3}, Params)
