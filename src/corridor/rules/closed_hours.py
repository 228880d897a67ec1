"""Locations that are closed at set times, in the periods that the scope names or at all times."""

from typing import Annotated
from uuid import UUID

import msgspec

from corridor.rules.closures import hint_to
from corridor.rules.kind import Kind, says
from corridor.rules.verdict import Case, Objection
from corridor.rules.windows import Window, ends_of

CODE = "closed_hours"


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Closed in these `windows`, without any as long as the rule holds. `instead_id` is where to go meanwhile."""

    windows: Annotated[
        tuple[Window, ...], says("Closed", words="from {}", empty="at all times", asks="at all times")
    ] = ()
    instead_id: Annotated[
        UUID | None, says("Where to go meanwhile", words="; {} is open instead", asks="; no other place is named")
    ] = None


def judge(params: Params, case: Case) -> Objection | None:
    campus, now, place = case.state.campus, case.now, case.ask.destination
    ends = list(ends_of(params.windows, now, campus))
    if params.windows and not ends:
        return None
    hint = hint_to(params.instead_id, campus)
    return Objection(
        CODE,
        f"{place.name} is closed at this time.{hint}",
        f"{place.name} is closed at this time.{hint}",
        max(ends, default=None),
        later="It opens {at}.",
        instead_id=params.instead_id,
    )


KIND = Kind(
    "closed_hours",
    "Closed at set times",
    "passes {what} are closed {for_whom} {windows} {when}{instead_id}.",
    Params,
    judge,
    about="A place that is closed at lunch, say, or in some periods, and where to go meanwhile.",
)
