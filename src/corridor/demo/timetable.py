"""The timetable of a made-up school: who teaches what to whom, when and where.

It follows the scheme that `courses` tells. Class sizes lie around 20 to 30 in schools of an ordinary size.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from random import Random

import msgspec

from corridor.demo.courses import HOMEROOM_PERIOD, PAIRS, PERIODS, Department, Offer, SchoolKind, Semesters
from corridor.demo.plan import Course, Person, Section

_MOST_STUDENTS = 28
_MOST_PERIODS_TAUGHT = 7
_JITTER_FROM = 22
_ROOMS_A_FLOOR = 20


class Slot(msgspec.Struct, frozen=True):
    """A class that needs a teacher and a room: students who take one offer of a department in one period."""

    department: int
    period: str
    grade: str
    nth: int
    student_ids: tuple[str, ...]


def draw_slots(random: Random, kind: SchoolKind, students: Sequence[Person]) -> list[Slot]:
    """Divide every grade into classes, anew in each pair of periods."""
    slots = []
    for shift, grade in enumerate(kind.grades):
        ids = [student.id for student in students if student.grade == grade]
        for pair in range(PAIRS):
            early = PERIODS[(pair - shift) % PAIRS]
            late = PERIODS[(pair - shift) % PAIRS + PAIRS]
            random.shuffle(ids)
            halves = ids[: len(ids) // 2], ids[len(ids) // 2 :]
            for department in (pair, pair + PAIRS):
                for half, period in zip(halves if department == pair else halves[::-1], (early, late), strict=True):
                    mixed = random.sample(half, len(half))
                    groups = enumerate(_divide(random, mixed))
                    slots += [Slot(department, period, grade, nth, group) for nth, group in groups]
    return slots


def teachers_needed(kind: SchoolKind, slots: Sequence[Slot]) -> list[int]:
    """How many teachers each department needs, so that none teaches all day or in two rooms at once."""
    busy = Counter((slot.department, slot.period) for slot in slots)
    needed = []
    for department in range(len(kind.departments)):
        by_period = [busy[department, period] for period in PERIODS]
        needed.append(max(*by_period, ceil(sum(by_period) / _MOST_PERIODS_TAUGHT)))
    return needed


class Timetable:
    """Turns slots into sections of one school, with `teachers` in the order of departments."""

    def __init__(self, school: str, kind: SchoolKind, needed: Sequence[int], teachers: Sequence[Person]) -> None:
        self._school = school
        self._kind = kind
        self._teachers = _by_department(needed, teachers)
        self._rooms = _rooms(kind.departments, self._teachers)
        self._courses: dict[str, Course] = {}
        self._numbers: Counter[str] = Counter()

    @property
    def courses(self) -> tuple[Course, ...]:
        return tuple(self._courses.values())

    def sections(self, slots: Sequence[Slot]) -> Iterator[Section]:
        taught: Counter[str] = Counter()
        at_work: defaultdict[str, set[str]] = defaultdict(set)
        for slot in sorted(slots, key=lambda slot: (slot.period, slot.department, slot.grade, slot.nth)):
            free = [who for who in self._teachers[slot.department] if who not in at_work[slot.period]]
            teacher = min(free, key=lambda who: taught[who])
            taught[teacher] += 1
            at_work[slot.period].add(teacher)
            offers = self._kind.departments[slot.department].offers[slot.grade]
            offer = offers[slot.nth % len(offers)]
            for term, title in _terms(offer):
                course = self._course(self._kind.departments[slot.department], slot.grade, title)
                yield self._section(course, slot.period, term, teacher, slot.student_ids)

    def homerooms(self, random: Random, students: Sequence[Person]) -> Iterator[Section]:
        teachers = [who for department in self._teachers for who in department]
        random.shuffle(teachers)
        for grade in self._kind.grades:
            ids = [student.id for student in students if student.grade == grade]
            random.shuffle(ids)
            for group in _divide(random, ids):
                course = self._courses.setdefault(
                    f"Homeroom {grade}",
                    Course(f"{self._school}-HR{grade}", f"Homeroom {int(grade)}", f"HR{grade}", grade, "Homeroom"),
                )
                yield self._section(course, HOMEROOM_PERIOD, "year", teachers.pop(), group, kind="homeroom")

    def _section(
        self, course: Course, period: str, term: str, teacher: str, ids: tuple[str, ...], kind: str = "scheduled"
    ) -> Section:
        self._numbers[course.code] += 1
        code = f"{course.code}-{self._numbers[course.code]}"
        return Section(
            id=f"{self._school}-{code}",
            code=code,
            course=course,
            kind=kind,
            period=period,
            room=self._rooms[teacher],
            term=term,
            teacher_id=teacher,
            student_ids=ids,
        )

    def _course(self, department: Department, grade: str, title: str) -> Course:
        key = f"{department.code}{grade}{title}"
        if key not in self._courses:
            letter = chr(ord("A") + sum(known.startswith(f"{department.code}{grade}") for known in self._courses))
            code = f"{department.code}{grade}{letter}"
            self._courses[key] = Course(f"{self._school}-{code}", title, code, grade, department.subject)
        return self._courses[key]


def _terms(offer: Offer) -> Sequence[tuple[str, str]]:
    if isinstance(offer, Semesters):
        return ("s1", offer.first), ("s2", offer.second)
    return (("year", offer),)


def _divide(random: Random, ids: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Groups of nearly the same size, at most a few more than `_MOST_STUDENTS`."""
    groups = ceil(len(ids) / _MOST_STUDENTS)
    start = 0
    for number in range(1, groups + 1):
        end = number * len(ids) // groups
        if number < groups and len(ids) / groups >= _JITTER_FROM:
            end += random.choice((-1, 0, 1))
        yield tuple(ids[start:end])
        start = end


def _by_department(needed: Sequence[int], teachers: Sequence[Person]) -> list[list[str]]:
    remaining = iter(teacher.id for teacher in teachers)
    return [[next(remaining) for _ in range(count)] for count in needed]


def _rooms(departments: Sequence[Department], teachers: Sequence[Sequence[str]]) -> Mapping[str, str]:
    """Every teacher has a room: a named one where the department needs it, a numbered one else."""
    rooms = {}
    numbered = 0
    for department, members in zip(departments, teachers, strict=True):
        for nth, teacher in enumerate(members):
            if department.room:
                rooms[teacher] = f"{department.room} {nth + 1}"
            else:
                rooms[teacher] = f"{1 + numbered // _ROOMS_A_FLOOR}{1 + numbered % _ROOMS_A_FLOOR:02d}"
                numbered += 1
    return rooms
