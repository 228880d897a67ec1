"""Whether a rule applies: to whom, to what, when, and how the pass is asked for."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from corridor.campus.model import Campus, Location
from corridor.campus.timetable import Moment, midnight, next_bell, within
from corridor.day.policy import Scope
from corridor.day.state import Pass, SchoolState
from corridor.rules.verdict import Ask

_EVERYONE = 0
_GRADE = 1
_GROUP = 2
_STUDENT = 3


def closeness(scope: Scope, ask: Ask, state: SchoolState) -> int | None:
    """How closely a scope is about the student, or None when it is not: a student's own is the closest, then one of
    their groups, their grade, everyone."""
    if not (scope.student_ids or scope.group_ids or scope.grades):
        return _EVERYONE
    student = ask.student
    if student.id in scope.student_ids:
        return _STUDENT
    if is_in_any(scope.group_ids, student.id, state):
        return _GROUP
    return _GRADE if student.grade in scope.grades else None


def is_in_any(group_ids: Iterable[UUID], student_id: UUID, state: SchoolState) -> bool:
    """Whether a student is in one of these groups, as far as there still are such."""
    return any((group := state.groups.get(group_id)) and student_id in group.student_ids for group_id in group_ids)


def is_about(scope: Scope, ask: Ask) -> bool:
    """Whether a scope is about such a pass, whoever asks for it and whenever."""
    if scope.channels and ask.channel not in scope.channels:
        return False
    return covers(scope, ask.pass_type.id, ask.destination)


def covers(scope: Scope, pass_type_id: UUID, destination: Location) -> bool:
    """Whether a scope is about passes of this type to this place."""
    return (not scope.pass_type_ids or pass_type_id in scope.pass_type_ids) and covers_place(scope, destination)


def covers_place(scope: Scope, destination: Location) -> bool:
    """Whether a scope is about passes to this place, of whichever type."""
    if not (scope.location_ids or scope.zone_ids):
        return True
    return destination.id in scope.location_ids or destination.zone_id in scope.zone_ids


def covers_pass(scope: Scope, pass_: Pass, state: SchoolState) -> bool:
    """Whether a scope is about a pass that was taken."""
    return covers(scope, pass_.pass_type_id, state.campus.locations[pass_.destination_id])


def holds_at(scope: Scope, now: Moment) -> bool:
    """Whether a scope holds at an instant."""
    if scope.periods and (now.period is None or now.period.name not in scope.periods):
        return False
    return within(now.day, scope.starts_on, scope.ends_on)


def holds_until(scope: Scope, now: Moment, campus: Campus) -> datetime | None:
    """Up to when a scope that holds now surely holds; None: for ever."""
    ends = []
    if scope.periods and now.span:
        ends.append(now.span.ends)
    if scope.ends_on:
        ends.append(midnight(campus, scope.ends_on + timedelta(days=1)))
    return min(ends, default=None)


def may_begin_at(scope: Scope, now: Moment, campus: Campus) -> datetime | None:
    """The first instant at which a scope that does not hold now may begin to hold; None: never."""
    if scope.ends_on and now.day > scope.ends_on:
        return None
    if scope.starts_on and now.day < scope.starts_on:
        return midnight(campus, scope.starts_on)
    # In a long vacation no bell is known yet; the calendar of a later day may know one.
    return next_bell(campus, now.at) or midnight(campus, now.day + timedelta(days=1))
