"""How events change the campus within a school's state. Pure."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from corridor.campus.decide import HasCampus
from corridor.campus.events import LocationAdded, LocationChanged, ZoneAdded, ZoneChanged
from corridor.ledger.words import Event, Recorded


def evolve_location(draft: HasCampus, recorded: Recorded) -> None:
    event = recorded.event
    assert isinstance(event, LocationAdded | LocationChanged)
    location = event.location if isinstance(event, LocationAdded) else event.after
    draft.campus = replace(draft.campus, locations={**draft.campus.locations, location.id: location})


def evolve_zone(draft: HasCampus, recorded: Recorded) -> None:
    event = recorded.event
    assert isinstance(event, ZoneAdded | ZoneChanged)
    zone = event.zone if isinstance(event, ZoneAdded) else event.after
    draft.campus = replace(draft.campus, zones={**draft.campus.zones, zone.id: zone})


EVOLVE: dict[type[Event], Callable[[Any, Recorded], None]] = {
    LocationAdded: evolve_location,
    LocationChanged: evolve_location,
    ZoneAdded: evolve_zone,
    ZoneChanged: evolve_zone,
}
