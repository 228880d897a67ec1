"""A school's rules over HTTP."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from corridor.base.errors import InvalidInput
from corridor.day.policy import RuleText, Scope
from corridor.day.words import Channel, Effect, Level
from corridor.identity.permissions import Action, require
from corridor.passes.api import PassRequest, actor_id, answered, command_id_of, id_for, services_of
from corridor.policy.commands import Drop, Keep
from corridor.rules.kinds import KINDS
from corridor.web.rule_views import (
    RuleChangeView,
    RuleKindView,
    RuleView,
    TriedRules,
    find_rule,
    history,
    kind_view,
    rule_views,
    try_rules,
)

_VIEW = {"permission": Action.RULE_VIEW}
_CHANGE = {"permission": Action.RULE_CHANGE}


class RuleInput(msgspec.Struct, forbid_unknown_fields=True):
    """A rule. `kind` is one of `GET /rule-kinds`, which also has the schema of its `params`. Without `effect` it has
    the kind's usual one. An empty `scope` is everyone, everywhere and always."""

    kind: str
    params: dict[str, Any] = {}
    effect: Effect | None = None
    scope: Scope = Scope()
    overridable: bool = True
    position: Annotated[int, msgspec.Meta(ge=0, le=9999)] = 0
    active: bool = True

    def as_text(self, rule_id: UUID, level: Level) -> RuleText:
        """The rule under this id. Raises `InvalidInput` for a kind that there is not."""
        kind = KINDS.get(self.kind)
        if kind is None:
            raise InvalidInput(f"There is no kind of rule '{self.kind}'. There are: {', '.join(KINDS)}.", field="kind")
        effect = self.effect or kind.effects[0]
        return RuleText(
            rule_id, self.kind, self.params, effect, self.scope, self.overridable, level, self.position, self.active
        )


class RulePage(msgspec.Struct):
    """In the order in which they are asked."""

    items: list[RuleView]
    next: None = None


class RuleKindPage(msgspec.Struct):
    """In the order in which they are asked."""

    items: list[RuleKindView]
    next: None = None


class RuleHistory(msgspec.Struct):
    """The newest change first."""

    items: list[RuleChangeView]
    next: None = None


@get("/rule-kinds", tags=["Rules"], summary="Kinds of rules", opt=_VIEW)
async def index_rule_kinds(request: PassRequest) -> RuleKindPage:
    """What a rule can be about, and what can be set of it."""
    require(request.user, Action.RULE_VIEW)
    return RuleKindPage([kind_view(kind) for kind in KINDS.values()])


@get("/schools/{school_id:uuid}/rules", tags=["Rules"], summary="Rules", opt=_VIEW)
async def index_rules(request: PassRequest, school_id: FromPath[UUID]) -> RulePage:
    """The school's rules and its district's, those switched off among them. Those that name students are shown only to
    whoever may change rules."""
    require(request.user, Action.RULE_VIEW, school_id=school_id)
    services = services_of(request)
    state = await services.ledger.state(school_id)
    return RulePage(await rule_views(services.database, request.user, state, services.clock.now()))


@post("/schools/{school_id:uuid}/rules", tags=["Rules"], summary="Add a rule", opt=_CHANGE)
async def create_rule(request: PassRequest, school_id: FromPath[UUID], data: JSONBody[RuleInput]) -> Response[RuleText]:
    """Counts for the next request; nobody who is out is called back."""
    require(request.user, Action.RULE_CHANGE, school_id=school_id)
    command_id = command_id_of(request)
    text = data.as_text(id_for(command_id, school_id), Level.SCHOOL)
    return answered(
        await services_of(request).ledger.submit(school_id, Keep(actor_id(request.user), text), command_id), 201
    )


@put("/schools/{school_id:uuid}/rules/{rule_id:uuid}", tags=["Rules"], summary="Change a rule", opt=_CHANGE)
async def change_rule(
    request: PassRequest, school_id: FromPath[UUID], rule_id: FromPath[UUID], data: JSONBody[RuleInput]
) -> Response[RuleText]:
    """What is left out gets its usual value. A rule keeps its kind. A district's rule cannot be changed here (409)."""
    require(request.user, Action.RULE_CHANGE, school_id=school_id)
    ledger = services_of(request).ledger
    find_rule(await ledger.state(school_id), rule_id)
    command = Keep(actor_id(request.user), data.as_text(rule_id, Level.SCHOOL))
    return answered(await ledger.submit(school_id, command, command_id_of(request)), 200)


@delete("/schools/{school_id:uuid}/rules/{rule_id:uuid}", tags=["Rules"], summary="Remove a rule", opt=_CHANGE)
async def remove_rule(request: PassRequest, school_id: FromPath[UUID], rule_id: FromPath[UUID]) -> None:
    """A district's rule cannot be removed here (409)."""
    require(request.user, Action.RULE_CHANGE, school_id=school_id)
    command = Drop(actor_id(request.user), "rule", rule_id)
    await services_of(request).ledger.submit(school_id, command, command_id_of(request))


@get(
    "/schools/{school_id:uuid}/rules/{rule_id:uuid}/history",
    tags=["Rules"],
    summary="Who changed a rule, and when",
    opt=_CHANGE,
)
async def show_rule_history(request: PassRequest, school_id: FromPath[UUID], rule_id: FromPath[UUID]) -> RuleHistory:
    """From the ledger; a rule that was removed has its history still."""
    require(request.user, Action.RULE_CHANGE, school_id=school_id)
    services = services_of(request)
    state = await services.ledger.state(school_id)
    return RuleHistory(await history(services.database, request.user, state, rule_id))


@get("/schools/{school_id:uuid}/rules/try", tags=["Rules"], summary="Try the rules", opt=_CHANGE)
async def show_tried_rules(
    request: PassRequest,
    school_id: FromPath[UUID],
    student_id: FromQuery[UUID],
    destination_id: FromQuery[UUID],
    at: FromQuery[datetime | None] = None,
    channel: FromQuery[Channel] = Channel.STUDENT,
) -> TriedRules:
    """What every rule would say to such a request, without making it. Without `at` now; an instant without a zone is
    UTC."""
    require(request.user, Action.RULE_CHANGE, school_id=school_id)
    services = services_of(request)
    return try_rules(
        await services.ledger.state(school_id),
        services.clock.now(),
        student_id=student_id,
        destination_id=destination_id,
        at=at.replace(tzinfo=UTC) if at and at.tzinfo is None else at,
        channel=channel,
    )


API_ROUTES: list[Any] = [
    index_rule_kinds,
    index_rules,
    create_rule,
    change_rule,
    remove_rule,
    show_rule_history,
    show_tried_rules,
]
