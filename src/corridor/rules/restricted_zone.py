"""Zones that students enter only if they belong there."""

from typing import Annotated
from uuid import UUID

import msgspec

from corridor.rules.kind import Kind, says
from corridor.rules.scope import is_in_any
from corridor.rules.verdict import Case, Objection

CODE = "restricted_zone"


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`zone_ids` are restricted; whoever is in one of `group_ids` may enter all the same."""

    zone_ids: Annotated[frozenset[UUID], says("Restricted zones", empty="a zone", asks="a zone")] = frozenset()
    group_ids: Annotated[
        frozenset[UUID],
        says("Groups that may enter", words="only members of {}", empty="nobody", asks="nobody"),
    ] = frozenset()


def judge(params: Params, case: Case) -> Objection | None:
    place, state = case.ask.destination, case.state
    if place.zone_id is None or place.zone_id not in params.zone_ids:
        return None
    if is_in_any(params.group_ids, case.ask.student.id, case.state):
        return None
    zone = state.campus.zones[place.zone_id].name
    return Objection(
        CODE, f"Passes to {place.name} are restricted.", f"{place.name} lies in {zone}, which is restricted."
    )


KIND = Kind(
    "restricted_zone",
    "Restricted zone",
    "{of_whom}{group_ids} may take passes {what} into {zone_ids} {when}.",
    Params,
    judge,
    about="A part of the building that only some groups may enter.",
)
