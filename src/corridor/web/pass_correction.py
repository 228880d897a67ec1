"""A correction of a pass as it is typed into a form: times of day, and only what differs from the record. Pure."""

from datetime import datetime, time

import msgspec

from corridor.base.errors import InvalidInput
from corridor.campus.timetable import at_clock, local
from corridor.day.state import EndedHow, Pass, SchoolState
from corridor.passes.commands import Corrections
from corridor.passes.teacher_desk import uuid_in

TIMES = ("started_at", "arrived_at", "departed_at", "ended_at")
HOW = {
    EndedHow.RETURNED: "the student came back",
    EndedHow.ARRIVED: "the student arrived, one way",
    EndedHow.AUTO: "it ended by itself; nobody noted the return",
    EndedHow.STAFF: "a member of staff ended it",
    EndedHow.DAY_END: "it ended with the school day; nobody noted the return",
}


class CorrectionForm(msgspec.Struct):
    """Times are such as 10:42; an empty arrival or departure says that nobody saw it."""

    school: str = ""
    started_at: str = ""
    arrived_at: str = ""
    departed_at: str = ""
    ended_at: str = ""
    ended_how: str = ""
    destination: str = ""
    note: str = ""


def as_typed(state: SchoolState, pass_: Pass) -> CorrectionForm:
    """What the record says, to be changed."""
    times = {name: _hhmm(state, getattr(pass_, name)) for name in TIMES}
    return CorrectionForm(**times, ended_how=pass_.ended_how or "", destination=str(pass_.destination_id))


def corrections_in(state: SchoolState, pass_: Pass, form: CorrectionForm) -> Corrections:
    """What of the form is not what the record says. A time that was left as it stands keeps its seconds.

    Raises `InvalidInput` for what is no time.
    """
    changed: dict[str, datetime] = {}
    for name in TIMES:
        typed = getattr(form, name).strip()
        if typed and typed != _hhmm(state, getattr(pass_, name)):
            changed[name] = _instant(state, pass_, typed, name)
    destination_id = uuid_in(form.destination)
    how = EndedHow(form.ended_how) if form.ended_how in set(EndedHow) else None
    return Corrections(
        **changed,
        ended_how=how if how is not pass_.ended_how else None,
        destination_id=destination_id if destination_id != pass_.destination_id else None,
        no_arrival=not form.arrived_at.strip(),
        no_departure=not form.departed_at.strip(),
    )


def _hhmm(state: SchoolState, at: datetime | None) -> str:
    return f"{local(state.campus, at):%H:%M}" if at else ""


def _instant(state: SchoolState, pass_: Pass, typed: str, name: str) -> datetime:
    try:
        clock = time.fromisoformat(typed)
    except ValueError:
        raise InvalidInput("Give times like 10:42.", field=name) from None
    return at_clock(state.campus, local(state.campus, pass_.started_at or pass_.requested_at).date(), clock)
