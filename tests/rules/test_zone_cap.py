"""So many students may be in one zone on passes at once."""

import pytest

from corridor.passes.commands import DepartOnPass
from tests.day_state import LIBRARY, NORTH_WING, NURSE, RESTROOM, STUDENTS, TEACHER, Day, make_state, reason, rule

ANA, BEN, CAM = STUDENTS[:3]
TWO = rule("zone_cap", most=2)


@pytest.fixture
def day() -> Day:
    """The library and the nurse lie in the north wing, the restroom in none."""
    return Day(make_state(locations={LIBRARY: {"zone_id": NORTH_WING}, NURSE: {"zone_id": NORTH_WING}}))


def test_as_many_go_there_as_the_zone_holds_and_no_more(day: Day) -> None:
    for student, place in ((ANA, LIBRARY), (BEN, NURSE)):
        assert reason(day, TWO, student_id=student, destination_id=place) is None
        day.issue(student, place)
    found = reason(day, TWO, student_id=CAM, destination_id=LIBRARY)
    assert found is not None
    assert found.code == "zone_full"
    assert found.message == "Too many students are in North wing right now."
    assert found.staff_message == "North wing is full: 2 students are there on passes, 2 may be."
    assert found.allowed_at is None


def test_a_place_in_no_zone_is_never_full_of_this(day: Day) -> None:
    day.issue(ANA, LIBRARY)
    day.issue(BEN, RESTROOM)
    assert reason(day, rule("zone_cap", most=1), student_id=CAM, destination_id=RESTROOM) is None


def test_there_is_room_again_once_someone_leaves(day: Day) -> None:
    first, _ = day.issue(ANA, LIBRARY), day.issue(BEN, NURSE)
    day.submit(DepartOnPass(first.id, TEACHER))
    assert reason(day, TWO, student_id=CAM, destination_id=LIBRARY) is None
