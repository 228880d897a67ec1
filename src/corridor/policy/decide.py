"""What becomes of a wish to decide something for a school. Pure."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from msgspec.structs import replace

from corridor.base.errors import Conflict, InvalidInput, NotFound
from corridor.day.policy import Absence, Closure, Freeze, RuleText
from corridor.day.state import SchoolState
from corridor.ledger.words import Command, Decision
from corridor.policy.checks import CHECKS, check_pass_type, check_settings
from corridor.policy.commands import (
    ChangeMembers,
    CloseLocation,
    Drop,
    HoldPasses,
    Keep,
    MarkAbsent,
    SetPassSettings,
    SetPassType,
)
from corridor.policy.events import PassSettingsSet, PassTypeSet
from corridor.policy.shelf import BY_NAME, BY_VALUE

LONGEST_CLOSURE_MINUTES = 24 * 60


def decide_keep(state: SchoolState, command: Keep, now: datetime) -> Decision:
    shelf = BY_VALUE[type(command.value)]
    value = CHECKS[shelf.value](state, command.value, now)
    before = shelf.find(state, value.id)
    if value == before:
        return Decision([], about=value)
    return Decision([shelf.event(command.by, value.id, before, value)], about=value)


def decide_drop(state: SchoolState, command: Drop, now: datetime) -> Decision:
    shelf = BY_NAME[command.kind]
    before = shelf.find(state, command.id)
    if before is None:
        raise NotFound(f"There is no such {shelf.name.replace('_', ' ')}, or someone has removed it.")
    if isinstance(before, RuleText) and before.level is not command.level:
        raise Conflict("The district has set this rule. Your school may add a stricter one.", code="district_rule")
    in_use = _users_of(state, command.id)
    if in_use:
        raise Conflict(f"It is still used: {', '.join(in_use)}. Change that first.", code="in_use")
    return Decision([shelf.event(command.by, command.id, before, None)], about=before)


def decide_members(state: SchoolState, command: ChangeMembers, now: datetime) -> Decision:
    group = state.groups.get(command.group_id)
    if group is None:
        raise NotFound("There is no such group, or someone has removed it.")
    members = (group.student_ids | command.add) - command.remove
    return decide_keep(state, Keep(command.by, replace(group, student_ids=members)), now)


def decide_close(state: SchoolState, command: CloseLocation, now: datetime) -> Decision:
    until = command.until
    if command.minutes is not None:
        if until is not None:
            raise InvalidInput("Give either minutes or a time, not both.", field="minutes")
        if not 1 <= command.minutes <= LONGEST_CLOSURE_MINUTES:
            raise InvalidInput(
                f"Close it for 1 to {LONGEST_CLOSURE_MINUTES} minutes, or until a time.", field="minutes"
            )
        until = now + timedelta(minutes=command.minutes)
    closure = Closure(command.location_id, now, command.staff_away, until, command.instead_id, command.note)
    return decide_keep(state, Keep(command.by, closure), now)


def decide_absence(state: SchoolState, command: MarkAbsent, now: datetime) -> Decision:
    absence = Absence(command.student_id, command.since or now, command.until, command.note)
    return decide_keep(state, Keep(command.by, absence), now)


def decide_hold(state: SchoolState, command: HoldPasses, now: datetime) -> Decision:
    return decide_keep(state, Keep(command.by, Freeze(state.campus.school.id, now, command.note)), now)


def decide_pass_type(state: SchoolState, command: SetPassType, now: datetime) -> Decision:
    value = check_pass_type(state, command.pass_type)
    before = state.pass_types.get(value.id)
    if before is None:
        last = max((each.position for each in state.pass_types.values()), default=-1)
        value = replace(value, position=last + 1)
    if value == before:
        return Decision([], about=value)
    return Decision([PassTypeSet(command.by, value.id, before, value)], about=value)


def decide_settings(state: SchoolState, command: SetPassSettings, now: datetime) -> Decision:
    settings = check_settings(command.settings)
    if settings == state.settings:
        return Decision([], about=settings)
    return Decision([PassSettingsSet(command.by, state.settings, settings)], about=settings)


DECIDE: dict[type[Command], Callable[..., Decision]] = {
    Keep: decide_keep,
    Drop: decide_drop,
    ChangeMembers: decide_members,
    CloseLocation: decide_close,
    MarkAbsent: decide_absence,
    HoldPasses: decide_hold,
    SetPassType: decide_pass_type,
    SetPassSettings: decide_settings,
}


def _users_of(state: SchoolState, id: UUID) -> list[str]:
    """What would be left dangling without the group of this id, in words."""
    rules = sum(id in rule.text.scope.group_ids or id in _groups(rule.params) for rule in state.all_rules)
    appointments = sum(each.group_id == id for each in state.appointments.values())
    return [
        *([f"{rules} rule{'s' * (rules != 1)}"] if rules else []),
        *([f"{appointments} appointment{'s' * (appointments != 1)}"] if appointments else []),
    ]


def _groups(params: object) -> frozenset[UUID]:
    found: frozenset[UUID] = getattr(params, "group_ids", frozenset())
    return found
