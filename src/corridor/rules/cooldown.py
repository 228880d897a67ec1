"""Some minutes must pass between the end of one pass and the next."""

from datetime import datetime, timedelta

import msgspec

from corridor.campus.timetable import local, next_midnight
from corridor.day.state import SchoolState, Status
from corridor.rules.verdict import Ask, Objection

CODE = "cooldown"


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`minutes` since the student's last pass ended; none from one day to the next."""

    minutes: int = 5


def judge(params: Params, ask: Ask, state: SchoolState, now: datetime) -> Objection | None:
    ended = [
        closed.ended_at
        for pass_id in state.of_student.get(ask.student_id, ())
        if (closed := state.closed.get(pass_id)) and closed.status is Status.ENDED and closed.ended_at
    ]
    if not ended:
        return None
    last = max(ended)
    # At midnight the state may forget what has ended, and whether it has must not matter.
    allowed_at = min(last + timedelta(minutes=params.minutes), next_midnight(state.campus, last))
    if now >= allowed_at:
        return None
    at = _shown(state, allowed_at)
    return Objection(
        CODE,
        f"You were just out. You may ask again at {at}.",
        f"The student's last pass ended less than {params.minutes} minutes ago; the next one may start at {at}.",
        allowed_at,
    )


def _shown(state: SchoolState, at: datetime) -> str:
    """The local time in whole minutes, never earlier than `at`."""
    return local(state.campus, at + timedelta(seconds=59)).strftime("%H:%M")
