"""Draws the made-up district, one school after the other, so that its size is no matter of memory."""

from collections.abc import Iterator
from random import Random

from corridor.demo.people import draw_central_office, draw_families, draw_staff
from corridor.demo.plan import DistrictSpec, Person, SchoolPlan
from corridor.demo.timetable import Timetable, draw_slots, teachers_needed


def draw_school(spec: DistrictSpec, index: int) -> SchoolPlan:
    """The school number `index` of the district, the same whether or not others are drawn."""
    random = Random(f"{spec.seed}/{index}")
    school_id = spec.id_of(index)
    kind = spec.kind_of(index)
    number_of_students = spec.students_of(index)
    students, guardians = draw_families(random, index, kind.grades, number_of_students, spec.guardian_share)
    slots = draw_slots(random, kind, students)
    needed = teachers_needed(kind, slots)
    staff = draw_staff(random, index, number_of_students, sum(needed))
    timetable = Timetable(school_id, kind, needed, staff[: sum(needed)])
    sections = (*timetable.sections(slots), *timetable.homerooms(random, students))
    return SchoolPlan(
        id=school_id,
        name=spec.name_of(index),
        kind=kind,
        identifier=f"{index + 1:03d}",
        staff=staff,
        students=students,
        guardians=guardians,
        courses=timetable.courses,
        sections=sections,
    )


def draw_schools(spec: DistrictSpec) -> Iterator[SchoolPlan]:
    return (draw_school(spec, index) for index in range(spec.schools))


def central_office(spec: DistrictSpec) -> tuple[Person, ...]:
    return draw_central_office(Random(f"{spec.seed}/district"))
