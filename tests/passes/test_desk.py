"""A destination's desk: who comes, who is here, who waits."""

from datetime import timedelta
from uuid import UUID

from corridor.appointments.commands import SummonStudent
from corridor.base.ids import new_id
from corridor.day.policy import Closure
from corridor.day.state import Leg
from corridor.passes.commands import ArriveOnPass, DepartOnPass
from corridor.passes.desk import Desk, desk_at, places
from tests.day_state import LIBRARY, NURSE, RESTROOM, STUDENTS, TEACHER, Day


def columns(desk: Desk) -> dict[str, list[UUID]]:
    return {
        name: [visit.pass_.student_id for visit in desk.column(name)] for name in ("coming", "here", "waiting", "later")
    }


def test_students_stand_in_the_column_of_where_they_are() -> None:
    day = Day()
    day.issue(STUDENTS[0], NURSE)
    here = day.issue(STUDENTS[1], NURSE)
    gone = day.issue(STUDENTS[2], NURSE)
    day.issue(STUDENTS[3], LIBRARY)
    day.requested(STUDENTS[4], NURSE)
    day.submit(ArriveOnPass(here.id, TEACHER))
    day.submit(DepartOnPass(gone.id, TEACHER))
    day.submit(SummonStudent(new_id(), TEACHER, STUDENTS[5], NURSE))
    desk = desk_at(day.state, NURSE, day.now)
    assert columns(desk) == {
        "coming": [STUDENTS[0]],
        "here": [STUDENTS[1]],
        "waiting": [],
        "later": [STUDENTS[5]],
    }
    assert (desk.place.coming, desk.place.here, desk.place.staffed) == (1, 1, True)


def test_where_nobody_receives_students_coming_and_here_are_one() -> None:
    day = Day()
    pass_ = day.issue(STUDENTS[0], RESTROOM)
    day.submit(ArriveOnPass(pass_.id, TEACHER))
    assert day[pass_.id].leg is Leg.AT_DESTINATION
    assert columns(desk_at(day.state, RESTROOM, day.now))["coming"] == [STUDENTS[0]]


def test_the_next_person_is_who_is_on_the_way_for_longest_else_the_first_in_line() -> None:
    day = Day()
    first = day.issue(STUDENTS[0], RESTROOM)
    day.now += timedelta(minutes=1)
    second = day.issue(STUDENTS[1], RESTROOM)
    waiting = day.issue(STUDENTS[2], RESTROOM, may_wait=True)
    visits = desk_at(day.state, RESTROOM, day.now).visits
    assert [visit.pass_.id for visit in visits if visit.next] == [first.id]
    for pass_ in (first, second):
        day.submit(DepartOnPass(pass_.id, TEACHER))
    visits = desk_at(day.state, RESTROOM, day.now).visits
    assert [visit.pass_.id for visit in visits if visit.next] == [waiting.id]


def test_those_in_line_have_their_place_and_about_how_long() -> None:
    day = Day()
    for student_id in STUDENTS[:2]:
        day.issue(student_id, RESTROOM)
    for student_id in STUDENTS[2:4]:
        day.issue(student_id, RESTROOM, may_wait=True)
    waiting = desk_at(day.state, RESTROOM, day.now).column("waiting")
    assert [(visit.turn.place, visit.turn.minutes) for visit in waiting if visit.turn] == [(1, 3), (2, 6)]


def test_a_closure_counts_until_its_end_and_is_told_in_words() -> None:
    day = Day()
    day.state.closures = {NURSE: Closure(NURSE, day.now, staff_away=True, until=day.now + timedelta(minutes=10))}
    place = desk_at(day.state, NURSE, day.now).place
    assert place.closure
    assert place.until == "at 08:40"
    assert desk_at(day.state, NURSE, day.now + timedelta(minutes=10)).place.closure is None


def test_one_chooses_among_all_places_but_classrooms_the_staffed_ones_first() -> None:
    day = Day()
    day.issue(STUDENTS[0], RESTROOM)
    found = places(day.state, day.now)
    assert [place.location.name for place in found] == ["Library", "Nurse", "Restroom A"]
    assert [place.taken for place in found] == [0, 0, 1]
