"""Some minutes must pass between the end of one pass and the next."""

from datetime import timedelta
from typing import Annotated

import msgspec

from corridor.campus.timetable import next_midnight
from corridor.day.state import Status
from corridor.rules.kind import Kind, says
from corridor.rules.scope import covers_pass
from corridor.rules.verdict import Case, Objection
from corridor.rules.words import counted

CODE = "cooldown"


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`minutes` since the student's last such pass ended; none from one day to the next."""

    minutes: Annotated[int, msgspec.Meta(ge=1, le=999), says("Minutes")] = 5


def judge(params: Params, case: Case) -> Objection | None:
    state = case.state
    ended = [
        closed.ended_at
        for pass_id in state.of_student.get(case.ask.student.id, ())
        if (closed := state.closed.get(pass_id))
        and closed.status is Status.ENDED
        and closed.ended_at
        and covers_pass(case.scope, closed, state)
    ]
    if not ended:
        return None
    last = max(ended)
    # At midnight the state may forget what has ended, and whether it has must not matter.
    until = min(last + timedelta(minutes=params.minutes), next_midnight(state.campus, last))
    if case.now.at >= until:
        return None
    return Objection(
        CODE,
        "You were just out.",
        f"The student's last pass ended less than {counted(params.minutes, 'minute')} ago.",
        until,
    )


KIND = Kind(
    "cooldown",
    "Pause between passes",
    "{whom} must wait {minutes} minutes between passes {what} {when}.",
    Params,
    judge,
    about="So many minutes between the end of one pass and the next.",
)
