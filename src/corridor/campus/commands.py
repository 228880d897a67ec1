"""What may be asked of a campus while the school day runs. `by` is the person or token that asks."""

from uuid import UUID

import msgspec

from corridor.campus.words import LocationKind
from corridor.ledger.words import Command


class LocationChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The fields to change; a field that is not sent stays. A `capacity` of null lifts the limit."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    kind: LocationKind | msgspec.UnsetType = msgspec.UNSET
    capacity: int | msgspec.UnsetType | None = msgspec.UNSET
    out_capacity: int | msgspec.UnsetType | None = msgspec.UNSET
    active: bool | msgspec.UnsetType = msgspec.UNSET


class AddLocation(Command, frozen=True):
    location_id: UUID
    school_id: UUID
    by: UUID
    name: str
    kind: LocationKind
    capacity: int | None = None
    out_capacity: int | None = None


class ChangeLocation(Command, frozen=True):
    location_id: UUID
    by: UUID
    changes: LocationChanges
