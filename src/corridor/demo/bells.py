"""The bells of the made-up schools, the same every weekday. Names match the periods of the made-up timetable."""

from datetime import time

from corridor.campus.model import Period


def _periods(*rows: tuple[str, str, str]) -> tuple[Period, ...]:
    return tuple(Period(name, time.fromisoformat(start), time.fromisoformat(end)) for name, start, end in rows)


HIGH_SCHOOL = _periods(
    ("HR", "08:00", "08:10"),
    ("1", "08:15", "08:58"),
    ("2", "09:03", "09:46"),
    ("3", "09:51", "10:34"),
    ("4", "10:39", "11:22"),
    ("Lunch", "11:22", "11:53"),
    ("5", "11:58", "12:41"),
    ("6", "12:46", "13:29"),
    ("7", "13:34", "14:17"),
    ("8", "14:22", "15:05"),
)

MIDDLE_SCHOOL = _periods(
    ("HR", "08:20", "08:32"),
    ("1", "08:36", "09:17"),
    ("2", "09:21", "10:02"),
    ("3", "10:06", "10:47"),
    ("4", "10:51", "11:32"),
    ("Lunch", "11:32", "12:02"),
    ("5", "12:06", "12:47"),
    ("6", "12:51", "13:32"),
    ("7", "13:36", "14:17"),
    ("8", "14:21", "15:02"),
)


def bells_of(school_name: str) -> tuple[Period, ...]:
    """The periods of a made-up school, in order."""
    return MIDDLE_SCHOOL if "Middle" in school_name else HIGH_SCHOOL
