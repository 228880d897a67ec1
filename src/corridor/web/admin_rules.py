"""Administration: a school's rules as sentences."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from msgspec.structs import replace

from corridor.base.errors import Conflict, CorridorError, InvalidInput, NotFound
from corridor.base.ids import new_id
from corridor.campus.queries import list_students
from corridor.day.policy import Rule, RuleText
from corridor.day.state import SchoolState
from corridor.day.words import Level
from corridor.identity.permissions import Action, require, scope_of
from corridor.passes.api import PassRequest, actor_id, services_of
from corridor.passes.pages import SchoolChoice, choose_school, wants_fragment
from corridor.passes.teacher_desk import uuid_in
from corridor.policy.commands import Drop, Keep
from corridor.rules.kinds import KINDS, read_rule
from corridor.rules.reach import reach
from corridor.rules.sentence import asked, said, sentence
from corridor.web.admin_frame import frame
from corridor.web.rule_form import EFFECT_CHOICES, EFFECTS, as_typed, fresh, options_of, read_form
from corridor.web.rule_topics import TOPICS, Topic
from corridor.web.rule_views import RuleView, find_rule, rule_views

HOME = "/admin/rules"
MOST_FOUND = 12
_VIEW = {"permission": Action.RULE_VIEW}
_CHANGE = {"permission": Action.RULE_CHANGE}


class RuleRow(msgspec.Struct, frozen=True):
    """A rule as a list shows it. `parts` are its sentence."""

    rule: Rule
    view: RuleView
    parts: list[Any]


@get(HOME, include_in_schema=False, opt=_VIEW)
async def show_rules(
    request: PassRequest,
    school: FromQuery[UUID | None] = None,
    new: FromQuery[str | None] = None,
    like: FromQuery[UUID | None] = None,
    edit: FromQuery[UUID | None] = None,
    saved: FromQuery[UUID | None] = None,
) -> Template:
    """`new` shows the kinds of rules, or a form for a rule of the kind it names; `like` is a rule to begin from. `edit`
    is a rule shown as a form, `saved` one that was just saved."""
    choice = await choose_school(request, Action.RULE_CHANGE if new or edit else Action.RULE_VIEW, school)
    state = await services_of(request).ledger.state(choice.school.id)
    draft = None
    if new in KINDS:
        draft = fresh(new, new_id(), Level.SCHOOL)
        if like and (model := find_rule(state, like).text).kind == new:
            draft = replace(model, id=draft.id, level=Level.SCHOOL, active=True)
    elif edit:
        draft = _own(state, edit)
    return await _page(request, choice, state, draft=draft, choosing=new == "1", saved=saved)


@get(HOME + "/{rule_id:uuid}", include_in_schema=False, opt=_VIEW)
async def show_rule(
    request: PassRequest, rule_id: FromPath[UUID], school: FromQuery[UUID], edit: FromQuery[bool] = False
) -> Template:
    """One rule of the list, as a sentence or as a form."""
    require(request.user, Action.RULE_CHANGE if edit else Action.RULE_VIEW, school_id=school)
    state = await services_of(request).ledger.state(school)
    if edit:
        return Template("admin_rules_edit.html", context=_form_context(state, _own(state, rule_id)))
    return await _row(request, state, rule_id)


@post(HOME, include_in_schema=False, opt=_CHANGE)
async def add_rule(request: PassRequest) -> Response[Any]:
    form = await request.form()
    state = await _state(request, form)
    before = fresh(str(form.get("kind", "")), uuid_in(str(form.get("id", ""))) or new_id(), Level.SCHOOL)
    return await _save(request, state, before, form)


@post(HOME + "/{rule_id:uuid}", include_in_schema=False, opt=_CHANGE)
async def change_rule(request: PassRequest, rule_id: FromPath[UUID]) -> Response[Any]:
    form = await request.form()
    state = await _state(request, form)
    return await _save(request, state, _own(state, rule_id), form)


@post(HOME + "/{rule_id:uuid}/switch", include_in_schema=False, opt=_CHANGE)
async def switch_rule(request: PassRequest, rule_id: FromPath[UUID]) -> Response[Any]:
    form = await request.form()
    state = await _state(request, form)
    text = replace(_own(state, rule_id), active=form.get("on") == "yes")
    await _submit(request, state, text)
    return await _done(request, state, rule_id)


@post(HOME + "/{rule_id:uuid}/remove", include_in_schema=False, opt=_CHANGE)
async def remove_rule(request: PassRequest, rule_id: FromPath[UUID]) -> Redirect:
    form = await request.form()
    state = await _state(request, form)
    command = Drop(actor_id(request.user), "rule", rule_id)
    await services_of(request).ledger.submit(state.campus.school.id, command)
    return Redirect(f"{HOME}?school={state.campus.school.id}", status_code=303)


@post(HOME + "/preview", include_in_schema=False, opt=_CHANGE)
async def preview_rule(request: PassRequest) -> Template:
    """What the form says so far, and whom it would concern."""
    form = await request.form()
    state = await _state(request, form)
    rule, error = None, None
    try:
        before = fresh(str(form.get("kind", "")), new_id(), Level.SCHOOL)
        rule = read_rule(read_form(form, before))
    except InvalidInput as problem:
        error = problem
    return Template("admin_rules_affects.html", context=_affects(state, rule) | {"error": error})


@post(HOME + "/students", include_in_schema=False, opt=_CHANGE)
async def find_students(request: PassRequest) -> Template:
    """Students by a part of their name, to choose for a field, below those that are chosen."""
    form = await request.form()
    state = await _state(request, form)
    path = str(form.get("field", ""))
    query = str(form.get(f"find {path}", "")).replace("\0", "")[:100]
    chosen = {id for each in form.getall(path, []) if (id := uuid_in(str(each)))}
    school_id = state.campus.school.id
    found, _ = await list_students(
        services_of(request).database, school_id, among=None, query=query, after=None, limit=MOST_FOUND
    )
    matches = [state.campus.students[each.id] for each in found if query and each.id in state.campus.students]
    context = {
        "path": path,
        "students": _students(state, chosen),
        "matches": [each for each in matches if each.id not in chosen],
        "query": query,
    }
    return Template("admin_rules_students.html", context=context)


PAGE_ROUTES: list[Any] = [
    show_rules,
    show_rule,
    add_rule,
    change_rule,
    switch_rule,
    remove_rule,
    preview_rule,
    find_students,
]


async def _save(request: PassRequest, state: SchoolState, before: RuleText, form: Any) -> Response[Any]:
    school_id = state.campus.school.id
    try:
        await _submit(request, state, read_form(form, before))
    except (InvalidInput, Conflict) as error:
        draft = as_typed(form, before)
        if wants_fragment(request):
            context = _form_context(state, draft, error)
            return Template("admin_rules_edit.html", context=context, status_code=error.status)
        choice = await choose_school(request, Action.RULE_CHANGE, school_id)
        return await _page(request, choice, state, draft=draft, error=error)
    return await _done(request, state, before.id)


async def _done(request: PassRequest, state: SchoolState, rule_id: UUID) -> Response[Any]:
    school_id = state.campus.school.id
    if wants_fragment(request):
        return await _row(request, await services_of(request).ledger.state(school_id), rule_id, saved=True)
    return Redirect(f"{HOME}?school={school_id}&saved={rule_id}#rule-{rule_id}", status_code=303)


async def _submit(request: PassRequest, state: SchoolState, text: RuleText) -> None:
    command = Keep(actor_id(request.user), text)
    await services_of(request).ledger.submit(state.campus.school.id, command)


async def _row(request: PassRequest, state: SchoolState, rule_id: UUID, *, saved: bool = False) -> Template:
    rows = await _rows(request, state, [find_rule(state, rule_id)])
    if not rows:
        raise NotFound("There is no such rule, or it is not yours to read.")
    (row,) = rows
    context = _list_context(request, state) | {"row": row, "saved": rule_id if saved else None}
    return Template("admin_rules_row.html", context=context)


async def _rows(request: PassRequest, state: SchoolState, rules: Sequence[Rule]) -> list[RuleRow]:
    services = services_of(request)
    views = await rule_views(services.database, request.user, state, services.clock.now(), rules)
    by_id = {rule.id: rule for rule in rules}
    return [RuleRow(by_id[view.id], view, said(by_id[view.id], state)) for view in views]


async def _page(
    request: PassRequest,
    choice: SchoolChoice,
    state: SchoolState,
    *,
    draft: RuleText | None = None,
    choosing: bool = False,
    saved: UUID | None = None,
    error: CorridorError | None = None,
) -> Template:
    """`draft` is a rule in the making or one shown as a form; `choosing` shows the kinds."""
    rows = await _rows(request, state, state.all_rules)
    context = frame(request, choice, HOME) | _list_context(request, state)
    context |= {
        "sections": [(topic, found) for topic in TOPICS if (found := _about(topic, rows))],
        "draft": draft,
        "topics": TOPICS if choosing else (),
        "saved": saved,
    }
    if draft:
        context |= _form_context(state, draft, error)
    return Template("admin_rules.html", context=context, status_code=error.status if error else 200)


def _about(topic: Topic, rows: list[RuleRow]) -> list[RuleRow]:
    return [row for row in rows if row.rule.text.kind in topic.kinds]


def _list_context(request: PassRequest, state: SchoolState) -> dict[str, Any]:
    return {
        "school": state.campus.school,
        "home": HOME,
        "may_change": scope_of(request.user, Action.RULE_CHANGE) is not None,
        "effects": EFFECTS,
        "kinds": KINDS,
    }


def _form_context(state: SchoolState, text: RuleText, error: CorridorError | None = None) -> dict[str, Any]:
    rule = _readable(text)
    options = options_of([state])
    return {
        "school": state.campus.school,
        "home": HOME,
        "rule": rule,
        "kind": KINDS[text.kind],
        "parts": asked(rule, state),
        "options": options,
        "sources": [*options, "students"],
        "students_of": lambda ids: _students(state, ids),
        "effect_choices": EFFECT_CHOICES,
        "is_new": all(each.id != text.id for each in state.all_rules),
        "problem": error,
        "wrong": error.extra.get("field") if error else None,
        **_affects(state, rule),
    }


def _affects(state: SchoolState, rule: Rule | None) -> dict[str, Any]:
    if rule is None:
        return {"reach": None, "words": "", "error": None}
    return {"reach": reach(rule, state), "words": sentence(rule, state), "error": None}


def _readable(text: RuleText) -> Rule:
    """A rule in the making, with its usual parameters where what was typed cannot be read."""
    try:
        return read_rule(text)
    except InvalidInput:
        return read_rule(fresh(text.kind, text.id, text.level))


def _students(state: SchoolState, ids: Collection[UUID]) -> list[Any]:
    found = [state.campus.students[each] for each in ids if each in state.campus.students]
    return sorted(found, key=lambda student: student.sort_name)


def _own(state: SchoolState, rule_id: UUID) -> RuleText:
    """A rule that the school may change. Raises `NotFound`, and `Conflict` for the district's."""
    text = find_rule(state, rule_id).text
    if text.level is Level.DISTRICT:
        raise Conflict("The district has set this rule. Your school may add a stricter one.", code="district_rule")
    return text


async def _state(request: PassRequest, form: Any) -> SchoolState:
    school_id = uuid_in(str(form.get("school", "")))
    if school_id is None:
        raise NotFound("The form does not say which school it is about. Load the page again.")
    require(request.user, Action.RULE_CHANGE, school_id=school_id)
    return await services_of(request).ledger.state(school_id)
