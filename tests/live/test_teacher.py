"""The teacher's page as parts: what changes with what happens, and with the bells."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from corridor.day.policy import Delegation
from corridor.live.parts import Parts, changes
from corridor.live.teacher import TeacherLook
from tests.day_state import ALGEBRA, STUDENTS, TEACHER, Day, clock, id_of, make_state, viewer


def render(template: str, context: Mapping[str, Any]) -> str:
    return f"<{template}>"


def look_of(person_id: UUID | None = TEACHER, section_id: UUID | None = None) -> TeacherLook:
    return TeacherLook(render, viewer(person_id=person_id), section_id, "token")


def changed(before: Parts, after: Parts) -> set[str]:
    return {id for id, part in after.items() if id not in before or before[id].key != part.key}


def test_every_student_has_a_seat_and_every_request_a_card() -> None:
    day = Day()
    pass_ = day.requested()
    parts = look_of()(day.state, day.now)
    assert {f"seat-{id}" for id in STUDENTS} < set(parts)
    assert f"ask-{pass_.id}" in parts


def test_nothing_is_sent_while_nothing_happens() -> None:
    day, look = Day(), look_of()
    before = look(day.state, day.now)
    assert changes(before, look(day.state, day.now)) == ""


def test_a_pass_changes_the_student_s_seat_and_the_count_and_no_other() -> None:
    day, look = Day(), look_of()
    before = look(day.state, day.now)
    day.issue(STUDENTS[0])
    assert changed(before, look(day.state, day.now)) == {f"seat-{STUDENTS[0]}", "class-count"}


def test_a_request_and_its_answer_come_and_go() -> None:
    day, look = Day(), look_of()
    before = look(day.state, day.now)
    pass_ = day.requested()
    asked = look(day.state, day.now)
    assert changed(before, asked) == {f"seat-{STUDENTS[0]}", f"ask-{pass_.id}", "tray-head"}
    assert f"ask-{pass_.id}" not in before


def test_with_the_bell_comes_the_next_class() -> None:
    state, look = make_state(), look_of()
    before = look(state, clock(8, 59))
    assert "class-head" not in changed(before, look(state, clock(8, 59, 30)))
    assert "class-head" in changed(before, look(state, clock(9, 0)))


def test_a_class_that_the_address_names_stays_after_the_bell() -> None:
    state, look = make_state(), look_of(section_id=ALGEBRA)
    before, after = look(state, clock(8, 59)), look(state, clock(9, 0))
    assert "not now" not in before["class-head"].html
    assert before["class-head"].key.hour.section == after["class-head"].key.hour.section


def test_a_class_that_the_roster_has_lost_leaves_an_empty_page() -> None:
    parts = look_of(section_id=STUDENTS[0])(make_state(), clock(8, 30))
    assert not any(id.startswith("seat-") for id in parts)


def test_a_stand_in_s_page_gets_the_class_when_it_is_named_and_loses_it_at_midnight() -> None:
    state, other = make_state(), id_of("other teacher")
    look = look_of(other)
    before = look(state, clock(8, 30))
    day = clock(8, 30).date()
    delegation = Delegation(id_of("delegation"), TEACHER, other, day, day, substitute=True)
    named = replace(state, delegations={delegation.id: delegation})
    during = look(named, clock(8, 31))
    assert "class-head" in changed(before, during)
    assert any(id.startswith("seat-") for id in during)
    assert changed(during, look(named, clock(8, 32))) == set()
    after = look(named, clock(8, 30, day=day + timedelta(days=1)))
    assert not any(id.startswith("seat-") for id in after)
    assert not any(id.startswith("seat-") for id in look(replace(named, delegations={}), clock(8, 33)))
