"""To whom a pass to the nurse reads "Appointment", decided in memory."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
import pytest

from corridor.day.policy import Appointment, Post, Privacy
from corridor.day.state import Pass
from corridor.day.words import Channel
from corridor.identity.principal import Principal, Role
from corridor.ledger.words import Event
from corridor.passes.commands import ReturnPass
from corridor.passes.events import PassIssued, PassLineOrdered, PassRefused
from corridor.passes.masking import MASK, NOWHERE, Eyes, eyes_of
from corridor.passes.queries import board
from corridor.policy.events import AppointmentSet, PostSet
from tests.day_state import (
    ALGEBRA,
    ART,
    LIBRARY,
    NURSE,
    PASS_TYPE_IDS,
    ROOM_204,
    SCHOOL,
    STUDENTS,
    TEACHER,
    Day,
    clock,
    id_of,
    viewer,
)
from tests.policy.test_sight import MINE, OTHER, THEIRS, two_teachers

NURSE_PERSON = id_of("nurse")


def someone(role: Role) -> Principal:
    return viewer(role, NURSE_PERSON if role is Role.DESTINATION_STAFF else id_of("someone"))


def at_the_nurse() -> tuple[Day, Pass]:
    """The first student of the teacher's class is at the nurse, who works there."""
    day = Day(two_teachers())
    day.keep(Post(NURSE, frozenset({NURSE_PERSON})))
    return day, day.issue(MINE[0], NURSE, reason="headache")


def eyes(day: Day, principal: Principal) -> Eyes:
    return eyes_of(day.state, principal, day.now)


WHO: dict[str, tuple[Callable[[], Principal], bool]] = {
    "whose class the student left": (viewer, False),
    "another teacher": (lambda: viewer(person_id=OTHER), True),
    "the student": (lambda: viewer(Role.STUDENT, MINE[0]), False),
    "the nurse": (lambda: someone(Role.DESTINATION_STAFF), False),
    "the librarian": (lambda: viewer(Role.DESTINATION_STAFF, id_of("librarian")), True),
    "a hall monitor": (lambda: someone(Role.HALL_MONITOR), True),
    "a program": (lambda: someone(Role.INTEGRATION), True),
    "the office": (lambda: someone(Role.FRONT_OFFICE), False),
    "the principal": (lambda: someone(Role.SCHOOL_ADMIN), False),
}


@pytest.mark.parametrize(("who", "masked"), WHO.values(), ids=WHO)
def test_where_a_pass_leads_is_for_those_who_need_to_know(who: Callable[[], Principal], masked: bool) -> None:
    day, pass_ = at_the_nurse()
    seen = eyes(day, who()).shown(pass_)
    assert seen.masked == masked
    assert seen.destination_id == (None if masked else NURSE)
    assert seen.pass_type_id == (None if masked else pass_.pass_type_id)
    assert seen.reason == (None if masked else "headache")
    assert (seen.id, seen.student_id, seen.origin_id, seen.due_at) == (pass_.id, MINE[0], ROOM_204, pass_.due_at)


def test_nothing_that_is_shown_names_the_place() -> None:
    day, pass_ = at_the_nurse()
    monitor = eyes(day, someone(Role.HALL_MONITOR))
    secrets = {str(NURSE), str(pass_.pass_type_id), "headache", "Nurse"}
    answers: list[Any] = [monitor.shown(pass_), board(day.state, 1, monitor), monitor.veiled(pass_)]
    answers += [monitor.told(_event(each.event)) for each in day.events if not isinstance(each.event, PostSet)]
    for answer in answers:
        text = msgspec.json.encode(answer).decode()
        assert not [secret for secret in secrets if secret in text], text


def _event(event: Event | None) -> Event:
    assert event is not None
    return event


def test_the_class_that_a_student_left_knows_and_another_of_theirs_does_not() -> None:
    state = two_teachers()
    campus = state.campus
    both = {**campus.sections, ART: msgspec.structs.replace(campus.sections[ART], student_ids=STUDENTS)}
    day = Day(msgspec.structs.replace(state, campus=msgspec.structs.replace(campus, sections=both)))
    pass_ = day.issue(MINE[0], NURSE)
    assert pass_.section_id == ALGEBRA
    other = eyes(day, viewer(person_id=OTHER))
    assert other.sees(pass_), "the student is theirs too"
    assert other.shown(pass_).masked
    assert not eyes(day, viewer()).shown(pass_).masked


def test_a_pass_from_the_nurse_does_not_tell_where_it_began() -> None:
    day = Day(two_teachers())
    pass_ = day.issue(MINE[0], LIBRARY, origin_id=NURSE)
    seen = eyes(day, someone(Role.HALL_MONITOR)).shown(pass_)
    assert (seen.origin_id, seen.destination_id, seen.masked) == (None, LIBRARY, True)


def test_a_school_says_which_kinds_of_places_are_masked() -> None:
    day, pass_ = at_the_nurse()
    day.keep(Privacy(SCHOOL, masked=frozenset()))
    assert not eyes(day, someone(Role.HALL_MONITOR)).shown(pass_).masked
    assert eyes(day, someone(Role.HALL_MONITOR)).sight.everyone
    assert not eyes(day, someone(Role.HALL_MONITOR)).hidden


def test_a_board_reads_appointment_and_says_nothing_more() -> None:
    day, _ = at_the_nurse()
    (row,) = board(day.state, 1, eyes(day, someone(Role.HALL_MONITOR))).items
    assert (row.destination_name, row.pass_type_name, row.destination_id, row.masked) == (MASK, MASK, None, True)
    (row,) = board(day.state, 1, eyes(day, someone(Role.FRONT_OFFICE))).items
    assert (row.destination_name, row.masked) == ("Nurse", False)


def test_a_board_has_only_those_in_sight() -> None:
    day = Day(two_teachers())
    mine, theirs = day.issue(MINE[0], LIBRARY), day.issue(THEIRS[0], LIBRARY)
    rows = board(day.state, 1, eyes_of(day.state, viewer(), day.now)).items
    assert [row.id for row in rows] == [mine.id]
    rows = board(day.state, 1, eyes(day, someone(Role.HALL_MONITOR))).items
    assert {row.id for row in rows} == {mine.id, theirs.id}


def test_events_are_told_without_what_is_masked() -> None:
    day, pass_ = at_the_nurse()
    monitor, office = eyes(day, someone(Role.HALL_MONITOR)), eyes(day, someone(Role.FRONT_OFFICE))
    issued = next(each.event for each in day.events if isinstance(each.event, PassIssued))
    told = monitor.told(issued)
    assert told is not None
    assert (told.destination_id, told.pass_type_id, told.reason) == (NOWHERE, NOWHERE, None)
    assert office.told(issued) == issued
    day.submit(ReturnPass(pass_.id, TEACHER))
    assert monitor.told(_event(day.events[-1].event)) == day.events[-1].event, "that it ended tells nothing"


def test_a_refusal_at_a_masked_place_is_told_without_it() -> None:
    day = Day(two_teachers())
    refused = PassRefused(
        id_of("pass"),
        TEACHER,
        MINE[0],
        ROOM_204,
        NURSE,
        PASS_TYPE_IDS["Nurse"],
        Channel.STUDENT,
        False,
        ("full",),
        (),
    )
    told = eyes(day, someone(Role.HALL_MONITOR)).told(refused)
    assert told is not None
    assert (told.destination_id, told.pass_type_id) == (NOWHERE, NOWHERE)


@pytest.mark.parametrize("place", [NURSE, LIBRARY])
def test_lines_and_appointments_of_a_masked_place_are_told_to_those_who_need_to_know(place: UUID) -> None:
    day = Day(two_teachers())
    appointment = Appointment(id_of("a"), place, clock(9, 0), 10, PASS_TYPE_IDS["Nurse"], TEACHER, frozenset({MINE[0]}))
    for event in (PassLineOrdered(place, (), TEACHER), AppointmentSet(TEACHER, appointment.id, None, appointment)):
        assert (eyes(day, someone(Role.HALL_MONITOR)).told(event) is None) == (place == NURSE)
        assert eyes(day, someone(Role.SCHOOL_ADMIN)).told(event) == event
