"""The demo's accounts fit together, at every moment of the day."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.demo.accounts import PASSWORD, Cast, choose_cast
from corridor.demo.bells import HIGH_SCHOOL
from corridor.demo.district import central_office, draw_school
from corridor.demo.plan import DistrictSpec
from corridor.identity.principal import Role

ZONE = ZoneInfo("America/Chicago")
DAY = date(2026, 11, 24)
SPEC = DistrictSpec(on=DAY)
SCHOOL = draw_school(SPEC, 0)
OFFICE = central_office(SPEC)


def cast_at(at: time, day: date = DAY) -> Cast:
    return choose_cast(SCHOOL, OFFICE, datetime.combine(day, at, tzinfo=ZONE))


def test_there_is_an_account_for_every_role_that_signs_in() -> None:
    roles = [member.account.role for member in cast_at(time(10, 6)).members]
    assert set(roles) == {
        Role.STUDENT, Role.TEACHER, Role.HALL_MONITOR, Role.DESTINATION_STAFF, Role.FRONT_OFFICE, Role.SCHOOL_ADMIN,
        Role.DISTRICT_ADMIN, Role.GUARDIAN, Role.SUBSTITUTE,
    }  # fmt: skip
    assert roles.count(Role.STUDENT) == 2


@given(st.times())
def test_the_students_sit_in_the_teachers_section_now_or_next(at: time) -> None:
    cast = cast_at(at)
    (teacher,) = cast.person_ids(Role.TEACHER)
    assert cast.section.teacher_id == teacher
    assert cast.person_ids(Role.STUDENT) <= set(cast.section.student_ids)
    assert cast.section in cast.taught


@pytest.mark.parametrize(("at", "period"), [(time(10, 6), "3"), (time(10, 30), "4"), (time(11, 30), "5")])
def test_the_section_is_the_one_with_enough_time_left(at: time, period: str) -> None:
    taught = {section.period for section in cast_at(at).taught}
    expected = next(bell.name for bell in HIGH_SCHOOL if bell.name in taught and bell.name >= period)
    assert cast_at(at).section.period == expected


def test_the_teacher_is_the_same_all_day() -> None:
    assert len({cast_at(time(hour)).person_ids(Role.TEACHER) for hour in range(8, 15)}) == 1


def test_names_and_places_are_said() -> None:
    cast = cast_at(time(10, 6))
    account = cast.members[0].account
    assert account.password == PASSWORD
    assert account.name
    assert f"room {cast.section.room}" in account.about


def test_in_spring_the_sections_are_those_of_the_second_semester() -> None:
    assert all(section.term in ("year", "s2") for section in cast_at(time(10), date(2027, 4, 6)).taught)
