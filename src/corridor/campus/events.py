"""What happens to a campus while the school day runs."""

from typing import ClassVar
from uuid import UUID

from corridor.campus.model import Location, Zone
from corridor.ledger.words import Event


class LocationAdded(Event, frozen=True):
    kind: ClassVar[str] = "location_added"
    by: UUID
    location: Location


class LocationChanged(Event, frozen=True):
    kind: ClassVar[str] = "location_changed"
    by: UUID
    before: Location
    after: Location


class ZoneAdded(Event, frozen=True):
    kind: ClassVar[str] = "zone_added"
    by: UUID
    zone: Zone


class ZoneChanged(Event, frozen=True):
    kind: ClassVar[str] = "zone_changed"
    by: UUID
    before: Zone
    after: Zone
