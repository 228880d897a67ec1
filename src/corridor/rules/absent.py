"""A student who is absent, or not on campus."""

from datetime import datetime

from corridor.campus.model import Campus
from corridor.campus.timetable import next_midnight
from corridor.day.policy import Absence
from corridor.rules.kind import Kind, NoParams
from corridor.rules.verdict import Case, Objection

CODE = "absent"


def judge(params: NoParams, case: Case) -> Objection | None:
    campus, absence = case.state.campus, case.state.absences.get(case.ask.student.id)
    if absence is None or case.now.at < absence.since:
        return None
    until = absent_until(campus, absence)
    if case.now.at >= until:
        return None
    note = f" ({absence.note})" if absence.note else ""
    return Objection(
        CODE,
        "The office has you down as away from school. Tell your teacher if that is wrong.",
        f"The student is down as absent or not on campus{note}.",
        until,
    )


def absent_until(campus: Campus, absence: Absence) -> datetime:
    """When the student is taken to be back."""
    return absence.until or next_midnight(campus, absence.since)


KIND = Kind(
    "absent",
    "Not on campus",
    "{whom} may not take passes {what} while absent or not on campus {when}.",
    NoParams,
    judge,
    exemptible=False,
    about="Nobody takes a pass whom the office has down as away.",
)
