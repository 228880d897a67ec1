"""A destination where nobody is there to receive students."""

from corridor.rules.closures import shut
from corridor.rules.kind import Kind, NoParams
from corridor.rules.verdict import Case, Objection

CODE = "staff_away"


def judge(params: NoParams, case: Case) -> Objection | None:
    found = shut(case, staff_away=True)
    if found is None:
        return None
    name = case.ask.destination.name
    return Objection(
        CODE,
        f"Nobody is at {name} right now.{found.hint}",
        f"Nobody is at {name} to receive students{found.note}.{found.hint}",
        found.closure.until,
        instead_id=found.closure.instead_id,
    )


KIND = Kind(
    "staff_away",
    "Staff away",
    "{whom} may not take passes {what:to a place} while its staff are away {when}.",
    NoParams,
    judge,
    about="Makes the switch that says nobody is there count.",
)
