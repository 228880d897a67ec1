"""How what is on record changes the state. Pure."""

from collections.abc import Callable
from itertools import takewhile

from msgspec.structs import replace

from corridor.identity.access import Look
from corridor.ledger.words import Event, Recorded
from corridor.privacy.decide import seen
from corridor.privacy.events import RecordLooked
from corridor.privacy.state import SAME_LOOK, RecordsState


def draft(state: RecordsState) -> RecordsState:
    """A copy whose own dictionaries may be changed; what is in them is shared."""
    return replace(state, recent=state.recent.copy(), holds=state.holds.copy())


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


EVOLVE: dict[type[Event], Callable[[RecordsState, Recorded], None]] = {
    RecordLooked: evolve_looked,
}
