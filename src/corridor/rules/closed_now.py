"""A location that someone has closed for now."""

from corridor.rules.closures import shut
from corridor.rules.kind import Kind, NoParams
from corridor.rules.verdict import Case, Objection

CODE = "closed"


def judge(params: NoParams, case: Case) -> Objection | None:
    found = shut(case, staff_away=False)
    if found is None:
        return None
    name = case.ask.destination.name
    return Objection(
        CODE,
        f"{name} is closed.{found.hint}",
        f"{name} is closed{found.note}.{found.hint}",
        found.closure.until,
        later="It opens again {at}.",
        instead_id=found.closure.instead_id,
    )


KIND = Kind(
    "closed_now",
    "Closed for now",
    "{whom} may not take passes {what:to a place} while it is closed for now {when}.",
    NoParams,
    judge,
    about="Makes the switch that closes a place count.",
)
