"""What becomes of an administrator's changes to zones, and to which zone a location lies in."""

from typing import Any

import pytest

from corridor.base.errors import Conflict, InvalidInput, NotFound
from corridor.base.ids import new_id
from corridor.campus.commands import AddLocation, AddZone, ChangeLocation, ChangeZone, LocationChanges, ZoneChanges
from corridor.campus.events import LocationChanged, ZoneAdded, ZoneChanged
from corridor.campus.words import LocationKind
from tests.day_state import LIBRARY, RESTROOM, SCHOOL, TEACHER, Day, id_of

NORTH, SOUTH = id_of("North wing"), id_of("South wing")


@pytest.fixture
def day() -> Day:
    day = Day()
    day.submit(AddZone(NORTH, TEACHER, " North  wing "))
    return day


def rename(day: Day, **changes: Any) -> Any:
    return day.submit(ChangeZone(NORTH, TEACHER, ZoneChanges(**changes)))


def move(day: Day, location_id: Any = RESTROOM, **changes: Any) -> Any:
    return day.submit(ChangeLocation(location_id, TEACHER, LocationChanges(**changes), SOUTH))


def zone_of(day: Day, location_id: Any = RESTROOM) -> str | None:
    zone_id = day.state.campus.locations[location_id].zone_id
    return day.state.campus.zones[zone_id].name if zone_id else None


def add(day: Day, **fields: Any) -> Any:
    usual: dict[str, Any] = {"name": "Restroom B", "kind": LocationKind.RESTROOM, "new_zone_id": SOUTH}
    return day.submit(AddLocation(new_id(), SCHOOL, TEACHER, **usual | fields))


def test_an_added_zone_is_there_at_once(day: Day) -> None:
    zone = day.state.campus.zones[NORTH]
    assert (zone.name, zone.school_id, zone.active) == ("North wing", SCHOOL, True)
    assert isinstance(day.events[-1].event, ZoneAdded)


def test_a_zone_is_renamed_and_says_what_it_was(day: Day) -> None:
    before = day.state.campus.zones[NORTH]
    rename(day, name=" North ")
    event = day.events[-1].event
    assert isinstance(event, ZoneChanged)
    assert (event.before, event.after.name, event.by) == (before, "North", TEACHER)
    assert day.state.campus.zones[NORTH].name == "North"
    assert rename(day, name="North").events == []


@pytest.mark.parametrize("name", ["", "  ", "n" * 81])
def test_a_zone_s_name_has_1_to_80_characters(day: Day, name: str) -> None:
    with pytest.raises(InvalidInput, match="1 to 80 characters"):
        rename(day, name=name)
    with pytest.raises(InvalidInput, match="1 to 80 characters"):
        day.submit(AddZone(SOUTH, TEACHER, name))


def test_two_zones_do_not_share_a_name(day: Day) -> None:
    with pytest.raises(Conflict, match="already a zone named North wing") as error:
        day.submit(AddZone(SOUTH, TEACHER, "north WING"))
    assert error.value.code == "name_taken"
    assert rename(day, name="NORTH WING").events, "its own name in other letters is no other's"


def test_a_zone_that_is_not_there_cannot_be_changed(day: Day) -> None:
    with pytest.raises(NotFound):
        day.submit(ChangeZone(SOUTH, TEACHER, ZoneChanges(active=False)))


def test_a_location_is_put_into_a_zone_and_taken_out(day: Day) -> None:
    move(day, zone_id=NORTH)
    assert zone_of(day) == "North wing"
    assert move(day, zone_id=NORTH).events == []
    move(day, capacity=9)
    assert zone_of(day) == "North wing", "what is not sent stays"
    move(day, zone_id=None)
    assert zone_of(day) is None


def test_a_zone_may_be_named_instead(day: Day) -> None:
    decision = move(day, zone_name=" NORTH wing ")
    assert [type(event) for event in decision.events] == [LocationChanged]
    assert zone_of(day) == "North wing"
    move(day, zone_name=" ")
    assert zone_of(day) is None


def test_a_name_that_no_zone_has_adds_one(day: Day) -> None:
    decision = move(day, zone_name="South wing", capacity=3)
    assert [type(event) for event in decision.events] == [ZoneAdded, LocationChanged]
    assert decision.about == RESTROOM
    assert zone_of(day) == "South wing"
    assert day.state.campus.zones[SOUTH].name == "South wing"


def test_a_name_that_cannot_be_a_zone_s_changes_nothing(day: Day) -> None:
    with pytest.raises(InvalidInput) as error:
        move(day, zone_name="z" * 81)
    assert error.value.extra == {"field": "zone_name"}
    with pytest.raises(InvalidInput, match="not both"):
        move(day, zone_name="South wing", zone_id=NORTH)
    with pytest.raises(Conflict):
        move(day, zone_name="South wing", name="Library")
    with pytest.raises(NotFound, match="no zone named South wing"):
        day.submit(ChangeLocation(RESTROOM, TEACHER, LocationChanges(zone_name="South wing")))
    assert SOUTH not in day.state.campus.zones


def test_a_new_location_may_lie_in_a_zone(day: Day) -> None:
    first = add(day, zone_id=NORTH)
    assert zone_of(day, first.about) == "North wing"
    second = add(day, name="Restroom C", zone_name="South wing")
    assert zone_of(day, second.about) == "South wing"
    third = add(day, name="Restroom D", zone_name="south wing")
    assert zone_of(day, third.about) == "South wing"
    with pytest.raises(InvalidInput, match="no such zone"):
        add(day, name="Restroom E", zone_id=id_of("nowhere"))


def test_a_zone_out_of_use_is_offered_no_more_until_it_is_named_again(day: Day) -> None:
    rename(day, active=False)
    with pytest.raises(InvalidInput, match="no such zone") as error:
        move(day, zone_id=NORTH)
    assert error.value.extra == {"field": "zone_id"}
    decision = move(day, zone_name="North wing")
    assert [type(event) for event in decision.events] == [ZoneChanged, LocationChanged]
    assert day.state.campus.zones[NORTH].active


def test_a_zone_with_locations_is_not_put_out_of_use(day: Day) -> None:
    move(day, zone_id=NORTH)
    with pytest.raises(Conflict, match="Restroom A lies in North wing") as error:
        rename(day, active=False)
    assert error.value.code == "zone_in_use"
    move(day, LIBRARY, zone_id=NORTH)
    with pytest.raises(Conflict, match="Library, Restroom A lie in"):
        rename(day, active=False)
    for number in range(5):
        add(day, name=f"Gym {number}", zone_id=NORTH)
    with pytest.raises(Conflict, match="and others lie in"):
        rename(day, active=False)


def test_a_change_leaves_the_states_before_it_alone(day: Day) -> None:
    before = day.state
    rename(day, name="Else")
    assert before.campus.zones[NORTH].name == "North wing"
