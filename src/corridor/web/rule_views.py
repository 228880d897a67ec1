"""Rules as pages and the API show them: in words, with whom they concern and how often they spoke."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from corridor.base.database import Database
from corridor.base.errors import CorridorError, InvalidInput, NotFound
from corridor.base.ids import new_id
from corridor.campus.timetable import moment
from corridor.day.policy import Rule, RuleText, Scope
from corridor.day.state import SchoolState
from corridor.day.words import Channel, Effect, Level
from corridor.identity.permissions import Action, scope_of
from corridor.identity.principal import Principal
from corridor.passes.commands import RequestPass
from corridor.passes.wish import Outcome, think_through
from corridor.policy.queries import changes_of_rule, fired_since
from corridor.rules.fields import for_districts
from corridor.rules.judge import earliest
from corridor.rules.kind import Kind
from corridor.rules.kinds import KINDS, read_rule
from corridor.rules.reach import reach
from corridor.rules.scope import closeness, holds_at, is_about
from corridor.rules.sentence import sentence

FIRED_DAYS = 30
_FARTHEST = timedelta(days=366)


class RuleView(msgspec.Struct, frozen=True):
    """A rule with its `sentence`. `fired` is how often it stood against a pass, or was noted on one, in the last 30
    days; `students` and `locations` are how many it concerns."""

    id: UUID
    kind: str
    title: str
    sentence: str
    params: dict[str, Any]
    effect: Effect
    scope: Scope
    overridable: bool
    level: Level
    position: int
    active: bool
    fired: int
    students: int
    locations: int


class RuleKindView(msgspec.Struct, frozen=True):
    """A kind of rule. `sentence` is its template and `params` the JSON Schema of its parameters. `effects` are those it
    may have, the usual one first. `private`: students do not learn that it stood against them. `exemptible`: an
    accommodation may exempt from it. `for_districts`: a district may set such a rule for all its schools."""

    name: str
    title: str
    about: str
    sentence: str
    params: dict[str, Any]
    effects: list[Effect]
    private: bool
    exemptible: bool
    for_districts: bool


class RuleChangeView(msgspec.Struct, frozen=True):
    """A change of a rule, `seq` its place in the school's ledger. What was `before` is null for a new rule, what is
    `after` for one that was removed; `sentence_before` and `sentence_after` say them with today's names. `by` is
    whoever changed it, null when nobody is known under their id any more."""

    seq: int
    at: datetime
    by: str | None
    before: RuleText | None
    after: RuleText | None
    sentence_before: str | None
    sentence_after: str | None


class TriedRule(msgspec.Struct, frozen=True):
    """What one rule would say. `applies`: the request is in its scope then. `effect` is `allow` when it has nothing
    against it. `message` is for staff, `student_message` what the student would read. `allowed_at`: from when on this
    rule would allow it, null when time alone won't bring that."""

    rule_id: UUID
    kind: str
    sentence: str
    applies: bool
    effect: Effect
    message: str | None = None
    student_message: str | None = None
    allowed_at: datetime | None = None
    overridable: bool = False


class TriedRules(msgspec.Struct, frozen=True):
    """What would become of a request, and why. `allowed_at` is the earliest instant at which nothing would stand
    against it, the world as it is now; null when time alone won't bring it."""

    outcome: Outcome
    at: datetime
    pass_type: str
    origin: str | None
    allowed_at: datetime | None
    rules: list[TriedRule]


def kind_view(kind: Kind) -> RuleKindView:
    schema = msgspec.to_builtins(msgspec.json.schema(kind.params), enc_hook=str)
    return RuleKindView(
        kind.name,
        kind.title,
        kind.about,
        kind.sentence,
        schema,
        list(kind.effects),
        kind.private,
        kind.exemptible,
        for_districts(kind),
    )


async def rule_views(
    database: Database, viewer: Principal, state: SchoolState, now: datetime, rules: Sequence[Rule] | None = None
) -> list[RuleView]:
    """These rules of the school, or all in the order in which they are asked, but for those not the viewer's to
    read."""
    fired = await fired_since(database, viewer, state.campus.school.id, now - timedelta(days=FIRED_DAYS))
    wanted = state.all_rules if rules is None else rules
    return [_view(rule, state, fired.get(rule.id, 0)) for rule in wanted if may_read(viewer, rule)]


def may_read(viewer: Principal, rule: Rule) -> bool:
    """Whoever does not make the rules reads those that are for everyone, not those that name students."""
    if scope_of(viewer, Action.RULE_CHANGE):
        return True
    named = rule.scope.student_ids | getattr(rule.params, "student_ids", frozenset())
    return not named and not KINDS[rule.text.kind].private


def _view(rule: Rule, state: SchoolState, fired: int) -> RuleView:
    text, concerned = rule.text, reach(rule, state)
    return RuleView(
        text.id,
        text.kind,
        KINDS[text.kind].title,
        sentence(rule, state),
        text.params,
        text.effect,
        text.scope,
        text.overridable,
        text.level,
        text.position,
        text.active,
        fired,
        concerned.students,
        concerned.locations,
    )


def find_rule(state: SchoolState, rule_id: UUID) -> Rule:
    """Raises `NotFound`."""
    for rule in state.all_rules:
        if rule.id == rule_id:
            return rule
    raise NotFound("There is no such rule, or someone has removed it.")


async def history(database: Database, viewer: Principal, state: SchoolState, rule_id: UUID) -> list[RuleChangeView]:
    """The newest change first. Of a rule that the school started with, its beginning is no change."""
    changes = await changes_of_rule(database, viewer, state.campus.school.id, rule_id)
    if not changes:
        find_rule(state, rule_id)
    return [
        RuleChangeView(
            change.seq,
            change.at,
            change.by,
            change.before,
            change.after,
            _sentence_of(change.before, state),
            _sentence_of(change.after, state),
        )
        for change in changes
    ]


def _sentence_of(text: RuleText | None, state: SchoolState) -> str | None:
    if text is None:
        return None
    try:
        return sentence(read_rule(text), state)
    except CorridorError:
        return "A rule of a kind that Corridor no longer has."


def try_rules(
    state: SchoolState,
    now: datetime,
    *,
    student_id: UUID,
    destination_id: UUID,
    at: datetime | None = None,
    channel: Channel = Channel.STUDENT,
) -> TriedRules:
    """What every rule that is on would say to such a request at an instant, everybody being where they are now.

    Raises `NotFound` or `InvalidInput` for what makes no sense.
    """
    at = at or now
    if abs(at - now) > _FARTHEST:
        raise InvalidInput("Choose a time at most a year from now.", field="at")
    nobody = new_id()
    wish = think_through(
        state,
        RequestPass(
            pass_id=nobody,
            by=nobody,
            student_id=student_id,
            destination_id=destination_id,
            channel=channel,
            may_wait=True,
        ),
        at,
    )
    ask, then = wish.ask, moment(state.campus, at)
    reasons = {reason.rule_id: reason for reason in wish.judgement.reasons}
    tried = []
    for rule in state.rules:
        reason = reasons.get(rule.id)
        scope = rule.scope
        applies = is_about(scope, ask) and holds_at(scope, then) and closeness(scope, ask, state) is not None
        plain = TriedRule(rule.id, rule.text.kind, sentence(rule, state), applies, Effect.ALLOW)
        if reason:
            plain = msgspec.structs.replace(
                plain,
                effect=reason.effect,
                message=reason.staff_message,
                student_message=reason.message,
                allowed_at=reason.allowed_at,
                overridable=reason.overridable,
            )
        tried.append(plain)
    stopped = bool(wish.judgement.against)
    return TriedRules(
        wish.outcome,
        at,
        ask.pass_type.name,
        ask.origin.name if ask.origin else None,
        earliest(state, ask, at) if stopped else at,
        tried,
    )
