"""The board as parts: everyone who is out, waits in line or asks, as far as the viewer may see."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from corridor.campus.model import Location, School
from corridor.day.policy import Closure
from corridor.day.state import HELD, Pass, SchoolState, Status
from corridor.live.parts import Part, Parts, Render, carried_over
from corridor.passes.labels import overridden
from corridor.passes.masking import Eyes, place_shown
from corridor.policy.sight import NOBODY
from corridor.policy.standing import closures_now

_TEMPLATES = {
    Status.ACTIVE: "board_row.html",
    Status.REQUESTED: "board_request.html",
    Status.WAITING: "board_waiting.html",
}


class Row(msgspec.Struct, frozen=True):
    """An open pass in words. `student` is shortened on walls, which do not say what was overridden either; `place` is
    the student's place in line."""

    pass_: Pass
    student: str
    origin: Location | None
    destination: Location
    overridden: str
    place: int | None


class Counts(msgspec.Struct, frozen=True):
    out: int
    over: int
    asking: int
    waiting: int


class Crowd(msgspec.Struct, frozen=True):
    """How many are at a place on passes, or on their way to it. `closure` while it takes nobody."""

    place: Location
    going: int
    closure: Closure | None = None


class Board:
    """The board of one school as certain eyes see it, made once for each of its states. `wall`: for a display that
    everyone can read."""

    def __init__(self, render: Render, eyes: Eyes, *, wall: bool) -> None:
        self._render = render
        self._eyes = eyes
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
        held = (pass_ for pass_ in state.passes.values() if pass_.status in HELD and self._eyes.sees(pass_))
        passes = sorted(held, key=_urgency)
        places = {pass_id: place for line in state.lines.values() for place, pass_id in enumerate(line, start=1)}
        status = Counter(pass_.status for pass_ in passes)
        over = sum(pass_.overdue for pass_ in passes)
        counts = Counts(status[Status.ACTIVE], over, status[Status.REQUESTED], status[Status.WAITING])
        parts = {"board-counts": self._part("board_counts.html", school, counts)}
        for pass_ in passes:
            if pass_.status is Status.ACTIVE or not self._wall:
                row = self._row(state, pass_, places.get(pass_.id))
                parts[f"pass-{pass_.id}"] = self._part(_TEMPLATES[pass_.status], school, row)
        for crowd in _crowds(state, closures, self._eyes):
            parts[f"crowd-{crowd.place.id}"] = self._part("board_crowd.html", school, crowd)
        return parts

    def _part(self, template: str, school: School, item: Any) -> Part:
        return Part((template, item), lambda: self._render(template, {"item": item, "school": school}))

    def _row(self, state: SchoolState, pass_: Pass, place: int | None) -> Row:
        campus = state.campus
        pass_ = self._eyes.veiled(pass_)
        destination = place_shown(state, pass_.destination_id)
        student = campus.students.get(pass_.student_id)
        name = student.name if student else "A former student"
        return Row(
            pass_,
            short_name(name) if self._wall and student else name,
            place_shown(state, pass_.origin_id) if pass_.origin_id else None,
            destination,
            "" if self._wall else overridden(pass_.lifted, destination.name),
            place,
        )


class Boards:
    """The boards of all schools. Those who see everyone share one."""

    def __init__(self, render: Render) -> None:
        self._render = render
        self._boards: dict[tuple[UUID, bool, Eyes], Board] = {}

    def of(self, school_id: UUID, eyes: Eyes, *, wall: bool) -> Board:
        """On a wall, whoever put it there, it reads as to somebody without need to know of health."""
        if wall:
            eyes = msgspec.structs.replace(eyes, health=NOBODY)
        board = Board(self._render, eyes, wall=wall)
        return self._boards.setdefault((school_id, wall, eyes), board) if eyes.sight.everyone else board


def short_name(name: str) -> str:
    """The first name and the initial of the last, as "Ana R."."""
    first, _, last = name.rpartition(" ")
    return f"{first} {last[:1]}." if first else name


def _urgency(pass_: Pass) -> datetime:
    """The longest over time first, then those due soonest; requests by how long they wait."""
    return pass_.due_at or pass_.requested_at


def _crowds(state: SchoolState, closures: Sequence[Closure], eyes: Eyes) -> list[Crowd]:
    """Where somebody is or goes, and what is closed. How many those are is no secret, but for places whose visitors
    are not the viewer's to know."""
    locations = state.campus.locations
    closed = {closure.id: closure for closure in closures}
    places = {place_id for place_id, going in state.going_to.items() if going} | set(closed)
    crowds = [Crowd(locations[id], state.going_to.get(id, 0), closed.get(id)) for id in places if eyes.knows_place(id)]
    return sorted(crowds, key=lambda crowd: crowd.place.name.casefold())
