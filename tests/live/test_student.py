"""The student's page as parts: what of the line changes it, and when."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from corridor.appointments.commands import SummonStudent
from corridor.base.ids import new_id
from corridor.live.parts import Parts
from corridor.live.student import StudentLook
from corridor.passes.commands import CancelPass, ReturnPass
from tests.day_state import NURSE, RESTROOM, STUDENTS, TEACHER, Day


def render(template: str, context: Mapping[str, Any]) -> str:
    return f"<{template}>"


def look_of(student_id: Any = STUDENTS[0]) -> StudentLook:
    return StudentLook(render, student_id, "token")


def changed(before: Parts, after: Parts) -> set[str]:
    return {id for id, part in after.items() if id not in before or before[id].key != part.key}


def day_with_a_line() -> Day:
    """Two out to the restroom, which is full, and the others in line."""
    day = Day()
    for number in (4, 5):
        day.issue(STUDENTS[number], RESTROOM)
    for number in (1, 0):
        day.issue(STUDENTS[number], RESTROOM, may_wait=True)
    return day


def test_the_page_changes_at_once_when_the_line_moves() -> None:
    day, look = day_with_a_line(), look_of()
    before = look(day.state, day.now)
    assert set(before) == {"student", "student-later"}
    first = day.state.lines[RESTROOM][0]
    day.submit(CancelPass(first, TEACHER))
    assert changed(before, look(day.state, day.now)) == {"student", "student-later"}


def test_the_page_changes_when_a_place_is_offered_and_when_it_is_missed() -> None:
    day, look = day_with_a_line(), look_of(STUDENTS[1])
    before = look(day.state, day.now)
    out = next(pass_ for pass_ in day.state.passes.values() if pass_.student_id == STUDENTS[4])
    day.submit(ReturnPass(out.id, TEACHER))
    day.later(seconds=1)
    offered = look(day.state, day.now)
    assert changed(before, offered) == {"student", "student-later"}
    day.later(seconds=31)
    assert changed(offered, look(day.state, day.now)) == {"student", "student-later"}


def test_what_happens_elsewhere_changes_nothing_for_who_waits() -> None:
    day, look = day_with_a_line(), look_of()
    before = look(day.state, day.now)
    day.issue(STUDENTS[2], NURSE)
    assert changed(before, look(day.state, day.now + timedelta(minutes=1))) == set()


def test_a_summons_comes_as_a_line_of_its_own() -> None:
    day, look = Day(), look_of()
    before = look(day.state, day.now)
    day.submit(SummonStudent(new_id(), TEACHER, STUDENTS[0], NURSE))
    assert changed(before, look(day.state, day.now)) == {"student-later"}
