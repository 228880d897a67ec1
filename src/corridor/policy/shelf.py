"""Where each kind of decision stands in a school's state. Pure."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
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
from corridor.day.state import SchoolState
from corridor.policy import events as happened
from corridor.rules.kinds import in_order, read_rule


class Shelf(NamedTuple):
    """`value` is what stands here, `event` tells of a change, `find` looks up what stands under an id, and `put`
    makes the draft hold `after` in place of `before`; either may be None."""

    value: type[Any]
    event: type[happened.Set]
    find: Callable[[SchoolState, UUID], Any]
    put: Callable[[SchoolState, Any, Any], None]

    @property
    def name(self) -> str:
        """Such as "group"."""
        return self.event.kind.removesuffix("_set")


def _plain(field: str) -> tuple[Callable[[SchoolState, UUID], Any], Callable[[SchoolState, Any, Any], None]]:
    """For a mapping by id."""

    def find(state: SchoolState, id: UUID) -> Any:
        return getattr(state, field).get(id)

    def put(draft: SchoolState, before: Any, after: Any) -> None:
        kept = dict(getattr(draft, field))
        if before:
            del kept[before.id]
        if after:
            kept[after.id] = after
        setattr(draft, field, kept)

    return find, put


def _find_rule(state: SchoolState, id: UUID) -> RuleText | None:
    return next((rule.text for rule in state.all_rules if rule.id == id), None)


def _put_rule(draft: SchoolState, before: RuleText | None, after: RuleText | None) -> None:
    others = [rule for rule in draft.all_rules if before is None or rule.id != before.id]
    draft.all_rules = in_order([*others, read_rule(after)] if after else others)
    draft.rules = tuple(rule for rule in draft.all_rules if rule.text.active)


def _find_accommodation(state: SchoolState, id: UUID) -> Accommodation | None:
    return next((each for some in state.accommodations.values() for each in some if each.id == id), None)


def _put_accommodation(draft: SchoolState, before: Accommodation | None, after: Accommodation | None) -> None:
    kept = dict(draft.accommodations)
    for value in (before, after):
        if value:
            others = (each for each in kept.get(value.student_id, ()) if each.id != value.id)
            mine = (*others, value) if value is after else tuple(others)
            kept[value.student_id] = tuple(sorted(mine, key=lambda each: each.id))
            if not mine:
                del kept[value.student_id]
    draft.accommodations = kept


def _find_freeze(state: SchoolState, id: UUID) -> Freeze | None:
    return state.freeze


def _put_freeze(draft: SchoolState, before: Freeze | None, after: Freeze | None) -> None:
    draft.freeze = after


def _find_privacy(state: SchoolState, id: UUID) -> Privacy | None:
    return state.privacy


def _put_privacy(draft: SchoolState, before: Privacy | None, after: Privacy | None) -> None:
    draft.privacy = after


_SHELVES = (
    Shelf(RuleText, happened.RuleSet, _find_rule, _put_rule),
    Shelf(Group, happened.GroupSet, *_plain("groups")),
    Shelf(Accommodation, happened.AccommodationSet, _find_accommodation, _put_accommodation),
    Shelf(Closure, happened.ClosureSet, *_plain("closures")),
    Shelf(Absence, happened.AbsenceSet, *_plain("absences")),
    Shelf(Delegation, happened.DelegationSet, *_plain("delegations")),
    Shelf(Freeze, happened.FreezeSet, _find_freeze, _put_freeze),
    Shelf(SlotPlan, happened.SlotPlanSet, *_plain("slot_plans")),
    Shelf(Post, happened.PostSet, *_plain("posts")),
    Shelf(Privacy, happened.PrivacySet, _find_privacy, _put_privacy),
    Shelf(Restriction, happened.RestrictionSet, *_plain("restrictions")),
    Shelf(Appointment, happened.AppointmentSet, *_plain("appointments")),
)

BY_VALUE: Mapping[type[Any], Shelf] = {shelf.value: shelf for shelf in _SHELVES}
BY_EVENT: Mapping[type[happened.Set], Shelf] = {shelf.event: shelf for shelf in _SHELVES}
BY_NAME: Mapping[str, Shelf] = {shelf.name: shelf for shelf in _SHELVES}
