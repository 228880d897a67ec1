"""Administration: what the rules would say to a request, and who changed a rule."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import get
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from corridor.base.errors import CorridorError, InvalidInput, NotFound
from corridor.campus.model import Student
from corridor.campus.queries import search_students
from corridor.campus.timetable import zone
from corridor.day.state import SchoolState
from corridor.day.words import Channel, Effect
from corridor.identity.permissions import Action, scope_of
from corridor.passes.api import PassRequest, services_of
from corridor.passes.pages import choose_school
from corridor.passes.wish import Outcome
from corridor.rules.judge import spoken
from corridor.rules.kinds import KINDS
from corridor.web.admin_frame import frame
from corridor.web.admin_rules import HOME, MOST_FOUND
from corridor.web.rule_form import EFFECTS, options_of
from corridor.web.rule_views import RuleChangeView, TriedRules, history, try_rules

_VIEW = {"permission": Action.RULE_CHANGE}
_OUTCOMES = {
    Outcome.BEGINS: ("check", "The pass would begin at once."),
    Outcome.ASKS: ("hand", "Staff would be asked."),
    Outcome.WAITS: ("wait", "The student would wait in line."),
    Outcome.REFUSED: ("stop", "It would be refused."),
}
CHANNELS = {
    Channel.STUDENT: "on their own device",
    Channel.KIOSK: "at a kiosk",
    Channel.STAFF: "from staff",
    Channel.APPOINTMENT: "for an appointment",
    Channel.SUMMONS: "by a summons",
}


class ShownChange(msgspec.Struct, frozen=True):
    """A change in words: what was done, and what became different."""

    change: RuleChangeView
    did: str
    differences: list[str]


@get(HOME + "/try", include_in_schema=False, opt=_VIEW)
async def show_try(
    request: PassRequest,
    school: FromQuery[UUID | None] = None,
    student: FromQuery[UUID | None] = None,
    find: FromQuery[str] = "",
    to: FromQuery[UUID | None] = None,
    at: FromQuery[str] = "",
    channel: FromQuery[Channel] = Channel.STUDENT,
) -> Template:
    """`find` is a part of a student's name, `at` a time on the school's clock; without it now."""
    choice = await choose_school(request, Action.RULE_CHANGE, school)
    services = services_of(request)
    state = await services.ledger.state(choice.school.id)
    chosen, matches = await _student(request, state, student, find)
    tried: TriedRules | None = None
    error: CorridorError | None = None
    try:
        if chosen and to:
            when = _instant(at, state.campus.school.time_zone)
            tried = try_rules(
                state, services.clock.now(), student_id=chosen.id, destination_id=to, at=when, channel=channel
            )
    except (InvalidInput, NotFound) as problem:
        error = problem
    context = frame(request, choice, HOME) | {
        "home": HOME,
        "chosen": chosen,
        "matches": matches,
        "find": find,
        "to": to,
        "at": at,
        "channel": channel,
        "channels": CHANNELS,
        "destinations": options_of([state])["locations"],
        "tried": tried,
        "outcome": _OUTCOMES[tried.outcome] if tried else None,
        "opens": _spoken(state, tried.at, tried.allowed_at) if tried else None,
        "against": [each for each in tried.rules if each.effect is not Effect.ALLOW] if tried else [],
        "silent": [each for each in tried.rules if each.effect is Effect.ALLOW and each.applies] if tried else [],
        "apart": [each for each in tried.rules if not each.applies] if tried else [],
        "effects": EFFECTS,
        "kinds": KINDS,
        "problem": error,
        "spoken": lambda instant: _spoken(state, tried.at, instant) if tried else None,
    }
    return Template("admin_rules_try.html", context=context, status_code=error.status if error else 200)


@get(HOME + "/{rule_id:uuid}/history", include_in_schema=False, opt=_VIEW)
async def show_history(
    request: PassRequest, rule_id: FromPath[UUID], school: FromQuery[UUID | None] = None
) -> Template:
    """Who changed a rule, and when."""
    choice = await choose_school(request, Action.RULE_CHANGE, school)
    services = services_of(request)
    state = await services.ledger.state(choice.school.id)
    changes = await history(services.database, request.user, state, rule_id)
    context = frame(request, choice, HOME) | {
        "home": HOME,
        "changes": [_shown(change) for change in changes],
        "standing": next((rule.text for rule in state.all_rules if rule.id == rule_id), None),
        "may_change": scope_of(request.user, Action.RULE_CHANGE) is not None,
        "kinds": KINDS,
    }
    return Template("admin_rules_history.html", context=context)


PAGE_ROUTES: list[Any] = [show_try, show_history]


async def _student(
    request: PassRequest, state: SchoolState, student_id: UUID | None, find: str
) -> tuple[Student | None, list[Student]]:
    """The student that is chosen or the only one of that name, and else all of it."""
    students = state.campus.students
    chosen = students.get(student_id) if student_id else None
    find = find.replace("\0", "").strip()[:100]
    if not find or (chosen and chosen.name == find):
        return chosen, []
    found = await search_students(services_of(request).database, state.campus.school.id, find, MOST_FOUND)
    matches = [students[each.id] for each in found if each.id in students]
    exact = [each for each in matches if each.name.casefold() == find.casefold()] or matches
    return (exact[0], []) if len(exact) == 1 else (None, matches)


def _instant(text: str, time_zone: str) -> datetime | None:
    if not text.strip():
        return None
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=zone(time_zone))
    except ValueError:
        raise InvalidInput("Give a day and a time, or leave it empty for now.", field="at") from None


def _spoken(state: SchoolState, at: datetime, instant: datetime | None) -> str | None:
    if instant is None or instant <= at:
        return None
    return spoken(state.campus, at.astimezone(zone(state.campus.school.time_zone)).date(), instant)


def _shown(change: RuleChangeView) -> ShownChange:
    before, after = change.before, change.after
    if before is None or after is None:
        return ShownChange(change, "added it" if before is None else "removed it", [])
    differences = []
    if before.effect is not after.effect:
        differences.append(f"{EFFECTS[before.effect]} → {EFFECTS[after.effect]}".capitalize())
    if before.overridable != after.overridable:
        differences.append("Staff may override it" if after.overridable else "Nobody may override it any more")
    did = "changed it" if before.active == after.active else "switched it on" if after.active else "switched it off"
    return ShownChange(change, did, differences)
