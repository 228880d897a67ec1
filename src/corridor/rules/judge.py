"""The one way to ask a school's rules. Every rule answers; every answer is kept."""

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from corridor.campus.model import Campus
from corridor.campus.timetable import Moment, local, midnight, moment, within
from corridor.day.policy import Accommodation, Rule
from corridor.day.state import SchoolState
from corridor.day.words import Effect
from corridor.rules.kinds import KINDS
from corridor.rules.scope import closeness, holds_at, holds_until, is_about, may_begin_at
from corridor.rules.verdict import AGAINST, Ask, Case, Judgement, Objection, Reason, combine, is_named

_MOST_LOOKS_AHEAD = 100
"""A rule that objects at so many later instants in a row is taken to object for ever."""


class _Found(NamedTuple):
    """A rule that objects. `until`: up to when it surely goes on to, whatever begins or ends meanwhile; None: for
    ever."""

    rule: Rule
    objection: Objection
    until: datetime | None


def judge(state: SchoolState, ask: Ask, now: datetime, lift: Collection[str] = ()) -> Judgement:
    """What every rule of the school says to this request; `lift` are codes or rule ids that staff override."""
    at = moment(state.campus, now)
    found = [found for rule in state.rules if (found := _objection(state, ask, at, rule))]
    return combine([_reason(state, ask, at, each) for each in found], lift)


def earliest(
    state: SchoolState,
    ask: Ask,
    now: datetime,
    lift: Collection[str] = (),
    against: Collection[Effect] = AGAINST,
) -> datetime | None:
    """The first instant from now on at which no rule of these effects would stand against the request, the world
    unchanged and the same rules lifted, or None when time alone won't bring it."""
    rules = [rule for rule in state.rules if rule.text.effect in against]
    at = now
    for _ in range(_MOST_LOOKS_AHEAD):
        then = moment(state.campus, at)
        found = [found for rule in rules if (found := _objection(state, ask, then, rule))]
        ends = [_allowed_at(state, ask, each) for each in found if not _lifts(lift, each)]
        if not ends:
            return at
        if None in ends:
            return None
        at = max(end for end in ends if end)
    return None


def accommodations_for(state: SchoolState, ask: Ask, day: date) -> list[Accommodation]:
    """The student's accommodations that hold for such a pass on a date."""
    return [each for each in _accommodations(state, ask) if within(day, each.starts_on, each.ends_on)]


def _objection(state: SchoolState, ask: Ask, now: Moment, rule: Rule) -> _Found | None:
    scope = rule.text.scope
    if not is_about(scope, ask) or not holds_at(scope, now):
        return None
    close = closeness(scope, ask, state)
    if close is None:
        return None
    objection = KINDS[rule.text.kind].judge(rule.params, Case(ask, state, now, scope))
    if objection is None:
        return None
    spared = [each for each in _accommodations(state, ask) if _spares(each, rule)]
    closer = list(_closer_rivals(state, ask, rule, close))
    if any(within(now.day, each.starts_on, each.ends_on) for each in spared):
        return None
    if any(holds_at(rival.scope, now) for rival in closer):
        return None
    changes = [
        objection.until,
        holds_until(scope, now, state.campus),
        *(midnight(state.campus, each.starts_on) for each in spared if now.day < each.starts_on),
        *(may_begin_at(rival.scope, now, state.campus) for rival in closer),
    ]
    return _Found(rule, objection, min((each for each in changes if each), default=None))


def _closer_rivals(state: SchoolState, ask: Ask, rule: Rule, close: int) -> Iterator[Rule]:
    """The rules about the same thing that are closer to the student, whenever they hold."""
    if rule.rivalry is None:
        return
    for rival in state.rules:
        if rival.rivalry == rule.rivalry and is_about(rival.scope, ask):
            closer = closeness(rival.scope, ask, state)
            if closer is not None and closer > close:
                yield rival


def _accommodations(state: SchoolState, ask: Ask) -> Iterator[Accommodation]:
    for each in state.accommodations.get(ask.student.id, ()):
        if not each.pass_type_ids or ask.pass_type.id in each.pass_type_ids:
            yield each


def _spares(accommodation: Accommodation, rule: Rule) -> bool:
    kind = KINDS[rule.text.kind]
    if not kind.exemptible:
        return False
    return kind.name in accommodation.exempt or (accommodation.no_line and rule.text.effect is Effect.WAIT)


def _lifts(lift: Collection[str], found: _Found) -> bool:
    return found.rule.text.overridable and is_named(lift, found.objection.code, found.rule.id)


def _allowed_at(state: SchoolState, ask: Ask, found: _Found) -> datetime | None:
    """The first instant at which the rule would no longer object; None: never."""
    at = found.until
    for _ in range(_MOST_LOOKS_AHEAD):
        if at is None:
            break
        again = _objection(state, ask, moment(state.campus, at), found.rule)
        if again is None:
            return at
        at = again.until
    return None


def _reason(state: SchoolState, ask: Ask, now: Moment, found: _Found) -> Reason:
    rule, objection, at = found.rule, found.objection, _allowed_at(state, ask, found)
    later = " " + objection.later.format(at=spoken(state.campus, now.day, at)) if at else ""
    return Reason(
        objection.code,
        rule.text.effect,
        objection.message + later,
        objection.staff_message + later,
        at,
        rule.text.overridable,
        KINDS[rule.text.kind].private,
        rule.id,
        objection.instead_id,
        later,
    )


def spoken(campus: Campus, today: date, at: datetime) -> str:
    """An instant in words, such as "at 10:15" or "on Monday", in whole minutes and never earlier than it is."""
    here = local(campus, at + timedelta(minutes=1) - timedelta(microseconds=1))
    clock = f" at {here:%H:%M}" if here.hour or here.minute else ""
    ahead = (here.date() - today).days
    if ahead == 0:
        return clock.strip() or "at 00:00"
    if ahead == 1:
        return "tomorrow" + clock
    return (f"on {here:%A}" if ahead < 7 else f"on {here:%B} {here.day}") + clock
