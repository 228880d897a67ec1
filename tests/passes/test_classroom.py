"""What a teacher's page shows, decided in memory."""

from datetime import date, timedelta
from uuid import UUID

from msgspec.structs import replace

from corridor.appointments.commands import MakeAppointment, SummonStudent
from corridor.campus.model import Campus, Student
from corridor.day.policy import Appointment, Delegation
from corridor.day.words import Effect
from corridor.passes.classroom import Lookout, classroom, distinct_names, look_at_class
from corridor.passes.commands import ApprovePass, ReturnPass
from corridor.passes.issuing import issuing, origin_in_class
from corridor.passes.student_view import whereabouts
from tests.day_state import (
    ALGEBRA,
    ART,
    LIBRARY,
    NURSE,
    PASS_TYPE_IDS,
    RESTROOM,
    ROOM_204,
    SEES_ALL,
    STUDENTS,
    TEACHER,
    Day,
    clock,
    id_of,
    make_state,
    rule,
)

SATURDAY = date(2026, 10, 10)
OTHER = id_of("other teacher")


def shown(hours: int, minutes: int = 0, *, day: date | None = None) -> tuple[str, bool]:
    """The class that the teacher of both sees at this time, and whether it is under way."""
    hour = look_at_class(make_state().campus, TEACHER, None, clock(hours, minutes, day=day)).hour
    assert hour is not None
    return hour.section.title, hour.now


def student(name: str, family: str, grade: str | None = None) -> Student:
    return Student(id_of(f"{name} {family} {grade}"), f"{name} {family}", f"{family}, {name}", grade)


def names(*students: Student) -> list[str]:
    labels = distinct_names(students)
    return [labels[each.id] for each in students]


def asking(day: Day, lookout: Lookout) -> list[str]:
    room = classroom(day.state, lookout, day.now, SEES_ALL)
    assert room is not None
    return [each.name for each in room.asking]


def test_the_class_under_way_is_shown() -> None:
    assert shown(8, 30) == ("Algebra", True)
    assert shown(9, 0) == ("Art", True)


def test_before_school_and_between_classes_the_next_one_is_shown() -> None:
    assert shown(7, 0) == ("Algebra", False)


def test_after_the_last_class_it_stays() -> None:
    assert shown(10, 30) == ("Art", False)
    assert shown(16, 0) == ("Art", False)


def test_on_a_day_without_school_some_class_is_shown_as_not_under_way() -> None:
    assert shown(9, 0, day=SATURDAY)[1] is False


def test_the_address_may_name_a_class() -> None:
    hour = look_at_class(make_state().campus, TEACHER, ART, clock(8, 30)).hour
    assert hour is not None
    assert (hour.section.title, hour.now, hour.place, hour.teachers) == ("Art", False, "110", ("Teacher Example",))


def test_who_teaches_nobody_has_the_classes_under_way_to_choose_from() -> None:
    lookout = look_at_class(make_state().campus, None, None, clock(8, 30))
    assert [hour.section.title for hour in lookout.hours] == ["Algebra"]
    assert lookout.hour is None
    assert classroom(make_state(), lookout, clock(8, 30), SEES_ALL) is None


def test_lists_have_first_names_and_as_much_more_as_tells_people_apart() -> None:
    assert names(student("Ana", "Ruiz"), student("Ben", "Ode")) == ["Ana", "Ben"]
    assert names(student("Ana", "Ruiz"), student("ana", "Soto"), student("Ben", "Ode")) == [
        "Ana Ruiz",
        "ana Soto",
        "Ben",
    ]
    assert names(student("Ana", "Ruiz", "9"), student("Ana", "Ruiz", "10")) == ["Ana Ruiz (9)", "Ana Ruiz (10)"]


def test_given_names_of_several_words_stay_whole() -> None:
    assert names(student("José Luis", "de la Cruz")) == ["José Luis"]


def test_seats_stand_by_name_with_marked_letters_beside_their_plain_ones() -> None:
    state = make_state()
    people = {
        each.id: each for each in (student("Zoë", "A"), student("Đức", "B"), student("Émile", "C"), student("Eve", "D"))
    }
    section = replace(state.campus.sections[ALGEBRA], student_ids=tuple(people))
    campus: Campus = replace(state.campus, students=people, sections={ALGEBRA: section})
    room = classroom(
        replace(state, campus=campus), look_at_class(campus, TEACHER, ALGEBRA, clock(8, 30)), clock(8, 30), SEES_ALL
    )
    assert room is not None
    assert [seat.label for seat in room.seats] == ["Đức", "Émile", "Eve", "Zoë"]


def test_those_who_are_out_are_counted_the_soonest_due_first() -> None:
    day = Day()
    day.issue(STUDENTS[1], LIBRARY)
    day.issue(STUDENTS[0], RESTROOM)
    room = classroom(day.state, look_at_class(day.state.campus, TEACHER, None, day.now), day.now, SEES_ALL)
    assert room is not None
    assert [seat.student.id for seat in room.out] == [STUDENTS[0], STUDENTS[1]]


def test_requests_come_to_the_teacher_whose_class_the_student_leaves() -> None:
    day = Day()
    day.requested(STUDENTS[0])
    assert asking(day, look_at_class(day.state.campus, TEACHER, ART, day.now)) == ["Student0"]
    assert asking(day, look_at_class(day.state.campus, None, ALGEBRA, day.now)) == ["Student0"]
    assert asking(day, look_at_class(day.state.campus, None, ART, day.now)) == []


def test_a_request_says_which_rules_object_in_a_few_words() -> None:
    rules = (rule("limit", Effect.NEEDS_STAFF, most=1), rule("capacity_into"))
    day = Day(make_state(rules=rules))
    first = day.requested(STUDENTS[0], NURSE)
    day.submit(ApprovePass(first.id, TEACHER))
    day.submit(ReturnPass(first.id, TEACHER))
    day.requested(STUDENTS[0])
    for student_id in STUDENTS[1:3]:
        day.issue(student_id, RESTROOM)
    room = classroom(day.state, look_at_class(day.state.campus, TEACHER, None, day.now), day.now, SEES_ALL)
    assert room is not None
    assert room.asking[0].stands == (
        "Restroom A is full: would wait in line",
        "The student has used 1 of 1 pass for today.",
    )


def test_a_seat_says_where_in_line_its_student_stands() -> None:
    day = Day()
    for student_id in STUDENTS[1:3]:
        day.issue(student_id, RESTROOM)
    waiting = day.issue(STUDENTS[0], RESTROOM, may_wait=True)
    room = classroom(day.state, look_at_class(day.state.campus, TEACHER, None, day.now), day.now, SEES_ALL)
    assert room is not None
    seats = {seat.student.id: seat for seat in room.seats}
    assert seats[STUDENTS[0]].pass_ == waiting
    turn = seats[STUDENTS[0]].turn
    assert turn
    assert turn.place == 1
    assert len(room.out) == 2


def test_a_seat_reminds_of_an_appointment_ten_minutes_before_and_says_when_it_is_time() -> None:
    day = Day()
    day.submit(SummonStudent(pass_id=id_of("call"), by=TEACHER, student_id=STUDENTS[0], destination_id=NURSE))
    appointment = Appointment(
        id=id_of("appointment"),
        destination_id=LIBRARY,
        begins=day.now + timedelta(minutes=20),
        minutes=10,
        pass_type_id=PASS_TYPE_IDS["Library"],
        made_by=TEACHER,
        student_ids=frozenset({STUDENTS[1]}),
        by_itself=False,
    )
    day.submit(MakeAppointment(TEACHER, appointment))
    day.later(seconds=1)

    def expected(minutes: float) -> list[tuple[str, bool]]:
        now = day.now + timedelta(minutes=minutes)
        room = classroom(day.state, look_at_class(day.state.campus, TEACHER, None, day.now), now, SEES_ALL)
        assert room is not None
        return [(seat.expected.place.name, seat.expected.now) for seat in room.seats if seat.expected]

    assert expected(0) == [("Nurse", True)]
    assert expected(10) == [("Nurse", True), ("Library", False)]
    assert expected(20) == [("Nurse", True), ("Library", True)]


def test_a_request_from_nobody_knows_where_comes_to_all_the_student_s_teachers() -> None:
    day = Day(now=clock(10, 30))
    day.requested(STUDENTS[0])
    assert asking(day, look_at_class(day.state.campus, None, ART, day.now)) == ["Student0"]
    assert asking(day, look_at_class(day.state.campus, None, ALGEBRA, day.now)) == ["Student0"]


def test_where_a_student_can_be_sent_leaves_out_where_they_are() -> None:
    offered = issuing(make_state(), STUDENTS[0], TEACHER, None, clock(8, 30), SEES_ALL)
    assert [offer.place.name for offer in offered.places] == ["Restroom A", "Nurse", "Library"]
    assert [offer.place.name for offer in offered.rooms] == ["110"]


def test_a_place_says_what_stands_against_it() -> None:
    day = Day()
    for student_id in STUDENTS[1:3]:
        day.issue(student_id, RESTROOM)
    restroom = issuing(day.state, STUDENTS[0], TEACHER, None, day.now, SEES_ALL).places[0]
    assert (restroom.there, [reason.code for reason in restroom.prospect.reasons]) == (2, ["full"])


def test_a_pass_starts_in_the_class_s_room_while_the_class_meets_or_nobody_knows_better() -> None:
    state = make_state()
    algebra = look_at_class(state.campus, TEACHER, ALGEBRA, clock(8, 30)).hour
    assert origin_in_class(state, algebra, STUDENTS[0], clock(8, 30)) == ROOM_204
    later = look_at_class(state.campus, TEACHER, ALGEBRA, clock(9, 30)).hour
    assert origin_in_class(state, later, STUDENTS[0], clock(9, 30)) is None
    free = look_at_class(state.campus, TEACHER, ALGEBRA, clock(10, 30)).hour
    assert origin_in_class(state, free, STUDENTS[0], clock(10, 30)) == ROOM_204


def stands_in(
    *, substitute: bool = True, sections: frozenset[UUID] = frozenset(), days: tuple[int, int] = (6, 6)
) -> dict[UUID, Delegation]:
    """The other teacher in place of the teacher of both classes, on these days of October."""
    first, last = (date(2026, 10, day) for day in days)
    delegation = Delegation(id_of("delegation"), TEACHER, OTHER, first, last, sections, substitute)
    return {delegation.id: delegation}


def titles(lookout: Lookout) -> list[str]:
    return [hour.section.title for hour in lookout.own]


def test_a_substitute_has_the_teacher_s_classes_as_their_own_on_the_days_named() -> None:
    campus = make_state().campus
    seen = look_at_class(campus, OTHER, None, clock(8, 30), stands_in())
    assert titles(seen) == ["Algebra", "Art"]
    assert seen.hour is not None
    assert (seen.hour.section.title, seen.hour.now) == ("Algebra", True)
    assert seen.for_others == {ALGEBRA, ART}


def test_before_the_first_day_and_after_the_last_it_is_gone() -> None:
    campus = make_state().campus
    for days in ((7, 9), (1, 5)):
        seen = look_at_class(campus, OTHER, None, clock(8, 30), stands_in(days=days))
        assert (titles(seen), seen.hour, seen.for_others) == ([], None, frozenset())


def test_the_school_s_own_midnight_ends_it() -> None:
    campus = make_state().campus
    assert titles(look_at_class(campus, OTHER, None, clock(23, 59), stands_in())) == ["Algebra", "Art"]
    after = clock(0, 0, day=date(2026, 10, 7))
    assert titles(look_at_class(campus, OTHER, None, after, stands_in())) == []


def test_it_may_be_about_some_classes_only() -> None:
    campus = make_state().campus
    seen = look_at_class(campus, OTHER, None, clock(8, 30), stands_in(sections=frozenset({ART})))
    assert titles(seen) == ["Art"]


def test_requests_come_to_the_substitute_and_stay_with_the_teacher() -> None:
    day = Day()
    day.requested(STUDENTS[0])
    for person in (OTHER, TEACHER):
        assert asking(day, look_at_class(day.state.campus, person, None, day.now, stands_in())) == ["Student0"]
    nobody = look_at_class(day.state.campus, OTHER, ART, day.now)
    assert asking(day, nobody) == []


def test_out_of_office_requests_go_to_the_other_who_does_not_get_the_class() -> None:
    day = Day()
    day.requested(STUDENTS[0])
    out = stands_in(substitute=False)
    seen = look_at_class(day.state.campus, OTHER, None, day.now, out)
    assert titles(seen) == []
    assert asking(day, seen) == ["Student0"]
    assert asking(day, look_at_class(day.state.campus, TEACHER, None, day.now, out)) == ["Student0"]


def test_out_of_office_requests_stand_in_the_other_s_own_tray() -> None:
    day = Day()
    day.requested(STUDENTS[0])
    campus = day.state.campus
    art = replace(campus.sections[ART], teacher_ids=(OTHER,))
    day.state = replace(day.state, campus=replace(campus, sections={**campus.sections, ART: art}))
    seen = look_at_class(day.state.campus, OTHER, ART, day.now, stands_in(substitute=False))
    assert titles(seen) == ["Art"]
    assert asking(day, seen) == ["Student0"]
    assert asking(day, look_at_class(day.state.campus, OTHER, ART, day.now)) == []


def test_the_student_reads_who_answers_today() -> None:
    state = make_state()
    state = replace(state, campus=replace(state.campus, staff={TEACHER: "Maria Rivera", OTHER: "John Okafor"}))
    for delegations, names in (
        ({}, ("Maria Rivera",)),
        (stands_in(), ("John Okafor",)),
        (stands_in(substitute=False), ("Maria Rivera", "John Okafor")),
        (stands_in(sections=frozenset({ART})), ("Maria Rivera",)),
        (stands_in(days=(7, 7)), ("Maria Rivera",)),
    ):
        state = replace(state, delegations=delegations)
        assert whereabouts(state, STUDENTS[0], clock(8, 30)).teachers == names
