"""A destination as whoever works there sees it: who comes, who is here, who waits. Pure."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from corridor.campus.model import Location
from corridor.campus.timetable import local
from corridor.campus.words import LocationKind
from corridor.day.policy import Closure
from corridor.day.state import Leg, Pass, SchoolState, Status
from corridor.identity.permissions import Action
from corridor.passes.line import Turn, turn_of
from corridor.passes.student_view import STAFFED
from corridor.rules.closures import holds
from corridor.rules.judge import spoken


class Visit(msgspec.Struct, frozen=True):
    """A pass to a destination, and the student's name. `column` is the list that it stands in: coming, here, waiting or
    later. `turn` is their place in line; `planned` says when they are expected, in words. `next`: they are whom to look
    after first."""

    pass_: Pass
    name: str
    origin: Location | None
    column: str
    turn: Turn | None = None
    planned: str | None = None
    next: bool = False

    @property
    def order(self) -> str:
        """Where it stands in its list."""
        if self.turn:
            return f"{self.turn.place:04}"
        at = self.pass_.arrived_at or self.pass_.started_at or self.pass_.planned_at or self.pass_.requested_at
        return f"{at.isoformat()} {self.pass_.id}"


class Place(msgspec.Struct, frozen=True):
    """A location and what goes on there. `taken` are the places in use, `closure` holds while it takes nobody, `until`
    says until when, in words; `staffed`: somebody receives students. `others` are where they could go meanwhile."""

    location: Location
    staffed: bool
    coming: int
    here: int
    waiting: int
    closure: Closure | None = None
    until: str | None = None
    others: tuple[Location, ...] = ()

    @property
    def taken(self) -> int:
        return self.coming + self.here


class Desk(msgspec.Struct, frozen=True):
    """A destination and everyone who comes, is here, waits or is expected later."""

    place: Place
    visits: tuple[Visit, ...]

    def column(self, name: str) -> list[Visit]:
        """Those of one list, in order."""
        return sorted((visit for visit in self.visits if visit.column == name), key=lambda visit: visit.order)


def desk_at(state: SchoolState, location_id: UUID, now: datetime) -> Desk:
    """The desk of a location of this school."""
    going = [pass_ for pass_ in state.passes.values() if pass_.destination_id == location_id]
    visits = [visit for pass_ in going if (visit := _visit(state, pass_, now))]
    first = _first(visits)
    shown = [msgspec.structs.replace(visit, next=True) if visit is first else visit for visit in visits]
    return Desk(_place(state, state.campus.locations[location_id], visits, now), tuple(shown))


def places(state: SchoolState, now: datetime) -> list[Place]:
    """The locations that one could sit at, with who is there: those where somebody receives students first."""
    going: dict[UUID, list[Visit]] = {}
    for pass_ in state.passes.values():
        visit = _visit(state, pass_, now)
        if visit:
            going.setdefault(pass_.destination_id, []).append(visit)
    found = [
        _place(state, place, going.get(place.id, ()), now)
        for place in state.campus.locations.values()
        if place.active and place.kind is not LocationKind.CLASSROOM
    ]
    return sorted(found, key=lambda each: (not each.staffed, each.location.kind, each.location.name.casefold()))


def desk_context(state: SchoolState, desk: Desk, rights: Collection[Action], form_token: str) -> dict[str, object]:
    """What the templates of the page and of its parts need. `form_token` makes the forms in them the browser's own."""
    return {
        "school": state.campus.school,
        "desk": desk,
        "place": desk.place,
        "may_close": Action.CLOSURE_CHANGE in rights,
        "may_call": Action.SUMMON in rights,
        "form_token": form_token,
    }


def _visit(state: SchoolState, pass_: Pass, now: datetime) -> Visit | None:
    """None for who only asks, or is on the way back."""
    column = _column(state, pass_)
    if column is None:
        return None
    campus = state.campus
    student = campus.students.get(pass_.student_id)
    return Visit(
        pass_,
        student.name if student else "A former student",
        campus.locations[pass_.origin_id] if pass_.origin_id else None,
        column,
        turn_of(state, pass_) if column == "waiting" else None,
        spoken(campus, local(campus, now).date(), pass_.planned_at) if column == "later" and pass_.planned_at else None,
    )


def _column(state: SchoolState, pass_: Pass) -> str | None:
    if pass_.status is Status.WAITING:
        return "waiting"
    if pass_.status is Status.SCHEDULED:
        return "later"
    if pass_.status is not Status.ACTIVE or pass_.leg is Leg.RETURNING:
        return None
    checked_in = pass_.leg is Leg.AT_DESTINATION and state.campus.locations[pass_.destination_id].kind in STAFFED
    return "here" if checked_in else "coming"


def _first(visits: Collection[Visit]) -> Visit | None:
    """Whoever is on the way for longest, else the first in line."""
    for name in ("coming", "waiting"):
        column = [visit for visit in visits if visit.column == name]
        if column:
            return min(column, key=lambda visit: visit.order)
    return None


def _place(state: SchoolState, place: Location, visits: Collection[Visit], now: datetime) -> Place:
    columns = [visit.column for visit in visits]
    closure = state.closures.get(place.id)
    if closure and not holds(closure, now):
        closure = None
    others = [
        other
        for other in state.campus.locations.values()
        if other.kind is place.kind and other.active and other.id != place.id and place.kind is not LocationKind.OTHER
    ]
    return Place(
        place,
        place.kind in STAFFED,
        columns.count("coming"),
        columns.count("here"),
        columns.count("waiting"),
        closure,
        spoken(state.campus, local(state.campus, now).date(), closure.until) if closure and closure.until else None,
        tuple(sorted(others, key=lambda other: other.name.casefold())),
    )
