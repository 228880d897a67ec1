"""What a simulated student and those around them do with a pass. Pure: chance and time come in, steps go out."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from random import Random
from typing import Any

import msgspec

from corridor.campus.words import LocationKind


class Habit(msgspec.Struct, frozen=True):
    """`share` is how often students want such a place, `stay` how many minutes they usually spend there; staff check
    them in when `checks_in`. `reasons` are what they say, if they say anything."""

    share: int
    stay: float
    checks_in: bool = False
    reasons: tuple[str, ...] = ()


HABITS: dict[str, Habit] = {
    LocationKind.RESTROOM: Habit(46, 2.2),
    LocationKind.FOUNTAIN: Habit(8, 0.5),
    LocationKind.LOCKER: Habit(6, 1.2, reasons=("Forgot my notebook", "Need my gym shoes")),
    LocationKind.NURSE: Habit(7, 6, checks_in=True, reasons=("Not feeling well", "Bandage", "Ice pack")),
    LocationKind.OFFICE: Habit(
        8, 4, checks_in=True, reasons=("Early pick-up", "Dropping off a form", "Lost and found")
    ),
    LocationKind.LIBRARY: Habit(
        12, 10, checks_in=True, reasons=("Printing", "Returning a book", "Quiet place to test")
    ),
    LocationKind.COUNSELOR: Habit(6, 10, checks_in=True, reasons=("Schedule question", "College application")),
    LocationKind.CLASSROOM: Habit(11, 7, reasons=("Make-up quiz", "Picking up a project", "Message for the teacher")),
}

_WALK_MINUTES = (0.5, 1.6)
_FORGETS = 0.03
_EXTENDS = 0.4
_ENDED_BY_STAFF = 0.02
_BACK_BY_BELL = 0.65
_KNOWS_WHAT_IS_FULL = 0.9
_STANDS_IN_LINE = 0.4
_NOTICES = 0.85
_GIVES_UP = 0.01
_LOOK_AFTER = timedelta(minutes=16)


class Place(msgspec.Struct, frozen=True):
    """A place that is closed has a `capacity` of 0."""

    id: str
    kind: str
    capacity: int | None = None


class Step(msgspec.Struct, frozen=True):
    """At this instant someone does this: a verb of the API on the pass, or `look` to see what became of it.

    `by_student` where the student's own device says it, if it can.
    """

    at: datetime
    verb: str
    body: dict[str, Any] = {}
    by_student: bool = False


def choose_place(
    random: Random, places: Mapping[str, Sequence[Place]], going: Mapping[str, int], *, by_student: bool = False
) -> Place | None:
    """Where to go, by habit; mostly not where it is full, as far as `going` (students by place) tells. Students who ask
    for themselves care less: they can stand in line."""
    kinds = [kind for kind in HABITS if places.get(kind)]
    if not kinds:
        return None
    candidates = places[random.choices(kinds, [HABITS[kind].share for kind in kinds])[0]]
    free = [place for place in candidates if not is_full(place, going)]
    cares = _STANDS_IN_LINE if by_student else _KNOWS_WHAT_IS_FULL
    return random.choice(free if free and random.random() < cares else candidates)


def is_full(place: Place, going: Mapping[str, int]) -> bool:
    return place.capacity is not None and going.get(place.id, 0) >= place.capacity


def choose_reason(random: Random, kind: str) -> str:
    return random.choice(("", *HABITS[kind].reasons))


def choose_why(random: Random) -> str:
    """Why staff lift a rule."""
    return random.choice(("Can't wait", "Not feeling well", "Spilled paint", "Called by the office"))


def watch_the_line(random: Random, now: datetime) -> Step:
    return Step(now + timedelta(seconds=random.uniform(6, 14)), "turn")


def take_turn(random: Random, now: datetime, *, offered: bool) -> Step:
    """A student in line: goes when a place is offered, unless they miss it; sometimes gives up."""
    if offered and random.random() < _NOTICES:
        return Step(now + timedelta(seconds=random.uniform(1, 5)), "start", by_student=True)
    if not offered and random.random() < _GIVES_UP:
        return Step(now + timedelta(seconds=1), "cancel", by_student=True)
    return watch_the_line(random, now)


def answer(random: Random, now: datetime, *, slowly: bool) -> Step:
    """What becomes of a request: a teacher answers, the student takes it back, or nobody cares."""
    seconds = random.uniform(120, 300) if slowly else random.lognormvariate(3.2, 0.5)
    verb = random.choices(("approve", "deny", "cancel", "look"), (86, 6, 4, 4))[0]
    if verb == "look":
        return Step(now + _LOOK_AFTER, "look")
    return Step(now + timedelta(seconds=seconds), verb, by_student=verb == "cancel")


def trip(random: Random, place: Place, now: datetime, due_at: datetime, bell: datetime | None) -> list[Step]:
    """The steps of a pass that is active from `now` and due at `due_at`, in order.

    Most come back in time, some late, a few never: those fall overdue and end by themselves. The bell calls many back.
    """
    habit = HABITS[place.kind]
    out, back = (timedelta(minutes=random.uniform(*_WALK_MINUTES)) for _ in range(2))
    stay = timedelta(minutes=habit.stay * random.lognormvariate(0, 0.35))
    if random.random() < _FORGETS:
        checked_in = [Step(now + out, "arrive")] if habit.checks_in else []
        return [*checked_in, Step(max(now, due_at) + _LOOK_AFTER, "look")]
    leaves = now + out + stay
    if bell is not None and now < bell < leaves + back and random.random() < _BACK_BY_BELL:
        leaves = max(now, bell + timedelta(minutes=random.uniform(-1, 2)) - back)
    steps = []
    if habit.checks_in and leaves > now + out:
        steps += [Step(now + out, "arrive"), Step(leaves, "depart")]
        if random.random() < _EXTENDS and now + out < due_at < leaves:
            steps.insert(1, Step(due_at - timedelta(seconds=20), "extend", {"minutes": 5}))
    by_staff = random.random() < _ENDED_BY_STAFF
    steps.append(Step(leaves + back, "end" if by_staff else "return", by_student=not by_staff))
    return sorted(steps, key=attrgetter("at"))


def rest_of(steps: Sequence[Step], random: Random, leg: str, now: datetime) -> list[Step]:
    """What is left to do at `now` of a trip on this leg. What should have happened already happens within a minute."""
    done = {"outbound": (), "at_destination": ("arrive",), "returning": ("arrive", "depart")}[leg]
    soon = now + timedelta(seconds=random.uniform(5, 60))
    return [msgspec.structs.replace(step, at=max(step.at, soon)) for step in steps if step.verb not in done]
