"""What becomes of a command about the campus. Pure."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec

from corridor.base.errors import Conflict, InvalidInput, NotFound
from corridor.base.text import one_line
from corridor.campus.commands import AddLocation, AddZone, ChangeLocation, ChangeZone
from corridor.campus.events import LocationAdded, LocationChanged, ZoneAdded, ZoneChanged
from corridor.campus.model import Campus, Location, Zone
from corridor.ledger.words import Command, Decision, Event

LONGEST_NAME = 80
MOST = 10_000


class HasCampus(Protocol):
    campus: Campus


def decide_add_location(state: HasCampus, command: AddLocation, now: datetime) -> Decision:
    zone_id, events = command.zone_id, list[Event]()
    if command.zone_name.strip():
        zone_id, events = _zone_named(state.campus, command.zone_name, command.by, command.new_zone_id)
    location = Location(
        id=command.location_id,
        school_id=state.campus.school.id,
        name=one_line(command.name),
        kind=command.kind,
        capacity=command.capacity,
        out_capacity=command.out_capacity,
        zone_id=zone_id,
    )
    _check(state.campus, location)
    if not events and zone_id is not None:
        _check_zone(state.campus, zone_id)
    return Decision([*events, LocationAdded(command.by, location)], about=location.id)


def decide_change_location(state: HasCampus, command: ChangeLocation, now: datetime) -> Decision:
    before = state.campus.locations.get(command.location_id)
    if before is None:
        raise NotFound("There is no such location.")
    changes = {
        name: one_line(value) if isinstance(value, str) and name == "name" else value
        for name, value in msgspec.structs.asdict(command.changes).items()
        if value is not msgspec.UNSET
    }
    events = list[Event]()
    zone_name = changes.pop("zone_name", None)
    if zone_name is not None:
        if "zone_id" in changes:
            raise InvalidInput("Name the zone or give its id, not both.", field="zone_name")
        changes["zone_id"] = None
        if zone_name.strip():
            changes["zone_id"], events = _zone_named(state.campus, zone_name, command.by, command.new_zone_id)
    after = msgspec.structs.replace(before, **changes)
    if after == before:
        return Decision([], about=before.id)
    _check(state.campus, after)
    if not events and after.zone_id is not None and after.zone_id != before.zone_id:
        _check_zone(state.campus, after.zone_id)
    return Decision([*events, LocationChanged(command.by, before, after)], about=before.id)


def decide_add_zone(state: HasCampus, command: AddZone, now: datetime) -> Decision:
    zone = Zone(command.zone_id, state.campus.school.id, one_line(command.name))
    _check_zone_name(state.campus, zone)
    return Decision([ZoneAdded(command.by, zone)], about=zone.id)


def decide_change_zone(state: HasCampus, command: ChangeZone, now: datetime) -> Decision:
    before = state.campus.zones.get(command.zone_id)
    if before is None:
        raise NotFound("There is no such zone.")
    name, active = command.changes.name, command.changes.active
    after = Zone(
        before.id,
        before.school_id,
        before.name if name is msgspec.UNSET else one_line(name),
        before.active if active is msgspec.UNSET else active,
    )
    if after == before:
        return Decision([], about=before.id)
    _check_zone_name(state.campus, after)
    inside = sorted(place.name for place in state.campus.locations.values() if place.zone_id == before.id)
    if not after.active and inside:
        raise Conflict(
            f"{', '.join(inside[:5])}{' and others' if len(inside) > 5 else ''} "
            f"{'lies' if len(inside) == 1 else 'lie'} in {before.name}. Give {'it' if len(inside) == 1 else 'them'} "
            "another zone or none first.",
            code="zone_in_use",
        )
    return Decision([ZoneChanged(command.by, before, after)], about=before.id)


DECIDE: dict[type[Command], Callable[[Any, Any, datetime], Decision]] = {
    AddLocation: decide_add_location,
    ChangeLocation: decide_change_location,
    AddZone: decide_add_zone,
    ChangeZone: decide_change_zone,
}


def _check(campus: Campus, location: Location) -> None:
    if not 1 <= len(location.name) <= LONGEST_NAME:
        raise InvalidInput(f"Give the location a name of 1 to {LONGEST_NAME} characters.", field="name")
    for field in ("capacity", "out_capacity"):
        most = getattr(location, field)
        if most is not None and not 0 <= most <= MOST:
            raise InvalidInput(f"A limit is a number from 0 to {MOST}, or null for none.", field=field)
    for other in campus.locations.values():
        if other.id != location.id and other.name.casefold() == location.name.casefold():
            raise Conflict(f"There is already a location named {other.name}.", code="name_taken", field="name")


def _zone_named(campus: Campus, name: str, by: UUID, new_id: UUID | None) -> tuple[UUID, list[Event]]:
    """The zone of this name, and what has to happen first: it is added, or taken into use again."""
    wanted = one_line(name)
    found = next((zone for zone in campus.zones.values() if zone.name.casefold() == wanted.casefold()), None)
    if found:
        again = msgspec.structs.replace(found, active=True)
        return found.id, [] if found.active else [ZoneChanged(by, found, again)]
    if new_id is None:
        raise NotFound(f"There is no zone named {wanted}. Add it first.", field="zone_name")
    zone = Zone(new_id, campus.school.id, wanted)
    _check_zone_name(campus, zone, field="zone_name")
    return new_id, [ZoneAdded(by, zone)]


def _check_zone(campus: Campus, zone_id: UUID) -> None:
    zone = campus.zones.get(zone_id)
    if zone is None or not zone.active:
        raise InvalidInput("There is no such zone, or it is not in use any more.", field="zone_id")


def _check_zone_name(campus: Campus, zone: Zone, field: str = "name") -> None:
    if not 1 <= len(zone.name) <= LONGEST_NAME:
        raise InvalidInput(f"Give the zone a name of 1 to {LONGEST_NAME} characters.", field=field)
    for other in campus.zones.values():
        if other.id != zone.id and other.name.casefold() == zone.name.casefold():
            raise Conflict(f"There is already a zone named {other.name}.", code="name_taken", field=field)
