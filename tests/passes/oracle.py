"""What the rules must have kept, told anew and slowly from the passes themselves.

Of the kinds whose promise can be seen from what is out: caps, limits of passes, separation, one pass at a time, and
what nobody may do at all.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from corridor.campus.timetable import local, moment, term_of
from corridor.day.policy import Rule, Scope
from corridor.day.state import Leg, Pass, SchoolState, Status
from corridor.day.words import SELF_SERVICE, Channel, Effect

_CODES = {
    "capacity_into": "full",
    "capacity_out_of": "too_many_out",
    "hallway_cap": "hallways_full",
    "zone_cap": "zone_full",
    "closed_now": "closed",
}
_NOBODY_IS_EXEMPT = ("one_open_pass", "freeze", "absent", "separation")


def check_begun(state: SchoolState, begun: Pass, passes: Collection[Pass], now: datetime) -> None:
    """Raise unless every rule that refuses or lines up has let this pass begin, or was lifted. `state` is that after
    the beginning, `passes` are all there ever were."""
    if begun.lifted:
        assert begun.lift_reason, "a rule was lifted without a reason"
    for rule in state.rules:
        code = _CODES.get(rule.text.kind, rule.text.kind)
        if rule.text.effect not in (Effect.REFUSE, Effect.WAIT) or not _applies(rule, state, begun, now):
            continue
        if rule.text.overridable and code in begun.lifted:
            continue
        assert _kept(rule, state, begun, passes, now), f"{rule.text.kind} was not kept: {rule.text}"


def _kept(rule: Rule, state: SchoolState, begun: Pass, passes: Collection[Pass], now: datetime) -> bool:
    params: Any = rule.params
    locations = state.campus.locations
    out = [each for each in passes if each.status is Status.ACTIVE]
    there = [each for each in out if each.leg is not Leg.RETURNING]
    place = locations[begun.destination_id]
    room = locations[begun.origin_id] if begun.origin_id else None
    match rule.text.kind:
        case "one_open_pass":
            return sum(each.student_id == begun.student_id for each in state.passes.values()) == 1
        case "freeze":
            return state.freeze is None
        case "no_travel":
            return False
        case "hallway_cap":
            return bool(len(out) <= params.most)
        case "zone_cap":
            zone = place.zone_id
            in_zone = sum(locations[each.destination_id].zone_id == zone for each in there)
            return bool(zone is None or in_zone <= params.most)
        case "capacity_into":
            return place.capacity is None or sum(each.destination_id == place.id for each in there) <= place.capacity
        case "capacity_out_of":
            taken = sum(each.origin_id == begun.origin_id for each in out)
            return room is None or room.out_capacity is None or taken <= room.out_capacity
        case "separation":
            apart = params.student_ids | _members(state, params.group_ids)
            others = {
                each.student_id
                for each in out
                if each.destination_id == begun.destination_id or not params.same_destination
            }
            return begun.student_id not in apart or not (others & apart) - {begun.student_id}
        case "members_only":
            return begun.student_id in _members(state, params.group_ids)
        case "restricted_zone":
            return place.zone_id not in params.zone_ids or begun.student_id in _members(state, params.group_ids)
        case "limit" if params.unit == "passes":
            return not _is_counted(params, begun) or bool(_counted(rule, state, begun, passes, now) <= params.most)
    return True


def _counted(rule: Rule, state: SchoolState, begun: Pass, passes: Collection[Pass], now: datetime) -> int:
    params: Any = rule.params
    span = _span(state, params.per, now)
    return sum(
        each.started_at is not None
        and each.student_id == begun.student_id
        and _is_counted(params, each)
        and _is_about(rule.scope, state, each)
        and _span(state, params.per, each.started_at) == span
        for each in passes
    )


def _is_counted(params: Any, each: Pass) -> bool:
    return each.channel in SELF_SERVICE or (each.channel is Channel.STAFF and params.count_staff)


def _span(state: SchoolState, per: str, at: datetime) -> object:
    """Equal for two instants of the same period, day, week or term."""
    day = local(state.campus, at).date()
    if per == "week":
        return day.isocalendar()[:2]
    if per == "term":
        return term_of(state.campus, day)
    if per == "day":
        return day
    there = moment(state.campus, at)
    rung = [each.ends for each in there.school_day.spans if each.ends <= at] if there.school_day else []
    return day, there.span, max(rung, default=None)


def _applies(rule: Rule, state: SchoolState, begun: Pass, now: datetime) -> bool:
    kind, close = rule.text.kind, _closeness(rule.scope, state, begun)
    if close is None or not _is_about(rule.scope, state, begun, by_channel=True) or not _holds(rule.scope, state, now):
        return False
    if _is_spared(rule, state, begun, local(state.campus, now).date()):
        return False
    return kind != "limit" or not any(
        (closer := _closeness(other.scope, state, begun)) is not None
        and closer > close
        and _about(other) == _about(rule)
        and _is_about(other.scope, state, begun, by_channel=True)
        and _holds(other.scope, state, now)
        for other in state.rules
        if other.text.kind == "limit"
    )


def _about(limit: Rule) -> object:
    params: Any = limit.params
    scope = limit.scope
    return limit.text.level, params.unit, params.per, scope.pass_type_ids, scope.location_ids, scope.zone_ids


def _is_spared(rule: Rule, state: SchoolState, begun: Pass, today: date) -> bool:
    return rule.text.kind not in _NOBODY_IS_EXEMPT and any(
        each.starts_on <= today <= (each.ends_on or today)
        and (not each.pass_type_ids or begun.pass_type_id in each.pass_type_ids)
        and (rule.text.kind in each.exempt or (each.no_line and rule.text.effect is Effect.WAIT))
        for each in state.accommodations.get(begun.student_id, ())
    )


def _closeness(scope: Scope, state: SchoolState, begun: Pass) -> int | None:
    grade = state.campus.students[begun.student_id].grade
    if begun.student_id in scope.student_ids:
        return 3
    if begun.student_id in _members(state, scope.group_ids):
        return 2
    if grade in scope.grades:
        return 1
    return None if scope.student_ids or scope.group_ids or scope.grades else 0


def _is_about(scope: Scope, state: SchoolState, pass_: Pass, *, by_channel: bool = False) -> bool:
    place = state.campus.locations[pass_.destination_id]
    here = place.id in scope.location_ids or place.zone_id in scope.zone_ids
    return (
        (here or not (scope.location_ids or scope.zone_ids))
        and pass_.pass_type_id in (scope.pass_type_ids or {pass_.pass_type_id})
        and (not by_channel or pass_.channel in (scope.channels or {pass_.channel}))
    )


def _holds(scope: Scope, state: SchoolState, now: datetime) -> bool:
    today, span = local(state.campus, now).date(), moment(state.campus, now).span
    in_period = not scope.periods or (span is not None and span.period.name in scope.periods)
    return in_period and (scope.starts_on or today) <= today <= (scope.ends_on or today)


def _members(state: SchoolState, group_ids: Collection[UUID]) -> frozenset[UUID]:
    return frozenset().union(*(state.groups[id].student_ids for id in group_ids if id in state.groups))
