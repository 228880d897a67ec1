"""All rules are asked, and every answer is kept."""

import msgspec

from corridor.day.state import Channel, Effect
from corridor.passes.commands import ReturnPass
from corridor.rules.judge import DEFAULTS, KINDS, judge
from tests.day_state import RESTROOM, STUDENTS, TEACHER, Day, ask_for, default_rules, make_state


def test_every_rule_answers_and_every_answer_is_kept() -> None:
    day = Day(make_state(locations={RESTROOM: {"capacity": 0}}))
    day.submit(ReturnPass(day.issue(lift=("full",), lift_reason="Urgent").id, TEACHER))
    judgement = judge(day.state, ask_for(day.state), day.now)
    assert judgement.effect is Effect.REFUSE
    assert [reason.code for reason in judgement.reasons] == ["full", "cooldown"]
    rules = {rule.id: rule for rule in day.state.rules}
    assert [rules[reason.rule_id].kind for reason in judgement.reasons] == ["capacity_into", "cooldown"]


def test_a_rule_watches_only_its_channels() -> None:
    day = Day()
    day.submit(ReturnPass(day.issue().id, TEACHER))
    effects = {channel: judge(day.state, ask_for(day.state, channel=channel), day.now).effect for channel in Channel}
    assert effects == {Channel.STUDENT: Effect.REFUSE, Channel.KIOSK: Effect.REFUSE, Channel.STAFF: Effect.ALLOW}


def test_staff_lift_what_may_be_lifted() -> None:
    day = Day()
    for student in STUDENTS[:2]:
        day.issue(student)
    ask = ask_for(day.state, student_id=STUDENTS[2])
    assert judge(day.state, ask, day.now).effect is Effect.REFUSE
    lifted = judge(day.state, ask, day.now, lift=["full"])
    assert lifted.effect is Effect.ALLOW
    assert [reason.code for reason in lifted.lifted] == ["full"]


def test_without_rules_everything_is_allowed() -> None:
    day = Day(make_state(rules=[]))
    assert judge(day.state, ask_for(day.state), day.now).effect is Effect.ALLOW


def test_the_defaults_are_rules_of_known_kinds_with_their_own_parameters() -> None:
    assert {default.kind for default in DEFAULTS} == set(KINDS)
    for default in DEFAULTS:
        params = KINDS[default.kind].params
        assert msgspec.convert(msgspec.to_builtins(default.params), params) == default.params
    assert len(default_rules()) == len(DEFAULTS)
