"""The made-up district as plain data: what `district` draws and `oneroster` writes."""

from collections.abc import Iterator, Mapping
from datetime import date

import msgspec

from corridor.demo.courses import KINDS, SchoolKind
from corridor.demo.names import FullName

DISTRICT_ID = "quillwater"
DISTRICT_NAME = "Quillwater Unified School District"
PLACE = "Quillwater"
SCHOOL_ID = "sch-{:02d}"
MAIL_DOMAIN = "quillwater.example"
_HIGH_SCHOOL_WEIGHT = 2
_SCHOOL_PLACES = (
    "Quillwater,Ember Lake,Juniper Flats,Stonebridge,Harrow Hill,Larkmoor,Copper Bend,Windrow,Saltgrass,Tamarack,"
    "Fallow Creek,Northgate,Heron Point,Millrace,Sagebrush,Old Orchard,Cedar Fork,Bluestem,Kettle Rock,Lantern Bay"
).split(",")


class DistrictSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What to make. The same spec always makes the same district.

    `on` is a date whose school year the roster is for; `students` and `schools` are totals (schools are high and middle
    schools in turn, the former twice as large); `guardian_share` is the part of households with guardians on record.
    """

    on: date
    seed: int = 2026
    students: int = 1200
    schools: int = 2
    guardian_share: float = 0.8

    def __post_init__(self) -> None:
        if self.schools < 1 or self.students < self.schools * 10:
            raise ValueError("A made-up district needs a school at least, and ten students a school.")

    def kind_of(self, index: int) -> SchoolKind:
        return KINDS[index % len(KINDS)]

    def name_of(self, index: int) -> str:
        place = _SCHOOL_PLACES[index] if index < len(_SCHOOL_PLACES) else f"District {index + 1}"
        return f"{place} {self.kind_of(index).name}"

    def id_of(self, index: int) -> str:
        return SCHOOL_ID.format(index + 1)

    def students_of(self, index: int) -> int:
        weights = [1 if number % len(KINDS) else _HIGH_SCHOOL_WEIGHT for number in range(self.schools)]
        before = self.students * sum(weights[:index]) // sum(weights)
        return self.students * sum(weights[: index + 1]) // sum(weights) - before


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Someone of the roster. `user_name`, `email` and `number` are nobody else's.

    `role` is OneRoster 1.2's, with ext:nurse, ext:librarian and ext:office where it has none. `agent_ids` are a
    student's guardians or a guardian's students.
    """

    id: str
    user_name: str
    email: str
    number: str
    name: FullName
    role: str
    grade: str = ""
    phone: str = ""
    agent_ids: tuple[str, ...] = ()


class Course(msgspec.Struct, frozen=True):
    id: str
    title: str
    code: str
    grade: str
    subject: str


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A class: `term` is year, s1 or s2; `kind` is scheduled or homeroom."""

    id: str
    code: str
    course: Course
    kind: str
    period: str
    room: str
    term: str
    teacher_id: str
    student_ids: tuple[str, ...]


class SchoolPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One school with everybody in it and its whole timetable."""

    id: str
    name: str
    kind: SchoolKind
    identifier: str
    staff: tuple[Person, ...]
    students: tuple[Person, ...]
    guardians: tuple[Person, ...]
    courses: tuple[Course, ...]
    sections: tuple[Section, ...]

    def sections_in(self, period: str, term: str) -> Iterator[Section]:
        """The sections that meet in a period of the semester `term` (s1 or s2)."""
        return (section for section in self.sections if section.period == period and section.term in ("year", term))

    def people(self) -> Mapping[str, Person]:
        return {person.id: person for person in (*self.students, *self.staff, *self.guardians)}
