"""Administration: the rules that the district sets for all its schools."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from msgspec.structs import replace

from corridor.base.errors import Conflict, CorridorError, InvalidInput
from corridor.base.ids import new_id
from corridor.day.policy import Rule, RuleText
from corridor.day.state import SchoolState
from corridor.day.words import Level
from corridor.identity.permissions import Action, require_district
from corridor.passes.api import PassRequest, actor_id, services_of
from corridor.passes.teacher_desk import uuid_in
from corridor.rules.fields import for_districts
from corridor.rules.kinds import KINDS, read_rule
from corridor.rules.reach import Reach, reach
from corridor.rules.sentence import asked, said, sentence
from corridor.web.admin_frame import frame
from corridor.web.district_rules import (
    Standing,
    all_schools,
    drop_everywhere,
    keep_everywhere,
    some_state,
    standing,
    standings,
)
from corridor.web.rule_form import EFFECT_CHOICES, EFFECTS, as_typed, fresh, options_of, read_form
from corridor.web.rule_topics import TOPICS, Topic

HOME = "/admin/district-rules"
_PERMISSION = {"permission": Action.RULE_CHANGE}
_TOPICS = tuple(
    Topic(topic.title, kinds)
    for topic in TOPICS
    if (kinds := tuple(name for name in topic.kinds if for_districts(KINDS[name])))
)


class DistrictRow(msgspec.Struct, frozen=True):
    """A rule of the district as a list shows it. `parts` are its sentence."""

    standing: Standing
    parts: list[Any]
    sentence: str


@get(HOME, include_in_schema=False, opt=_PERMISSION)
async def show_district_rules(
    request: PassRequest,
    new: FromQuery[str | None] = None,
    edit: FromQuery[UUID | None] = None,
    saved: FromQuery[UUID | None] = None,
) -> Template:
    """`new` shows the kinds of rules, or a form for a rule of the kind it names. `edit` is a rule shown as a form,
    `saved` one that was just saved."""
    require_district(request.user, Action.RULE_CHANGE)
    draft = None
    if new in KINDS and for_districts(KINDS[new]):
        draft = fresh(new, new_id(), Level.DISTRICT)
    elif edit:
        draft = (await standing(services_of(request), edit)).text
    return await _page(request, draft=draft, choosing=new == "1", saved=saved)


@post(HOME, include_in_schema=False, opt=_PERMISSION)
async def add_district_rule(request: PassRequest) -> Response[Any]:
    require_district(request.user, Action.RULE_CHANGE)
    form = await request.form()
    rule_id = uuid_in(str(form.get("id", ""))) or new_id()
    return await _save(request, fresh(str(form.get("kind", "")), rule_id, Level.DISTRICT), form)


@post(HOME + "/preview", include_in_schema=False, opt=_PERMISSION)
async def preview_district_rule(request: PassRequest) -> Template:
    """What the form says so far, and whom it would concern."""
    require_district(request.user, Action.RULE_CHANGE)
    form = await request.form()
    states = await _states(request)
    rule, error = None, None
    try:
        rule = read_rule(read_form(form, fresh(str(form.get("kind", "")), new_id(), Level.DISTRICT)))
    except InvalidInput as problem:
        error = problem
    return Template("admin_rules_affects.html", context=_affects(states, rule) | {"error": error})


@post(HOME + "/{rule_id:uuid}", include_in_schema=False, opt=_PERMISSION)
async def change_district_rule(request: PassRequest, rule_id: FromPath[UUID]) -> Response[Any]:
    require_district(request.user, Action.RULE_CHANGE)
    form = await request.form()
    return await _save(request, (await standing(services_of(request), rule_id)).text, form)


@post(HOME + "/{rule_id:uuid}/again", include_in_schema=False, opt=_PERMISSION)
async def apply_again(request: PassRequest, rule_id: FromPath[UUID]) -> Redirect:
    """Bring the rule to the schools that it has missed."""
    require_district(request.user, Action.RULE_CHANGE)
    text = (await standing(services_of(request), rule_id)).text
    return await _keep(request, text)


@post(HOME + "/{rule_id:uuid}/switch", include_in_schema=False, opt=_PERMISSION)
async def switch_district_rule(request: PassRequest, rule_id: FromPath[UUID]) -> Redirect:
    require_district(request.user, Action.RULE_CHANGE)
    form = await request.form()
    text = (await standing(services_of(request), rule_id)).text
    return await _keep(request, replace(text, active=form.get("on") == "yes"))


@post(HOME + "/{rule_id:uuid}/remove", include_in_schema=False, opt=_PERMISSION)
async def remove_district_rule(request: PassRequest, rule_id: FromPath[UUID]) -> Redirect:
    require_district(request.user, Action.RULE_CHANGE)
    await drop_everywhere(services_of(request), actor_id(request.user), rule_id, None)
    return Redirect(HOME, status_code=303)


PAGE_ROUTES: list[Any] = [
    show_district_rules,
    add_district_rule,
    preview_district_rule,
    change_district_rule,
    apply_again,
    switch_district_rule,
    remove_district_rule,
]


async def _save(request: PassRequest, before: RuleText, form: Any) -> Response[Any]:
    try:
        return await _keep(request, read_form(form, before))
    except (InvalidInput, Conflict) as error:
        return await _page(request, draft=as_typed(form, before), error=error)


async def _keep(request: PassRequest, text: RuleText) -> Redirect:
    await keep_everywhere(services_of(request), actor_id(request.user), text, None)
    return Redirect(f"{HOME}?saved={text.id}#rule-{text.id}", status_code=303)


async def _page(
    request: PassRequest,
    *,
    draft: RuleText | None = None,
    choosing: bool = False,
    saved: UUID | None = None,
    error: CorridorError | None = None,
) -> Template:
    services = services_of(request)
    found = await standings(services)
    state = await some_state(services)
    schools = await all_schools(services)
    context = frame(request, None, HOME) | {
        "home": HOME,
        "rows": [DistrictRow(each, said(each.rule, state), sentence(each.rule, state)) for each in found],
        "schools": len(schools),
        "draft": draft,
        "is_new": draft is not None and all(each.rule.id != draft.id for each in found),
        "topics": _TOPICS if choosing else (),
        "saved": saved,
        "effects": EFFECTS,
        "kinds": KINDS,
    }
    if draft:
        context |= _form_context(await _states(request), draft, error)
    return Template("admin_district_rules.html", context=context, status_code=error.status if error else 200)


def _form_context(states: list[SchoolState], text: RuleText, error: CorridorError | None) -> dict[str, Any]:
    try:
        rule = read_rule(text)
    except InvalidInput:
        rule = read_rule(fresh(text.kind, text.id, text.level))
    options = options_of(states, local=False)
    return {
        "school": None,
        "rule": rule,
        "kind": KINDS[text.kind],
        "parts": asked(rule, states[0]),
        "options": options,
        "sources": list(options),
        "students_of": lambda ids: [],
        "effect_choices": EFFECT_CHOICES,
        "problem": error,
        "wrong": error.extra.get("field") if error else None,
        **_affects(states, rule),
    }


def _affects(states: list[SchoolState], rule: Rule | None) -> dict[str, Any]:
    if rule is None:
        return {"reach": None, "words": "", "error": None}
    reaches = [reach(rule, state) for state in states]
    total = Reach(*(sum(getattr(each, field) for each in reaches) for field in Reach.__struct_fields__))
    return {"reach": total, "words": sentence(rule, states[0]), "error": None}


async def _states(request: PassRequest) -> list[SchoolState]:
    services = services_of(request)
    await some_state(services)
    return [await services.ledger.state(school.id) for school in await all_schools(services)]
