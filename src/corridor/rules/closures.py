"""What closures have in common: a place that takes nobody for now, and where to go meanwhile."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from corridor.campus.model import Campus
from corridor.day.policy import Closure
from corridor.rules.verdict import Case


class Shut(NamedTuple):
    """A closure that stands, with its note and the hint where else to go as they follow in a sentence."""

    closure: Closure
    note: str
    hint: str


def shut(case: Case, *, staff_away: bool) -> Shut | None:
    """The closure of this sort that stands against the destination, if one does."""
    state = case.state
    closure = state.closures.get(case.ask.destination.id)
    if closure is None or closure.staff_away is not staff_away or not holds(closure, case.now.at):
        return None
    note = f" ({closure.note})" if closure.note else ""
    return Shut(closure, note, hint_to(closure.instead_id, state.campus))


def holds(closure: Closure, now: datetime) -> bool:
    """Whether the place still takes nobody."""
    return closure.until is None or now < closure.until


def hint_to(instead_id: UUID | None, campus: Campus) -> str:
    """Where to go meanwhile, as it follows a sentence; empty when nothing is named."""
    instead = campus.locations.get(instead_id) if instead_id else None
    return f" Go to {instead.name} instead." if instead else ""
