"""A destination where nobody is there to receive students."""

from corridor.rules.kind import Kind, NoParams
from corridor.rules.verdict import Case, Objection

CODE = "staff_away"


def judge(params: NoParams, case: Case) -> Objection | None:
    place, state = case.ask.destination, case.state
    closure = state.closures.get(place.id)
    if closure is None or not closure.staff_away or (closure.until and closure.until <= case.now.at):
        return None
    instead = state.campus.locations.get(closure.instead_id) if closure.instead_id else None
    hint = f" Go to {instead.name} instead." if instead else ""
    note = f" ({closure.note})" if closure.note else ""
    return Objection(
        CODE,
        f"Nobody is at {place.name} right now.{hint}",
        f"Nobody is at {place.name} to receive students{note}.{hint}",
        closure.until,
        instead_id=closure.instead_id,
    )


KIND = Kind(
    "staff_away",
    "Staff away",
    "{whom} may not take passes {what:to a place} while its staff are away {when}.",
    NoParams,
    judge,
    about="Makes the switch that says nobody is there count.",
)
