"""What becomes of a wish to decide something for a school. Pure."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from corridor.base.errors import Conflict, NotFound
from corridor.day.state import SchoolState
from corridor.ledger.words import Command, Decision
from corridor.policy.checks import CHECKS, check_pass_type, check_settings
from corridor.policy.commands import Drop, Keep, SetPassSettings, SetPassType
from corridor.policy.events import PassSettingsSet, PassTypeSet
from corridor.policy.shelf import BY_NAME, BY_VALUE


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
    in_use = _users_of(state, command.id)
    if in_use:
        raise Conflict(f"It is still used: {', '.join(in_use)}. Change that first.", code="in_use")
    return Decision([shelf.event(command.by, command.id, before, None)], about=before)


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
