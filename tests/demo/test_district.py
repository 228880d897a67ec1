"""The made-up district is one that could be: consistent, varied, and the same whenever it is made."""

from collections import Counter
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridor.demo.bells import bells_of
from corridor.demo.courses import HOMEROOM_PERIOD, KINDS, PERIODS
from corridor.demo.district import central_office, draw_school, draw_schools
from corridor.demo.names import LANGUAGES
from corridor.demo.plan import DistrictSpec, SchoolPlan
from corridor.demo.year import SchoolYear, is_school_day, school_day_after, school_day_on_or_before, school_year

TODAY = date(2026, 11, 24)
SPEC = DistrictSpec(on=TODAY)


@pytest.fixture(scope="module")
def schools() -> list[SchoolPlan]:
    return list(draw_schools(SPEC))


def students_by_period(school: SchoolPlan, term: str) -> Counter[tuple[str, str]]:
    """How many sections each student has in each period of a semester."""
    return Counter(
        (student_id, period)
        for period in (HOMEROOM_PERIOD, *PERIODS)
        for section in school.sections_in(period, term)
        for student_id in section.student_ids
    )


def test_two_schools_with_1200_students_and_about_80_staff(schools: list[SchoolPlan]) -> None:
    assert [(school.name, len(school.students)) for school in schools] == [
        ("Quillwater High School", 800),
        ("Ember Lake Middle School", 400),
    ]
    assert 75 <= sum(len(school.staff) for school in schools) + len(central_office(SPEC)) <= 90


def test_every_school_has_each_kind_of_staff(schools: list[SchoolPlan]) -> None:
    for school in schools:
        roles = {member.role for member in school.staff}
        assert roles == {
            "teacher", "principal", "siteAdministrator", "counselor", "ext:nurse", "ext:librarian", "ext:office",
            "proctor", "aide",
        }  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    students=st.integers(40, 2500),
    schools=st.integers(1, 4),
    on=st.dates(date(2020, 1, 1), date(2040, 1, 1)),
)
def test_at_any_size_everyone_has_one_section_a_period_and_one_room(
    seed: int, students: int, schools: int, on: date
) -> None:
    spec = DistrictSpec(on=on, seed=seed, students=students, schools=schools)
    drawn = list(draw_schools(spec))
    assert sum(len(school.students) for school in drawn) == students
    for school in drawn:
        grades = {student.id: student.grade for student in school.students}
        for term in ("s1", "s2"):
            assert set(students_by_period(school, term).values()) == {1}
            assert len(students_by_period(school, term)) == len(school.students) * (1 + len(PERIODS))
            for period in (HOMEROOM_PERIOD, *PERIODS):
                sections = list(school.sections_in(period, term))
                teachers, rooms = ({getattr(s, name) for s in sections} for name in ("teacher_id", "room"))
                assert len(teachers) == len(rooms) == len(sections)
                assert all(grades[id] == section.course.grade for section in sections for id in section.student_ids)


def test_classes_have_20_to_30_students(schools: list[SchoolPlan]) -> None:
    assert all(20 <= len(section.student_ids) <= 30 for school in schools for section in school.sections)


def test_no_teacher_teaches_all_day(schools: list[SchoolPlan]) -> None:
    for school in schools:
        taught = Counter(s.teacher_id for period in PERIODS for s in school.sections_in(period, "s1"))
        assert max(taught.values()) < len(PERIODS)
        assert {member.id for member in school.staff if member.role == "teacher"} == set(taught)


def test_nobody_takes_a_course_twice(schools: list[SchoolPlan]) -> None:
    for school in schools:
        taken = Counter((id, section.course.id) for section in school.sections for id in section.student_ids)
        assert set(taken.values()) == {1}


def test_classmates_change_over_the_day(schools: list[SchoolPlan]) -> None:
    first, second = (list(schools[0].sections_in(period, "s1")) for period in ("1", "2"))
    shared = [len(set(one.student_ids) & set(other.student_ids)) for one in first for other in second]
    assert max(shared) < 15


def test_identifiers_are_nobody_elses() -> None:
    spec = DistrictSpec(on=TODAY, students=3000, schools=4)
    people = [person for school in draw_schools(spec) for person in school.people().values()]
    people += central_office(spec)
    for name in ("id", "user_name", "email", "number"):
        assert len({getattr(person, name) for person in people}) == len(people)
    assert all(person.user_name.isascii() for person in people)


def test_section_ids_and_room_names_are_unique_in_a_school(schools: list[SchoolPlan]) -> None:
    for school in schools:
        assert len({section.id for section in school.sections}) == len(school.sections)
        assert len({section.code for section in school.sections}) == len(school.sections)


def test_most_students_have_guardians_and_both_sides_say_so(schools: list[SchoolPlan]) -> None:
    for school in schools:
        people = school.people()
        with_guardians = [student for student in school.students if student.agent_ids]
        assert 0.7 < len(with_guardians) / len(school.students) < 0.9
        assert all(student.id in people[id].agent_ids for student in with_guardians for id in student.agent_ids)


def test_names_come_in_many_languages_and_several_scripts(schools: list[SchoolPlan]) -> None:
    names = [student.name for school in schools for student in school.students]
    assert len({name.family.text for name in names}) > 150
    assert len({(name.given.text, name.family.text) for name in names}) > 900
    for letter in ("é", "ễ", "Ł", "陽", "김", "ле", "أ", "र"):
        assert any(letter in name.given.text + name.family.text for name in names), letter
    assert len(LANGUAGES) > 15


def test_some_prefer_another_name_or_say_their_pronouns(schools: list[SchoolPlan]) -> None:
    names = [student.name for school in schools for student in school.students]
    assert 50 < sum(bool(name.preferred_given) for name in names) < 200
    assert {"she/her", "he/him", "they/them"} <= {name.pronouns for name in names}


def test_a_school_is_the_same_whether_or_not_others_are_drawn(schools: list[SchoolPlan]) -> None:
    assert draw_school(SPEC, 1) == schools[1]
    assert draw_school(DistrictSpec(on=TODAY, seed=1), 1) != schools[1]


def test_the_bells_ring_in_order_and_know_every_period(schools: list[SchoolPlan]) -> None:
    for school in schools:
        bells = bells_of(school.name)
        assert all(one.starts_at < one.ends_at <= other.starts_at for one, other in pairwise(bells))
        assert {section.period for section in school.sections} == {period.name for period in bells} - {"Lunch"}
    assert bells_of(schools[0].name) != bells_of(schools[1].name)


@given(st.dates(date(2015, 1, 1), date(2060, 1, 1)))
def test_every_day_has_a_school_year_with_semesters_and_quarters_side_by_side(day: date) -> None:
    year = school_year(day)
    assert (day.year, day.month >= 7) == (year.autumn + (day.month < 7), day.month >= 7)
    sessions = {session.key: session for session in year.sessions()}
    assert [sessions["s1"].starts_on, sessions["s2"].ends_on] == [year.starts_on, year.ends_on]
    for first, second in (("s1", "s2"), ("q1", "q2"), ("q2", "q3"), ("q3", "q4")):
        assert (sessions[second].starts_on - sessions[first].ends_on).days == 1
    for session in sessions.values():
        if session.parent:
            parent = sessions[session.parent]
            assert parent.starts_on <= session.starts_on < session.ends_on <= parent.ends_on


@given(st.dates(date(2015, 1, 1), date(2060, 1, 1)))
def test_the_nearest_school_days_are_weekdays_of_a_school_year(day: date) -> None:
    before, after = school_day_on_or_before(day), school_day_after(day)
    assert is_school_day(before)
    assert is_school_day(after)
    assert before <= day < after
    assert (after - before).days < 70


def test_a_summer_day_is_no_school_day() -> None:
    assert not is_school_day(date(2026, 7, 15))
    assert SchoolYear(2026).starts_on == date(2026, 8, 10)


@pytest.mark.parametrize("wrong", [{"schools": 0}, {"students": 10, "schools": 2}])
def test_a_district_without_schools_or_students_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="ten students"):
        DistrictSpec(on=TODAY, **wrong)


def test_high_and_middle_schools_take_turns() -> None:
    spec = DistrictSpec(on=TODAY, students=9000, schools=25)
    assert [spec.kind_of(index) for index in range(3)] == [KINDS[0], KINDS[1], KINDS[0]]
    assert len({spec.name_of(index) for index in range(25)}) == 25
    assert sum(spec.students_of(index) for index in range(25)) == 9000


def test_a_school_year_has_its_holidays_on_weekdays() -> None:
    holidays = SchoolYear(2026).holidays()
    assert holidays[date(2026, 9, 7)] == "Labor Day"
    assert holidays[date(2026, 11, 26)] == holidays[date(2026, 11, 27)] == "Thanksgiving"
    assert holidays[date(2026, 12, 24)] == holidays[date(2027, 1, 1)] == "Winter break"
    assert holidays[date(2027, 5, 31)] == "Memorial Day"
    assert all(day.isoweekday() <= 5 for day in holidays)
    assert not is_school_day(date(2026, 11, 26))
    assert school_day_after(date(2026, 11, 25)) == date(2026, 11, 30)
