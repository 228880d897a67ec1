"""The campus's room on the ledger: what an administrator changes while the school day runs."""

from collections.abc import Sequence
from typing import Any

import msgspec

from corridor.campus.decide import DECIDE, HasCampus
from corridor.campus.events import LocationAdded, LocationChanged, ZoneAdded, ZoneChanged
from corridor.campus.evolve import EVOLVE
from corridor.campus.tables import Location as LocationRow
from corridor.campus.tables import Zone as ZoneRow
from corridor.ledger.decider import Rows
from corridor.ledger.rooms import Room
from corridor.ledger.store import table_of
from corridor.ledger.words import Recorded

_LOCATIONS = table_of(LocationRow)
_ZONES = table_of(ZoneRow)


def _rows(draft: HasCampus, events: Sequence[Recorded]) -> Rows:
    zones, locations = {}, {}
    for recorded in events:
        event = recorded.event
        if isinstance(event, ZoneAdded | ZoneChanged):
            zone = event.zone if isinstance(event, ZoneAdded) else event.after
            zones[zone.id] = zone
        elif isinstance(event, LocationAdded | LocationChanged):
            location = event.location if isinstance(event, LocationAdded) else event.after
            locations[location.id] = location
    # Zones first: locations lie in them.
    changed = ((_ZONES, zones), (_LOCATIONS, locations))
    return {table: [msgspec.structs.asdict(row) for row in rows.values()] for table, rows in changed if rows}


CAMPUS_ROOM: Room[Any] = Room(decide=DECIDE, evolve=EVOLVE, rows=_rows)
