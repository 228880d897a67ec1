"""The pages about rules: sentences that can be changed, what they would say, and who changed them; pass types."""

import re
from typing import Any
from uuid import UUID

import httpx
import pytest

from corridor.base.ids import new_id
from corridor.day.policy import Group, RuleText, Scope
from corridor.day.words import Effect, Level
from corridor.identity.principal import Role
from corridor.policy.commands import Keep
from tests.web.visitor import Visitor, visitor, words
from tests.world import World


@pytest.fixture
async def admin(world: World) -> Visitor:
    return await visitor(world, Role.SCHOOL_ADMIN, school_id=world.school.id)


@pytest.fixture
async def district_rule(world: World) -> UUID:
    rule_id = new_id()
    text = RuleText(rule_id, "hallway_cap", {"most": 40}, Effect.REFUSE, level=Level.DISTRICT)
    await world.services.ledger.submit(world.school.id, Keep(new_id(), text))
    return rule_id


async def _rules(world: World, kind: str) -> list[RuleText]:
    state = await world.services.ledger.state(world.school.id)
    return [rule.text for rule in state.all_rules if rule.text.kind == kind]


def _limit(world: World, **values: Any) -> dict[str, Any]:
    return {
        "school": str(world.school.id),
        "kind": "limit",
        "params.most": "3",
        "params.unit": "passes",
        "params.per": "day",
        "params.count_staff": "no",
        "scope.grades": "7",
        "effect": "refuse",
        "overridable": "no",
    } | values


async def test_the_rules_stand_there_as_sentences_with_what_they_do(admin: Visitor) -> None:
    page = await admin.get("/admin/rules")
    assert "Students must wait 5 minutes between passes when they ask for themselves ." in words(page)
    assert "Needs staff Staff may override it Not once in 30 days" in words(page)
    assert page.text.count('role="switch" aria-checked="true"') == 9


async def test_every_kind_can_be_begun(admin: Visitor) -> None:
    catalogue = await admin.get("/admin/rules", new="1")
    kinds = re.findall(r"new=(\w+)#new-rule", catalogue.text)
    assert len(kinds) == 17
    for kind in kinds:
        page = await admin.get("/admin/rules", new=kind)
        assert page.status_code == 200
        assert "Add the rule" in page.text


async def test_a_rule_is_added_through_its_form(world: World, admin: Visitor) -> None:
    answer = await admin.post("/admin/rules", **_limit(world))
    assert answer.status_code == 303
    (added,) = [text for text in await _rules(world, "limit") if text.scope.grades]
    assert added.params == {"most": 3, "unit": "passes", "per": "day", "count_staff": False}
    assert (added.effect, added.overridable, added.level) == (Effect.REFUSE, False, Level.SCHOOL)
    assert answer.headers["location"].endswith(f"#rule-{added.id}")


async def test_times_places_and_dates_are_read_from_their_fields(world: World, admin: Visitor) -> None:
    school = world.school
    form: dict[str, Any] = {
        "school": str(school.id),
        "kind": "closed_hours",
        "params.windows.starts_at": ["12:00", ""],
        "params.windows.ends_at": ["12:30", ""],
        "params.instead_id": str(school.nurse),
        "scope.location_ids": [str(school.library), str(school.restroom)],
        "scope.starts_on": "2026-11-02",
        "scope.ends_on": "",
        "scope.channels": ["student", "kiosk"],
        "effect": "refuse",
        "overridable": "yes",
    }
    assert (await admin.post("/admin/rules", **form)).status_code == 303
    page = await admin.get("/admin/rules")
    assert (
        "Passes to Library or Restroom A are closed from 12:00 to 12:30 "
        "from November 2, 2026 when students ask for themselves ; Nurse is open instead ."
    ) in words(page)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"params.most": "many"}, "give a whole number from 0 to 9999"),
        ({"params.most": "10000"}, "give a whole number from 0 to 9999"),
        ({"params.per": "year"}, "Choose one of these."),
        ({"effect": "wait"}, "the effect is one of"),
        ({"effect": "explode"}, "Choose what the rule does."),
        ({"scope.starts_on": "tomorrow"}, "This is no date."),
        ({"scope.starts_on": "2026-11-02", "scope.ends_on": "2026-11-01"}, "The last day is before the first."),
        ({"scope.group_ids": "not an id"}, "This is not one of the choices."),
        ({"scope.group_ids": str(UUID(int=7))}, "There is no such group"),
    ],
    ids=lambda value: re.sub(r"[^a-z ]", "", str(value))[:40],
)
async def test_what_cannot_be_saved_is_said_in_the_form(
    world: World, admin: Visitor, values: dict[str, Any], message: str
) -> None:
    answer = await admin.post("/admin/rules", **_limit(world, **values))
    assert answer.status_code == 422
    assert message in words(answer)
    assert "Add the rule" in answer.text
    assert 'value="7" checked' in answer.text or not {"scope.group_ids", "effect"}.isdisjoint(values)
    assert not [text for text in await _rules(world, "limit") if text.scope.grades]


async def test_a_rule_is_changed_in_its_row(world: World, admin: Visitor) -> None:
    (cooldown,) = await _rules(world, "cooldown")
    path = f"/admin/rules/{cooldown.id}"
    form = await admin.get(path, part=True, school=str(world.school.id), edit="true")
    assert 'name="params.minutes"' in form.text
    values: dict[str, Any] = {"school": str(world.school.id), "effect": "needs_staff", "overridable": "yes"}
    wrong = await admin.post(path, part=True, **values, **{"params.minutes": "0"})
    assert wrong.status_code == 422
    assert "Minutes: give a whole number from 1 to 999." in words(wrong)
    row = await admin.post(path, part=True, **values, **{"params.minutes": "1"})
    assert "Students must wait 1 minute between passes." in words(row)
    assert "Saved." in words(row)
    (changed,) = await _rules(world, "cooldown")
    assert (changed.id, changed.effect, changed.scope) == (cooldown.id, Effect.NEEDS_STAFF, Scope())


async def test_before_it_is_saved_it_says_whom_it_concerns(world: World, admin: Visitor) -> None:
    part = await admin.post("/admin/rules/preview", part=True, **_limit(world, **{"scope.grades": "9"}))
    assert words(part).startswith("Students in grade 9 may take 3 passes a day. This concerns 0 students of 6")
    places = {"scope.location_ids": str(world.school.library)}
    part = await admin.post("/admin/rules/preview", part=True, **_limit(world, **places))
    assert "This concerns all 6 students and 1 place of 5." in words(part)
    part = await admin.post("/admin/rules/preview", part=True, **_limit(world, **{"params.most": ""}))
    assert "give a whole number" in words(part)


async def test_students_are_found_by_name_and_the_chosen_stay(world: World, admin: Visitor) -> None:
    first = str(world.school.students[0])
    fields: dict[str, Any] = {
        "field": "scope.student_ids",
        "scope.student_ids": first,
        "find scope.student_ids": "Student03",
    }
    part = await admin.post("/admin/rules/students", part=True, school=str(world.school.id), **fields)
    assert re.findall(r'value="([^"]+)"( checked)?', part.text) == [
        (first, " checked"),
        (str(world.school.students[3]), ""),
    ]


async def test_a_rule_is_switched_off_and_removed(world: World, admin: Visitor) -> None:
    (cooldown,) = await _rules(world, "cooldown")
    path, school = f"/admin/rules/{cooldown.id}", str(world.school.id)
    row = await admin.post(f"{path}/switch", part=True, school=school, on="no")
    assert 'aria-checked="false"' in row.text
    assert not (await _rules(world, "cooldown"))[0].active
    assert (await admin.post(f"{path}/remove", school=school)).status_code == 303
    assert await _rules(world, "cooldown") == []
    page = await admin.get(f"{path}/history", school=school)
    assert "A rule that was removed" in words(page)
    assert "test removed it" in words(page)
    assert "test switched it off" in words(page)


async def test_a_district_s_rule_is_shown_and_can_be_tightened_only(
    world: World, admin: Visitor, district_rule: UUID
) -> None:
    school = str(world.school.id)
    page = await admin.get("/admin/rules")
    assert "Students may not take passes while the school has 40 students out." in words(page)
    assert f"new=hallway_cap&amp;like={district_rule}" in page.text
    draft = await admin.get("/admin/rules", new="hallway_cap", like=str(district_rule))
    assert re.search(r'name="params.most"[^>]* value="40"', draft.text)
    path = f"/admin/rules/{district_rule}"
    values: dict[str, Any] = {"params.most": "50", "effect": "refuse", "overridable": "yes"}
    for answer in (
        await admin.get(path, part=True, school=school, edit="true"),
        await admin.post(path, school=school, **values),
        await admin.post(f"{path}/switch", school=school, on="no"),
        await admin.post(f"{path}/remove", school=school),
    ):
        assert answer.status_code == 409
    assert (await _rules(world, "hallway_cap"))[0].params == {"most": 40}


async def test_the_rules_can_be_tried_on_a_student(world: World, admin: Visitor) -> None:
    school = world.school
    (cooldown,) = await _rules(world, "cooldown")
    text = RuleText(cooldown.id, "no_fly", {"last_minutes": 40}, Effect.REFUSE)
    await world.services.ledger.submit(
        school.id, Keep(new_id(), RuleText(new_id(), text.kind, text.params, text.effect))
    )
    many = await admin.get("/admin/rules/try", find="Student0", to=str(school.nurse))
    assert "Which of them?" in words(many)
    page = await admin.get("/admin/rules/try", find="Student03", to=str(school.nurse))
    assert "It would be refused." in words(page)
    assert "Nothing would stand against it at 09:00" in words(page)
    assert "The student reads: “No passes right now. They open again at 09:00.”" in words(page)
    later = await admin.get("/admin/rules/try", find="Student03", to=str(school.nurse), at="2026-10-06T09:10")
    assert "Staff would be asked." in words(later)
    for at in ("soon", "2099-01-01T00:00"):
        wrong = await admin.get("/admin/rules/try", find="Student03", to=str(school.nurse), at=at)
        assert wrong.status_code == 422
    assert "No student is called that." in words(await admin.get("/admin/rules/try", find="Nobody"))


async def test_a_rule_s_history_says_who_changed_what(world: World, admin: Visitor) -> None:
    (cooldown,) = await _rules(world, "cooldown")
    path, school = f"/admin/rules/{cooldown.id}", str(world.school.id)
    untouched = await admin.get(f"{path}/history", school=school)
    assert "Nobody has changed it" in words(untouched)
    values: dict[str, Any] = {"params.minutes": "9", "effect": "warn", "overridable": "no"}
    await admin.post(path, school=school, **values)
    page = words(await admin.get(f"{path}/history", school=school))
    assert "test changed it Tuesday, October 6, 08:30" in page
    assert "Students must wait 9 minutes between passes. Refuse → warn Nobody may override it any more" in page


async def test_teachers_read_the_rules_and_students_do_not(world: World) -> None:
    teacher = await visitor(world, Role.TEACHER, person_id=world.school.teachers[0])
    page = await teacher.get("/admin/rules")
    assert page.status_code == 200
    assert "Add a rule" not in page.text
    assert "switch" not in page.text
    assert (await teacher.get("/admin/rules/try")).status_code == 403, "it speaks of students"
    pupil = await visitor(world, Role.STUDENT, person_id=world.school.students[0])
    for answer in (
        await teacher.post("/admin/rules", **_limit(world)),
        await teacher.get("/admin/pass-types"),
        await teacher.get("/admin/district-rules"),
        await pupil.get("/admin/rules"),
        await pupil.get("/admin/rules/try"),
    ):
        assert answer.status_code == 403


async def test_rules_about_groups_name_them(world: World, admin: Visitor) -> None:
    band = Group(new_id(), "Band <b>", frozenset(world.school.students[:2]))
    await world.services.ledger.submit(world.school.id, Keep(new_id(), band))
    values = _limit(world, **{"scope.grades": [], "scope.group_ids": str(band.id)})
    assert (await admin.post("/admin/rules", **values)).status_code == 303
    page = await admin.get("/admin/rules")
    assert "Members of Band &lt;b&gt;" in page.text


def _type(world: World, **values: Any) -> dict[str, Any]:
    return {
        "school": str(world.school.id),
        "name": "Coach",
        "icon": "gym",
        "minutes": "5",
        "most_minutes": "10",
        "approval": "none",
        "round_trip": "yes",
        "kind": ["gym", "library"],
        "active": "yes",
    } | values


async def _types(world: World) -> list[Any]:
    return list((await world.services.ledger.state(world.school.id)).pass_types.values())


async def test_pass_types_are_added_changed_and_ordered(world: World, admin: Visitor) -> None:
    assert (await admin.post("/admin/pass-types", **_type(world))).status_code == 303
    coach = (await _types(world))[-1]
    assert (coach.name, coach.icon, coach.approval, coach.kinds) == ("Coach", "gym", "none", ("library", "gym"))
    path = f"/admin/pass-types/{coach.id}"
    assert (await admin.post(path, **_type(world, minutes="8", active=""))).status_code == 303
    assert ((await _types(world))[-1].minutes, (await _types(world))[-1].active) == (8, False)
    await admin.post(f"{path}/move", school=str(world.school.id), where="up")
    assert [each.name for each in await _types(world)][-2:] == ["Coach", "Another place"]
    page = await admin.get("/admin/pass-types")
    assert "The usual one for 1 place. No pass of it is open." in words(page)
    for values, message in (
        ({"minutes": "20"}, "the most minutes no fewer"),
        ({"minutes": "x"}, "Give a whole number."),
        ({"name": "Nurse"}, "There is already a pass type named Nurse."),
    ):
        answer = await admin.post(path, **_type(world, **values))
        assert answer.status_code in (409, 422)
        assert message in words(answer)


async def test_the_pass_settings_are_changed_in_their_sentences(world: World, admin: Visitor) -> None:
    values: dict[str, Any] = {
        "school": str(world.school.id),
        "lapse_minutes": "5",
        "grace_minutes": "0",
        "offer_seconds": "45",
    }
    assert (await admin.post("/admin/pass-types/settings", **values)).status_code == 303
    assert (await world.services.ledger.state(world.school.id)).settings.offer_seconds == 45
    wrong = await admin.post("/admin/pass-types/settings", **values | {"offer_seconds": "5"})
    assert wrong.status_code == 422
    assert "Give a number from 10 to 600." in words(wrong)
    assert re.search(r'name="offer_seconds"[^>]* value="5"', wrong.text)


async def test_another_school_s_rules_are_out_of_reach(world: World, admin: Visitor) -> None:
    elsewhere = str(new_id())
    answers: list[httpx.Response] = [
        await admin.get("/admin/rules", school=elsewhere),
        await admin.post("/admin/rules", **_limit(world, school=elsewhere)),
        await admin.post("/admin/pass-types", **_type(world, school=elsewhere)),
        await admin.post("/admin/rules", **_limit(world, school="")),
    ]
    assert [answer.status_code for answer in answers] == [404] * 4
