"""The district's rules over HTTP."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import delete, get, post, put
from litestar.params import FromPath, JSONBody

from corridor.base.ids import derived_id, new_id
from corridor.day.policy import Scope
from corridor.day.state import SchoolState
from corridor.day.words import Effect, Level
from corridor.identity.permissions import Action, require_district
from corridor.passes.api import PassRequest, actor_id, command_id_of, services_of
from corridor.rules.sentence import sentence
from corridor.web.district_rules import Standing, drop_everywhere, keep_everywhere, some_state, standing, standings
from corridor.web.policy_rules_api import RuleInput

_CHANGE = {"permission": Action.RULE_CHANGE}


class DistrictRuleView(msgspec.Struct, frozen=True):
    """A rule of the district. `schools` have it as it is here; `missing` are the ids of those that it has not reached:
    send it again with PUT."""

    id: UUID
    kind: str
    sentence: str
    params: dict[str, Any]
    effect: Effect
    scope: Scope
    overridable: bool
    position: int
    active: bool
    schools: int
    missing: list[UUID]


class DistrictRulePage(msgspec.Struct):
    """In the order in which they are asked, before those of a school."""

    items: list[DistrictRuleView]
    next: None = None


@get("/district/rules", tags=["Rules"], summary="The district's rules", opt=_CHANGE)
async def index_district_rules(request: PassRequest) -> DistrictRulePage:
    """They stand in every school, which can only add stricter ones."""
    require_district(request.user, Action.RULE_CHANGE)
    services = services_of(request)
    found = await standings(services)
    if not found:
        return DistrictRulePage([])
    state = await some_state(services)
    return DistrictRulePage([_view(each, state) for each in found])


@post("/district/rules", tags=["Rules"], summary="Add a rule for all schools", opt=_CHANGE)
async def create_district_rule(request: PassRequest, data: JSONBody[RuleInput]) -> DistrictRuleView:
    """It may be narrowed by grade, period, date and channel only. Schools that are added later get it too."""
    require_district(request.user, Action.RULE_CHANGE)
    command_id = command_id_of(request)
    rule_id = derived_id("district rule", command_id) if command_id else new_id()
    return await _keep(request, rule_id, data, command_id)


@put("/district/rules/{rule_id:uuid}", tags=["Rules"], summary="Change a rule of all schools", opt=_CHANGE)
async def change_district_rule(
    request: PassRequest, rule_id: FromPath[UUID], data: JSONBody[RuleInput]
) -> DistrictRuleView:
    """Doing it again reaches the schools that it had missed."""
    require_district(request.user, Action.RULE_CHANGE)
    await standing(services_of(request), rule_id)
    return await _keep(request, rule_id, data, command_id_of(request))


@delete("/district/rules/{rule_id:uuid}", tags=["Rules"], summary="Remove a rule from all schools", opt=_CHANGE)
async def remove_district_rule(request: PassRequest, rule_id: FromPath[UUID]) -> None:
    """The schools' own rules stay as they are."""
    require_district(request.user, Action.RULE_CHANGE)
    await drop_everywhere(services_of(request), actor_id(request.user), rule_id, command_id_of(request))


API_ROUTES: list[Any] = [index_district_rules, create_district_rule, change_district_rule, remove_district_rule]


async def _keep(request: PassRequest, rule_id: UUID, data: RuleInput, command_id: UUID | None) -> DistrictRuleView:
    services = services_of(request)
    text = data.as_text(rule_id, Level.DISTRICT)
    kept = await keep_everywhere(services, actor_id(request.user), text, command_id)
    return _view(kept, await some_state(services))


def _view(each: Standing, state: SchoolState) -> DistrictRuleView:
    text = each.text
    return DistrictRuleView(
        text.id,
        text.kind,
        sentence(each.rule, state),
        text.params,
        text.effect,
        text.scope,
        text.overridable,
        text.position,
        text.active,
        each.schools,
        [school.id for school in each.missing],
    )
