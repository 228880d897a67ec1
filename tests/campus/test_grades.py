"""Grades in the order in which people count them."""

import pytest
from msgspec.structs import replace

from corridor.base.ids import new_id
from corridor.campus.grades import grade_order, grades_of, spoken_grade
from corridor.campus.model import Student
from tests.day_state import make_state


def test_grades_stand_as_people_count_them() -> None:
    grades = ["10", "KG", "UG", "2", "01", "PK", "12", "9"]
    assert sorted(grades, key=grade_order) == ["PK", "KG", "01", "2", "9", "10", "12", "UG"]


def test_a_school_offers_the_grades_that_its_students_are_in() -> None:
    students = [Student(new_id(), "Ana Ruiz", "Ruiz, Ana", grade) for grade in ("10", "9", "KG", "9", None, "")]
    campus = replace(make_state().campus, students={student.id: student for student in students})
    assert grades_of(campus) == ["KG", "9", "10"]


@pytest.mark.parametrize(
    ("grade", "spoken"),
    [("09", "grade 9"), ("12", "grade 12"), ("KG", "kindergarten"), ("0", "grade 0"), ("Transfer", "grade Transfer")],
)
def test_a_grade_is_said_in_words(grade: str, spoken: str) -> None:
    assert spoken_grade(grade) == spoken
