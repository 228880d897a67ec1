"""The kinds of rules, the rules of a new school, and how a written rule becomes one that can be asked."""

from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

import corridor.rules
from corridor.base.errors import InvalidInput
from corridor.base.ids import new_id
from corridor.day.policy import RuleText
from corridor.day.words import Effect
from corridor.rules.kinds import DEFAULTS, KINDS, default_rules, read_rule
from tests.day_state import rule

SCOPE_WORDS = {"whom", "of_whom", "for_whom", "what", "on_what", "when"}
"""What a sentence may say of a rule's scope."""
NO_KINDS = {
    "__init__",
    "closures",
    "windows",
    "fields",
    "judge",
    "kind",
    "kinds",
    "reach",
    "scope",
    "sentence",
    "verdict",
    "words",
}


def text_of(kind: str, **params: Any) -> RuleText:
    return RuleText(new_id(), kind, params, Effect.REFUSE)


def named_in(sentence: str) -> Iterator[str]:
    for _, name, _, _ in Formatter().parse(sentence):
        if name is not None:
            yield from name.split(",")


def test_every_file_of_a_rule_is_a_kind_under_its_own_name() -> None:
    files = {path.stem for path in Path(corridor.rules.__path__[0]).glob("*.py")}
    assert files - NO_KINDS == set(KINDS)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_sentence_names_only_its_own_parameters_and_the_scope(kind: Any) -> None:
    assert set(named_in(kind.sentence)) <= SCOPE_WORDS | set(kind.params.__struct_fields__)
    assert kind.sentence.endswith(".")


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_sentence_names_every_parameter(kind: Any) -> None:
    assert set(kind.params.__struct_fields__) <= set(named_in(kind.sentence))


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_kind_is_complete(kind: Any) -> None:
    assert KINDS[kind.name] is kind
    assert kind.title
    assert len(kind.effects) == len(set(kind.effects)) > 0
    assert Effect.ALLOW not in kind.effects
    assert set(kind.rivals) <= set(kind.params.__struct_fields__)
    assert read_rule(text_of(kind.name)).params == kind.params()


def test_only_a_place_that_is_full_has_students_wait() -> None:
    """The line offers places of one location; another rule could not say when the wait is over."""
    assert [name for name, kind in KINDS.items() if Effect.WAIT in kind.effects] == ["capacity_into"]


@pytest.mark.parametrize("fields", DEFAULTS, ids=[fields["kind"] for fields in DEFAULTS])
def test_a_new_school_starts_with_rules_of_known_kinds_and_effects(fields: dict[str, Any]) -> None:
    assert fields["effect"] in KINDS[fields["kind"]].effects


def test_the_rules_of_a_new_school_can_be_asked() -> None:
    texts = default_rules(new_id() for _ in DEFAULTS)
    assert [text.kind for text in texts] == [fields["kind"] for fields in DEFAULTS]
    assert [read_rule(text).text for text in texts] == texts
    assert [text.kind for text in texts if not text.overridable] == ["one_open_pass", "freeze"]


def test_an_unknown_kind_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(InvalidInput) as error:
        read_rule(text_of("bingo"))
    assert error.value.detail.startswith("There is no kind of rule 'bingo'. There are: one_open_pass, freeze,")
    assert error.value.extra == {"field": "kind"}


@pytest.mark.parametrize(
    ("kind", "params", "says"),
    [
        ("limit", {"least": 1}, "least"),
        ("limit", {"most": -1}, "$.most"),
        ("limit", {"most": "3"}, "$.most"),
        ("limit", {"per": "year"}, "$.per"),
        ("cooldown", {"minutes": 0}, "$.minutes"),
        ("no_fly", {"first_minutes": 241}, "$.first_minutes"),
        ("no_fly", {"windows": [{"starts_at": "nine"}]}, "$.windows"),
        ("freeze", {"most": 1}, "most"),
        ("separation", {"student_ids": ["Ana"]}, "$.student_ids"),
    ],
)
def test_parameters_that_a_kind_does_not_have_or_take_are_an_error(kind: str, params: Any, says: str) -> None:
    with pytest.raises(InvalidInput) as error:
        read_rule(text_of(kind, **params))
    assert error.value.detail.startswith(f"{KINDS[kind].title}: ")
    assert says in error.value.detail
    assert error.value.extra == {"field": "params"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_rule_that_is_written_down_and_read_again_is_the_same(kind: str) -> None:
    asked = rule(kind)
    written = msgspec.json.decode(msgspec.json.encode(asked.text), type=RuleText)
    assert read_rule(written) == asked


def test_limits_are_rivals_when_they_are_about_the_same_thing() -> None:
    assert rule("limit", most=1).rivalry == rule("limit", most=2).rivalry
    assert rule("limit", per="week").rivalry != rule("limit").rivalry
    assert rule("limit", unit="minutes").rivalry != rule("limit").rivalry
    assert rule("cooldown").rivalry is None


def test_a_rules_text_keeps_what_it_was_given() -> None:
    text = replace(text_of("limit", most=3), position=4, overridable=False)
    read = read_rule(text)
    assert (read.id, read.scope, read.text) == (text.id, text.scope, text)
