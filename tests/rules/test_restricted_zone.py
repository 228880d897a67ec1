"""Zones that students enter only if they belong there."""

from corridor.base.ids import new_id
from tests.day_state import LIBRARY, NORTH_WING, NURSE, STUDENTS, Day, group, make_state, reason, rule

ANA, BEN = STUDENTS[:2]
LAB = group("Lab", ANA)
RESTRICTED = rule("restricted_zone", zone_ids={NORTH_WING}, group_ids={LAB.id, new_id()})


def wing() -> Day:
    """The library lies in the north wing."""
    return Day(make_state(groups=[LAB], locations={LIBRARY: {"zone_id": NORTH_WING}}))


def test_only_those_who_belong_there_may_enter() -> None:
    assert reason(wing(), RESTRICTED, student_id=ANA, destination_id=LIBRARY) is None
    found = reason(wing(), RESTRICTED, student_id=BEN, destination_id=LIBRARY)
    assert found is not None
    assert found.code == "restricted_zone"
    assert found.message == "Passes to Library are restricted."
    assert found.staff_message == "Library lies in North wing, which is restricted."
    assert found.allowed_at is None


def test_everyone_may_go_to_places_outside() -> None:
    assert reason(wing(), RESTRICTED, student_id=BEN, destination_id=NURSE) is None


def test_another_zone_is_open() -> None:
    other = rule("restricted_zone", zone_ids={new_id()})
    assert reason(wing(), other, student_id=BEN, destination_id=LIBRARY) is None
