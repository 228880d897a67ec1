"""What may be decided for a school. `by` is the person or token that decides."""

from uuid import UUID

from corridor.day.policy import (
    Absence,
    Accommodation,
    Closure,
    Delegation,
    Freeze,
    Group,
    RuleText,
    SlotPlan,
)
from corridor.day.state import PassSettings, PassType
from corridor.ledger.words import Command

Kept = RuleText | Group | Accommodation | Closure | Absence | Delegation | Freeze | SlotPlan
"""What can be kept, and dropped again."""


class Keep(Command, frozen=True):
    """Have this stand from now on, in place of what stands under its `id`."""

    by: UUID
    value: Kept


class Drop(Command, frozen=True):
    """Have what stands under this `id` stand no more; `kind` is that of its events, such as "group"."""

    by: UUID
    kind: str
    id: UUID


class SetPassType(Command, frozen=True):
    """Add a pass type, or change the one with its `id`."""

    by: UUID
    pass_type: PassType


class SetPassSettings(Command, frozen=True):
    by: UUID
    settings: PassSettings
