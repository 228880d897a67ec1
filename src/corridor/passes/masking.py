"""Which passes somebody sees, and where those lead: a place whose name tells of a student's health reads "Appointment"
to whoever has no need to know. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from msgspec.structs import replace

from corridor.campus.model import Location
from corridor.campus.words import LocationKind
from corridor.day.policy import Appointment
from corridor.day.state import Pass, SchoolState
from corridor.identity.permissions import Action, Scope, scope_of
from corridor.identity.principal import Principal
from corridor.ledger.words import Event
from corridor.passes.events import Asked, PassLineOrdered, PassRefused
from corridor.passes.withheld import for_student
from corridor.policy.events import AppointmentSet
from corridor.policy.sight import NOBODY, Sight, privacy_of, sight_of

MASK = "Appointment"
"""What stands in for the name of a place, and of a type of pass, that somebody has no need to know."""

NOWHERE = UUID(int=0)
"""Stands in for an id that is not told where none is no answer."""

E = TypeVar("E", bound=Event)


class ShownPass(Pass, frozen=True):
    """A pass as somebody reads it. `masked`: where it leads or begins, its type and its reason are not theirs to
    know, and null."""

    destination_id: UUID | None  # type: ignore[assignment]
    pass_type_id: UUID | None  # type: ignore[assignment]
    masked: bool = False


class Eyes(msgspec.Struct, frozen=True):
    """What somebody sees of a school's passes: those in `sight`, and, of those that lead to a `hidden` place, where to
    if `health` has them. `own`: as their student reads them."""

    sight: Sight
    health: Sight
    hidden: frozenset[UUID]
    own: bool = False

    def sees(self, pass_: Pass) -> bool:
        return self.sight.has_pass(pass_)

    def masks(self, trip: Any) -> bool:
        """Whether a pass, or an event that begins or refuses one, leads to or begins at a place not theirs to know."""
        return self._hides(trip, trip.destination_id) or self._hides(trip, trip.origin_id)

    def veiled(self, pass_: Pass) -> Pass:
        """A pass that they see, as a page may show it to them: what is not theirs to know is `NOWHERE` or null."""
        if self.own:
            pass_ = for_student(pass_)
        return replace(pass_, **self._veil(pass_)) if self.masks(pass_) else pass_

    def shown(self, pass_: Pass) -> ShownPass:
        """A pass that they see, as they may read it."""
        veiled = self.veiled(pass_)
        values = msgspec.structs.asdict(veiled)
        told: dict[str, Any] = {name: None if value == NOWHERE else value for name, value in values.items()}
        return ShownPass(**told, masked=NOWHERE in (values["pass_type_id"], values["destination_id"]))

    def places(self, state: SchoolState) -> Mapping[UUID, Location]:
        """The school's locations, for templates that show veiled passes; `place_shown` is for a single one."""
        return {**state.campus.locations, NOWHERE: _SOMEWHERE} if self.hidden else state.campus.locations

    def told(self, event: E) -> E | None:
        """An event of a pass that they see, as they may read it; None for one that is not for them."""
        if self.own:
            event = for_student(event)
        if isinstance(event, Asked | PassRefused) and self.masks(event):
            return replace(event, **self._veil(event))
        if isinstance(event, PassLineOrdered) and not self.knows_place(event.destination_id):
            return None
        if isinstance(event, AppointmentSet) and not self._knows_appointment(event.before, event.after):
            return None
        return event

    def knows_place(self, location_id: UUID) -> bool:
        """Whether they may know who is at this place, whoever it is."""
        return location_id not in self.hidden or self.health.has_place(location_id)

    def _knows_appointment(self, *values: Appointment | None) -> bool:
        return all(value is None or self.knows_place(value.destination_id) for value in values)

    def _veil(self, trip: Any) -> dict[str, Any]:
        veil = {name: value for name, value in _VEIL.items() if hasattr(trip, name)}
        if self._hides(trip, trip.destination_id):
            veil["destination_id"] = NOWHERE
        if self._hides(trip, trip.origin_id):
            veil["origin_id"] = None
        return veil

    def _hides(self, trip: Any, location_id: UUID | None) -> bool:
        if location_id not in self.hidden or self.health.has_place(location_id):
            return False
        section_id = getattr(trip, "section_id", None)
        return section_id not in self.health.sections and trip.student_id not in self.health.students


_VEIL: dict[str, Any] = {
    "pass_type_id": NOWHERE,
    **dict.fromkeys(("reason", "deny_reason", "lift_reason", "appointment_id")),
}
_SOMEWHERE = Location(NOWHERE, NOWHERE, MASK, LocationKind.OTHER)


def place_shown(state: SchoolState, location_id: UUID) -> Location:
    """The place that a veiled pass leads to."""
    return _SOMEWHERE if location_id == NOWHERE else state.campus.locations[location_id]


def eyes_of(state: SchoolState, principal: Principal, now: datetime, action: Action = Action.PASS_VIEW) -> Eyes:
    """What the principal sees of the passes that their right to `action` reaches.

    Raises `NotPermitted` without the right and `NotFound` for a school out of reach.
    """
    sight = sight_of(state, principal, action, now)
    return Eyes(
        sight,
        _health(state, principal, now),
        masked_places(state),
        own=scope_of(principal, action) is Scope.OWN,
    )


def masked_places(state: SchoolState) -> frozenset[UUID]:
    """The locations that read "Appointment" to whoever has no need to know."""
    kinds = privacy_of(state).masked
    return frozenset(place.id for place in state.campus.locations.values() if place.kind in kinds)


def _health(state: SchoolState, principal: Principal, now: datetime) -> Sight:
    """Who needs to know: the place itself, those who lead the class that the student left, one's own."""
    scope = scope_of(principal, Action.HEALTH_VIEW)
    if scope is None:
        return NOBODY
    sight = sight_of(state, principal, Action.HEALTH_VIEW, now)
    return replace(sight, students=frozenset()) if scope is Scope.SECTIONS else sight
