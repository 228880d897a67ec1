"""All kinds of rules, the rules that a new school starts with, and how a written rule becomes one that can be asked."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec

from corridor.base.errors import InvalidInput
from corridor.day.policy import Rule, RuleText, Scope
from corridor.day.words import SELF_SERVICE, Channel, Effect, Level
from corridor.rules import (
    absent,
    capacity_into,
    capacity_out_of,
    closed_hours,
    closed_now,
    cooldown,
    freeze,
    hallway_cap,
    limit,
    members_only,
    no_fly,
    no_travel,
    one_open_pass,
    restricted_zone,
    separation,
    staff_away,
    zone_cap,
)
from corridor.rules.kind import Kind

KINDS: dict[str, Kind] = {
    module.KIND.name: module.KIND
    for module in (
        one_open_pass,
        freeze,
        absent,
        separation,
        no_travel,
        closed_now,
        closed_hours,
        staff_away,
        members_only,
        restricted_zone,
        no_fly,
        limit,
        cooldown,
        hallway_cap,
        zone_cap,
        capacity_out_of,
        capacity_into,
    )
}
"""In the order in which they are asked."""

_ORDER = {name: number for number, name in enumerate(KINDS)}
_CAPPED = frozenset({*SELF_SERVICE, Channel.STAFF})

DEFAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "one_open_pass", "effect": Effect.REFUSE, "overridable": False},
    {"kind": "freeze", "effect": Effect.REFUSE, "overridable": False},
    {"kind": "absent", "effect": Effect.REFUSE},
    {"kind": "closed_now", "effect": Effect.REFUSE},
    {"kind": "staff_away", "effect": Effect.REFUSE},
    {"kind": "limit", "effect": Effect.NEEDS_STAFF, "scope": Scope(channels=SELF_SERVICE)},
    {"kind": "cooldown", "effect": Effect.REFUSE, "scope": Scope(channels=SELF_SERVICE)},
    {"kind": "capacity_out_of", "effect": Effect.REFUSE, "scope": Scope(channels=_CAPPED)},
    {"kind": "capacity_into", "effect": Effect.WAIT, "scope": Scope(channels=_CAPPED)},
)
"""What a new school starts with, as fields of `RuleText`; parameters are the usual ones."""


def default_rules(ids: Iterable[UUID]) -> list[RuleText]:
    """The rules of a new school, with these identifiers."""
    return [
        RuleText(id=id, params=written(KINDS[fields["kind"]].params()), **fields)
        for id, fields in zip(ids, DEFAULTS, strict=False)
    ]


def written(params: msgspec.Struct) -> dict[str, Any]:
    """Parameters as a rule's text has them: as they would be read from JSON, so that equal ones are equal."""
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(params, order="sorted"))
    return plain


def read_rule(text: RuleText) -> Rule:
    """A rule that can be asked. Raises `InvalidInput` for parameters that its kind does not have."""
    kind = KINDS.get(text.kind)
    if kind is None:
        raise InvalidInput(f"There is no kind of rule '{text.kind}'. There are: {', '.join(KINDS)}.", field="kind")
    try:
        params = msgspec.convert(text.params, kind.params)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"{kind.title}: {error}", field="params") from None
    return Rule(text, params, _rivalry(kind, text, params))


def in_order(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """The order in which rules are asked: the district's first, then by kind, then as the school has put them."""
    return tuple(sorted(rules, key=_order))


def _order(rule: Rule) -> Any:
    text = rule.text
    return text.level is not Level.DISTRICT, _ORDER[text.kind], text.position, text.id


def _rivalry(kind: Kind, text: RuleText, params: msgspec.Struct) -> tuple[object, ...] | None:
    if not kind.rivals:
        return None
    scope = text.scope
    about = (scope.pass_type_ids, scope.location_ids, scope.zone_ids)
    return (text.level, kind.name, *about, *(getattr(params, name) for name in kind.rivals))
