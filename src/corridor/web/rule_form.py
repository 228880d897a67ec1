"""A rule as a form: what can be chosen, and what was typed."""

from collections.abc import Callable, Iterable
from datetime import date, time
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from corridor.base.errors import InvalidInput
from corridor.campus.grades import grades_of, spoken_grade
from corridor.campus.starters import natural_order
from corridor.campus.words import LocationKind
from corridor.day.policy import RuleText, Scope
from corridor.day.state import SchoolState
from corridor.day.words import Effect, Level
from corridor.rules.fields import CHANNEL_LABELS, WHAT, WHEN, WHOM, Field, FieldType, params_of
from corridor.rules.kinds import KINDS, read_rule

EFFECTS = {
    Effect.REFUSE: "refuse",
    Effect.NEEDS_STAFF: "needs staff",
    Effect.WAIT: "wait in line",
    Effect.WARN: "warn",
}
"""What a rule does, in the words of lists."""

EFFECT_CHOICES = {
    Effect.REFUSE: "the pass is refused",
    Effect.NEEDS_STAFF: "staff must approve it",
    Effect.WAIT: "the student waits in line",
    Effect.WARN: "staff see a warning",
}
"""The same, in the sentence of the form."""


class Option(msgspec.Struct, frozen=True):
    """Something that a field may be set to."""

    value: str
    label: str


def options_of(states: Iterable[SchoolState], *, local: bool = True) -> dict[str, list[Option]]:
    """What can be chosen, by source. Students are too many: they are searched for. Without `local`, as for a whole
    district, only what schools have in common."""
    found = list(states)
    grades = list(dict.fromkeys(grade for state in found for grade in grades_of(state.campus)))
    periods = {period.name for state in found for bells in state.campus.bell_schedules for period in bells.periods}
    options = {
        "grades": [Option(grade, spoken_grade(grade).capitalize()) for grade in grades],
        "periods": [Option(name, name) for name in sorted(periods, key=natural_order)],
        "channels": [Option(channel, label) for channel, label in CHANNEL_LABELS.items()],
    }
    if local:
        (state,) = found
        campus = state.campus
        places = [place for place in campus.locations.values() if place.active]
        places.sort(key=lambda place: (place.kind is LocationKind.CLASSROOM, natural_order(place.name)))
        options |= {
            "groups": _named(state.groups.values()),
            "zones": _named(zone for zone in campus.zones.values() if zone.active),
            "locations": [Option(str(place.id), place.name) for place in places],
            "pass_types": [Option(str(each.id), each.name) for each in state.pass_types.values() if each.active],
        }
    return options


def fresh(kind_name: str, rule_id: UUID, level: Level) -> RuleText:
    """A new rule of a kind with its usual values."""
    kind = KINDS.get(kind_name)
    if kind is None:
        raise InvalidInput("There is no such kind of rule. Choose one from the list.", field="kind")
    return RuleText(rule_id, kind.name, msgspec.to_builtins(kind.params()), kind.effects[0], level=level)


def read_form(form: Any, before: RuleText) -> RuleText:
    """The rule as it was typed in place of `before`, whose id, kind, level and place in the order it keeps.

    Raises `InvalidInput` naming the field.
    """
    return _read_all(form, before, _typed)


def as_typed(form: Any, before: RuleText) -> RuleText:
    """The same to be shown again: with what `before` had, where what was typed cannot be read."""
    rule = read_rule(before)

    def value_of(form: Any, field: Field) -> Any:
        try:
            return _typed(form, field)
        except InvalidInput:
            return field.value_in(rule)

    try:
        return _read_all(form, before, value_of)
    except InvalidInput:
        return before


def _read_all(form: Any, before: RuleText, value_of: Callable[[Any, Field], Any]) -> RuleText:
    params = {name: value_of(form, field) for name, field in params_of(KINDS[before.kind]).items()}
    scope = {field.name: value_of(form, field) for field in (*WHOM, *WHAT, *WHEN)}
    try:
        effect = Effect(str(form.get("effect", "")))
    except ValueError:
        raise InvalidInput("Choose what the rule does.", field="effect") from None
    try:
        read = msgspec.convert(scope, Scope, strict=False)
    except msgspec.ValidationError:
        raise InvalidInput("This is not one of the choices. Load the page again.", field="scope") from None
    overridable = form.get("overridable") == "yes"
    return replace(before, params=msgspec.to_builtins(params), scope=read, effect=effect, overridable=overridable)


def _typed(form: Any, field: Field) -> Any:
    text = str(form.get(field.path, "")).strip()
    match field.type:
        case FieldType.NUMBER:
            return _number(text, field)
        case FieldType.CHOICE:
            if text not in field.labels:
                raise InvalidInput("Choose one of these.", field=field.path)
            return text
        case FieldType.YES_NO:
            return text == "yes"
        case FieldType.SPANS:
            starts, ends = (form.getall(f"{field.path}.{end}", []) for end in ("starts_at", "ends_at"))
            return [_span(*span, field) for span in zip(starts, ends, strict=False) if any(span)]
        case FieldType.DATE:
            return _read(date.fromisoformat, text, field, "This is no date.") if text else None
        case FieldType.PICK:
            return text or None
        case _:
            return list(dict.fromkeys(map(str, form.getall(field.path, []))))


def _number(text: str, field: Field) -> int:
    least, most = field.least or 0, field.most or 0
    if not text.isascii() or not text.isdigit() or len(text) > 6 or not least <= int(text) <= most:
        raise InvalidInput(f"{field.title}: give a whole number from {least} to {most}.", field=field.path)
    return int(text)


def _span(starts_at: str, ends_at: str, field: Field) -> dict[str, time]:
    problem = "Give both times, such as 09:00 and 10:30."
    starts, ends = (_read(time.fromisoformat, str(each).strip(), field, problem) for each in (starts_at, ends_at))
    return {"starts_at": starts.replace(tzinfo=None), "ends_at": ends.replace(tzinfo=None)}


def _read(parse: Any, text: str, field: Field, problem: str) -> Any:
    try:
        return parse(text)
    except ValueError:
        raise InvalidInput(problem, field=field.path) from None


def _named(values: Iterable[Any]) -> list[Option]:
    return [Option(str(each.id), each.name) for each in sorted(values, key=lambda each: natural_order(each.name))]
