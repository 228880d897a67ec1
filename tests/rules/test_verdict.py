"""How the rules' words become one answer."""

from uuid import UUID

from corridor.day.state import Effect
from corridor.rules.verdict import Reason, combine


def reason(code: str, effect: Effect, *, overridable: bool = True) -> Reason:
    return Reason(code, effect, "For the student.", "For staff.", None, overridable, UUID(int=1))


def test_without_reasons_it_is_allowed() -> None:
    judgement = combine([])
    assert judgement.effect is Effect.ALLOW
    assert judgement.reasons == judgement.lifted == ()


def test_the_strongest_effect_counts_and_every_reason_is_kept_strongest_first() -> None:
    reasons = [reason(effect.value, effect) for effect in (Effect.WARN, Effect.REFUSE, Effect.NEEDS_STAFF, Effect.WAIT)]
    judgement = combine(reasons)
    assert judgement.effect is Effect.REFUSE
    assert [each.effect for each in judgement.reasons] == [
        Effect.REFUSE,
        Effect.WAIT,
        Effect.NEEDS_STAFF,
        Effect.WARN,
    ]


def test_reasons_of_equal_strength_stay_in_the_rules_order() -> None:
    judgement = combine([reason(code, Effect.REFUSE) for code in ("b", "a", "c")])
    assert [each.code for each in judgement.reasons] == ["b", "a", "c"]


def test_a_lifted_reason_counts_no_more_and_is_remembered() -> None:
    judgement = combine([reason("full", Effect.REFUSE), reason("late", Effect.WARN)], lift=["full"])
    assert judgement.effect is Effect.WARN
    assert [each.code for each in judgement.reasons] == ["late"]
    assert [each.code for each in judgement.lifted] == ["full"]


def test_a_reason_that_cannot_be_overridden_stands_whoever_lifts_it() -> None:
    judgement = combine([reason("one_open_pass", Effect.REFUSE, overridable=False)], lift=["one_open_pass"])
    assert judgement.effect is Effect.REFUSE
    assert judgement.lifted == ()


def test_lifting_what_does_not_stand_lifts_nothing() -> None:
    assert combine([], lift=["full"]).lifted == ()
