"""The pass types, rules and settings that a new school starts with."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.ids import new_id
from corridor.campus.words import LocationKind
from corridor.day.policy import RuleText
from corridor.day.state import Approval, PassSettings
from corridor.day.words import Level
from corridor.policy.tables import PassSettingsRow, PassTypeRow, PolicyRow
from corridor.rules.kinds import DEFAULTS, default_rules


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
        rules = [*default_rules(new_id() for _ in DEFAULTS), *await _district_rules(session)]
        rows = [
            {
                "school_id": school_id,
                "id": rule.id,
                "kind": "rule",
                "body": msgspec.to_builtins(rule, order="sorted"),
                "active": True,
            }
            for rule in rules
        ]
        await session.execute(insert(PassTypeRow), types)
        await session.execute(insert(PolicyRow), rows)
        await session.execute(
            insert(PassSettingsRow), [{"school_id": school_id, **msgspec.structs.asdict(PassSettings())}]
        )


async def _district_rules(session: AsyncSession) -> list[RuleText]:
    """The rules that the district has set for all its schools, as any of them has them."""
    bodies = await session.scalars(
        select(PolicyRow.body).where(
            PolicyRow.kind == "rule", PolicyRow.active, PolicyRow.body["level"].astext == Level.DISTRICT
        )
    )
    rules = [msgspec.convert(body, RuleText) for body in bodies]
    return list({rule.id: rule for rule in rules}.values())
