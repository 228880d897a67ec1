"""The board as parts: everyone who is out or asks to be. What it shows is the same for all who may see it."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from corridor.campus.model import Location, School
from corridor.day.policy import Closure
from corridor.day.state import Pass, SchoolState, Status
from corridor.live.parts import Part, Parts, Render, carried_over
from corridor.policy.standing import closures_now


class Row(msgspec.Struct, frozen=True):
    """An open pass in words. `student` is shortened on walls."""

    pass_: Pass
    student: str
    origin: Location | None
    destination: Location


class Counts(msgspec.Struct, frozen=True):
    out: int
    over: int
    asking: int


class Crowd(msgspec.Struct, frozen=True):
    """How many are at a place on passes, or on their way to it. `closure` while it takes nobody."""

    place: Location
    going: int
    closure: Closure | None = None


class Board:
    """The board of one school, made once for each of its states. `wall`: for a display that everyone can read."""

    def __init__(self, render: Render, *, wall: bool) -> None:
        self._render = render
        self._wall = wall
        self._state: SchoolState | None = None
        self._closures: Sequence[Closure] = ()
        self._parts: Parts = {}

    def __call__(self, state: SchoolState, now: datetime) -> Parts:
        closures = closures_now(state, now)
        if state is not self._state or closures != self._closures:
            self._parts = carried_over(self._parts, self._look(state, closures))
            self._state, self._closures = state, closures
        return self._parts

    def _look(self, state: SchoolState, closures: Sequence[Closure]) -> Parts:
        school = state.campus.school
        rows = [self._row(state, pass_) for pass_ in sorted(state.passes.values(), key=_urgency)]
        status = Counter(row.pass_.status for row in rows)
        counts = Counts(status[Status.ACTIVE], sum(row.pass_.overdue for row in rows), status[Status.REQUESTED])
        parts = {"board-counts": self._part("board_counts.html", school, counts)}
        for row in rows:
            asking = row.pass_.status is Status.REQUESTED
            if not (asking and self._wall):
                name = "board_request.html" if asking else "board_row.html"
                parts[f"pass-{row.pass_.id}"] = self._part(name, school, row)
        for crowd in _crowds(state, closures):
            parts[f"crowd-{crowd.place.id}"] = self._part("board_crowd.html", school, crowd)
        return parts

    def _part(self, template: str, school: School, item: Any) -> Part:
        return Part((template, item), lambda: self._render(template, {"item": item, "school": school}))

    def _row(self, state: SchoolState, pass_: Pass) -> Row:
        campus = state.campus
        student = campus.students.get(pass_.student_id)
        name = student.name if student else "A former student"
        return Row(
            pass_,
            short_name(name) if self._wall and student else name,
            campus.locations[pass_.origin_id] if pass_.origin_id else None,
            campus.locations[pass_.destination_id],
        )


class Boards:
    """The boards of all schools."""

    def __init__(self, render: Render) -> None:
        self._render = render
        self._boards: dict[tuple[UUID, bool], Board] = {}

    def of(self, school_id: UUID, *, wall: bool) -> Board:
        return self._boards.setdefault((school_id, wall), Board(self._render, wall=wall))


def short_name(name: str) -> str:
    """The first name and the initial of the last, as "Ana R."."""
    first, _, last = name.rpartition(" ")
    return f"{first} {last[:1]}." if first else name


def _urgency(pass_: Pass) -> datetime:
    """The longest over time first, then those due soonest; requests by how long they wait."""
    return pass_.due_at or pass_.requested_at


def _crowds(state: SchoolState, closures: Sequence[Closure]) -> list[Crowd]:
    """Where somebody is or goes, and what is closed."""
    locations = state.campus.locations
    closed = {closure.id: closure for closure in closures if closure.id in locations}
    places = {place_id for place_id, going in state.going_to.items() if going} | set(closed)
    crowds = [Crowd(locations[id], state.going_to.get(id, 0), closed.get(id)) for id in places]
    return sorted(crowds, key=lambda crowd: crowd.place.name.casefold())
