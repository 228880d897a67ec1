"""Whether what somebody wants to decide makes sense at their school. Pure: gives it back put right, or raises."""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from corridor.base.errors import Conflict, InvalidInput, NotFound
from corridor.base.text import one_line
from corridor.day.policy import (
    Absence,
    Accommodation,
    Closure,
    Delegation,
    Freeze,
    Group,
    Post,
    Privacy,
    Restriction,
    Rule,
    RuleText,
    Scope,
    SlotPlan,
)
from corridor.day.state import PassSettings, PassType, SchoolState
from corridor.day.words import Level
from corridor.rules.fields import for_districts
from corridor.rules.kinds import KINDS, read_rule, written

LONGEST_NAME = 80
LONGEST_NOTE = 200
MOST_MINUTES = 999
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
_COLOUR = re.compile("#[0-9a-f]{6}")
_ICON = re.compile("[a-z0-9]+(-[a-z0-9]+)*")
MOST_GROUPS = 500
MOST_AT_A_POST = 50
MOST_MEMBERS = 5000


def check_rule(state: SchoolState, text: RuleText, now: datetime) -> RuleText:
    rule = read_rule(text)
    kind = KINDS[text.kind]
    if text.effect not in kind.effects:
        allowed = ", ".join(kind.effects)
        raise InvalidInput(f"{kind.title}: the effect is one of {allowed}.", field="effect")
    before = next((each.text for each in state.all_rules if each.id == text.id), None)
    if before and before.level is not text.level:
        raise Conflict("The district has set this rule. Your school may add a stricter one.", code="district_rule")
    if before and before.kind != text.kind:
        raise InvalidInput("A rule keeps its kind. Remove it and add another.", field="kind")
    if text.level is Level.DISTRICT and not for_districts(kind):
        raise InvalidInput(
            "Only a school can set this kind of rule: it is about its own people or places.", field="kind"
        )
    kept = _named_in(before) if before else frozenset()
    _check_scope(state, text.scope, kept, local=text.level is Level.SCHOOL)
    if kind.name in ("no_travel", "closed_hours", "members_only") and not _narrow(text.scope):
        raise InvalidInput("Say for whom or for which places this rule is; it would stop every pass.", field="scope")
    for field, known, what in (
        ("group_ids", state.groups, "group"),
        ("student_ids", state.campus.students, "student"),
        ("zone_ids", state.campus.zones, "zone"),
    ):
        _all_known(getattr(rule.params, field, frozenset()) - kept, known, what, "params")
    _check_complete(rule)
    instead = getattr(rule.params, "instead_id", None)
    _all_known([instead] if instead else [], state.campus.locations, "location", "params")
    for window in getattr(rule.params, "windows", ()):
        if window.starts_at >= window.ends_at:
            raise InvalidInput("A time span ends after it begins.", field="params.windows")
    params = written(rule.params)
    names = {field: _labels(getattr(text.scope, field), f"scope.{field}") for field in ("grades", "periods")}
    return replace(text, params=params, scope=replace(text.scope, **names))


def check_group(state: SchoolState, group: Group, now: datetime) -> Group:
    name = _name(group.name, "the group")
    for other in state.groups.values():
        if other.id != group.id and other.name.casefold() == name.casefold():
            raise Conflict(f"There is already a group named {other.name}.", code="name_taken", field="name")
    if group.id not in state.groups and len(state.groups) >= MOST_GROUPS:
        raise Conflict(f"A school has at most {MOST_GROUPS} groups. Remove one that is no longer used.")
    if len(group.student_ids) > MOST_MEMBERS:
        raise InvalidInput(f"A group has at most {MOST_MEMBERS} students.", field="student_ids")
    _all_known(group.student_ids - _kept_ids(state, group.id), state.campus.students, "student", "student_ids")
    return replace(group, name=name)


def check_accommodation(state: SchoolState, wanted: Accommodation, now: datetime) -> Accommodation:
    _all_known([wanted.student_id], state.campus.students, "student", "student_id")
    _all_known(wanted.pass_type_ids, state.pass_types, "pass type", "pass_type_ids")
    _in_order(wanted.starts_on, wanted.ends_on)
    for name in sorted(wanted.exempt):
        if name not in KINDS or not KINDS[name].exemptible:
            raise InvalidInput(f"Nobody can be exempt from '{name}'.", field="exempt")
    if not 25 <= wanted.time_percent <= 500:
        raise InvalidInput("Give the time as 25 to 500 percent of the usual.", field="time_percent")
    if not (wanted.exempt or wanted.no_line or wanted.always_approved or wanted.time_percent != 100):
        raise InvalidInput("Choose at least one thing that is different for this student.", field="exempt")
    return replace(wanted, note=_note(wanted.note))


def check_closure(state: SchoolState, wanted: Closure, now: datetime) -> Closure:
    _all_known([wanted.id], state.campus.locations, "location", "location_id")
    if wanted.instead_id:
        _all_known([wanted.instead_id], state.campus.locations, "location", "instead_id")
        if wanted.instead_id == wanted.id:
            raise InvalidInput("Send students to another place than the closed one.", field="instead_id")
    _is_instant(wanted.until, "until")
    if wanted.until and wanted.until <= now:
        raise InvalidInput("This time is over already. Choose a later one.", field="until")
    return replace(wanted, since=now, note=_note(wanted.note))


def check_absence(state: SchoolState, wanted: Absence, now: datetime) -> Absence:
    _all_known([wanted.id], state.campus.students, "student", "student_id")
    _is_instant(wanted.since, "since")
    _is_instant(wanted.until, "until")
    if wanted.until and wanted.until <= wanted.since:
        raise InvalidInput("The student would be back before they left.", field="until")
    return replace(wanted, note=_note(wanted.note))


def check_delegation(state: SchoolState, wanted: Delegation, now: datetime) -> Delegation:
    _all_known([wanted.teacher_id], state.campus.staff, "teacher", "teacher_id")
    _all_known([wanted.to_id], state.campus.staff, "member of staff", "to_id")
    if wanted.teacher_id == wanted.to_id:
        raise InvalidInput("Name someone else to stand in.", field="to_id")
    _in_order(wanted.starts_on, wanted.ends_on)
    for section_id in wanted.section_ids:
        section = state.campus.sections.get(section_id)
        if section is None or wanted.teacher_id not in section.teacher_ids:
            raise InvalidInput("This is not one of the teacher's classes.", field="section_ids")
    return wanted


def check_freeze(state: SchoolState, wanted: Freeze, now: datetime) -> Freeze:
    if wanted.id != state.campus.school.id:
        raise NotFound("There is no such school.")
    if state.freeze:
        return replace(state.freeze, note=_note(wanted.note) or state.freeze.note)
    return replace(wanted, since=now, note=_note(wanted.note))


def check_slot_plan(state: SchoolState, wanted: SlotPlan, now: datetime) -> SlotPlan:
    _all_known([wanted.id], state.campus.locations, "location", "location_id")
    if not wanted.days or not wanted.days <= frozenset(range(1, 8)):
        raise InvalidInput("Choose weekdays from 1 (Monday) to 7 (Sunday).", field="days")
    if wanted.starts_at.tzinfo or wanted.ends_at.tzinfo:
        raise InvalidInput("Give times of the school's own clock, without an offset.", field="starts_at")
    if wanted.starts_at >= wanted.ends_at:
        raise InvalidInput("The hours end after they begin.", field="ends_at")
    if not 5 <= wanted.minutes <= 240:
        raise InvalidInput("A slot lasts 5 to 240 minutes.", field="minutes")
    if not 1 <= wanted.places <= 50:
        raise InvalidInput("A slot is for 1 to 50 students.", field="places")
    return wanted


def check_post(state: SchoolState, wanted: Post, now: datetime) -> Post:
    """Whether somebody may work there is the roster's and the accounts' to say; ids of accounts are not looked up."""
    _all_known([wanted.id], state.campus.locations, "location", "location_id")
    if len(wanted.staff_ids) > MOST_AT_A_POST:
        raise InvalidInput(f"Name at most {MOST_AT_A_POST} people for one location.", field="staff_ids")
    return wanted


def check_privacy(state: SchoolState, wanted: Privacy, now: datetime) -> Privacy:
    return replace(wanted, id=state.campus.school.id)


def check_restriction(state: SchoolState, wanted: Restriction, now: datetime) -> Restriction:
    _all_known([wanted.id], state.campus.students, "student", "student_id")
    return wanted


CHECKS: Mapping[type[Any], Callable[[SchoolState, Any, datetime], Any]] = {
    RuleText: check_rule,
    Group: check_group,
    Accommodation: check_accommodation,
    Closure: check_closure,
    Absence: check_absence,
    Delegation: check_delegation,
    Freeze: check_freeze,
    SlotPlan: check_slot_plan,
    Post: check_post,
    Privacy: check_privacy,
    Restriction: check_restriction,
}


def check_pass_type(state: SchoolState, wanted: PassType) -> PassType:
    name = _name(wanted.name, "the pass type")
    for other in state.pass_types.values():
        if other.id != wanted.id and other.name.casefold() == name.casefold():
            raise Conflict(f"There is already a pass type named {other.name}.", code="name_taken", field="name")
    if not 1 <= wanted.minutes <= wanted.most_minutes <= MOST_MINUTES:
        raise InvalidInput(
            f"The usual minutes are 1 or more, the most minutes no fewer, and both at most {MOST_MINUTES}.",
            field="minutes",
        )
    if not _COLOUR.fullmatch(wanted.colour):
        raise InvalidInput("Give the colour as #rrggbb, such as #0f766e.", field="colour")
    if not _ICON.fullmatch(wanted.icon):
        raise InvalidInput("Give the name of an icon, such as book-open.", field="icon")
    if not wanted.active and not any(each.active for each in state.pass_types.values() if each.id != wanted.id):
        raise Conflict("A school needs a pass type. Add another before you take this one out of use.", field="active")
    return replace(wanted, name=name, school_id=state.campus.school.id)


def check_settings(wanted: PassSettings) -> PassSettings:
    for field, least, most in (("lapse_minutes", 1, 240), ("grace_minutes", 0, 240), ("offer_seconds", 10, 600)):
        if not least <= getattr(wanted, field) <= most:
            raise InvalidInput(f"Give a number from {least} to {most}.", field=field)
    return wanted


def _check_scope(state: SchoolState, scope: Scope, kept: frozenset[UUID], *, local: bool) -> None:
    if local:
        _all_known(scope.group_ids - kept, state.groups, "group", "scope.group_ids")
        _all_known(scope.student_ids - kept, state.campus.students, "student", "scope.student_ids")
        _all_known(scope.pass_type_ids - kept, state.pass_types, "pass type", "scope.pass_type_ids")
        _all_known(scope.location_ids - kept, state.campus.locations, "location", "scope.location_ids")
        _all_known(scope.zone_ids - kept, state.campus.zones, "zone", "scope.zone_ids")
    elif scope.group_ids or scope.student_ids or scope.pass_type_ids or scope.location_ids or scope.zone_ids:
        raise InvalidInput(
            "A district's rule is for all its schools: narrow it by grade, period, date or channel only.", field="scope"
        )
    _in_order(scope.starts_on, scope.ends_on)


def _check_complete(rule: Rule) -> None:
    """A rule that nothing has been chosen for would never object, and one of the district names nothing of a school."""
    params: Any = rule.params
    match rule.text.kind:
        case "separation" if not params.group_ids and len(params.student_ids) < 2:
            raise InvalidInput("Choose at least two students, or a group.", field="params.student_ids")
        case "members_only" if not params.group_ids:
            raise InvalidInput("Choose a group that may go there.", field="params.group_ids")
        case "restricted_zone" if not params.zone_ids:
            raise InvalidInput("Choose a zone.", field="params.zone_ids")
        case "no_fly" if params == type(params)():
            raise InvalidInput("Choose at least one time.", field="params.whole_day")
    if rule.text.level is Level.DISTRICT and getattr(params, "instead_id", None):
        raise InvalidInput("A district's rule names no place of a school.", field="params.instead_id")


def _narrow(scope: Scope) -> bool:
    return bool(scope.grades or scope.group_ids or scope.student_ids or scope.location_ids or scope.zone_ids)


def _named_in(text: RuleText) -> frozenset[UUID]:
    """Of whom and what a rule speaks already: it may go on to, though some have left the school since."""
    params, scope = read_rule(text).params, text.scope
    return frozenset().union(
        *(getattr(params, field, ()) for field in ("group_ids", "student_ids", "zone_ids")),
        *(scope.group_ids, scope.student_ids, scope.pass_type_ids, scope.location_ids, scope.zone_ids),
    )


def _kept_ids(state: SchoolState, group_id: UUID) -> frozenset[UUID]:
    """A group may keep students who have left the school since."""
    group = state.groups.get(group_id)
    return group.student_ids if group else frozenset()


def _all_known(ids: Collection[UUID], known: Collection[UUID], what: str, field: str) -> None:
    missing = [id for id in ids if id not in known]
    if missing:
        raise InvalidInput(f"There is no such {what} at this school: {missing[0]}.", field=field)


def _is_instant(at: datetime | None, field: str) -> None:
    if at and at.tzinfo is None:
        raise InvalidInput("Give the time with its offset from UTC, such as 2026-10-06T10:15:00-04:00.", field=field)
    if at and not _FIRST_DAY <= at.date() <= _LAST_DAY:
        raise InvalidInput(f"Choose a time from {_FIRST_DAY} to {_LAST_DAY}.", field=field)


def _in_order(starts_on: date | None, ends_on: date | None) -> None:
    for field, day in (("starts_on", starts_on), ("ends_on", ends_on)):
        if day and not _FIRST_DAY <= day <= _LAST_DAY:
            raise InvalidInput(f"Choose a day from {_FIRST_DAY} to {_LAST_DAY}.", field=field)
    if starts_on and ends_on and ends_on < starts_on:
        raise InvalidInput("The last day is before the first.", field="ends_on")


def _labels(names: frozenset[str], field: str) -> frozenset[str]:
    found = frozenset(one_line(name) for name in names)
    if not all(1 <= len(name) <= LONGEST_NAME for name in found):
        raise InvalidInput(f"A name has 1 to {LONGEST_NAME} characters.", field=field)
    return found


def _name(text: str, what: str) -> str:
    name = one_line(text)
    if not 1 <= len(name) <= LONGEST_NAME:
        raise InvalidInput(f"Give {what} a name of 1 to {LONGEST_NAME} characters.", field="name")
    return name


def _note(text: str | None) -> str | None:
    note = one_line(text or "")
    if len(note) > LONGEST_NOTE:
        raise InvalidInput(f"Write at most {LONGEST_NOTE} characters; this has {len(note)}.", field="note")
    return note or None
