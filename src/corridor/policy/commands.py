"""What may be decided for a school. `by` is the person or token that decides."""

from datetime import datetime
from uuid import UUID

from corridor.day.policy import (
    Absence,
    Accommodation,
    Closure,
    Delegation,
    Freeze,
    Group,
    Post,
    Privacy,
    Restriction,
    RuleText,
    SlotPlan,
)
from corridor.day.state import PassSettings, PassType
from corridor.day.words import Level
from corridor.ledger.words import Command

Kept = (
    RuleText | Group | Accommodation | Closure | Absence | Delegation | Freeze | SlotPlan | Post | Privacy | Restriction
)
"""What can be kept, and dropped again."""


class Keep(Command, frozen=True):
    """Have this stand from now on, in place of what stands under its `id`."""

    by: UUID
    value: Kept


class Drop(Command, frozen=True):
    """Have what stands under this `id` stand no more; `kind` is that of its events, such as "group". Of rules, each
    `level` drops only its own."""

    by: UUID
    kind: str
    id: UUID
    level: Level = Level.SCHOOL


class ChangeMembers(Command, frozen=True):
    """Take students into a group, and others out of it."""

    by: UUID
    group_id: UUID
    add: frozenset[UUID] = frozenset()
    remove: frozenset[UUID] = frozenset()


class CloseLocation(Command, frozen=True):
    """Close a location from now on, or, `staff_away`, say that nobody is there: for so many minutes, until an instant,
    or, without either, until someone opens it."""

    by: UUID
    location_id: UUID
    staff_away: bool = False
    minutes: int | None = None
    until: datetime | None = None
    instead_id: UUID | None = None
    note: str | None = None


class MarkAbsent(Command, frozen=True):
    """Say that a student is not on campus, from now on without a `since`, for the rest of that day without an
    `until`."""

    by: UUID
    student_id: UUID
    since: datetime | None = None
    until: datetime | None = None
    note: str | None = None


class HoldPasses(Command, frozen=True):
    """Let nobody begin a pass until someone ends the hold."""

    by: UUID
    note: str | None = None


class SetPassType(Command, frozen=True):
    """Add a pass type, or change the one with its `id`."""

    by: UUID
    pass_type: PassType


class SetPassSettings(Command, frozen=True):
    by: UUID
    settings: PassSettings
