"""A school's rules over HTTP: read, changed, tried, and who changed them; and its pass types and settings."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from corridor.base.ids import new_id
from corridor.identity.principal import Role
from tests.world import Api, World

SENTENCE = "Students in grade 7 may take 1 pass a day."


@pytest.fixture
async def admin(world: World) -> Api:
    return await world.caller(Role.SCHOOL_ADMIN, school_id=world.school.id)


@pytest.fixture
def rules(world: World) -> str:
    return f"/schools/{world.school.id}/rules"


def _limit(**fields: Any) -> dict[str, Any]:
    return {"kind": "limit", "params": {"most": 1}, "scope": {"grades": ["7"]}} | fields


async def _rule(api: Api, rules: str, rule_id: str) -> Any:
    items = (await api.get(rules)).json()["items"]
    return next((each for each in items if each["id"] == rule_id), None)


async def test_the_rules_of_a_school_read_as_sentences(admin: Api, rules: str) -> None:
    items = (await admin.get(rules)).json()["items"]
    by_kind = {each["kind"]: each for each in items}
    assert by_kind["cooldown"]["sentence"] == (
        "Students must wait 5 minutes between passes when they ask for themselves."
    )
    assert (by_kind["cooldown"]["students"], by_kind["cooldown"]["locations"]) == (6, 5)
    assert {each["level"] for each in items} == {"school"}


async def test_every_kind_has_a_schema_and_effects(admin: Api) -> None:
    items = (await admin.get("/rule-kinds")).json()["items"]
    assert len(items) == 17
    limit = next(each for each in items if each["name"] == "limit")
    assert limit["params"]["$defs"]["Params"]["properties"]["most"]["maximum"] == 9999
    assert limit["effects"][0] == "needs_staff"
    assert {each["name"] for each in items if not each["for_districts"]} == {
        "separation",
        "members_only",
        "restricted_zone",
    }


async def test_a_rule_is_added_changed_and_removed_and_each_change_is_kept(admin: Api, rules: str) -> None:
    made = (await admin.post(rules, _limit())).json()
    assert (await _rule(admin, rules, made["id"]))["sentence"] == SENTENCE
    changed = await admin.put(f"{rules}/{made['id']}", _limit(params={"most": 2}, effect="refuse", active=False))
    assert (changed.json()["effect"], changed.json()["active"]) == ("refuse", False)
    assert (await admin.delete(f"{rules}/{made['id']}")).status_code == 204
    assert await _rule(admin, rules, made["id"]) is None
    kept = (await admin.get(f"{rules}/{made['id']}/history")).json()["items"]
    assert [each["sentence_after"] for each in kept] == [None, SENTENCE.replace("1 pass", "2 passes"), SENTENCE]
    assert [each["sentence_before"] for each in kept] == [SENTENCE.replace("1 pass", "2 passes"), SENTENCE, None]
    assert {each["by"] for each in kept} == {"test"}
    assert (await admin.delete(f"{rules}/{made['id']}")).status_code == 404


async def test_a_repeated_command_is_taken_once(admin: Api, rules: str) -> None:
    first, second = [await admin.post(rules, _limit(), key="one") for _ in range(2)]
    assert first.json() == second.json()
    assert second.headers["idempotency-replayed"] == "true"
    for _ in range(2):
        assert (await admin.delete(f"{rules}/{first.json()['id']}", key="two")).status_code == 204


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"kind": "nonsense"}, "kind"),
        ({"effect": "wait"}, "effect"),
        ({"params": {"most": -1}}, "params"),
        ({"params": {"often": 1}}, "params"),
        ({"scope": {"group_ids": [str(UUID(int=7))]}}, "scope.group_ids"),
        ({"scope": {"starts_on": "2026-11-02", "ends_on": "2026-11-01"}}, "ends_on"),
        ({"scope": {"ends_on": "9999-12-31"}}, "ends_on"),
        ({"scope": {"grades": ["\u0000"]}}, "scope.grades"),
        ({"kind": "no_travel", "params": {}, "scope": {}}, "scope"),
        ({"kind": "separation", "params": {}}, "params.student_ids"),
        ({"kind": "no_fly", "params": {}}, "params.whole_day"),
    ],
    ids=str,
)
async def test_what_makes_no_sense_is_said_at_its_field(
    admin: Api, rules: str, fields: dict[str, Any], field: str
) -> None:
    answer = await admin.post(rules, _limit(**fields))
    assert answer.status_code == 422, answer.text
    assert answer.json()["field"] == field


async def test_a_rule_counts_how_often_it_spoke(world: World, admin: Api, rules: str) -> None:
    made = (await admin.post(rules, _limit(effect="refuse", params={"most": 0}))).json()
    warns = (await admin.post(rules, {"kind": "hallway_cap", "params": {"most": 0}, "effect": "warn"})).json()
    student = await world.student()
    passes = f"/schools/{world.school.id}/passes"
    for _ in range(2):
        assert (await student.post(passes, {"destination_id": str(world.school.nurse)})).status_code == 409
    teacher = await world.teacher()
    body = {"student_id": str(world.school.students[1]), "destination_id": str(world.school.nurse)}
    body["override"] = {"codes": ["limit"], "reason": "asked"}  # type: ignore[assignment]
    assert (await teacher.post(passes, body)).status_code == 201
    assert (await _rule(admin, rules, made["id"]))["fired"] == 2
    assert (await _rule(admin, rules, warns["id"]))["fired"] == 1
    world.clock.advance(timedelta(days=31))
    assert (await _rule(admin, rules, made["id"]))["fired"] == 0


async def test_rules_can_be_tried(world: World, admin: Api, rules: str) -> None:
    no_fly = {"kind": "no_fly", "params": {"first_minutes": 20}}
    made = (await admin.post(rules, no_fly)).json()
    query = {"student_id": str(world.school.students[0]), "destination_id": str(world.school.nurse)}
    now = (await admin.get(f"{rules}/try", **query)).json()
    assert (now["outcome"], now["pass_type"], now["origin"]) == ("asks", "Nurse", "204")
    assert {each["effect"] for each in now["rules"]} == {"allow"}
    then = (await admin.get(f"{rules}/try", **query, at="2026-10-06T13:05:00Z")).json()
    said = next(each for each in then["rules"] if each["rule_id"] == made["id"])
    assert (then["outcome"], said["effect"]) == ("refused", "refuse")
    assert then["allowed_at"] == said["allowed_at"] == "2026-10-06T13:20:00Z"
    assert said["student_message"] == "No passes right now. They open again at 09:20."
    staff = (await admin.get(f"{rules}/try", **query, channel="staff")).json()
    assert not next(each for each in staff["rules"] if each["kind"] == "cooldown")["applies"]
    assert (await admin.get(f"{rules}/try", **query, at="2099-01-01T00:00:00Z")).status_code == 422
    assert (await admin.get(f"{rules}/try", **query | {"student_id": str(new_id())})).status_code == 404


async def test_teachers_read_rules_and_administrators_change_them(world: World, rules: str) -> None:
    teacher, student = await world.teacher(), await world.student()
    rule_id = (await teacher.get(rules)).json()["items"][0]["id"]
    for answer in (
        await teacher.get(f"{rules}/{rule_id}/history"),
        await teacher.post(rules, _limit()),
        await teacher.put(f"{rules}/{rule_id}", _limit()),
        await teacher.delete(f"{rules}/{rule_id}"),
        await student.get(rules),
        await student.get("/rule-kinds"),
    ):
        assert answer.status_code == 403
    elsewhere = await world.caller(Role.SCHOOL_ADMIN, school_id=world.school.id)
    assert (await elsewhere.get(f"/schools/{new_id()}/rules")).status_code == 404


async def test_a_pass_type_is_added_and_changed(world: World, admin: Api) -> None:
    types = f"/schools/{world.school.id}/pass-types"
    made = await admin.post(types, {"name": " Coach ", "minutes": 5, "most_minutes": 10, "kinds": ["gym"]})
    assert made.status_code == 201, made.text
    type_id = made.json()["id"]
    assert (made.json()["name"], made.json()["position"], made.json()["approval"]) == ("Coach", 8, "staff")
    changed = await admin.put(
        f"{types}/{type_id}",
        {"name": "Coach", "minutes": 5, "most_minutes": 20, "approval": "none", "icon": "gym", "position": 0},
    )
    assert (changed.json()["most_minutes"], changed.json()["approval"], changed.json()["position"]) == (20, "none", 0)
    assert (await admin.put(f"{types}/{new_id()}", {"name": "A", "minutes": 1, "most_minutes": 1})).status_code == 404
    assert (await admin.post(types, {"name": "Coach", "minutes": 1, "most_minutes": 1})).status_code == 409
    assert (await admin.post(types, {"name": "B", "minutes": 9, "most_minutes": 1})).status_code == 422
    assert (await admin.post(types, {"name": "B", "minutes": 1, "most_minutes": 1, "icon": "x"})).status_code == 400
    assert (
        await (await world.teacher()).post(types, {"name": "B", "minutes": 1, "most_minutes": 1})
    ).status_code == 403


async def test_the_pass_settings_are_read_and_changed(world: World, admin: Api) -> None:
    path = f"/schools/{world.school.id}/pass-settings"
    before = (await admin.get(path)).json()
    assert before == {"lapse_minutes": 10, "grace_minutes": 15, "offer_seconds": 30}
    assert (await admin.put(path, before | {"offer_seconds": 60})).json()["offer_seconds"] == 60
    answer = await admin.put(path, before | {"offer_seconds": 5})
    assert (answer.status_code, answer.json()["field"]) == (422, "offer_seconds")
