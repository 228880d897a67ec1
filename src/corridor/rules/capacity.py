"""How many students may be at a location, or out of a room, at once."""

from datetime import datetime

import msgspec

from corridor.day.state import Leg, Pass, SchoolState, Status
from corridor.rules.verdict import Ask, Objection

INTO = "full"
OUT_OF = "too_many_out"


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The limits stand at the locations: `capacity` and `out_capacity`."""


def judge_into(params: Params, ask: Ask, state: SchoolState, now: datetime) -> Objection | None:
    place, most = ask.destination, ask.destination.capacity
    if most is None:
        return None
    there = state.going_to.get(place.id, 0)
    if there < most:
        return None
    return Objection(
        INTO, f"{place.name} is full right now.", f"{place.name} is full: {there} of {most} places are taken."
    )


def judge_out_of(params: Params, ask: Ask, state: SchoolState, now: datetime) -> Objection | None:
    room = ask.origin
    if room is None or room.out_capacity is None:
        return None
    out = state.out_of.get(room.id, 0)
    if out < room.out_capacity:
        return None
    return Objection(
        OUT_OF,
        "Too many are out of your room right now. Ask again when someone is back.",
        f"{room.name} may have {room.out_capacity} out at once; {out} are out now.",
    )


def takes_a_place(pass_: Pass) -> bool:
    """Whether the pass counts at its destination: until the student leaves there again."""
    return pass_.status is Status.ACTIVE and pass_.leg is not Leg.RETURNING
