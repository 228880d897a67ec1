"""What was decided. `before` is null for what is new, `after` for what stands no more."""

from typing import Any, ClassVar
from uuid import UUID

from corridor.day.policy import (
    Absence,
    Accommodation,
    Appointment,
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
from corridor.ledger.words import Event


class Set(Event, frozen=True):
    """`by` is a person or token, null when time did it. `id` is that of what was decided."""

    by: UUID | None
    id: UUID
    before: Any
    after: Any


class RuleSet(Set, frozen=True):
    kind: ClassVar[str] = "rule_set"
    before: RuleText | None
    after: RuleText | None


class GroupSet(Set, frozen=True):
    kind: ClassVar[str] = "group_set"
    private: ClassVar[bool] = True
    before: Group | None
    after: Group | None


class AccommodationSet(Set, frozen=True):
    kind: ClassVar[str] = "accommodation_set"
    private: ClassVar[bool] = True
    before: Accommodation | None
    after: Accommodation | None


class ClosureSet(Set, frozen=True):
    kind: ClassVar[str] = "closure_set"
    before: Closure | None
    after: Closure | None


class AbsenceSet(Set, frozen=True):
    kind: ClassVar[str] = "absence_set"
    private: ClassVar[bool] = True
    before: Absence | None
    after: Absence | None


class DelegationSet(Set, frozen=True):
    kind: ClassVar[str] = "delegation_set"
    before: Delegation | None
    after: Delegation | None


class FreezeSet(Set, frozen=True):
    kind: ClassVar[str] = "freeze_set"
    before: Freeze | None
    after: Freeze | None


class SlotPlanSet(Set, frozen=True):
    kind: ClassVar[str] = "slot_plan_set"
    before: SlotPlan | None
    after: SlotPlan | None


class PostSet(Set, frozen=True):
    kind: ClassVar[str] = "post_set"
    before: Post | None
    after: Post | None


class PrivacySet(Set, frozen=True):
    kind: ClassVar[str] = "privacy_set"
    before: Privacy | None
    after: Privacy | None


class RestrictionSet(Set, frozen=True):
    kind: ClassVar[str] = "restriction_set"
    private: ClassVar[bool] = True
    before: Restriction | None
    after: Restriction | None


class AppointmentSet(Set, frozen=True):
    kind: ClassVar[str] = "appointment_set"
    before: Appointment | None
    after: Appointment | None


class PassTypeSet(Set, frozen=True):
    kind: ClassVar[str] = "pass_type_set"
    before: PassType | None
    after: PassType


class PassSettingsSet(Event, frozen=True):
    kind: ClassVar[str] = "pass_settings_set"
    by: UUID
    before: PassSettings
    after: PassSettings
