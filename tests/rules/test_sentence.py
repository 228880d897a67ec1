"""Every rule reads as a sentence, whatever it is narrowed to, and says what of it can be changed."""

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from corridor.campus.model import Zone
from corridor.day.policy import Group, Rule, Scope
from corridor.day.words import SELF_SERVICE, Channel
from corridor.rules.fields import FieldType, fields_of, params_of
from corridor.rules.kinds import KINDS
from corridor.rules.sentence import asked, said, sentence
from corridor.rules.windows import Window
from tests.day_state import LIBRARY, NURSE, PASS_TYPE_IDS, RESTROOM, SCHOOL, STUDENTS, id_of, make_state, rule

BAND, NORTH = id_of("Band"), id_of("North wing")
RESTROOM_TYPE = PASS_TYPE_IDS["Restroom"]
STATE = make_state()
STATE.groups = {BAND: Group(BAND, "Band", frozenset(STUDENTS[:2]))}
STATE.campus = replace(STATE.campus, zones={NORTH: Zone(NORTH, SCHOOL, "North wing")})

GRADE_9 = Scope(grades=frozenset({"9"}))
TWO = frozenset(STUDENTS[:2])


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (rule("one_open_pass"), "Students may not take passes while they have another."),
        (rule("freeze"), "Students may not start passes while the school has put all passes on hold."),
        (rule("absent"), "Students may not take passes while absent or not on campus."),
        (
            rule("separation", student_ids=TWO),
            "Student0 Example and Student1 Example are never out at the same time.",
        ),
        (
            rule("separation", group_ids=frozenset({BAND}), same_destination=True),
            "Members of Band are never out at the same place at the same time.",
        ),
        (
            rule("no_travel", scope=Scope(grades=frozenset({"9"}), location_ids=frozenset({LIBRARY, NURSE}))),
            "Students in grade 9 may not take passes to Library or Nurse.",
        ),
        (rule("closed_now"), "Students may not take passes to a place while it is closed for now."),
        (
            rule(
                "closed_hours",
                windows=(Window(time(12), time(12, 30)),),
                instead_id=RESTROOM,
                scope=Scope(location_ids=frozenset({LIBRARY})),
            ),
            "Passes to Library are closed from 12:00 to 12:30; Restroom A is open instead.",
        ),
        (rule("staff_away"), "Students may not take passes to a place while its staff are away."),
        (
            rule("members_only", group_ids=frozenset({BAND}), scope=Scope(location_ids=frozenset({LIBRARY}))),
            "Only members of Band may take passes to Library.",
        ),
        (rule("restricted_zone", zone_ids=frozenset({NORTH})), "Nobody may take passes into North wing."),
        (
            rule("no_fly", first_minutes=10, last_minutes=10),
            "No passes in the first 10 and last 10 minutes of a period.",
        ),
        (
            rule("no_fly", passing=True, windows=(Window(time(8), time(8, 20)),), scope=GRADE_9),
            "No passes for students in grade 9 between periods and from 08:00 to 08:20.",
        ),
        (
            rule("limit", most=3, scope=Scope(grades=frozenset({"9"}), pass_type_ids=frozenset({RESTROOM_TYPE}))),
            "Students in grade 9 may take 3 restroom passes a day.",
        ),
        (rule("limit", most=1, per="period"), "Students may take 1 pass a period."),
        (
            rule("limit", most=20, unit="minutes", per="week", count_staff=True),
            "Students may take 20 minutes of passes a week, counting what staff issue.",
        ),
        (
            rule("limit", most=0, scope=Scope(location_ids=frozenset({LIBRARY}), channels=SELF_SERVICE)),
            "Students may take no passes to Library a day when they ask for themselves.",
        ),
        (rule("cooldown", minutes=1), "Students must wait 1 minute between passes."),
        (rule("hallway_cap"), "Students may not take passes while the school has 50 students out."),
        (
            rule("zone_cap", scope=Scope(zone_ids=frozenset({NORTH}), periods=frozenset({"1", "2"}))),
            "Students may not take passes to North wing while its zone has 10 students on passes, in periods 1 and 2.",
        ),
        (rule("capacity_out_of"), "Students may not take passes while as many are out of their room as it allows."),
        (
            rule("capacity_into", scope=Scope(channels=frozenset({Channel.STAFF}), ends_on=date(2026, 11, 2))),
            "Students may not take passes to a place while it is full, until November 2, 2026 when staff issue it.",
        ),
    ],
    ids=lambda value: "" if isinstance(value, Rule) else value,
)
def test_a_rule_reads_as_a_sentence(written: Rule, expected: str) -> None:
    assert sentence(written, STATE) == expected


def test_a_single_day_is_named_as_one() -> None:
    monday = date(2026, 11, 30)
    limit = rule("limit", scope=Scope(starts_on=monday, ends_on=monday))
    assert "on November 30" in sentence(limit, STATE)


def test_a_long_list_is_cut_short() -> None:
    everyone = rule("no_travel", scope=Scope(student_ids=frozenset(STUDENTS)))
    assert sentence(everyone, STATE) == (
        "Student0 Example, Student1 Example, Student2 Example, Student3 Example and 2 others may not take passes."
    )


def test_whoever_is_gone_leaves_a_sentence_behind() -> None:
    assert "that is gone" in sentence(rule("no_travel", scope=Scope(student_ids=frozenset({id_of("who")}))), STATE)


SCOPES = st.builds(
    Scope,
    channels=st.frozensets(st.sampled_from(Channel)),
    grades=st.frozensets(st.sampled_from(["9", "10", "K"])),
    group_ids=st.frozensets(st.just(BAND)),
    student_ids=st.frozensets(st.sampled_from(STUDENTS)),
    pass_type_ids=st.frozensets(st.sampled_from(sorted(PASS_TYPE_IDS.values()))),
    location_ids=st.frozensets(st.sampled_from([NURSE, LIBRARY])),
    zone_ids=st.frozensets(st.just(NORTH)),
    periods=st.frozensets(st.sampled_from(["1", "2", "Homeroom"])),
    starts_on=st.none() | st.just(date(2026, 11, 2)),
    ends_on=st.none() | st.dates(date(2026, 11, 2), date(2026, 12, 24)),
)


@pytest.mark.parametrize("kind", KINDS)
@given(scope=SCOPES)
def test_any_scope_makes_a_clean_sentence(kind: str, scope: Scope) -> None:
    written = rule(kind, scope=scope)
    for parts in (said(written, STATE), asked(written, STATE)):
        words = "".join(part.words for part in parts)
        assert not any(bad in words for bad in "{}")
        assert words[0].isupper() or words[0].isdigit()
        assert words.endswith(".")
        assert "  " not in words
        assert not any(bad in words for bad in (" .", " ,", " ;", ",,", ", ."))


@pytest.mark.parametrize("kind", KINDS)
def test_everything_that_can_be_set_stands_in_the_sentence(kind: str) -> None:
    paths = {field.path for part in asked(rule(kind), STATE) for field in part.fields}
    assert paths == {field.path for field in fields_of(KINDS[kind])}


def test_fields_know_their_bounds_and_labels() -> None:
    fields = params_of(KINDS["limit"])
    assert (fields["most"].type, fields["most"].least, fields["most"].most) == (FieldType.NUMBER, 0, 9999)
    assert fields["per"].labels["day"] == "a day"
    assert params_of(KINDS["closed_hours"])["windows"].type is FieldType.SPANS
    assert params_of(KINDS["closed_hours"])["instead_id"].source == "locations"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_what_it_is_good_for(kind: str) -> None:
    assert KINDS[kind].about.endswith(".")
