"""The rules of a district: one rule in every school's ledger, which schools may only tighten."""

import re
from typing import Any
from uuid import UUID

import pytest

from corridor.base.ids import new_id
from corridor.day.policy import RuleText
from corridor.day.words import Effect, Level
from corridor.identity.principal import Role
from corridor.policy.commands import Drop, Keep
from tests.school import make_school
from tests.web.visitor import Visitor, visitor, words
from tests.world import Api, World

CAP = {"kind": "hallway_cap", "params": {"most": 40}}


@pytest.fixture
async def schools(world: World) -> list[UUID]:
    """Washington and two more."""
    district = world.school.district_id
    names = ("Jefferson High School", "Lincoln School")
    others = [await make_school(world.database, name=name, district_id=district) for name in names]
    return [world.school.id, *(each.id for each in others)]


@pytest.fixture
async def district(world: World) -> Api:
    return await world.caller(Role.DISTRICT_ADMIN)


@pytest.fixture
async def admin(world: World) -> Visitor:
    return await visitor(world, Role.DISTRICT_ADMIN)


async def _held(world: World, schools: list[UUID], rule_id: str) -> list[RuleText | None]:
    found = []
    for school_id in schools:
        state = await world.services.ledger.state(school_id)
        found.append(next((rule.text for rule in state.all_rules if str(rule.id) == rule_id), None))
    return found


async def test_a_district_s_rule_stands_in_every_school(world: World, schools: list[UUID], district: Api) -> None:
    made = await district.post("/district/rules", CAP, key="once")
    assert made.status_code == 201, made.text
    assert made.json()["sentence"] == "Students may not take passes while the school has 40 students out."
    assert (made.json()["schools"], made.json()["missing"]) == (3, [])
    rule_id = made.json()["id"]
    texts = await _held(world, schools, rule_id)
    assert {(text.level, text.params["most"]) for text in texts if text} == {(Level.DISTRICT, 40)}
    assert (await district.post("/district/rules", CAP, key="once")).json()["id"] == rule_id
    changed = await district.put(f"/district/rules/{rule_id}", CAP | {"params": {"most": 30}})
    assert changed.json()["params"] == {"most": 30}
    assert [text and text.params["most"] for text in await _held(world, schools, rule_id)] == [30, 30, 30]
    assert (await district.delete(f"/district/rules/{rule_id}")).status_code == 204
    assert await _held(world, schools, rule_id) == [None, None, None]
    assert (await district.get("/district/rules")).json()["items"] == []
    assert (await district.delete(f"/district/rules/{rule_id}")).status_code == 404
    assert (await district.put(f"/district/rules/{rule_id}", CAP)).status_code == 404


async def test_a_school_cannot_change_or_remove_it_but_add_a_stricter_one(
    world: World, schools: list[UUID], district: Api
) -> None:
    rule_id = (await district.post("/district/rules", CAP)).json()["id"]
    school = await world.caller(Role.SCHOOL_ADMIN, school_id=world.school.id)
    path = f"/schools/{world.school.id}/rules"
    for answer in (
        await school.put(f"{path}/{rule_id}", CAP | {"params": {"most": 400}}),
        await school.delete(f"{path}/{rule_id}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "district_rule")
    assert (await school.post(path, CAP | {"params": {"most": 20}})).status_code == 201
    items = (await school.get(path)).json()["items"]
    caps = [(each["level"], each["params"]["most"]) for each in items if each["kind"] == "hallway_cap"]
    assert caps == [("district", 40), ("school", 20)]


async def test_only_who_has_the_whole_district_sets_its_rules(world: World, schools: list[UUID]) -> None:
    for limits in ({"role": Role.SCHOOL_ADMIN, "school_id": world.school.id}, {"role": Role.INTEGRATION}):
        caller = await world.caller(**limits)
        for answer in (
            await caller.get("/district/rules"),
            await caller.post("/district/rules", CAP),
            await caller.put(f"/district/rules/{new_id()}", CAP),
            await caller.delete(f"/district/rules/{new_id()}"),
        ):
            assert answer.status_code == 403
    page = await visitor(world, Role.SCHOOL_ADMIN, school_id=world.school.id)
    assert (await page.get("/admin/district-rules")).status_code == 403
    assert "District rules" not in (await page.get("/admin/rules")).text


@pytest.mark.parametrize(
    "body",
    [
        CAP | {"scope": {"location_ids": [str(new_id())]}},
        {"kind": "separation", "params": {"student_ids": [str(new_id()), str(new_id())]}},
        {"kind": "closed_hours", "params": {"instead_id": str(new_id())}, "scope": {"grades": ["9"]}},
        {"kind": "no_fly"},
    ],
    ids=["one place", "two students", "another place", "nothing"],
)
async def test_it_is_for_all_schools_alike(
    world: World, schools: list[UUID], district: Api, body: dict[str, Any]
) -> None:
    assert (await district.post("/district/rules", body)).status_code == 422
    assert (await district.get("/district/rules")).json()["items"] == []


async def test_a_school_that_it_missed_is_shown_and_reached_again(
    world: World, schools: list[UUID], admin: Visitor, district: Api
) -> None:
    rule_id = (await district.post("/district/rules", CAP)).json()["id"]
    by = new_id()
    await world.services.ledger.submit(schools[1], Drop(by, "rule", UUID(rule_id), Level.DISTRICT))
    older = RuleText(UUID(rule_id), "hallway_cap", {"most": 90}, Effect.REFUSE, level=Level.DISTRICT)
    page = words(await admin.get("/admin/district-rules"))
    assert "In 2 of 3 schools" in page
    assert "It has not reached Jefferson High School." in page
    assert (await admin.post(f"/admin/district-rules/{rule_id}/again")).status_code == 303
    assert "In all 3 schools" in words(await admin.get("/admin/district-rules"))
    await world.services.ledger.submit(schools[2], Keep(by, older))
    assert "It has not reached Lincoln School." in words(await admin.get("/admin/district-rules"))


async def test_new_schools_get_it(world: World, schools: list[UUID], district: Api) -> None:
    rule_id = (await district.post("/district/rules", CAP)).json()["id"]
    newest = await make_school(world.database, name="New School", district_id=world.school.district_id)
    (text,) = await _held(world, [newest.id], rule_id)
    assert text is not None
    assert (await district.get("/district/rules")).json()["items"][0]["schools"] == 4


async def test_the_page_adds_changes_switches_and_removes(world: World, schools: list[UUID], admin: Visitor) -> None:
    catalogue = await admin.get("/admin/district-rules", new="1")
    kinds = re.findall(r"new=(\w+)#new-rule", catalogue.text)
    assert len(kinds) == 14
    for kind in kinds:
        assert "Add the rule" in (await admin.get("/admin/district-rules", new=kind)).text
    values: dict[str, Any] = {
        "kind": "cooldown",
        "params.minutes": "4",
        "effect": "refuse",
        "overridable": "no",
        "scope.grades": "7",
    }
    preview = await admin.post("/admin/district-rules/preview", part=True, **values)
    assert "This concerns all 18 students, wherever they go." in words(preview)
    wrong = await admin.post("/admin/district-rules", **values | {"params.minutes": "0"})
    assert wrong.status_code == 422
    added = await admin.post("/admin/district-rules", **values)
    assert added.status_code == 303
    path = added.headers["location"].partition("#")[0]
    rule_id = path.partition("saved=")[2]
    assert "Students in grade 7 must wait 4 minutes between passes." in words(await admin.get(path))
    edit = await admin.get("/admin/district-rules", edit=rule_id)
    assert re.search(r'name="params.minutes"[^>]* value="4"', edit.text)
    changed = await admin.post(f"/admin/district-rules/{rule_id}", **values | {"params.minutes": "6"})
    assert changed.status_code == 303
    await admin.post(f"/admin/district-rules/{rule_id}/switch", on="no")
    texts = await _held(world, schools, rule_id)
    assert {(text.params["minutes"], text.active) for text in texts if text} == {(6, False)}
    assert (await admin.post(f"/admin/district-rules/{rule_id}/remove")).status_code == 303
    assert "The district has set no rules" in words(await admin.get("/admin/district-rules"))
