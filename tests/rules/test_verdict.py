"""How the rules' words become one answer."""

from datetime import UTC, datetime

import pytest

from corridor.base.ids import new_id
from corridor.day.words import Effect
from corridor.rules.verdict import Reason, combine

FULL = "full"


def reason_of(code: str, effect: Effect = Effect.REFUSE, *, overridable: bool = True) -> Reason:
    return Reason(code, effect, f"No {code}.", f"No {code}, staff.", None, overridable, False, new_id())


def test_nothing_objects() -> None:
    judgement = combine([])
    assert (judgement.effect, judgement.reasons, judgement.against, judgement.noted) == (Effect.ALLOW, (), (), ())


@pytest.mark.parametrize("strongest", [Effect.WARN, Effect.NEEDS_STAFF, Effect.WAIT, Effect.REFUSE])
def test_the_strongest_effect_decides_and_every_reason_is_kept(strongest: Effect) -> None:
    effects = list(Effect)[1 : list(Effect).index(strongest) + 1]
    judgement = combine([reason_of(effect, effect) for effect in effects])
    assert judgement.effect is strongest
    assert [reason.effect for reason in judgement.reasons] == effects[::-1]


def test_reasons_of_equal_strength_stay_in_the_order_of_the_rules() -> None:
    judgement = combine([reason_of("a", Effect.WARN), reason_of("b"), reason_of("c"), reason_of("d", Effect.WARN)])
    assert [reason.code for reason in judgement.reasons] == ["b", "c", "a", "d"]


def test_what_refuses_or_lines_up_stands_against_and_the_rest_is_noted() -> None:
    reasons = [reason_of(effect, effect) for effect in Effect if effect is not Effect.ALLOW]
    judgement = combine(reasons)
    assert [reason.effect for reason in judgement.against] == [Effect.REFUSE, Effect.WAIT]
    ids = {reason.effect: reason.rule_id for reason in reasons}
    assert judgement.noted == (ids[Effect.WAIT], ids[Effect.NEEDS_STAFF], ids[Effect.WARN])


def test_staff_lift_what_they_name() -> None:
    full, out = reason_of("full"), reason_of("too_many_out")
    judgement = combine([full, out], ["full"])
    assert (judgement.reasons, judgement.lifted) == ((out,), (full,))


def test_staff_may_name_one_rule_of_several_with_the_same_code() -> None:
    first, second = reason_of("limit"), reason_of("limit")
    judgement = combine([first, second], [str(second.rule_id)])
    assert (judgement.reasons, judgement.lifted) == ((first,), (second,))
    assert combine([first, second], ["limit"]).effect is Effect.ALLOW


def test_staff_cannot_lift_what_may_not_be_lifted() -> None:
    freeze = reason_of("freeze", overridable=False)
    judgement = combine([freeze], ["freeze", str(freeze.rule_id)])
    assert (judgement.reasons, judgement.lifted) == ((freeze,), ())


def test_to_lift_what_does_not_object_changes_nothing() -> None:
    assert combine([reason_of("full")], ["limit"]).lifted == ()


def test_a_reason_can_be_kept_with_its_time() -> None:
    at = datetime(2026, 10, 6, 14, 15, tzinfo=UTC)
    reason = Reason("limit", Effect.REFUSE, "No.", "No.", at, True, False, new_id())
    assert combine([reason]).reasons[0].allowed_at == at
