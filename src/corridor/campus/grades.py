"""The grades of a school in the order in which people count them. Pure."""

from typing import Any

from corridor.campus.model import Campus
from corridor.campus.starters import natural_order

# The codes of CEDS that OneRoster uses, before the first grade and after the last.
_BEFORE = ("IT", "PR", "PK", "TK", "KG", "K")
_AFTER = ("PS", "UG")
_SPOKEN = {
    "IT": "infants",
    "PR": "preschool",
    "PK": "prekindergarten",
    "TK": "transitional kindergarten",
    "KG": "kindergarten",
    "K": "kindergarten",
    "PS": "postsecondary",
    "UG": "ungraded",
}


def grades_of(campus: Campus) -> list[str]:
    """The grades that students of the school are in: KG, 1, 2 ... 12."""
    return sorted({student.grade for student in campus.students.values() if student.grade}, key=grade_order)


def grade_order(grade: str) -> Any:
    """A sort key."""
    code = grade.upper()
    if code in _BEFORE:
        return 0, _BEFORE.index(code), []
    if code in _AFTER:
        return 2, _AFTER.index(code), []
    return 1, 0, natural_order(grade)


def spoken_grade(grade: str) -> str:
    """Such as "grade 9" or "kindergarten"."""
    return _SPOKEN.get(grade.upper(), f"grade {grade.lstrip('0') or grade}")
