"""A student may take so many passes a day."""

from datetime import datetime

import msgspec

from corridor.campus.timetable import next_midnight
from corridor.day.state import SchoolState
from corridor.rules.verdict import Ask, Objection

CODE = "daily_limit"


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`most` passes that were started on a local day, whoever issued them; staff-issued ones count only if
    `count_staff`."""

    most: int = 6
    count_staff: bool = False


def judge(params: Params, ask: Ask, state: SchoolState, now: datetime) -> Objection | None:
    midnight = next_midnight(state.campus, now)
    used = 0
    for pass_id in state.of_student.get(ask.student_id, ()):
        taken = state.passes.get(pass_id) or state.closed[pass_id]
        started_today = taken.started_at is not None and next_midnight(state.campus, taken.started_at) == midnight
        used += started_today and (params.count_staff or taken.channel != "staff")
    if used < params.most:
        return None
    return Objection(
        CODE,
        f"You have used your {params.most} passes for today.",
        f"The student has used {used} of {params.most} passes today.",
        allowed_at=midnight,
    )
