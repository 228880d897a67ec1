"""The campus's room on the ledger: what an administrator changes while the school day runs."""

from collections.abc import Sequence
from typing import Any

import msgspec

from corridor.campus.decide import DECIDE, HasCampus
from corridor.campus.events import LocationAdded, LocationChanged
from corridor.campus.evolve import EVOLVE
from corridor.campus.tables import Location as LocationRow
from corridor.ledger.decider import Rows
from corridor.ledger.rooms import Room
from corridor.ledger.store import table_of
from corridor.ledger.words import Recorded

_TABLE = table_of(LocationRow)


def _rows(draft: HasCampus, events: Sequence[Recorded]) -> Rows:
    changed = {}
    for recorded in events:
        if isinstance(recorded.event, LocationAdded):
            changed[recorded.event.location.id] = recorded.event.location
        elif isinstance(recorded.event, LocationChanged):
            changed[recorded.event.after.id] = recorded.event.after
    return {_TABLE: [msgspec.structs.asdict(location) for location in changed.values()]} if changed else {}


CAMPUS_ROOM: Room[Any] = Room(decide=DECIDE, evolve=EVOLVE, rows=_rows)
