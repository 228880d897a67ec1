"""Whom and what a rule concerns, in numbers."""

from typing import Any

import pytest

from corridor.base.ids import new_id
from corridor.day.policy import Rule, Scope
from corridor.rules.reach import reach
from tests.day_state import (
    LIBRARY,
    NORTH_WING,
    NURSE,
    PASS_TYPE_IDS,
    RESTROOM,
    STUDENTS,
    group,
    make_state,
    rule,
)

ANA, BEN, CAM, DAN, EVA, _ = STUDENTS
BAND = group("Band", ANA, BEN)
STATE = make_state(
    groups=[BAND],
    grades={CAM: "7", DAN: "7"},
    locations={LIBRARY: {"zone_id": NORTH_WING}, NURSE: {"active": False}},
)


def only(*ids: Any) -> frozenset[Any]:
    return frozenset(ids)


@pytest.mark.parametrize(
    ("asked", "students", "locations"),
    [
        (rule("limit"), 6, 4),
        (rule("limit", scope=Scope(student_ids=only(ANA, new_id()))), 1, 4),
        (rule("limit", scope=Scope(group_ids=only(BAND.id, new_id()))), 2, 4),
        (rule("limit", scope=Scope(grades=only("7"), group_ids=only(BAND.id), student_ids=only(EVA))), 5, 4),
        (rule("limit", scope=Scope(location_ids=only(RESTROOM, NURSE))), 6, 1),
        (rule("limit", scope=Scope(zone_ids=only(NORTH_WING))), 6, 1),
        (rule("limit", scope=Scope(pass_type_ids=only(PASS_TYPE_IDS["Nurse"]))), 6, 4),
        (rule("separation", student_ids={EVA}, group_ids={BAND.id, new_id()}), 3, 4),
        (rule("separation", student_ids={EVA, CAM}, scope=Scope(grades=only("7"))), 1, 4),
    ],
)
def test_how_many_students_and_places_in_use_a_rule_concerns(asked: Rule, students: int, locations: int) -> None:
    found = reach(asked, STATE)
    assert (found.students, found.all_students) == (students, 6)
    assert (found.locations, found.all_locations) == (locations, 4)
