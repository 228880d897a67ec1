"""Every kind of rule is told to families in a sentence, in both languages, and none that is about single students."""

from datetime import date, time
from typing import Any

import pytest
from msgspec.structs import replace

from corridor.campus.model import Zone
from corridor.day.policy import Scope
from corridor.day.words import SELF_SERVICE, Channel, Effect
from corridor.privacy.language import language
from corridor.privacy.notice_rules import is_told, told
from corridor.rules.kinds import KINDS
from corridor.rules.windows import Window
from tests.day_state import LIBRARY, NORTH_WING, PASS_TYPE_IDS, RESTROOM, SCHOOL, STUDENTS, Day, id_of, rule

ENGLISH, SPANISH = language("en"), language("es")
_WIDE = Scope(
    grades=frozenset({"7", "8", "KG"}),
    pass_type_ids=frozenset({PASS_TYPE_IDS["Restroom"]}),
    location_ids=frozenset({RESTROOM}),
    periods=frozenset({"1", "2"}),
    starts_on=date(2026, 10, 1),
    ends_on=date(2026, 12, 24),
    channels=frozenset({*SELF_SERVICE, Channel.STAFF}),
)


@pytest.mark.parametrize("kind", [kind for kind, each in KINDS.items() if not each.private])
@pytest.mark.parametrize("scope", [Scope(), _WIDE, Scope(group_ids=frozenset({id_of("group Choir")}))])
def test_every_kind_has_a_sentence_in_both_languages(kind: str, scope: Scope) -> None:
    state = Day().state
    said = [told(rule(kind, scope=scope), state, each) for each in (ENGLISH, SPANISH)]
    for sentence in said:
        assert "%(" not in sentence
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert "  " not in sentence
        assert " ." not in sentence
        assert "Choir" not in sentence
    assert said[0] != said[1]


@pytest.mark.parametrize(
    ("made", "english", "spanish"),
    [
        (
            ("limit", Effect.NEEDS_STAFF, {"most": 1, "per": "week"}),
            "Students may take at most one pass a week. If so, a member of staff decides.",
            "Los estudiantes pueden usar como máximo un pase a la semana. En ese caso decide un miembro del personal.",
        ),
        (
            ("limit", Effect.REFUSE, {"most": 30, "unit": "minutes"}),
            "Students may take at most 30 minutes of passes a day.",
            "Los estudiantes pueden usar como máximo 30 minutos de pases al día.",
        ),
        (
            ("no_fly", Effect.REFUSE, {"first_minutes": 10, "last_minutes": 1, "passing": True}),
            (
                "Students may not take passes in the first 10 minutes of a period, in the last minute of a period and "
                "between periods."
            ),
            (
                "Los estudiantes no pueden usar pases en los primeros 10 minutos de un período, en el último minuto de "
                "un período y entre períodos."
            ),
        ),
        (
            ("closed_hours", Effect.REFUSE, {"windows": (Window(time(11), time(12)),), "instead_id": LIBRARY}),
            "Students may not take passes from 11:00 to 12:00. Library is open instead.",
            "Los estudiantes no pueden usar pases de 11:00 a 12:00. En su lugar está abierto: Library.",
        ),
        (
            ("cooldown", Effect.WARN, {"minutes": 5}),
            "Students must wait 5 minutes between passes. If so, staff are told, but the pass is not refused.",
            (
                "Los estudiantes deben esperar 5 minutos entre pases. En ese caso se avisa al personal, pero "
                "no se niega el pase."
            ),
        ),
    ],
)
def test_what_it_says(made: tuple[str, Effect, dict[str, Any]], english: str, spanish: str) -> None:
    kind, effect, params = made
    each = rule(kind, effect, **params)
    state = Day().state
    assert told(each, state, ENGLISH) == english
    assert told(each, state, SPANISH) == spanish


def test_a_zone_is_named() -> None:
    state = Day().state
    campus = replace(state.campus, zones={NORTH_WING: Zone(NORTH_WING, SCHOOL, "North wing")})
    each = rule("restricted_zone", zone_ids=frozenset({NORTH_WING}))
    assert "into North wing" in told(each, replace(state, campus=campus), ENGLISH)


def test_rules_about_single_students_are_not_told() -> None:
    assert is_told(rule("no_travel"))
    assert not is_told(rule("no_travel", scope=Scope(student_ids=frozenset({STUDENTS[0]}))))
    assert not is_told(rule("separation", student_ids=frozenset(STUDENTS[:2])))
