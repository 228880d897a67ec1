"""What staff see of a refusal: every rule that stands against a pass, and which of them they lift one by one. Pure."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import msgspec

from corridor.base.ids import new_id
from corridor.day.state import SchoolState
from corridor.day.words import Effect
from corridor.passes.api import Override, PassRefused
from corridor.passes.refusal import ShownReason
from corridor.rules.kinds import KINDS


class LiftForm(msgspec.Struct, kw_only=True):
    """`lift` are the ids of the rules to lift, `why` is why. `wait`: have the student stand in line."""

    lift: str | list[str] = ""
    why: str = ""
    wait: str = ""

    @property
    def lifted(self) -> list[str]:
        return self.lift if isinstance(self.lift, list) else [self.lift] * bool(self.lift)

    @property
    def override(self) -> Override | None:
        return Override(self.lifted, self.why.strip()) if self.lifted else None


class Retry(msgspec.Struct, frozen=True):
    """How to send the form again: where to, what its button says, and what else it held. `may_wait`: whether the
    student could stand in line instead."""

    action: str
    word: str
    kept: dict[str, str]
    may_wait: bool = False


def refusal_context(
    state: SchoolState,
    student_id: UUID,
    destination_id: UUID,
    error: PassRefused,
    form: LiftForm,
    retry: Retry,
    *,
    may_override: bool,
) -> dict[str, Any]:
    """What `refusal.html` needs."""
    reasons = reasons_of(error)
    return {
        "student": state.campus.students[student_id],
        "place": state.campus.locations[destination_id],
        "reasons": reasons,
        "liftable": liftable(reasons) and may_override,
        "may_override": may_override,
        "lifted": form.lifted,
        "lifted_titles": _titles(state, form.lifted),
        "why": form.why,
        "retry": retry,
        "may_wait": retry.may_wait and all(reason.effect is Effect.WAIT for reason in reasons),
        "key": str(new_id()),
    }


def reasons_of(error: PassRefused) -> Sequence[ShownReason]:
    reasons: Sequence[ShownReason] = error.extra["reasons"]  # type: ignore[assignment]
    return reasons


def liftable(reasons: Sequence[ShownReason]) -> bool:
    """Whether nothing stands against it any more once staff lift what they can."""
    return all(reason.overridable for reason in reasons)


def _titles(state: SchoolState, ids: Collection[str]) -> list[str]:
    return [KINDS[rule.text.kind].title for rule in state.all_rules if str(rule.id) in ids]
