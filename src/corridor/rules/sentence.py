"""A rule as a sentence: plain, or in parts of which some can be changed where they stand. Pure.

In the template of a kind, a name in braces stands for that parameter, several names for all of them in a row. Of the
scope, {whom} are the students at the beginning of a sentence, {of_whom} and {for_whom} the same where they only narrow
it; {what}, after the word "passes", are the passes, and {on_what} the same with a word of its own; {what:to a place}
says what else to say for all places. {when} are periods, dates and channels.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from string import Formatter
from typing import Any
from uuid import UUID

import msgspec

from corridor.campus.grades import grade_order, spoken_grade
from corridor.campus.model import Campus
from corridor.campus.starters import natural_order
from corridor.day.policy import Rule, Scope
from corridor.day.state import SchoolState
from corridor.day.words import SELF_SERVICE, Channel
from corridor.rules.fields import CHANNEL_LABELS, WHAT, WHEN, WHOM, Field, FieldType, params_of
from corridor.rules.kind import Kind
from corridor.rules.kinds import KINDS
from corridor.rules.words import listed

MOST_NAMES = 4
_NOUN = re.compile(r"\b(minute|passe|student|other)s\b")
_TWO_ENDS = re.compile(r" minutes? of a period(?:,| and) in the last ")
_SCOPES: Mapping[str, Sequence[Field]] = {
    "whom": WHOM,
    "of_whom": WHOM,
    "for_whom": WHOM,
    "what": WHAT,
    "on_what": WHAT,
    "when": WHEN,
}
_ASKS = {
    "whom": "students",
    "of_whom": "of all students, ",
    "for_whom": "for everyone",
    "what": "of any kind",
    "on_what": "on passes of any kind",
    "when": "at any time",
}


class Part(msgspec.Struct, frozen=True):
    """A piece of a sentence. With `fields` it stands for their values; without it is only words."""

    words: str
    fields: tuple[Field, ...] = ()
    name: str = ""


def sentence(rule: Rule, state: SchoolState) -> str:
    """The rule in plain English, with the names of this school."""
    return "".join(part.words for part in said(rule, state))


def said(rule: Rule, state: SchoolState) -> list[Part]:
    """The plain sentence in its parts: of what is not set nothing is said."""
    parts = _parts(rule, state, asking=False)
    return _finished(_numbered(_with_types(parts, rule.scope, state)))


def asked(rule: Rule, state: SchoolState) -> list[Part]:
    """The sentence in its parts, each value that could be set among them."""
    return _finished(_parts(rule, state, asking=True))


def grades_in(grades: Iterable[str]) -> str:
    """Such as "grade 9", "grades 9 and 10" and "kindergarten and grade 1"."""
    spoken = [spoken_grade(grade) for grade in sorted(grades, key=grade_order)]
    numbered = [each.removeprefix("grade ") for each in spoken if each.startswith("grade ")]
    words = [each for each in spoken if not each.startswith("grade ")]
    words += [f"grade{'s' * (len(numbered) > 1)} {listed(numbered)}"] if numbered else []
    return listed(words)


def names_in(names: Iterable[str], last: str = "and") -> str:
    """Names in a row, the first few of many."""
    found = sorted(names, key=natural_order)
    if len(found) > MOST_NAMES + 1:
        found = [*found[:MOST_NAMES], f"{len(found) - MOST_NAMES} others"]
    return listed(found, last)


def _parts(rule: Rule, state: SchoolState, *, asking: bool) -> list[Part]:
    kind, found = KINDS[rule.text.kind], []
    params = params_of(kind)
    for literal, name, fallback, _ in Formatter().parse(kind.sentence):
        if literal:
            found.append(Part(literal))
        if name is None:
            continue
        if name in _SCOPES:
            words = _scope_words(name, fallback or "", rule, kind, state, asking=asking)
            found.append(Part(words, tuple(_SCOPES[name]), name))
        else:
            fields = tuple(params[each] for each in name.split(","))
            found.append(Part(_param_words(fields, rule, state, asking=asking), fields, name))
    return found


def _param_words(fields: Sequence[Field], rule: Rule, state: SchoolState, *, asking: bool) -> str:
    words = [_said(field, field.value_in(rule), state.campus, state, asking=asking) for field in fields]
    spoken = [each for each in words if each]
    if not spoken:
        return next((each for each in ((field.asks if asking else field.empty) for field in fields) if each), "")
    return _TWO_ENDS.sub(" and last ", listed(spoken))


def _said(field: Field, value: Any, campus: Campus, state: SchoolState, *, asking: bool) -> str:
    match field.type:
        case FieldType.NUMBER:
            if field.words == "{}":
                return str(value)
            words = field.words.format(value) if value else ""
            return _NOUN.sub(_one, words, count=1) if value == 1 else words
        case FieldType.CHOICE:
            return field.labels[value]
        case FieldType.YES_NO if field.labels:
            return "" if value == field.unsaid and not asking else field.labels[value]
        case FieldType.YES_NO:
            return field.words if value else ""
        case FieldType.SPANS:
            spans = [field.words.format(f"{span.starts_at:%H:%M} to {span.ends_at:%H:%M}") for span in value]
            return listed(spans)
        case FieldType.PICK:
            return field.words.format(_name(campus.locations, value)) if value else ""
        case _:
            known = {"groups": state.groups, "students": campus.students, "zones": campus.zones}[field.source]
            return field.words.format(names_in(_name(known, each) for each in value)) if value else ""


def _scope_words(name: str, fallback: str, rule: Rule, kind: Kind, state: SchoolState, *, asking: bool) -> str:
    scope = rule.scope
    if name in ("whom", "of_whom", "for_whom"):
        whom = _whom(scope, state)
        words = {"whom": whom or "students", "of_whom": f"of {whom}, ", "for_whom": f"for {whom}"}[name]
        return words if whom else _ASKS[name] if asking or name == "whom" else ""
    if name == "when":
        they = "they" if kind.sentence.startswith("{whom}") and not scope.student_ids else "students"
        words = _when(scope, they)
        comma = ", " if " while " in kind.sentence else ""
        return comma + words if words else _ASKS[name] if asking else ""
    types = _types(scope, state)
    places = _places(scope, state)
    if name == "on_what":
        adjective = f"{types} " if types else ""
        words = " ".join(each for each in (f"on {adjective}passes", places) if each)
        return words if types or places else _ASKS[name] if asking else ""
    if not asking:
        return places or fallback
    return " ".join(each for each in (f"of type {types}" if types else "", places or fallback) if each) or _ASKS[name]


def _whom(scope: Scope, state: SchoolState) -> str:
    groups = names_in(_name(state.groups, each) for each in scope.group_ids)
    found = [
        f"students in {grades_in(scope.grades)}" if scope.grades else "",
        f"members of {groups}" if groups else "",
        names_in(_name(state.campus.students, each) for each in scope.student_ids),
    ]
    return listed([each for each in found if each])


def _types(scope: Scope, state: SchoolState) -> str:
    names = (_name(state.pass_types, each) for each in scope.pass_type_ids)
    return names_in((name[0].lower() + name[1:] if name[1:].islower() else name for name in names), "or")


def _places(scope: Scope, state: SchoolState) -> str:
    campus = state.campus
    names = [_name(campus.locations, each) for each in scope.location_ids]
    names += [_name(campus.zones, each) for each in scope.zone_ids]
    return f"to {names_in(names, 'or')}" if names else ""


def _when(scope: Scope, they: str) -> str:
    found = [_periods(scope.periods), _dates(scope.starts_on, scope.ends_on), _channels(scope.channels, they)]
    return " ".join(each for each in found if each)


def _periods(names: Iterable[str]) -> str:
    found = sorted(names, key=natural_order)
    numbers = [name for name in found if name.isdigit()]
    words = [f"period{'s' * (len(numbers) > 1)} {listed(numbers)}"] if numbers else []
    words += [name for name in found if not name.isdigit()]
    return f"in {listed(words)}" if words else ""


def _dates(starts_on: date | None, ends_on: date | None) -> str:
    if starts_on and starts_on == ends_on:
        return f"on {_date(starts_on)}"
    found = [f"from {_date(starts_on)}" if starts_on else "", f"until {_date(ends_on)}" if ends_on else ""]
    return " ".join(each for each in found if each)


def _date(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


def _channels(channels: frozenset[Channel], they: str) -> str:
    if not channels:
        return ""
    labels = {channel: label.replace("students", they) for channel, label in CHANNEL_LABELS.items()}
    words = [label for channel, label in labels.items() if channel in channels]
    if channels >= SELF_SERVICE:
        others = [label for channel, label in labels.items() if channel in channels - SELF_SERVICE]
        words = [f"{they} ask for themselves", *others]
    return f"when {listed(words, 'or')}"


def _with_types(parts: Sequence[Part], scope: Scope, state: SchoolState) -> list[Part]:
    """The types of passes before the noun that the passes follow: "restroom passes to Restroom A"."""
    types, done = _types(scope, state), list(parts)
    place = next((number for number, part in enumerate(done) if part.name == "what"), None)
    if not types or place is None:
        return done
    noun = next(number for number in range(place - 1, -1, -1) if done[number].words.strip())
    before, _, after = done[noun].words.rpartition("passes")
    if done[noun].fields:
        done[noun] = msgspec.structs.replace(done[noun], words=f"{before}{types} passes{after}")
    else:
        done[noun : noun + 1] = [Part(before), Part(types, done[place].fields, "what"), Part(f" passes{after}")]
    return done


def _numbered(parts: Sequence[Part]) -> list[Part]:
    """Numbers that agree with what they count: "1 pass", "no passes"."""
    done = list(parts)
    for number, part in enumerate(parts):
        if not part.fields or part.fields[0].type is not FieldType.NUMBER or part.words not in ("0", "1"):
            continue
        if part.words == "0":
            done[number] = msgspec.structs.replace(part, words="no")
            continue
        counted = next(place for place in range(number + 1, len(done)) if _NOUN.search(done[place].words))
        words = _NOUN.sub(_one, done[counted].words, count=1)
        done[counted] = msgspec.structs.replace(done[counted], words=words)
    return done


def _one(found: re.Match[str]) -> str:
    return found[1].removesuffix("e") if found[1] == "passe" else found[1]


def _finished(parts: Iterable[Part]) -> list[Part]:
    """Without gaps where nothing is said, beginning in upper case."""
    done: list[Part] = []
    for part in parts:
        words = part.words
        before = done[-1].words if done else " "
        if before.endswith(" "):
            words = words.lstrip()
        if not words:
            continue
        if words[0] in ".,;" and before.endswith(" "):
            done[-1] = msgspec.structs.replace(done[-1], words=before.rstrip())
            if not done[-1].words:
                done.pop()
        if part.fields and words[0] in ",;":
            done.append(Part(words[:2]))
            words = words[2:]
        done.append(msgspec.structs.replace(part, words=words))
    first = done[0]
    done[0] = msgspec.structs.replace(first, words=first.words[0].upper() + first.words[1:])
    return done


def _name(known: Mapping[UUID, Any], id: UUID) -> str:
    found = known.get(id)
    name: str = found.name if found else "someone or something that is gone"
    return name
