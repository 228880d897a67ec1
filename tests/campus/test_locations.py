"""What becomes of an administrator's changes to locations."""

from typing import Any

import pytest

from corridor.base.errors import Conflict, InvalidInput, NotFound
from corridor.base.ids import new_id
from corridor.campus.commands import AddLocation, ChangeLocation, LocationChanges
from corridor.campus.events import LocationAdded, LocationChanged
from corridor.campus.words import LocationKind
from tests.day_state import LIBRARY, RESTROOM, SCHOOL, TEACHER, Day


@pytest.fixture
def day() -> Day:
    return Day()


def add(day: Day, **fields: Any) -> Any:
    values = {"name": "Restroom B", "kind": LocationKind.RESTROOM} | fields
    return day.submit(AddLocation(new_id(), SCHOOL, TEACHER, **values))


def change(day: Day, **fields: Any) -> Any:
    return day.submit(ChangeLocation(RESTROOM, TEACHER, LocationChanges(**fields)))


def test_an_added_location_is_there_at_once(day: Day) -> None:
    decision = add(day, name="  Restroom B ", capacity=3)
    added = day.state.campus.locations[decision.about]
    assert (added.name, added.kind, added.capacity, added.made_by, added.active) == (
        "Restroom B",
        LocationKind.RESTROOM,
        3,
        "staff",
        True,
    )
    assert isinstance(day.events[-1].event, LocationAdded)


def test_a_change_says_what_was_before(day: Day) -> None:
    before = day.state.campus.locations[RESTROOM]
    change(day, name=" Restroom North ", capacity=None)
    after = day.state.campus.locations[RESTROOM]
    assert (after.name, after.capacity, after.kind) == ("Restroom North", None, before.kind)
    event = day.events[-1].event
    assert isinstance(event, LocationChanged)
    assert (event.before, event.after, event.by) == (before, after, TEACHER)


def test_a_change_that_changes_nothing_is_not_recorded(day: Day) -> None:
    assert change(day, capacity=2, name="Restroom A").events == []
    assert change(day).events == []


def test_a_change_leaves_the_states_before_it_alone(day: Day) -> None:
    before = day.state
    change(day, capacity=9)
    assert before.campus.locations[RESTROOM].capacity == 2
    assert day.state.campus.locations[RESTROOM].capacity == 9


def test_a_location_that_is_not_there_cannot_be_changed(day: Day) -> None:
    with pytest.raises(NotFound):
        day.submit(ChangeLocation(new_id(), TEACHER, LocationChanges(capacity=1)))


@pytest.mark.parametrize("name", ["", "  ", "n" * 81])
def test_a_name_has_1_to_80_characters(day: Day, name: str) -> None:
    for do in (add, change):
        with pytest.raises(InvalidInput, match="1 to 80 characters") as error:
            do(day, name=name)
        assert error.value.extra == {"field": "name"}


@pytest.mark.parametrize("field", ["capacity", "out_capacity"])
@pytest.mark.parametrize("limit", [-1, 10_001])
def test_a_limit_lies_between_none_and_10_000(day: Day, field: str, limit: int) -> None:
    for do in (add, change):
        with pytest.raises(InvalidInput, match="0 to 10000, or null") as error:
            do(day, **{field: limit})
        assert error.value.extra == {"field": field}


def test_two_locations_do_not_share_a_name(day: Day) -> None:
    for do in (add, change):
        with pytest.raises(Conflict) as error:
            do(day, name="LIBRARY")
        assert error.value.code == "name_taken"
    assert change(day, name="RESTROOM A").events, "its own name in other letters is no other's"


def test_a_location_may_be_put_out_of_use(day: Day) -> None:
    day.submit(ChangeLocation(LIBRARY, TEACHER, LocationChanges(active=False)))
    assert not day.state.campus.locations[LIBRARY].active
