"""What somebody wants to decide for a school must make sense there; each refusal says what does not, and where."""

from collections.abc import Callable
from datetime import date, time
from typing import Any

import pytest
from msgspec.structs import replace

from corridor.base.errors import Conflict, CorridorError, InvalidInput, NotFound
from corridor.base.ids import new_id
from corridor.day.policy import Absence, Closure, Delegation, Freeze, RuleText, Scope, SlotPlan
from corridor.day.state import PassSettings
from corridor.day.words import Effect, Level
from corridor.policy import checks
from corridor.policy.checks import check_settings
from corridor.policy.commands import Kept, SetPassSettings, SetPassType
from corridor.rules.windows import Window
from tests.day_state import (
    ALGEBRA,
    LIBRARY,
    NORTH_WING,
    NURSE,
    PASS_TYPE_IDS,
    RESTROOM,
    SCHOOL,
    STUDENTS,
    TEACHER,
    Day,
    accommodation,
    clock,
    group,
    id_of,
    make_state,
    rule,
)

ANA, BEN = STUDENTS[:2]
BAND = group("Band", ANA)
SOMEONE = id_of("someone")
TUESDAY = date(2026, 10, 6)
GRADE_7 = Scope(grades=frozenset({"7"}))
AT_LIBRARY = Scope(location_ids=frozenset({LIBRARY}))


def only(*ids: Any) -> frozenset[Any]:
    return frozenset(ids)


@pytest.fixture
def day() -> Day:
    """A school without rules, with the band as its only group."""
    return Day(make_state(rules=[], groups=[BAND]))


def text(kind: str, effect: Effect | None = None, **fields: Any) -> RuleText:
    return rule(kind, effect, **fields).text


def refused(day: Day, value: Kept, error: type[CorridorError] = InvalidInput) -> CorridorError:
    with pytest.raises(error) as raised:
        day.keep(value)
    assert day.events == []
    return raised.value


@pytest.mark.parametrize(
    ("value", "field", "says"),
    [
        (replace(text("limit"), kind="bingo"), "kind", "There is no kind of rule 'bingo'"),
        (replace(text("limit"), params={"most": -1}), "params", "Limit: "),
        (text("limit", Effect.WAIT), "effect", "Limit: the effect is one of needs_staff, refuse, warn."),
        (text("limit", Effect.ALLOW), "effect", "the effect is one of"),
        (text("limit", scope=Scope(group_ids=only(SOMEONE))), "scope.group_ids", f"group at this school: {SOMEONE}"),
        (text("limit", scope=Scope(student_ids=only(SOMEONE))), "scope.student_ids", "no such student"),
        (text("limit", scope=Scope(pass_type_ids=only(SOMEONE))), "scope.pass_type_ids", "no such pass type"),
        (text("limit", scope=Scope(location_ids=only(SOMEONE))), "scope.location_ids", "no such location"),
        (text("limit", scope=Scope(zone_ids=only(SOMEONE))), "scope.zone_ids", "no such zone"),
        (text("limit", scope=Scope(grades=only(" "))), "scope.grades", "1 to 80 characters"),
        (text("limit", scope=Scope(periods=only("p" * 81))), "scope.periods", "1 to 80 characters"),
        (text("limit", scope=Scope(starts_on=TUESDAY, ends_on=date(2026, 10, 5))), "ends_on", "before the first"),
        (text("limit", scope=Scope(starts_on=date(1999, 12, 31))), "starts_on", "Choose a day from 2000-01-01"),
        (text("limit", scope=Scope(ends_on=date(2200, 1, 1))), "ends_on", "to 2199-12-31"),
        (text("no_travel"), "scope", "it would stop every pass"),
        (text("closed_hours", scope=Scope(periods=only("1"))), "scope", "it would stop every pass"),
        (text("members_only", group_ids=only(BAND.id)), "scope", "it would stop every pass"),
        (text("members_only", scope=AT_LIBRARY), "params.group_ids", "Choose a group"),
        (text("members_only", scope=AT_LIBRARY, group_ids=only(SOMEONE)), "params", "no such group"),
        (text("separation", student_ids=only(ANA)), "params.student_ids", "at least two students"),
        (text("separation", student_ids=only(ANA, SOMEONE)), "params", "no such student"),
        (text("restricted_zone"), "params.zone_ids", "Choose a zone"),
        (text("restricted_zone", zone_ids=only(SOMEONE)), "params", "no such zone"),
        (text("no_fly"), "params.whole_day", "at least one time"),
        (text("no_fly", windows=(Window(time(9), time(9)),)), "params.windows", "ends after it begins"),
        (text("closed_hours", scope=AT_LIBRARY, instead_id=SOMEONE), "params", "no such location"),
    ],
)
def test_a_rule_that_makes_no_sense(day: Day, value: RuleText, field: str, says: str) -> None:
    error = refused(day, value)
    assert (error.code, error.extra) == ("invalid_input", {"field": field})
    assert says in error.detail


@pytest.mark.parametrize("kind", ["no_travel", "closed_hours"])
@pytest.mark.parametrize(
    "scope",
    [
        {"grades": only("7")},
        {"group_ids": only(BAND.id)},
        {"student_ids": only(ANA)},
        {"location_ids": only(LIBRARY)},
        {"zone_ids": only(NORTH_WING)},
    ],
)
def test_a_rule_that_stops_some_passes_only(day: Day, kind: str, scope: dict[str, Any]) -> None:
    day.keep(text(kind, scope=Scope(**scope)))
    assert [each.text.kind for each in day.state.rules] == [kind]


@pytest.mark.parametrize(
    "value",
    [
        text("separation", student_ids=only(ANA, BEN)),
        text("separation", group_ids=only(BAND.id)),
        text("members_only", scope=AT_LIBRARY, group_ids=only(BAND.id)),
        text("restricted_zone", zone_ids=only(NORTH_WING)),
        text("closed_hours", scope=AT_LIBRARY, windows=(Window(time(9), time(10)),), instead_id=NURSE),
        text("limit", scope=Scope(pass_type_ids=only(PASS_TYPE_IDS["Nurse"]), starts_on=TUESDAY, ends_on=TUESDAY)),
    ],
)
def test_a_rule_that_makes_sense_stands(day: Day, value: RuleText) -> None:
    day.keep(value)
    assert [each.text for each in day.state.rules] == [value]


def test_a_rule_is_written_with_every_parameter_and_names_put_right(day: Day) -> None:
    day.keep(replace(text("limit"), params={"most": 3}, scope=Scope(grades=only(" 7 "))))
    (kept,) = day.state.rules
    assert kept.text.params == {"count_staff": False, "most": 3, "per": "day", "unit": "passes"}
    assert kept.scope.grades == {"7"}


def test_times_of_a_rule_are_the_schools_own(day: Day) -> None:
    windows = [{"starts_at": "09:00:00+02:00", "ends_at": "10:00:00"}]
    assert refused(day, replace(text("no_fly"), params={"windows": windows})).extra == {"field": "params"}


def test_a_rule_keeps_its_kind(day: Day) -> None:
    day.state = make_state(rules=[rule("limit")])
    other = replace(text("cooldown"), id=rule("limit").id)
    assert refused(day, other).extra == {"field": "kind"}


def test_a_rule_may_go_on_to_name_who_has_left_the_school(day: Day) -> None:
    apart = text("separation", student_ids=only(ANA, BEN))
    own = text("no_travel", scope=Scope(student_ids=only(ANA)))
    for each in (apart, own):
        day.keep(each)
    del day.state.campus.students[ANA]  # type: ignore[attr-defined]
    for each in (apart, own):
        day.keep(replace(each, active=False))
    assert day.state.rules == ()
    assert len(day.state.all_rules) == 2


# The district's rules


def test_a_school_cannot_change_a_rule_of_the_district(day: Day) -> None:
    districts = rule("limit", level=Level.DISTRICT)
    day.state = make_state(rules=[districts])
    error = refused(day, replace(districts.text, level=Level.SCHOOL), Conflict)
    assert error.code == "district_rule"
    day.keep(replace(districts.text, active=False))
    assert day.state.rules == ()


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (text("separation", level=Level.DISTRICT, student_ids=only(ANA, BEN)), "kind"),
        (text("restricted_zone", level=Level.DISTRICT, zone_ids=only(NORTH_WING)), "kind"),
        (text("limit", level=Level.DISTRICT, scope=Scope(location_ids=only(LIBRARY))), "scope"),
        (text("limit", level=Level.DISTRICT, scope=Scope(student_ids=only(ANA))), "scope"),
        (text("closed_hours", level=Level.DISTRICT, scope=GRADE_7, instead_id=NURSE), "params.instead_id"),
    ],
)
def test_a_rule_of_the_district_names_nothing_of_a_single_school(day: Day, value: RuleText, field: str) -> None:
    assert refused(day, value).extra == {"field": field}


def test_a_district_sets_a_rule_by_grade_period_date_and_channel(day: Day) -> None:
    scope = Scope(grades=only("7"), periods=only("1"), starts_on=TUESDAY, channels=only("student"))
    day.keep(text("limit", level=Level.DISTRICT, scope=scope))
    assert day.state.rules


# What else is kept


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (group(" "), "name"),
        (group("g" * 81), "name"),
        (group("Chess", SOMEONE), "student_ids"),
        (accommodation(SOMEONE, no_line=True), "student_id"),
        (accommodation(ANA, no_line=True, pass_type_ids=only(SOMEONE)), "pass_type_ids"),
        (accommodation(ANA, no_line=True, ends_on=date(2026, 10, 5)), "ends_on"),
        (accommodation(ANA, exempt=only("separation")), "exempt"),
        (accommodation(ANA, exempt=only("bingo")), "exempt"),
        (accommodation(ANA), "exempt"),
        (accommodation(ANA, time_percent=24), "time_percent"),
        (accommodation(ANA, time_percent=501), "time_percent"),
        (accommodation(ANA, no_line=True, note="n" * 201), "note"),
        (Closure(SOMEONE, clock(8)), "location_id"),
        (Closure(RESTROOM, clock(8), instead_id=SOMEONE), "instead_id"),
        (Closure(RESTROOM, clock(8), instead_id=RESTROOM), "instead_id"),
        (Closure(RESTROOM, clock(8), until=clock(8, 30)), "until"),
        (Closure(RESTROOM, clock(8), until=clock(9).replace(tzinfo=None)), "until"),
        (Closure(RESTROOM, clock(8), until=clock(9).replace(year=2200)), "until"),
        (Closure(RESTROOM, clock(8), note="n" * 201), "note"),
        (Absence(SOMEONE, clock(8)), "student_id"),
        (Absence(ANA, clock(8), clock(8)), "until"),
        (Absence(ANA, clock(8), clock(9).replace(tzinfo=None)), "until"),
        (Absence(ANA, clock(8).replace(tzinfo=None)), "since"),
        (Delegation(new_id(), SOMEONE, TEACHER, TUESDAY, TUESDAY), "teacher_id"),
        (Delegation(new_id(), TEACHER, SOMEONE, TUESDAY, TUESDAY), "to_id"),
        (Delegation(new_id(), TEACHER, TEACHER, TUESDAY, TUESDAY), "to_id"),
        (SlotPlan(SOMEONE, only(1), time(8), time(9), 15), "location_id"),
        (SlotPlan(NURSE, only(), time(8), time(9), 15), "days"),
        (SlotPlan(NURSE, only(0, 1), time(8), time(9), 15), "days"),
        (SlotPlan(NURSE, only(1), time(9), time(9), 15), "ends_at"),
        (SlotPlan(NURSE, only(1), time(8, tzinfo=clock(8).tzinfo), time(9), 15), "starts_at"),
        (SlotPlan(NURSE, only(1), time(8), time(9), 4), "minutes"),
        (SlotPlan(NURSE, only(1), time(8), time(9), 241), "minutes"),
        (SlotPlan(NURSE, only(1), time(8), time(9), 15, places=0), "places"),
        (SlotPlan(NURSE, only(1), time(8), time(9), 15, places=51), "places"),
    ],
)
def test_what_makes_no_sense_names_its_field(day: Day, value: Kept, field: str) -> None:
    error = refused(day, value)
    assert (error.code, error.extra) == ("invalid_input", {"field": field})


def test_a_name_is_given_to_one_group_only(day: Day) -> None:
    error = refused(day, group("BAND"), Conflict)
    assert (error.code, error.extra) == ("name_taken", {"field": "name"})
    assert "Band" in error.detail


def test_a_group_keeps_who_has_left_the_school(day: Day) -> None:
    del day.state.campus.students[ANA]  # type: ignore[attr-defined]
    day.keep(replace(BAND, name=" The  band ", student_ids=only(ANA, BEN)))
    assert day.state.groups[BAND.id].name == "The band"


def test_there_is_an_end_to_groups_and_their_members(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "MOST_GROUPS", 1)
    monkeypatch.setattr(checks, "MOST_MEMBERS", 1)
    refused(day, group("Chess"), Conflict)
    assert refused(day, replace(BAND, student_ids=only(ANA, BEN))).extra == {"field": "student_ids"}


def test_a_delegation_is_about_the_teachers_own_classes(day: Day) -> None:
    other = id_of("other teacher")
    day.state.campus = replace(day.state.campus, staff={**day.state.campus.staff, other: "Other Example"})
    fine = Delegation(new_id(), TEACHER, other, TUESDAY, TUESDAY, only(ALGEBRA))
    day.keep(fine)
    assert day.state.delegations == {fine.id: fine}
    day.events.clear()
    assert refused(day, replace(fine, section_ids=only(SOMEONE))).extra == {"field": "section_ids"}
    assert refused(day, replace(fine, teacher_id=other, to_id=TEACHER)).extra == {"field": "section_ids"}
    assert refused(day, replace(fine, ends_on=date(2026, 10, 5))).extra == {"field": "ends_on"}


def test_only_the_school_itself_can_be_frozen(day: Day) -> None:
    refused(day, Freeze(new_id(), day.now), NotFound)


def test_a_freeze_begins_now_and_once(day: Day) -> None:
    day.keep(Freeze(SCHOOL, clock(7), " Drill "))
    since = day.now
    day.later(minutes=1)
    assert day.keep(Freeze(SCHOOL, day.now)).events == []
    day.keep(Freeze(SCHOOL, day.now, "Fire"))
    assert day.state.freeze == Freeze(SCHOOL, since, "Fire")


def test_a_closure_begins_now(day: Day) -> None:
    day.keep(Closure(RESTROOM, clock(7), note="  "))
    assert day.state.closures == {RESTROOM: Closure(RESTROOM, day.now)}


def test_a_slot_plan_that_makes_sense_stands(day: Day) -> None:
    plan = SlotPlan(NURSE, only(1, 7), time(8), time(9), 15, 2)
    day.keep(plan)
    assert day.state.slot_plans == {NURSE: plan}


# Pass types and settings


@pytest.mark.parametrize(
    ("changes", "error", "field"),
    [
        ({"name": " "}, InvalidInput, "name"),
        ({"name": "NURSE"}, Conflict, "name"),
        ({"minutes": 0}, InvalidInput, "minutes"),
        ({"minutes": 11}, InvalidInput, "minutes"),
        ({"most_minutes": 1000}, InvalidInput, "minutes"),
        ({"colour": "red;background:url(x)"}, InvalidInput, "colour"),
        ({"icon": "<svg>"}, InvalidInput, "icon"),
    ],
)
def test_a_pass_type_that_makes_no_sense(
    day: Day, changes: dict[str, Any], error: type[CorridorError], field: str
) -> None:
    wanted = replace(day.state.pass_types[PASS_TYPE_IDS["Restroom"]], **changes)
    with pytest.raises(error) as raised:
        day.submit(SetPassType(TEACHER, wanted))
    assert raised.value.extra == {"field": field}


def test_a_school_keeps_a_pass_type(day: Day) -> None:
    only_one = day.state.pass_types[PASS_TYPE_IDS["Restroom"]]
    day.state.pass_types = {only_one.id: only_one}
    with pytest.raises(Conflict, match="needs a pass type"):
        day.submit(SetPassType(TEACHER, replace(only_one, active=False)))


@pytest.mark.parametrize(
    ("field", "least", "most"), [("lapse_minutes", 1, 240), ("grace_minutes", 0, 240), ("offer_seconds", 10, 600)]
)
def test_settings_are_within_their_bounds(day: Day, field: str, least: int, most: int) -> None:
    make: Callable[[int], PassSettings] = lambda number: replace(PassSettings(), **{field: number})  # noqa: E731
    for number in (least, most):
        assert check_settings(make(number)) == make(number)
    for number in (least - 1, most + 1):
        with pytest.raises(InvalidInput) as raised:
            day.submit(SetPassSettings(TEACHER, make(number)))
        assert raised.value.extra == {"field": field}
