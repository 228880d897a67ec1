"""Which rows of a school somebody's right reaches, decided in memory."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from corridor.base.errors import InvalidInput, NotFound, NotPermitted
from corridor.base.ids import new_id
from corridor.day.policy import Delegation, Post, Privacy, Restriction
from corridor.day.state import SchoolState
from corridor.identity.permissions import Action, Scope, right_of
from corridor.identity.principal import Principal, Role
from corridor.policy.sight import EVERYONE, Sight, must_see_student, places_of, sight_of
from tests.day_state import (
    ALGEBRA,
    ART,
    LIBRARY,
    NURSE,
    RESTROOM,
    ROOM_204,
    SCHOOL,
    STUDENTS,
    TEACHER,
    Day,
    clock,
    id_of,
    make_state,
    viewer,
)
from tests.school import MORNING

OTHER = id_of("another teacher")
MINE, THEIRS = STUDENTS[:3], STUDENTS[3:]
TODAY = date(2026, 10, 6)


def two_teachers() -> SchoolState:
    """The teacher has Algebra with the first three students, another one has Art with the rest."""
    state = make_state()
    campus = state.campus
    sections = {
        ALGEBRA: replace(campus.sections[ALGEBRA], student_ids=MINE),
        ART: replace(campus.sections[ART], student_ids=THEIRS, teacher_ids=(OTHER,)),
    }
    sections_of = dict.fromkeys(MINE, (ALGEBRA,)) | dict.fromkeys(THEIRS, (ART,))
    taught_by = {TEACHER: (ALGEBRA,), OTHER: (ART,)}
    staff = {**campus.staff, OTHER: "Other Example"}
    return replace(
        state, campus=replace(campus, sections=sections, sections_of=sections_of, taught_by=taught_by, staff=staff)
    )


def sight(day: Day, principal: Principal, action: Action = Action.STUDENT_VIEW) -> Sight:
    return sight_of(day.state, principal, action, day.now)


def test_a_teacher_sees_the_students_of_their_classes_and_who_comes_to_their_room() -> None:
    day = Day(two_teachers())
    mine = sight(day, viewer(), Action.PASS_VIEW)
    assert mine.students == frozenset(MINE)
    assert mine.sections == {ALGEBRA}
    assert mine.places == {ROOM_204}
    assert mine.has_pass(day.issue(THEIRS[0], ROOM_204)), "a pass to the room says who comes"
    assert not mine.has_pass(day.issue(THEIRS[1], LIBRARY))


def test_a_school_open_to_its_staff_shows_every_student_but_lets_nobody_act_on_them() -> None:
    day = Day(two_teachers())
    day.keep(Privacy(SCHOOL, open_to_staff=True))
    for action in (Action.STUDENT_VIEW, Action.PASS_VIEW, Action.BOARD_VIEW, Action.STREAM_VIEW, Action.SECTION_VIEW):
        assert sight(day, viewer(), action) == EVERYONE
    for action in (
        Action.PASS_ISSUE,
        Action.PASS_DECIDE,
        Action.PASS_END,
        Action.HEALTH_VIEW,
        Action.CREDENTIAL_CHANGE,
    ):
        assert sight(day, viewer(), action).only == frozenset(MINE)


def test_a_restricted_record_is_for_those_who_have_a_part_in_the_student_s_day() -> None:
    day = Day(two_teachers())
    day.keep(Privacy(SCHOOL, open_to_staff=True))
    day.keep(Restriction(THEIRS[0], day.now))
    of_others, own = sight(day, viewer(), Action.PASS_VIEW), sight(day, viewer(person_id=OTHER), Action.PASS_VIEW)
    assert of_others.only == frozenset(STUDENTS) - {THEIRS[0]}
    assert of_others.sections == {ALGEBRA}, "the list of Art would tell who is in it"
    assert of_others.has_pass(day.issue(THEIRS[0], ROOM_204)), "whoever comes to the room is seen there"
    assert own == EVERYONE
    for role in (Role.HALL_MONITOR, Role.FRONT_OFFICE, Role.SCHOOL_ADMIN):
        assert sight(day, viewer(role, None), Action.PASS_VIEW) == EVERYONE
    assert not sight(day, viewer(Role.INTEGRATION, None), Action.PASS_VIEW).has_student(THEIRS[0])
    day.drop("restriction", THEIRS[0])
    for who in (viewer(), viewer(Role.INTEGRATION, None)):
        assert sight(day, who, Action.PASS_VIEW) == EVERYONE


def test_a_student_never_sees_another_however_open_the_school_is() -> None:
    day = Day(two_teachers())
    day.keep(Privacy(SCHOOL, open_to_staff=True))
    assert sight(day, viewer(Role.STUDENT, MINE[0])).students == {MINE[0]}


def test_a_section_of_a_term_that_is_over_shows_nobody() -> None:
    state = two_teachers()
    yesterday = TODAY - timedelta(days=1)
    over = replace(state.campus.sections[ALGEBRA], begins_on=TODAY - timedelta(days=90), ends_on=yesterday)
    campus = replace(state.campus, sections={**state.campus.sections, ALGEBRA: over})
    assert sight(Day(replace(state, campus=campus)), viewer()).only == frozenset()


@pytest.mark.parametrize("days", [-1, 0, 1, 2])
@pytest.mark.parametrize("substitute", [True, False])
def test_who_stands_in_sees_the_class_on_those_dates_alone(days: int, substitute: bool) -> None:
    day = Day(two_teachers())
    day.keep(Delegation(new_id(), TEACHER, OTHER, TODAY, TODAY + timedelta(days=1), substitute=substitute))
    seen = sight_of(day.state, viewer(Role.SUBSTITUTE, OTHER), Action.STUDENT_VIEW, day.now + timedelta(days=days))
    assert (frozenset(MINE) <= seen.students) == (days in (0, 1))


def test_who_stands_in_for_one_section_sees_that_one() -> None:
    state = two_teachers()
    both = replace(state.campus, taught_by={TEACHER: (ALGEBRA, ART)})
    both = replace(both, sections={id: replace(each, teacher_ids=(TEACHER,)) for id, each in both.sections.items()})
    day = Day(replace(state, campus=both))
    day.keep(Delegation(new_id(), TEACHER, OTHER, TODAY, TODAY, frozenset({ART}), substitute=True))
    assert sight(day, viewer(Role.SUBSTITUTE, OTHER)).students == frozenset(THEIRS)


def test_destination_staff_see_the_passes_of_their_place_alone() -> None:
    day = Day(two_teachers())
    nurse = viewer(Role.DESTINATION_STAFF, id_of("nurse"))
    assert sight(day, nurse, Action.PASS_VIEW).places == frozenset(), "nobody has posted them yet"
    day.keep(Post(NURSE, frozenset({id_of("nurse")})))
    day.keep(Post(LIBRARY, frozenset({id_of("librarian")})))
    mine = sight(day, nurse, Action.PASS_VIEW)
    assert mine.places == {NURSE}
    assert mine.has_pass(day.issue(MINE[0], NURSE))
    assert mine.has_pass(day.issue(MINE[1], LIBRARY, origin_id=NURSE))
    assert not mine.has_pass(day.issue(MINE[2], LIBRARY))


def test_a_place_has_a_staff_not_a_crowd() -> None:
    with pytest.raises(InvalidInput, match="at most 50"):
        Day().keep(Post(NURSE, frozenset(new_id() for _ in range(51))))


def test_an_account_that_nobody_in_the_roster_stands_behind_can_be_posted() -> None:
    day = Day(two_teachers())
    someone = viewer(Role.DESTINATION_STAFF, None)
    day.keep(Post(NURSE, frozenset({someone.id})))
    assert places_of(day.state, someone) == {NURSE}


def test_a_device_stands_in_its_room() -> None:
    kiosk = viewer(Role.KIOSK, None, location_id=RESTROOM)
    assert sight(Day(two_teachers()), kiosk, Action.KIOSK_USE).places == {RESTROOM}


def test_a_school_out_of_reach_is_not_found() -> None:
    with pytest.raises(NotFound):
        sight(Day(), viewer(school_ids=frozenset({new_id()})))


def test_without_the_right_there_is_nothing_to_see() -> None:
    with pytest.raises(NotPermitted):
        sight(Day(), viewer(Role.GUARDIAN, new_id()))
    with pytest.raises(NotPermitted):
        sight(Day(), viewer(actions=frozenset({"board.view"})))


def test_a_student_out_of_sight_is_not_found() -> None:
    day = Day(two_teachers())
    must_see_student(sight(day, viewer()), MINE[0])
    with pytest.raises(NotFound):
        must_see_student(sight(day, viewer()), THEIRS[0])


@given(
    role=st.sampled_from(list(Role)),
    action=st.sampled_from(list(Action)),
    person=st.sampled_from([TEACHER, OTHER, *STUDENTS, None]),
    open_to_staff=st.booleans(),
)
def test_nobody_sees_more_than_their_cell_of_the_table_says(
    role: Role, action: Action, person: UUID | None, open_to_staff: bool
) -> None:
    day = Day(two_teachers())
    if open_to_staff:
        day.keep(Privacy(SCHOOL, open_to_staff=True))
    day.keep(Post(NURSE, frozenset({OTHER})))
    who = viewer(role, person)
    scope = right_of(role, action)
    if scope is None:
        with pytest.raises(NotPermitted):
            sight_of(day.state, who, action, MORNING)
        return
    seen = sight_of(day.state, who, action, clock(8, 30))
    if scope in (Scope.SCHOOL, Scope.DISTRICT):
        assert seen == EVERYONE
    elif scope is Scope.OWN:
        assert seen.only == frozenset({person} if person else ())
    elif scope is Scope.LOCATION:
        assert not seen.everyone
        assert seen.students == frozenset()
        assert seen.places <= {NURSE}
    elif not (open_to_staff and seen.everyone):
        taught = {TEACHER: MINE, OTHER: THEIRS}.get(person, ()) if person else ()
        assert seen.only == frozenset(taught)
