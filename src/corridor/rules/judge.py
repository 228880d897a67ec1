"""All rules, and the one way to ask them. Every rule answers; every answer is kept."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from corridor.day.state import Channel, Effect, Rule, SchoolState
from corridor.rules import capacity, cooldown, daily_limit, one_open_pass
from corridor.rules.verdict import Ask, Judgement, Objection, Reason, combine

Judge = Callable[[Any, Ask, SchoolState, datetime], Objection | None]


class Kind(NamedTuple):
    """A kind of rule: the struct of its parameters and the function that judges by them."""

    params: type[msgspec.Struct]
    judge: Judge


KINDS: dict[str, Kind] = {
    "one_open_pass": Kind(one_open_pass.Params, one_open_pass.judge),
    "capacity_into": Kind(capacity.Params, capacity.judge_into),
    "capacity_out_of": Kind(capacity.Params, capacity.judge_out_of),
    "daily_limit": Kind(daily_limit.Params, daily_limit.judge),
    "cooldown": Kind(cooldown.Params, cooldown.judge),
}

_EVERY_CHANNEL = frozenset(Channel)
_SELF_SERVICE = frozenset({Channel.STUDENT, Channel.KIOSK})


class Default(NamedTuple):
    """A rule that a new school starts with."""

    kind: str
    params: msgspec.Struct
    effect: Effect
    channels: frozenset[Channel]
    overridable: bool


DEFAULTS = (
    Default("one_open_pass", one_open_pass.Params(), Effect.REFUSE, _EVERY_CHANNEL, overridable=False),
    Default("capacity_into", capacity.Params(), Effect.REFUSE, _EVERY_CHANNEL, overridable=True),
    Default("capacity_out_of", capacity.Params(), Effect.REFUSE, _EVERY_CHANNEL, overridable=True),
    Default("daily_limit", daily_limit.Params(), Effect.NEEDS_STAFF, _SELF_SERVICE, overridable=True),
    Default("cooldown", cooldown.Params(), Effect.REFUSE, _SELF_SERVICE, overridable=True),
)


def judge(state: SchoolState, ask: Ask, now: datetime, lift: Collection[str] = ()) -> Judgement:
    """What every rule of the school says to this request; `lift` are codes that staff override."""
    reasons = []
    for rule in state.rules:
        if ask.channel in rule.channels:
            objection = KINDS[rule.kind].judge(rule.params, ask, state, now)
            if objection is not None:
                reasons.append(_reason(rule, objection))
    return combine(reasons, lift)


def _reason(rule: Rule, objection: Objection) -> Reason:
    return Reason(
        objection.code,
        rule.effect,
        objection.message,
        objection.staff_message,
        objection.allowed_at,
        rule.overridable,
        rule.id,
    )
