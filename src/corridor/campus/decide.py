"""What becomes of a command about the campus. Pure."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

import msgspec

from corridor.base.errors import Conflict, InvalidInput, NotFound
from corridor.base.text import one_line
from corridor.campus.commands import AddLocation, ChangeLocation
from corridor.campus.events import LocationAdded, LocationChanged
from corridor.campus.model import Campus, Location
from corridor.ledger.words import Command, Decision

LONGEST_NAME = 80
MOST = 10_000


class HasCampus(Protocol):
    campus: Campus


def decide_add_location(state: HasCampus, command: AddLocation, now: datetime) -> Decision:
    location = Location(
        id=command.location_id,
        school_id=state.campus.school.id,
        name=one_line(command.name),
        kind=command.kind,
        capacity=command.capacity,
        out_capacity=command.out_capacity,
    )
    _check(state.campus, location)
    return Decision([LocationAdded(command.by, location)], about=location.id)


def decide_change_location(state: HasCampus, command: ChangeLocation, now: datetime) -> Decision:
    before = state.campus.locations.get(command.location_id)
    if before is None:
        raise NotFound("There is no such location.")
    changes = {
        name: one_line(value) if isinstance(value, str) and name == "name" else value
        for name, value in msgspec.structs.asdict(command.changes).items()
        if value is not msgspec.UNSET
    }
    after = msgspec.structs.replace(before, **changes)
    if after == before:
        return Decision([], about=before.id)
    _check(state.campus, after)
    return Decision([LocationChanged(command.by, before, after)], about=before.id)


DECIDE: dict[type[Command], Callable[[Any, Any, datetime], Decision]] = {
    AddLocation: decide_add_location,
    ChangeLocation: decide_change_location,
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
