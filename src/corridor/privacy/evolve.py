"""How what is on record changes the state. Pure."""

from collections.abc import Callable
from itertools import takewhile

from msgspec.structs import replace

from corridor.identity.access import Look
from corridor.ledger.words import Event, Recorded
from corridor.privacy.decide import seen, through
from corridor.privacy.events import DisclosureMade, HoldLifted, HoldPlaced, RecordLooked
from corridor.privacy.state import SAME_LOOK, RecordsState


def draft(state: RecordsState) -> RecordsState:
    """A copy whose own dictionaries may be changed; what is in them is shared."""
    return replace(state, recent=state.recent.copy(), holds=state.holds.copy(), requests=state.requests.copy())


def begin(draft: RecordsState, recorded: Recorded) -> None:
    """Time has passed: forget the looks that are no longer recent."""
    draft.as_of = recorded.recorded_at
    until = recorded.recorded_at - SAME_LOOK
    for old in list(takewhile(lambda each: draft.recent[each] <= until, draft.recent)):
        del draft.recent[old]


def evolve_looked(draft: RecordsState, recorded: Recorded) -> None:
    event = recorded.event
    assert isinstance(event, RecordLooked)
    if event.look is not Look.EXPORT:
        for student_id in event.student_ids or (None,):
            draft.recent[seen(event, student_id)] = recorded.recorded_at


def evolve_disclosed(draft: RecordsState, recorded: Recorded) -> None:
    event = recorded.event
    assert isinstance(event, DisclosureMade)
    if event.link_id is not None:
        for student_id in event.student_ids or (None,):
            draft.recent[through(event.link_id, student_id)] = recorded.recorded_at


def evolve_placed(draft: RecordsState, recorded: Recorded) -> None:
    event = recorded.event
    assert isinstance(event, HoldPlaced)
    draft.holds[event.hold.id] = event.hold


def evolve_lifted(draft: RecordsState, recorded: Recorded) -> None:
    event = recorded.event
    assert isinstance(event, HoldLifted)
    del draft.holds[event.hold.id]


Evolves = dict[type[Event], Callable[[RecordsState, Recorded], None]]
EVOLVE_LOOKS: Evolves = {RecordLooked: evolve_looked}
EVOLVE_DISCLOSURES: Evolves = {DisclosureMade: evolve_disclosed}
EVOLVE_HOLDS: Evolves = {HoldPlaced: evolve_placed, HoldLifted: evolve_lifted}
