"""Students who may not take passes at all, or not there."""

from corridor.rules.kind import Kind, NoParams
from corridor.rules.verdict import Case, Objection

CODE = "no_travel"


def judge(params: NoParams, case: Case) -> Objection | None:
    name = case.ask.destination.name
    return Objection(
        CODE,
        f"You can't take a pass to {name} by yourself. Talk to your teacher.",
        f"A rule keeps this student from taking passes to {name}.",
    )


KIND = Kind(
    "no_travel",
    "May not travel",
    "{whom} may not take passes {what} {when}.",
    NoParams,
    judge,
    about="Students, a grade or a group who may not go, or not there.",
)
