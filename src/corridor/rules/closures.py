"""What closures have in common: a place that takes nobody for now, and where to go meanwhile."""

from typing import NamedTuple

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
    if closure is None or closure.staff_away is not staff_away or (closure.until and closure.until <= case.now.at):
        return None
    instead = state.campus.locations.get(closure.instead_id) if closure.instead_id else None
    return Shut(
        closure,
        f" ({closure.note})" if closure.note else "",
        f" Go to {instead.name} instead." if instead else "",
    )
