"""Locations for the members of some groups only."""

from msgspec.structs import replace

from corridor.base.ids import new_id
from corridor.day.policy import Scope
from tests.day_state import LIBRARY, NURSE, STUDENTS, Day, group, make_state, reason, rule

ANA, BEN = STUDENTS[:2]
BAND = group("Band", ANA)
BAND_ROOM = rule("members_only", scope=Scope(location_ids=frozenset({LIBRARY})), group_ids={BAND.id, new_id()})


def test_members_may_go_and_others_may_not() -> None:
    day = Day(make_state(groups=[BAND]))
    assert reason(day, BAND_ROOM, student_id=ANA, destination_id=LIBRARY) is None
    found = reason(day, BAND_ROOM, student_id=BEN, destination_id=LIBRARY)
    assert found is not None
    assert found.code == "members_only"
    assert found.message == "Library is for members of certain groups. The office can tell more."
    assert found.staff_message == "Library is for members of certain groups, and the student is in none of them."
    assert found.allowed_at is None


def test_everyone_may_go_elsewhere() -> None:
    assert reason(Day(make_state(groups=[BAND])), BAND_ROOM, student_id=BEN, destination_id=NURSE) is None


def test_who_joins_the_group_may_go() -> None:
    day = Day(make_state(groups=[BAND]))
    day.keep(replace(BAND, student_ids=frozenset({ANA, BEN})))
    assert reason(day, BAND_ROOM, student_id=BEN, destination_id=LIBRARY) is None
