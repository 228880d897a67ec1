"""A student has one pass at a time."""

from corridor.day.state import HELD
from corridor.rules.kind import Kind, NoParams
from corridor.rules.verdict import Case, Objection

CODE = "one_open_pass"


def judge(params: NoParams, case: Case) -> Objection | None:
    state, ask = case.state, case.ask
    for pass_id in state.of_student.get(ask.student.id, ()):
        held = state.passes.get(pass_id)
        if held and held.status in HELD and pass_id != ask.besides:
            place = state.campus.locations[held.destination_id].name
            return Objection(
                CODE,
                f"You already have a pass to {place}. End or cancel it first.",
                f"The student already has a pass to {place} ({held.status}).",
            )
    return None


KIND = Kind(
    "one_open_pass",
    "One pass at a time",
    "{whom} may not take passes {what} while they have another {when}.",
    NoParams,
    judge,
    exemptible=False,
    about="Nobody has two passes at once.",
)
