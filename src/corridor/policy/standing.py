"""What of a school's decisions holds at an instant or on a date. Pure."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from uuid import UUID

from corridor.campus.model import Campus, Section
from corridor.campus.timetable import within
from corridor.day.policy import Absence, Closure, Delegation
from corridor.day.state import SchoolState
from corridor.rules.absent import absent_until
from corridor.rules.closures import holds


def closures_now(state: SchoolState, now: datetime) -> list[Closure]:
    """Those that hold, by the place's name."""
    places = state.campus.locations
    held = [closure for closure in state.closures.values() if closure.id in places and holds(closure, now)]
    return sorted(held, key=lambda closure: (places[closure.id].name.casefold(), closure.id))


def absences_now(state: SchoolState, now: datetime) -> list[Absence]:
    """Of those who are not on campus, and of those who will not be later: whatever is not over yet."""
    return [absence for absence in state.absences.values() if now < absent_until(state.campus, absence)]


def delegations_on(delegations: Mapping[UUID, Delegation], day: date) -> list[Delegation]:
    """Those that hold on a date."""
    return [each for each in delegations.values() if within(day, each.starts_on, each.ends_on)]


def sections_of(campus: Campus, delegation: Delegation) -> frozenset[UUID]:
    """The sections that a delegation is about."""
    taught = (section.id for section in campus.sections.values() if delegation.teacher_id in section.teacher_ids)
    return frozenset(id for id in taught if not delegation.section_ids or id in delegation.section_ids)


def stood_in_for(
    campus: Campus, delegations: Iterable[Delegation], person_id: UUID
) -> tuple[frozenset[UUID], frozenset[UUID]]:
    """Of these delegations, the sections that a person runs as a substitute, and all whose requests come to them."""
    mine = [each for each in delegations if each.to_id == person_id]
    runs = frozenset(id for each in mine if each.substitute for id in sections_of(campus, each))
    return runs, frozenset(id for each in mine for id in sections_of(campus, each))


def answering(campus: Campus, delegations: Iterable[Delegation], section: Section) -> tuple[UUID, ...]:
    """Who answers for a section while these delegations hold: its teachers, but for those whose substitute runs it, and
    whoever gets the requests of one who is out of office."""
    about = [each for each in delegations if section.id in sections_of(campus, each)]
    replaced = {each.teacher_id for each in about if each.substitute}
    ids = [*(id for id in section.teacher_ids if id not in replaced), *(each.to_id for each in about)]
    return tuple(dict.fromkeys(ids))
