"""What time alone does to passes, and when. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from corridor.campus.timetable import day_ends_at
from corridor.day.state import EndedHow, Pass, SchoolState, Status
from corridor.ledger.words import Event
from corridor.passes import events as happened
from corridor.passes import line
from corridor.passes.evolve import draft, suppose
from corridor.passes.wish import ask_of
from corridor.rules.judge import judge

_LONGEST_WAIT = timedelta(hours=2)
"""How long a place in line lasts when no bell schedule tells when the day ends."""
_TRY_AGAIN = timedelta(minutes=1)
"""After so long a pass for later that rules held up is tried again."""
_LEAST_PATIENCE = timedelta(minutes=15)
"""For so long at least a pass for later may begin late."""


def tick(state: SchoolState, now: datetime) -> list[Event]:
    """What has become due by `now`: requests lapse, passes fall overdue, end by themselves and end with the day; places
    in line are offered, and passes for later begin."""
    events: list[Event] = []
    for pass_ in state.passes.values():
        if pass_.status in (Status.REQUESTED, Status.WAITING):
            if _lapses_at(state, pass_) <= now:
                events.append(happened.PassLapsed(pass_.id))
        elif pass_.status is Status.SCHEDULED:
            if _over_at(state, pass_) <= now:
                events.append(happened.PassLapsed(pass_.id))
        else:
            assert pass_.due_at is not None
            ends_at, how = _ends_by_itself(state, pass_)
            if not pass_.overdue and pass_.due_at <= now and pass_.due_at < ends_at:
                events.append(happened.PassOverdue(pass_.id))
            if ends_at <= now:
                events.append(happened.PassEnded(pass_.id, None, how))
    working = draft(state)
    for event in events:
        suppose(working, event, now)
    events.extend(line.tick(working, now))
    events.extend(_begin(working, now))
    return events


def due(state: SchoolState) -> datetime | None:
    """When `tick` will next have something to say."""
    dues = [at for pass_ in state.passes.values() if (at := _due(state, pass_))]
    if turn := line.due(state):
        dues.append(turn)
    return min(dues, default=None)


def _begin(draft: SchoolState, now: datetime) -> Iterator[Event]:
    """Passes for later whose time has come, each on the effects of those before it. Where rules object it is held."""
    ready = [
        pass_
        for pass_ in draft.passes.values()
        if pass_.status is Status.SCHEDULED and pass_.by_itself and _begins_at(pass_) <= now
    ]
    for pass_ in sorted(ready, key=lambda pass_: (_begins_at(pass_), pass_.id)):
        ask = ask_of(draft, pass_)
        judgement = judge(draft, ask, now, pass_.lifted) if ask else None
        event: Event
        if judgement and not judgement.against:
            event = happened.PassStarted(pass_.id, None, (), None, judgement.noted)
        else:
            against = judgement.against if judgement else ()
            event = happened.PassHeld(
                pass_.id,
                tuple(reason.code for reason in against),
                tuple(reason.rule_id for reason in against),
                now + _TRY_AGAIN,
            )
        suppose(draft, event, now)
        yield event


def _begins_at(pass_: Pass) -> datetime:
    assert pass_.planned_at is not None
    return pass_.held_until or pass_.planned_at


def _over_at(state: SchoolState, pass_: Pass) -> datetime:
    """When a pass for later is too late to begin: its time is up, or school is."""
    assert pass_.planned_at is not None
    over = pass_.planned_at + max(timedelta(minutes=pass_.minutes), _LEAST_PATIENCE)
    day_end = day_ends_at(state.campus, pass_.planned_at)
    return min(over, day_end) if day_end else over


def _due(state: SchoolState, pass_: Pass) -> datetime | None:
    if pass_.status is Status.SCHEDULED:
        over_at = _over_at(state, pass_)
        return min(_begins_at(pass_), over_at) if pass_.by_itself else over_at
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
