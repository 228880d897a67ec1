"""The pass types, rules and settings that a new school starts with."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.ids import new_id
from corridor.campus.words import LocationKind
from corridor.day.state import Approval, PassSettings
from corridor.passes.tables import PassSettingsRow, PassTypeRow, RuleRow
from corridor.rules.judge import DEFAULTS


class _Type(NamedTuple):
    name: str
    icon: str
    colour: str
    minutes: int
    most_minutes: int
    kinds: tuple[LocationKind, ...] = ()
    approval: Approval = Approval.STAFF
    round_trip: bool = True


PASS_TYPES = (
    _Type("Restroom", "toilet", "#0f766e", 6, 10, (LocationKind.RESTROOM,)),
    _Type("Water or locker", "glass-water", "#0369a1", 4, 6, (LocationKind.FOUNTAIN, LocationKind.LOCKER)),
    _Type("Nurse", "heart-pulse", "#b91c1c", 12, 30, (LocationKind.NURSE,)),
    _Type("Office", "building-2", "#6d28d9", 10, 20, (LocationKind.OFFICE,)),
    _Type("Library", "book-open", "#4d7c0f", 20, 45, (LocationKind.LIBRARY,)),
    _Type("Counselor", "message-circle", "#a16207", 20, 45, (LocationKind.COUNSELOR,)),
    _Type("One way", "arrow-right", "#334155", 5, 15, round_trip=False),
    _Type("Another place", "map-pin", "#334155", 10, 45, tuple(LocationKind)),
)


async def add_defaults(session: AsyncSession, school_ids: Sequence[UUID]) -> None:
    """Give new schools their first pass types, rules and settings."""
    for school_id in school_ids:
        types = [
            {"id": new_id(), "school_id": school_id, "position": position, **kind._asdict()}
            for position, kind in enumerate(PASS_TYPES)
        ]
        rules = [
            {
                "id": new_id(),
                "school_id": school_id,
                "position": position,
                "kind": rule.kind,
                "params": msgspec.to_builtins(rule.params),
                "effect": rule.effect,
                "channels": sorted(rule.channels),
                "overridable": rule.overridable,
            }
            for position, rule in enumerate(DEFAULTS)
        ]
        await session.execute(insert(PassTypeRow), types)
        await session.execute(insert(RuleRow), rules)
        await session.execute(
            insert(PassSettingsRow), [{"school_id": school_id, **msgspec.structs.asdict(PassSettings())}]
        )
