"""Random decisions for a school, drawn by Hypothesis and read against the state of the moment."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import strategies as st

from corridor.campus.timetable import local
from corridor.day.policy import Absence, Accommodation, Closure, Freeze, Group, RuleText, Scope
from corridor.day.state import PassSettings, SchoolState
from corridor.day.words import Channel, Level
from corridor.ledger.words import Command
from corridor.policy.commands import Drop, Keep, Kept, SetPassSettings
from corridor.rules.kinds import KINDS, written
from corridor.rules.windows import Window
from tests.day_state import id_of

Numbers = frozenset[int]


class DrawnScope(msgspec.Struct, frozen=True):
    """Numbers choose among what there is; days are counted from today."""

    students: Numbers = frozenset()
    groups: Numbers = frozenset()
    grades: frozenset[str] = frozenset()
    pass_types: Numbers = frozenset()
    places: Numbers = frozenset()
    zones: bool = False
    periods: frozenset[str] = frozenset()
    channels: frozenset[Channel] = frozenset()
    starts_in: int | None = None
    ends_in: int | None = None


class KeepsRule(msgspec.Struct, frozen=True):
    """A school adds or changes the rule of this number."""

    number: int
    kind: str
    params: dict[str, Any]
    effect: int
    scope: DrawnScope
    overridable: bool
    active: bool
    level: Level


class KeepsGroup(msgspec.Struct, frozen=True):
    number: int
    students: Numbers


class KeepsAccommodation(msgspec.Struct, frozen=True):
    number: int
    student: int
    starts_in: int
    ends_in: int | None
    fields: dict[str, Any]
    pass_types: Numbers


class KeepsClosure(msgspec.Struct, frozen=True):
    place: int
    minutes: int | None
    staff_away: bool


class KeepsAbsence(msgspec.Struct, frozen=True):
    student: int
    since: int
    minutes: int | None


class Freezes(msgspec.Struct, frozen=True):
    """All passes are put on hold."""


class Drops(msgspec.Struct, frozen=True):
    """Something of this kind stands no more."""

    kind: str
    which: int


class Sets(msgspec.Struct, frozen=True):
    """How patient the school is."""

    offer_seconds: int
    lapse_minutes: int


Decides = KeepsRule | KeepsGroup | KeepsAccommodation | KeepsClosure | KeepsAbsence | Freezes | Drops | Sets

_few = st.frozensets(st.integers(0, 5), max_size=2)
_none: st.SearchStrategy[Any] = st.just(frozenset())
_days = st.none() | st.integers(-1, 3)
_scopes = st.one_of(
    st.just(DrawnScope()),
    st.builds(
        DrawnScope,
        students=_none | _few,
        groups=_none | st.frozensets(st.integers(0, 2), max_size=1),
        grades=_none | st.just(frozenset({"7"})),
        pass_types=_none | _none | st.frozensets(st.integers(0, 7), max_size=3),
        places=_none | _none | _few,
        zones=st.sampled_from([False, False, True]),
        periods=_none | _none | st.frozensets(st.sampled_from("123"), max_size=2),
        channels=_none | _none | st.frozensets(st.sampled_from([Channel.STUDENT, Channel.STAFF, Channel.KIOSK])),
        starts_in=_days,
        ends_in=_days,
    ),
)
# Around midnight, around the hours in which clocks are changed, and around the bells.
_clocks = st.sampled_from(
    [time(0), time(1, 30), time(2, 30), time(3), time(8), time(8, 50), time(9, 5), time(10), time(23, 58)]
)
_windows = st.lists(
    st.tuples(_clocks, _clocks).filter(lambda ends: ends[0] < ends[1]).map(lambda ends: Window(*ends)), max_size=2
).map(tuple)
_PARAMS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "limit": st.fixed_dictionaries(
        {
            "most": st.integers(0, 3),
            "unit": st.sampled_from(["passes", "passes", "minutes"]),
            "per": st.sampled_from(["period", "day", "week", "term"]),
            "count_staff": st.booleans(),
        }
    ),
    "cooldown": st.fixed_dictionaries({"minutes": st.integers(1, 90)}),
    "no_fly": st.fixed_dictionaries(
        {
            "first_minutes": st.sampled_from([0, 10, 70]),
            "last_minutes": st.sampled_from([0, 10, 70]),
            "passing": st.booleans(),
            "outside": st.booleans(),
            "whole_day": st.sampled_from([False, False, False, True]),
            "windows": _windows,
        }
    ),
    "closed_hours": st.fixed_dictionaries({"windows": _windows}),
    "hallway_cap": st.fixed_dictionaries({"most": st.integers(0, 4)}),
    "zone_cap": st.fixed_dictionaries({"most": st.integers(0, 2)}),
    "separation": st.fixed_dictionaries(
        {
            "students": st.frozensets(st.integers(0, 5), min_size=2, max_size=3),
            "groups": _none | st.frozensets(st.integers(0, 2), max_size=1),
            "same_destination": st.booleans(),
        }
    ),
    "members_only": st.fixed_dictionaries({"groups": st.frozensets(st.integers(0, 2), min_size=1, max_size=2)}),
    "restricted_zone": st.fixed_dictionaries(
        {"groups": st.frozensets(st.integers(0, 2), max_size=1), "zones": st.just(True)}
    ),
}


def _rules_of(
    kinds: Sequence[str],
    scopes: st.SearchStrategy[DrawnScope],
    drawn: dict[str, st.SearchStrategy[dict[str, Any]]] = _PARAMS,
) -> st.SearchStrategy[Decides]:
    return st.sampled_from(kinds).flatmap(
        lambda kind: st.builds(
            KeepsRule,
            number=st.integers(0, 6),
            kind=st.just(kind),
            params=drawn.get(kind, st.just({})),
            effect=st.integers(0, 3),
            scope=scopes,
            overridable=st.booleans(),
            active=st.sampled_from([True, True, True, False]),
            level=st.sampled_from([Level.SCHOOL] * 4 + [Level.DISTRICT]),
        )
    )


_rules = _rules_of(sorted(KINDS), _scopes)
_accommodations = st.builds(
    KeepsAccommodation,
    number=st.integers(0, 2),
    student=st.integers(0, 5),
    starts_in=st.integers(-1, 2),
    ends_in=st.none() | st.integers(0, 3),
    fields=st.fixed_dictionaries(
        {
            "exempt": st.frozensets(st.sampled_from([name for name, kind in KINDS.items() if kind.exemptible])),
            "time_percent": st.sampled_from([100, 150]),
            "no_line": st.booleans(),
            "always_approved": st.booleans(),
        }
    ),
    pass_types=_none | st.frozensets(st.integers(0, 7), max_size=3),
)
_closures = st.builds(KeepsClosure, st.integers(0, 5), st.none() | st.integers(1, 90), st.booleans())
_absences = st.builds(KeepsAbsence, st.integers(0, 5), st.integers(-60, 60), st.none() | st.integers(1, 2000))
_WEIGHTS: Sequence[tuple[st.SearchStrategy[Decides], int]] = (
    (_rules, 8),
    (st.builds(KeepsGroup, st.integers(0, 2), _few), 2),
    (_accommodations, 3),
    (_closures, 2),
    (_absences, 2),
    (st.just(Freezes()), 1),
    (
        st.builds(
            Drops,
            st.sampled_from(["rule", "rule", "accommodation", "closure", "freeze", "freeze", "absence", "group"]),
            st.integers(0, 5),
        ),
        9,
    ),
    (st.builds(Sets, st.integers(10, 60), st.integers(1, 20)), 1),
)
decisions: st.SearchStrategy[Decides] = st.sampled_from(
    [drawn for drawn, weight in _WEIGHTS for _ in range(weight)]
).flatmap(lambda drawn: drawn)


_TIMED = (
    *["limit"] * 9,
    *["no_fly"] * 3,
    *("closed_hours", "cooldown", "no_travel", "hallway_cap", "closed_now", "staff_away", "absent"),
)
_timed_scopes = st.builds(
    DrawnScope,
    students=st.sampled_from([frozenset(), frozenset({0}), frozenset({0, 1}), frozenset({1})]),
    grades=st.sampled_from([frozenset(), frozenset({"7"})]),
    places=st.one_of(*[_none] * 5, _few),
    periods=_none | _none | st.frozensets(st.sampled_from("123"), min_size=1, max_size=2),
    channels=_none | _none | st.just(frozenset({Channel.STUDENT, Channel.KIOSK})),
    starts_in=st.none() | _days,
    ends_in=st.none() | _days,
)
_timed_params = _PARAMS | {
    # Much alike, so that they are rivals.
    "limit": st.fixed_dictionaries(
        {
            "most": st.sampled_from([0, 1, 1, 1, 2]),
            "unit": st.sampled_from(["passes", "passes", "passes", "minutes"]),
            "per": st.sampled_from(["period", "day", "day", "week", "week", "term"]),
            "count_staff": st.just(True),
        }
    )
}
_timed = st.one_of(*[_rules_of(_TIMED, _timed_scopes, _timed_params)] * 7, _accommodations, _closures, _absences)
timed_decisions: st.SearchStrategy[list[Decides]] = st.integers(3, 10).flatmap(
    lambda size: st.lists(_timed, min_size=size, max_size=size)
)
"""What lets go or takes hold as time goes by, much of it about the first students."""


def _rivals(per: str) -> st.SearchStrategy[list[Decides]]:
    limits = st.builds(
        KeepsRule,
        number=st.integers(0, 9),
        kind=st.just("limit"),
        params=st.sampled_from([0, 1, 1, 1, 9]).map(lambda most: {"most": most, "per": per, "count_staff": True}),
        effect=st.just(1),
        scope=st.builds(
            DrawnScope,
            students=st.sampled_from([frozenset(), frozenset({0})]),
            grades=st.sampled_from([frozenset(), frozenset({"7"})]),
            periods=st.sampled_from([frozenset(), frozenset("2"), frozenset("3")]),
            starts_in=st.none() | st.integers(0, 3),
        ),
        overridable=st.just(True),
        active=st.just(True),
        level=st.just(Level.SCHOOL),
    )
    exempt = st.builds(
        KeepsAccommodation,
        number=st.integers(0, 1),
        student=st.just(0),
        starts_in=st.integers(1, 4),
        ends_in=st.integers(0, 1),
        fields=st.just({"exempt": frozenset({"limit"})}),
        pass_types=_none,
    )
    several = st.integers(2, 4).flatmap(lambda size: st.lists(limits, min_size=size, max_size=size))
    return st.tuples(several, st.lists(exempt, max_size=2)).map(lambda drawn: [*drawn[0], *drawn[1]])


rivals: st.SearchStrategy[list[Decides]] = st.sampled_from(["period", "day", "week", "term"]).flatmap(_rivals)
"""Limits about the same thing, of which the closer ones begin later, and exemptions from them that do."""


def decision_of(step: Decides, state: SchoolState, now: datetime) -> Command | None:
    """The step as a command; None when there is nothing it could be about."""
    by = min(state.campus.staff)
    match step:
        case Drops():
            return _drop(step, state, by)
        case Sets():
            return SetPassSettings(by, PassSettings(step.lapse_minutes, 15, step.offer_seconds))
        case _:
            return Keep(by, _value(step, state, now))


def _value(step: Any, state: SchoolState, now: datetime) -> Kept:
    students, places = sorted(state.campus.students), sorted(state.campus.locations)
    today = local(state.campus, now).date()
    match step:
        case KeepsRule():
            return _rule(step, state, today)
        case KeepsGroup():
            return Group(_group(step.number), f"Group {step.number}", _chosen(step.students, students))
        case KeepsAccommodation():
            return Accommodation(
                id_of(f"drawn accommodation {step.number}"),
                students[step.student],
                today + timedelta(days=step.starts_in),
                None if step.ends_in is None else today + timedelta(days=step.starts_in + step.ends_in),
                pass_type_ids=_chosen(step.pass_types, list(state.pass_types)),
                **step.fields,
            )
        case KeepsClosure():
            until = None if step.minutes is None else now + timedelta(minutes=step.minutes)
            return Closure(places[step.place % len(places)], now, step.staff_away, until)
        case KeepsAbsence():
            since = now + timedelta(minutes=step.since)
            until = None if step.minutes is None else since + timedelta(minutes=step.minutes)
            return Absence(students[step.student], since, until)
        case _:
            return Freeze(state.campus.school.id, now)


def _rule(step: KeepsRule, state: SchoolState, today: date) -> RuleText:
    kind, students = KINDS[step.kind], sorted(state.campus.students)
    chosen = {
        "students": ("student_ids", lambda numbers: _chosen(numbers, students)),
        "groups": ("group_ids", _groups),
        "zones": ("zone_ids", lambda _: frozenset(state.campus.zones)),
    }
    params = {}
    for name, value in step.params.items():
        field, read = chosen.get(name, (name, lambda value: value))
        params[field] = read(value)
    drawn = step.scope
    scope = Scope(
        drawn.channels,
        drawn.grades,
        _groups(drawn.groups),
        _chosen(drawn.students, students),
        _chosen(drawn.pass_types, list(state.pass_types)),
        _chosen(drawn.places, sorted(state.campus.locations)),
        frozenset(state.campus.zones) if drawn.zones else frozenset(),
        drawn.periods,
        None if drawn.starts_in is None else today + timedelta(days=drawn.starts_in),
        None if drawn.ends_in is None else today + timedelta(days=drawn.ends_in),
    )
    return RuleText(
        id_of(f"drawn rule {step.kind} {step.number}"),
        step.kind,
        written(kind.params(**params)),
        kind.effects[step.effect % len(kind.effects)],
        scope,
        step.overridable,
        step.level,
        active=step.active,
    )


def _drop(step: Drops, state: SchoolState, by: UUID) -> Drop | None:
    standing: dict[str, Sequence[Any]] = {
        "rule": state.all_rules,
        "accommodation": [each for some in state.accommodations.values() for each in some],
        "closure": list(state.closures.values()),
        "absence": list(state.absences.values()),
        "group": list(state.groups.values()),
        "freeze": [state.freeze] if state.freeze else [],
    }
    found = sorted(standing[step.kind], key=lambda each: each.id)
    if not found:
        return None
    chosen = found[step.which % len(found)]
    return Drop(by, step.kind, chosen.id, chosen.text.level if step.kind == "rule" else Level.SCHOOL)


def _group(number: int) -> UUID:
    return id_of(f"drawn group {number}")


def _groups(numbers: Numbers) -> frozenset[UUID]:
    return frozenset(_group(number) for number in numbers)


def _chosen(numbers: Numbers, ids: Sequence[UUID]) -> frozenset[UUID]:
    return frozenset(ids[number % len(ids)] for number in numbers)
