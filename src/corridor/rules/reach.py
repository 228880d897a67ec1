"""Whom and what a rule concerns, in numbers. Pure."""

import msgspec

from corridor.day.policy import Rule
from corridor.day.state import SchoolState
from corridor.rules.scope import covers


class Reach(msgspec.Struct, frozen=True):
    """`students` and `locations` are how many it concerns, of `all_students` and `all_locations`."""

    students: int
    all_students: int
    locations: int
    all_locations: int


def reach(rule: Rule, state: SchoolState) -> Reach:
    """How many students and locations in use are in the rule's scope."""
    campus, scope = state.campus, rule.scope
    places = [place for place in campus.locations.values() if place.active]
    some_type = next(iter(scope.pass_type_ids), next(iter(state.pass_types), campus.school.id))
    return Reach(
        len(_students(rule, state)),
        len(campus.students),
        sum(covers(scope, some_type, place) for place in places),
        len(places),
    )


def _students(rule: Rule, state: SchoolState) -> frozenset[object]:
    scope, everyone = rule.scope, state.campus.students
    found = frozenset(everyone)
    if scope.student_ids or scope.group_ids or scope.grades:
        members = [state.groups[each].student_ids for each in scope.group_ids if each in state.groups]
        graded = (student.id for student in everyone.values() if student.grade in scope.grades)
        found &= scope.student_ids.union(*members, graded)
    if rule.text.kind == "separation":
        params = rule.params
        members = [state.groups[each].student_ids for each in params.group_ids if each in state.groups]  # type: ignore[attr-defined]
        found &= params.student_ids.union(*members)  # type: ignore[attr-defined]
    return found
