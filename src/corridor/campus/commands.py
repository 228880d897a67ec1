"""What may be asked of a campus while the school day runs. `by` is the person or token that asks."""

from uuid import UUID

import msgspec

from corridor.campus.words import LocationKind
from corridor.ledger.words import Command


class LocationChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The fields to change; a field that is not sent stays. A `capacity` of null lifts the limit, a `zone_id` of null
    takes the location out of its zone. `zone_name` names the zone instead; one that is not there yet is added, and an
    empty name is none."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    kind: LocationKind | msgspec.UnsetType = msgspec.UNSET
    capacity: int | msgspec.UnsetType | None = msgspec.UNSET
    out_capacity: int | msgspec.UnsetType | None = msgspec.UNSET
    zone_id: UUID | msgspec.UnsetType | None = msgspec.UNSET
    zone_name: str | msgspec.UnsetType = msgspec.UNSET
    active: bool | msgspec.UnsetType = msgspec.UNSET


class ZoneChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The fields to change; a field that is not sent stays. A zone that is not `active` is no longer offered."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    active: bool | msgspec.UnsetType = msgspec.UNSET


class AddLocation(Command, frozen=True):
    """`zone_name` as in `LocationChanges`; `new_zone_id` is for a zone that has to be added."""

    location_id: UUID
    school_id: UUID
    by: UUID
    name: str
    kind: LocationKind
    capacity: int | None = None
    out_capacity: int | None = None
    zone_id: UUID | None = None
    zone_name: str = ""
    new_zone_id: UUID | None = None


class ChangeLocation(Command, frozen=True):
    """`new_zone_id` is for a zone that has to be added."""

    location_id: UUID
    by: UUID
    changes: LocationChanges
    new_zone_id: UUID | None = None


class AddZone(Command, frozen=True):
    zone_id: UUID
    by: UUID
    name: str


class ChangeZone(Command, frozen=True):
    zone_id: UUID
    by: UUID
    changes: ZoneChanges
