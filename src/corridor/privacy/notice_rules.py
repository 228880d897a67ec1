"""A school's rules in sentences for families, in their language. Pure.

Unlike `corridor.rules.sentence`, which is for those who set the rules, these name no student and no group: what a group
is called may tell something of who is in it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from corridor.campus.grades import grade_order, spoken_grade
from corridor.day.policy import Rule
from corridor.day.state import SchoolState
from corridor.day.words import SELF_SERVICE, Channel, Effect
from corridor.privacy.language import Language
from corridor.rules.kinds import KINDS

Told = Callable[[Rule, SchoolState, Language], str]


def is_told(rule: Rule) -> bool:
    """Whether a rule may be published: not one about single students, and not one that students must not learn of."""
    return not rule.scope.student_ids and not KINDS[rule.text.kind].private


def told(rule: Rule, state: SchoolState, language: Language) -> str:
    """The rule in a sentence or two."""
    sentence = _TOLD[rule.text.kind](rule, state, language)
    then = _THEN.get(rule.text.effect)
    return " ".join([sentence[0].upper() + sentence[1:], *([language.say(then)] if then else [])])


_THEN: Mapping[Effect, str] = {
    Effect.NEEDS_STAFF: "If so, a member of staff decides.",
    Effect.WAIT: "If so, they wait in line.",
    Effect.WARN: "If so, staff are told, but the pass is not refused.",
}


def _plainly(text: str, **more: str) -> Told:
    """A kind whose sentence depends on nothing but whom, what and when."""

    def tell(rule: Rule, state: SchoolState, language: Language) -> str:
        values = {name: language.say(value) for name, value in more.items()}
        return language.say(text, **_scope(rule, state, language), **values)

    return tell


def _closed_hours(rule: Rule, state: SchoolState, language: Language) -> str:
    params: Any = rule.params
    times = _spans(params.windows, language) if params.windows else language.say("at any time")
    sentence = language.say(
        "%(whom)s may not take %(what)s %(times)s%(when)s.", **_scope(rule, state, language), times=times
    )
    place = state.campus.locations.get(params.instead_id) if params.instead_id else None
    return f"{sentence} {language.say('%(place)s is open instead.', place=place.name)}" if place else sentence


def _restricted_zone(rule: Rule, state: SchoolState, language: Language) -> str:
    params: Any = rule.params
    zones = [state.campus.zones[id].name for id in params.zone_ids if id in state.campus.zones]
    return language.say(
        "Only members of certain groups may take %(what)s into %(zones)s%(when)s.",
        **_scope(rule, state, language),
        zones=language.listed(sorted(zones), "or") or language.say("some parts of the building"),
    )


def _no_fly(rule: Rule, state: SchoolState, language: Language) -> str:
    params: Any = rule.params
    times = []
    if params.whole_day:
        times.append(language.say("all day"))
    if params.first_minutes:
        times.append(
            language.count(
                "in the first minute of a period", "in the first %(num)s minutes of a period", params.first_minutes
            )
        )
    if params.last_minutes:
        times.append(
            language.count(
                "in the last minute of a period", "in the last %(num)s minutes of a period", params.last_minutes
            )
        )
    if params.passing:
        times.append(language.say("between periods"))
    if params.outside:
        times.append(language.say("outside school hours"))
    if params.windows:
        times.append(_spans(params.windows, language))
    said = language.listed(times) or language.say("at certain times")
    return language.say(
        "%(whom)s may not take %(what)s %(times)s%(when)s.", **_scope(rule, state, language), times=said
    )


def _limit(rule: Rule, state: SchoolState, language: Language) -> str:
    params: Any = rule.params
    if params.unit == "passes":
        most = language.count("one pass", "%(num)s passes", params.most)
    else:
        most = language.count("one minute of passes", "%(num)s minutes of passes", params.most)
    values = _scope(rule, state, language) | {"most": most, "per": language.say(_PER[params.per])}
    if values["what"] == language.say("passes"):
        return language.say("%(whom)s may take at most %(most)s %(per)s%(when)s.", **values)
    return language.say("%(whom)s may take at most %(most)s %(per)s (only %(what)s count)%(when)s.", **values)


_PER: Mapping[str, str] = {"period": "a period", "day": "a day", "week": "a week", "term": "a term"}


def _cooldown(rule: Rule, state: SchoolState, language: Language) -> str:
    params: Any = rule.params
    return language.count(
        "%(whom)s must wait one minute between %(what)s%(when)s.",
        "%(whom)s must wait %(num)s minutes between %(what)s%(when)s.",
        params.minutes,
        **_scope(rule, state, language),
    )


def _hallway_cap(rule: Rule, state: SchoolState, language: Language) -> str:
    params: Any = rule.params
    return language.count(
        "%(whom)s may not take %(what)s while one student is out in the whole school%(when)s.",
        "%(whom)s may not take %(what)s while %(num)s students are out in the whole school%(when)s.",
        params.most,
        **_scope(rule, state, language),
    )


def _zone_cap(rule: Rule, state: SchoolState, language: Language) -> str:
    params: Any = rule.params
    return language.count(
        "%(whom)s may not take %(what)s while one student is on a pass in that part of the building%(when)s.",
        "%(whom)s may not take %(what)s while %(num)s students are on passes in that part of the building%(when)s.",
        params.most,
        **_scope(rule, state, language),
    )


def _separation(rule: Rule, state: SchoolState, language: Language) -> str:
    raise AssertionError("Who is kept apart is told to nobody.")


_TOLD: Mapping[str, Told] = {
    "one_open_pass": _plainly("%(whom)s may not take %(what)s while they have another%(when)s."),
    "freeze": _plainly("%(whom)s may not start %(what)s while the school has put all passes on hold%(when)s."),
    "absent": _plainly("%(whom)s may not take %(what)s while they are absent or not on campus%(when)s."),
    "separation": _separation,
    "no_travel": _plainly("%(whom)s may not take %(what)s%(when)s."),
    "closed_now": _plainly("%(whom)s may not take %(what)s while the place is closed for now%(when)s."),
    "closed_hours": _closed_hours,
    "staff_away": _plainly("%(whom)s may not take %(what)s while nobody is there to receive them%(when)s."),
    "members_only": _plainly("Only members of certain groups may take %(what)s%(when)s."),
    "restricted_zone": _restricted_zone,
    "no_fly": _no_fly,
    "limit": _limit,
    "cooldown": _cooldown,
    "hallway_cap": _hallway_cap,
    "zone_cap": _zone_cap,
    "capacity_out_of": _plainly(
        "%(whom)s may not take %(what)s while as many are out of their room as it allows%(when)s."
    ),
    "capacity_into": _plainly("%(whom)s may not take %(what)s while the place is full%(when)s."),
}
"""By kind: a test holds that every kind is here."""


def _scope(rule: Rule, state: SchoolState, language: Language) -> dict[str, str]:
    return {
        "whom": _whom(rule, language),
        "what": _what(rule, state, language),
        "when": _when(rule, language),
    }


def _whom(rule: Rule, language: Language) -> str:
    found = []
    if rule.scope.grades:
        found.append(language.say("students in %(grades)s", grades=grades_in(rule.scope.grades, language)))
    if rule.scope.group_ids:
        found.append(language.say("members of certain groups"))
    return language.listed(found) or language.say("students")


def grades_in(grades: frozenset[str], language: Language) -> str:
    """Such as "grades 9 and 10"."""
    spoken = [spoken_grade(grade) for grade in sorted(grades, key=grade_order)]
    numbers = [each.removeprefix("grade ") for each in spoken if each.startswith("grade ")]
    words = [language.say(each) for each in spoken if not each.startswith("grade ")]
    if numbers:
        some = language.listed(numbers)
        words.append(language.count("grade %(grades)s", "grades %(grades)s", len(numbers), grades=some))
    return language.listed(words)


def _what(rule: Rule, state: SchoolState, language: Language) -> str:
    scope, campus = rule.scope, state.campus
    types = [language.say(state.pass_types[id].name) for id in scope.pass_type_ids if id in state.pass_types]
    places = [campus.locations[id].name for id in scope.location_ids if id in campus.locations]
    places += [campus.zones[id].name for id in scope.zone_ids if id in campus.zones]
    values = {"types": language.listed(sorted(types), "or"), "places": language.listed(sorted(places), "or")}
    if types and places:
        return language.say("passes of the kind %(types)s to %(places)s", **values)
    if types:
        return language.say("passes of the kind %(types)s", **values)
    if places:
        return language.say("passes to %(places)s", **values)
    return language.say("passes")


def _when(rule: Rule, language: Language) -> str:
    scope = rule.scope
    found = []
    if scope.periods:
        periods = language.listed(sorted(scope.periods))
        found.append(
            language.count("in period %(periods)s", "in periods %(periods)s", len(scope.periods), periods=periods)
        )
    if scope.starts_on:
        found.append(language.say("from %(date)s on", date=language.date(scope.starts_on)))
    if scope.ends_on:
        found.append(language.say("until %(date)s", date=language.date(scope.ends_on)))
    if scope.channels:
        found.append(language.say("when %(ways)s", ways=language.listed(_ways(scope.channels, language), "or")))
    return "".join(f", {each}" for each in found)


def _ways(channels: frozenset[Channel], language: Language) -> list[str]:
    if channels >= SELF_SERVICE:
        others = [_WAYS[channel] for channel in _WAYS if channel in channels - SELF_SERVICE]
        return [language.say(each) for each in ("students ask for themselves", *others)]
    return [language.say(words) for channel, words in _WAYS.items() if channel in channels]


_WAYS: Mapping[Channel, str] = {
    Channel.STUDENT: "students ask on their device",
    Channel.KIOSK: "students ask at a kiosk",
    Channel.STAFF: "staff issue it",
    Channel.APPOINTMENT: "it is for an appointment",
    Channel.SUMMONS: "a student is called",
}


def _spans(windows: Sequence[Any], language: Language) -> str:
    return language.listed(
        [
            language.say("from %(start)s to %(end)s", start=f"{each.starts_at:%H:%M}", end=f"{each.ends_at:%H:%M}")
            for each in windows
        ]
    )
