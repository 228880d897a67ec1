"""Nobody may start a pass: an emergency, or a drill."""

from corridor.rules.kind import Kind, NoParams
from corridor.rules.verdict import Case, Objection

CODE = "freeze"


def judge(params: NoParams, case: Case) -> Objection | None:
    freeze = case.state.freeze
    if freeze is None:
        return None
    note = f" ({freeze.note})" if freeze.note else ""
    return Objection(
        CODE, "All passes are on hold. Stay where you are.", f"All passes are on hold in the whole school{note}."
    )


KIND = Kind(
    "freeze",
    "Passes on hold",
    "{whom} may not start passes {what} while the school has put all passes on hold {when}.",
    NoParams,
    judge,
    exemptible=False,
    about="Makes the switch that puts all passes on hold count, in an emergency or a drill.",
)
