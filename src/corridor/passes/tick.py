"""What time alone does to passes, and when. Pure."""

from datetime import datetime, timedelta

from corridor.campus.timetable import day_ends_at
from corridor.day.state import EndedHow, Pass, SchoolState, Status
from corridor.ledger.words import Event
from corridor.passes import appointment, line
from corridor.passes import events as happened

_LONGEST_WAIT = timedelta(hours=2)
"""How long a place in line lasts when no bell schedule tells when the day ends."""


def tick(state: SchoolState, now: datetime) -> list[Event]:
    """What has become due by `now`: requests lapse, passes fall overdue, end by themselves and end with the day; places
    in line are offered, and passes for later begin."""
    events: list[Event] = []
    for pass_ in state.passes.values():
        if pass_.status in (Status.REQUESTED, Status.WAITING):
            if _lapses_at(state, pass_) <= now:
                events.append(happened.PassLapsed(pass_.id))
        elif pass_.status is Status.ACTIVE:
            assert pass_.due_at is not None
            ends_at, how = _ends_by_itself(state, pass_)
            if not pass_.overdue and pass_.due_at <= now and pass_.due_at < ends_at:
                events.append(happened.PassOverdue(pass_.id))
            if ends_at <= now:
                events.append(happened.PassEnded(pass_.id, None, how))
    lapsed = {event.pass_id for event in events if isinstance(event, happened.PassLapsed)}
    events.extend(line.tick(state, now, lapsed))
    events.extend(appointment.tick(state, now))
    return events


def due(state: SchoolState) -> datetime | None:
    """When `tick` will next have something to say."""
    dues = [at for pass_ in state.passes.values() if (at := _due(state, pass_))]
    dues.extend(at for at in (line.due(state), appointment.due(state)) if at)
    return min(dues, default=None)


def _due(state: SchoolState, pass_: Pass) -> datetime | None:
    if pass_.status is Status.SCHEDULED:
        return None
    if pass_.status is not Status.ACTIVE:
        return _lapses_at(state, pass_)
    assert pass_.due_at is not None
    ends_at, _ = _ends_by_itself(state, pass_)
    return ends_at if pass_.overdue else min(pass_.due_at, ends_at)


def _lapses_at(state: SchoolState, pass_: Pass) -> datetime:
    """A request when nobody answers in time, a place in line at the end of the day."""
    day_end = day_ends_at(state.campus, pass_.requested_at)
    if pass_.status is Status.WAITING:
        return day_end or pass_.requested_at + _LONGEST_WAIT
    lapse = pass_.requested_at + timedelta(minutes=state.settings.lapse_minutes)
    return min(lapse, day_end) if day_end else lapse


def _ends_by_itself(state: SchoolState, pass_: Pass) -> tuple[datetime, EndedHow]:
    assert pass_.due_at is not None
    assert pass_.started_at is not None
    auto = pass_.due_at + timedelta(minutes=state.settings.grace_minutes)
    day_end = day_ends_at(state.campus, pass_.started_at)
    return (day_end, EndedHow.DAY_END) if day_end and day_end <= auto else (auto, EndedHow.AUTO)
