"""A destination's desk as parts: what changes with what happens there, and with time."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from corridor.day.policy import Closure
from corridor.identity.permissions import rights_of
from corridor.identity.principal import Role
from corridor.live.desk import DeskLook
from corridor.live.parts import Parts
from corridor.passes.commands import ArriveOnPass
from tests.day_state import LIBRARY, NURSE, STUDENTS, TEACHER, Day, make_state


def render(template: str, context: Mapping[str, Any]) -> str:
    return f"<{template}>"


def look_of() -> DeskLook:
    return DeskLook(render, NURSE, rights_of(Role.DESTINATION_STAFF), "token")


def changed(before: Parts, after: Parts) -> set[str]:
    return {id for id, part in after.items() if id not in before or before[id].key != part.key}


def test_who_comes_changes_their_row_and_the_count_and_nothing_else() -> None:
    day, look = Day(), look_of()
    before = look(day.state, day.now)
    pass_ = day.issue(STUDENTS[0], NURSE)
    day.issue(STUDENTS[1], LIBRARY)
    there = look(day.state, day.now)
    assert changed(before, there) == {"desk-head", f"visit-{pass_.id}"}
    day.submit(ArriveOnPass(pass_.id, TEACHER))
    assert changed(there, look(day.state, day.now)) == {"desk-head", f"visit-{pass_.id}"}


def test_a_closure_ends_by_itself_on_the_page_too() -> None:
    day, look = Day(), look_of()
    day.state.closures = {NURSE: Closure(NURSE, day.now, until=day.now + timedelta(minutes=10))}
    before = look(day.state, day.now)
    assert "desk-closure" not in changed(before, look(day.state, day.now + timedelta(minutes=9)))
    assert "desk-closure" in changed(before, look(day.state, day.now + timedelta(minutes=10)))


def test_a_location_that_is_gone_leaves_an_empty_page() -> None:
    look = DeskLook(render, STUDENTS[0], rights_of(Role.DESTINATION_STAFF), "token")
    assert look(make_state(), Day().now) == {}
