"""A location that someone has closed for now."""

from corridor.rules.kind import Kind, NoParams
from corridor.rules.verdict import Case, Objection

CODE = "closed"


def judge(params: NoParams, case: Case) -> Objection | None:
    place, state = case.ask.destination, case.state
    closure = state.closures.get(place.id)
    if closure is None or closure.staff_away or (closure.until and closure.until <= case.now.at):
        return None
    instead = state.campus.locations.get(closure.instead_id) if closure.instead_id else None
    hint = f" Go to {instead.name} instead." if instead else ""
    note = f" ({closure.note})" if closure.note else ""
    return Objection(
        CODE,
        f"{place.name} is closed.{hint}",
        f"{place.name} is closed{note}.{hint}",
        closure.until,
        later="It opens again {at}.",
        instead_id=closure.instead_id,
    )


KIND = Kind(
    "closed_now",
    "Closed for now",
    "{whom} may not take passes {what:to a place} while it is closed for now {when}.",
    NoParams,
    judge,
    about="Makes the switch that closes a place count.",
)
