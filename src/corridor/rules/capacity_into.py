"""A location holds so many students on passes at once; the others wait their turn."""

from corridor.day.state import Leg, Pass, Status
from corridor.day.words import Effect
from corridor.rules.kind import Kind, NoParams
from corridor.rules.verdict import Case, Objection

CODE = "full"


def judge(params: NoParams, case: Case) -> Objection | None:
    place, state = case.ask.destination, case.state
    if place.capacity is None:
        return None
    line = state.lines.get(place.id, ())
    offered = sum(state.passes[pass_id].offered_until is not None for pass_id in line if pass_id != case.ask.besides)
    taken = state.going_to.get(place.id, 0) + offered
    in_line = case.ask.besides in line
    if taken < place.capacity and (in_line or not line):
        return None
    waiting = f" {len(line)} in line." if line and not in_line else ""
    return Objection(
        CODE,
        f"{place.name} is full right now.{waiting}",
        f"{place.name} is full: {taken} of {place.capacity} places are taken.{waiting}",
    )


def takes_a_place(pass_: Pass) -> bool:
    """Whether the pass counts at its destination: until the student leaves there again."""
    return pass_.status is Status.ACTIVE and pass_.leg is not Leg.RETURNING


KIND = Kind(
    "capacity_into",
    "A place is full",
    "{whom} may not take passes {what:to a place} while it is full {when}.",
    NoParams,
    judge,
    effects=(Effect.WAIT, Effect.REFUSE, Effect.NEEDS_STAFF, Effect.WARN),
    about="Each location says how many it holds; who comes then stands in line, or is refused.",
)
