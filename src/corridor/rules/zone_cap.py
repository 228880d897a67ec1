"""So many students may be in one zone on passes at once."""

from typing import Annotated

import msgspec

from corridor.rules.kind import Kind, says
from corridor.rules.verdict import Case, Objection

CODE = "zone_full"


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`most` students on their way to or at the locations of the zone."""

    most: Annotated[int, msgspec.Meta(ge=0, le=9999), says("Students there at once")] = 10


def judge(params: Params, case: Case) -> Objection | None:
    campus, zone_id = case.state.campus, case.ask.destination.zone_id
    if zone_id is None:
        return None
    there = sum(
        number for place_id, number in case.state.going_to.items() if campus.locations[place_id].zone_id == zone_id
    )
    if there < params.most:
        return None
    name = campus.zones[zone_id].name
    return Objection(
        CODE,
        f"Too many students are in {name} right now.",
        f"{name} is full: {there} students are there on passes, {params.most} may be.",
    )


KIND = Kind(
    "zone_cap",
    "Zone limit",
    "{whom} may not take passes {what:to a place} while its zone has {most} students on passes {when}.",
    Params,
    judge,
    about="So many students are in one part of the building on passes at once.",
)
