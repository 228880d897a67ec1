"""A student has one pass at a time."""

from datetime import datetime

import msgspec

from corridor.day.state import OPEN, SchoolState
from corridor.rules.verdict import Ask, Objection

CODE = "one_open_pass"


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to set."""


def judge(params: Params, ask: Ask, state: SchoolState, now: datetime) -> Objection | None:
    for pass_id in state.of_student.get(ask.student_id, ()):
        held = state.passes.get(pass_id)
        if held and held.status in OPEN and pass_id != ask.besides:
            place = state.campus.locations[held.destination_id].name
            return Objection(
                CODE,
                f"You already have a pass to {place}. End or cancel it first.",
                f"The student already has a pass to {place} ({held.status}).",
            )
    return None
