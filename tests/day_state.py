"""A school day in memory: the decider as the ledger drives it, without a database.

The school of `tests.school`: Washington Middle School, in New York, with periods 1 to 3 from 08:00 to 11:00 every
weekday. Everyone is in Algebra (204, period 1) and in Art (110, period 2); nobody has anything in period 3.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5

import msgspec
from msgspec.structs import replace

from corridor.app import make_decider
from corridor.base.ids import new_id
from corridor.campus.model import BellSchedule, Campus, Location, Meeting, Period, School, Section, Student, Term
from corridor.campus.timetable import local
from corridor.campus.words import LocationKind
from corridor.day.policy import Rule, RuleText, Scope
from corridor.day.state import (
    OPEN,
    Approval,
    EndedHow,
    Outings,
    Pass,
    PassSettings,
    PassType,
    SchoolState,
    Status,
    Tally,
    Visits,
)
from corridor.day.words import Channel, Effect
from corridor.ledger.words import Command, Decision, Recorded
from corridor.passes.commands import RequestPass
from corridor.passes.events import passes_of
from corridor.passes.evolve import EVOLVE, advance
from corridor.policy.defaults import PASS_TYPES
from corridor.rules.capacity_into import takes_a_place
from corridor.rules.kinds import DEFAULTS, KINDS, default_rules, in_order, read_rule
from corridor.rules.verdict import Ask
from tests.school import MORNING, PERIODS, ZONE

DECIDER = make_decider()


def id_of(name: str) -> UUID:
    """The identifier of whatever has this name here."""
    return uuid5(UUID(int=0), name)


SCHOOL = id_of("school")
STUDENTS = tuple(id_of(f"student {number}") for number in range(6))
TEACHER = id_of("teacher")
ALGEBRA, ART = id_of("Algebra"), id_of("Art")
ROOM_204, ROOM_110 = id_of("204"), id_of("110")
RESTROOM, NURSE, LIBRARY = id_of("Restroom A"), id_of("Nurse"), id_of("Library")

PASS_TYPE_IDS = {kind.name: id_of(f"pass type {kind.name}") for kind in PASS_TYPES}
ONE_WAY = PASS_TYPE_IDS["One way"]

_LOCATIONS = (
    Location(ROOM_204, SCHOOL, "204", LocationKind.CLASSROOM),
    Location(ROOM_110, SCHOOL, "110", LocationKind.CLASSROOM),
    Location(RESTROOM, SCHOOL, "Restroom A", LocationKind.RESTROOM, capacity=2),
    Location(NURSE, SCHOOL, "Nurse", LocationKind.NURSE),
    Location(LIBRARY, SCHOOL, "Library", LocationKind.LIBRARY),
)


def rule(kind: str, effect: Effect | None = None, *, name: str = "", scope: Scope | None = None, **params: Any) -> Rule:
    """A rule of this kind, with its usual effect unless another is given. `name` makes it another rule of the kind."""
    return read_rule(
        RuleText(
            id=id_of(f"rule {kind} {name}"),
            kind=kind,
            params=msgspec.to_builtins(KINDS[kind].params(**params)),
            effect=effect or KINDS[kind].effects[0],
            scope=scope or Scope(),
            overridable=kind not in ("one_open_pass", "freeze"),
        )
    )


def usual_rules() -> tuple[Rule, ...]:
    """The rules of a new school."""
    texts = default_rules(id_of(f"rule {fields['kind']} ") for fields in DEFAULTS)
    return in_order(read_rule(text) for text in texts)


def changed(rules: Sequence[Rule], kind: str, *, effect: Effect | None = None, **params: Any) -> tuple[Rule, ...]:
    """These rules, with other parameters or another effect for those of one kind."""
    return tuple(
        read_rule(replace(each.text, params={**each.text.params, **params}, effect=effect or each.text.effect))
        if each.text.kind == kind
        else each
        for each in rules
    )


def make_state(
    *,
    rules: Sequence[Rule] | None = None,
    settings: PassSettings | None = None,
    approval: Mapping[str, Approval] | None = None,
    locations: Mapping[UUID, Mapping[str, Any]] | None = None,
) -> SchoolState:
    """The school in the morning, nobody out.

    `approval` changes who approves a pass type, by the type's name; `locations` changes fields of locations.
    """
    changed = [replace(each, **(locations or {}).get(each.id, {})) for each in _LOCATIONS]
    return SchoolState(
        campus=_campus(changed),
        pass_types={kind.id: kind for kind in _pass_types(approval or {})},
        settings=settings or PassSettings(),
        day=MORNING.date(),
        as_of=MORNING,
        all_rules=in_order(usual_rules() if rules is None else rules),
        rules=in_order(usual_rules() if rules is None else rules),
    )


def _campus(locations: Sequence[Location]) -> Campus:
    periods = tuple(Period(name, starts_at, ends_at) for name, starts_at, ends_at in PERIODS)
    sections = {
        id: Section(id, title, (Meeting(period, frozenset(), room),), (TEACHER,), STUDENTS)
        for id, title, period, room in ((ALGEBRA, "Algebra", "1", ROOM_204), (ART, "Art", "2", ROOM_110))
    }
    return Campus(
        School(SCHOOL, "Washington Middle School", ZONE),
        {location.id: location for location in locations},
        {id: Student(id, f"Student{n} Example", f"Example, Student{n}") for n, id in enumerate(STUDENTS)},
        {TEACHER: "Teacher Example"},
        sections,
        dict.fromkeys(STUDENTS, (ALGEBRA, ART)),
        (BellSchedule(id_of("Regular"), "Regular", frozenset(range(1, 6)), periods),),
        terms=(Term(date(2026, 8, 1), date(2027, 6, 30)),),
        term_begins_on=date(2026, 8, 1),
        term_ends_on=date(2027, 6, 30),
    )


def _pass_types(approval: Mapping[str, Approval]) -> list[PassType]:
    return [
        PassType(
            PASS_TYPE_IDS[kind.name],
            SCHOOL,
            kind.name,
            kind.icon,
            kind.colour,
            kind.minutes,
            kind.most_minutes,
            approval.get(kind.name, kind.approval),
            kind.round_trip,
            kind.kinds,
        )
        for kind in PASS_TYPES
    ]


def ask_for(
    state: SchoolState,
    destination_id: UUID = RESTROOM,
    *,
    student_id: UUID = STUDENTS[0],
    origin_id: UUID | None = ROOM_204,
    channel: Channel = Channel.STUDENT,
    besides: UUID | None = None,
) -> Ask:
    """A wish as the rules see it."""
    locations = state.campus.locations
    origin = locations[origin_id] if origin_id else None
    pass_type = state.pass_types[PASS_TYPE_IDS["Restroom"]]
    return Ask(state.campus.students[student_id], locations[destination_id], origin, pass_type, 5, channel, besides)


class Day:
    """A school day under way. `submit` a command, let time go by with `later`; `events` is everything so far."""

    def __init__(self, state: SchoolState | None = None, now: datetime = MORNING) -> None:
        self.state = make_state() if state is None else state
        self.now = now
        self.events: list[Recorded] = []

    def decide(self, command: Command) -> Decision:
        """What would come of it; nothing does."""
        return DECIDER.decide(self.state, command, self.now)

    def submit(self, command: Command) -> Decision:
        decision = self.decide(command)
        draft = DECIDER.draft(self.state)
        for event in decision.events:
            recorded = Recorded(SCHOOL, len(self.events) + 1, self.now, event.kind, event, new_id())
            draft = DECIDER.evolve(draft, recorded)
            self.events.append(recorded)
        self.state = draft
        return decision

    def request(self, student_id: UUID = STUDENTS[0], destination_id: UUID = RESTROOM, **wishes: Any) -> Decision:
        """A student's own request; `wishes` are further fields of the command."""
        fields: dict[str, Any] = {"pass_id": new_id(), "by": student_id, "channel": Channel.STUDENT} | wishes
        return self.submit(RequestPass(student_id=student_id, destination_id=destination_id, **fields))

    def issue(self, student_id: UUID = STUDENTS[0], destination_id: UUID = RESTROOM, **wishes: Any) -> Pass:
        """A pass given by the teacher, active at once."""
        fields: dict[str, Any] = {"by": TEACHER, "channel": Channel.STAFF} | wishes
        decision = self.request(student_id, destination_id, **fields)
        assert not decision.refused, decision.about
        return self.pass_of(decision)

    def requested(self, student_id: UUID = STUDENTS[0], destination_id: UUID = RESTROOM, **wishes: Any) -> Pass:
        """A student's request that waits for an answer."""
        return self.pass_of(self.request(student_id, destination_id, **wishes))

    def later(self, **delta: float) -> Sequence[Recorded]:
        """Let time go by, and what it does happen. Gives its events."""
        self.now += timedelta(**delta)
        before = len(self.events)
        self.submit(DECIDER.tick)
        return self.events[before:]

    def pass_of(self, decision: Decision) -> Pass:
        assert isinstance(decision.about, UUID)
        return self[decision.about]

    def __getitem__(self, pass_id: UUID) -> Pass:
        return self.state.passes.get(pass_id) or self.state.closed[pass_id]


def loaded_afresh(state: SchoolState, events: Sequence[Recorded]) -> SchoolState:
    """The state that the tables would give: every pass folded from its events alone, then sorted and counted anew."""
    passes: dict[UUID, Pass] = {}
    for recorded in events:
        if type(recorded.event) in EVOLVE and recorded.event and recorded.kind != "pass_refused":
            for pass_id in passes_of(recorded.event):
                passes[pass_id] = advance(passes.get(pass_id), recorded)
    day = local(state.campus, events[-1].recorded_at).date() if events else state.day
    fresh = replace(
        state,
        day=day,
        passes={},
        closed={},
        of_student={},
        going_to={},
        out_of={},
        lines={},
        visits={},
        week={},
        term={},
    )
    for pass_ in sorted(passes.values(), key=lambda each: each.seq):
        _tally(fresh, pass_)
        if pass_.status in OPEN:
            fresh.passes[pass_.id] = pass_
        elif pass_.ended_at and local(state.campus, pass_.ended_at).date() == day:
            fresh.closed[pass_.id] = pass_
            _visit(fresh, pass_)
        else:
            continue
        fresh.of_student[pass_.student_id] = (*fresh.of_student.get(pass_.student_id, ()), pass_.id)
        if pass_.status is Status.WAITING:
            line = [fresh.passes[id] for id in (*fresh.lines.get(pass_.destination_id, ()), pass_.id)]
            line.sort(key=lambda each: (each.line, each.seq))
            fresh.lines[pass_.destination_id] = tuple(each.id for each in line)
        if takes_a_place(pass_):
            fresh.going_to[pass_.destination_id] = fresh.going_to.get(pass_.destination_id, 0) + 1
        if pass_.status is Status.ACTIVE:
            fresh.out_of[pass_.origin_id] = fresh.out_of.get(pass_.origin_id, 0) + 1
    return fresh


def _tally(fresh: SchoolState, pass_: Pass) -> None:
    if pass_.started_at is None:
        return
    day = local(fresh.campus, pass_.started_at).date()
    seconds = 0
    if pass_.ended_at:
        seconds = int((pass_.ended_at - pass_.started_at).total_seconds())
        if pass_.ended_how not in (EndedHow.RETURNED, EndedHow.ARRIVED):
            seconds = min(seconds, 60 * pass_.minutes)
    key = Outings(pass_.destination_id, pass_.pass_type_id, pass_.channel)
    in_week = day.isocalendar()[:2] == fresh.day.isocalendar()[:2]
    in_term = any(term.begins_on <= day <= term.ends_on for term in fresh.campus.terms)
    for tallies, counts in ((fresh.week, in_week), (fresh.term, in_term)):
        if counts:
            mine = tallies.get(pass_.student_id, {})
            so_far = mine.get(key, Tally())
            tallies[pass_.student_id] = {**mine, key: Tally(so_far.passes + 1, so_far.seconds + seconds)}


def _visit(fresh: SchoolState, pass_: Pass) -> None:
    if pass_.ended_how in (EndedHow.RETURNED, EndedHow.ARRIVED):
        assert pass_.started_at is not None
        left = pass_.departed_at or pass_.ended_at
        assert left is not None
        so_far = fresh.visits.get(pass_.destination_id, Visits())
        seconds = int((left - pass_.started_at).total_seconds())
        fresh.visits[pass_.destination_id] = Visits(so_far.number + 1, so_far.seconds + seconds)


def clock(hours: int, minutes: int = 0, seconds: int = 0, *, day: date | None = None) -> datetime:
    """An instant by the school's own clock, on the Tuesday of the tests unless `day` says otherwise."""
    state = make_state()
    zone = local(state.campus, MORNING).tzinfo
    return datetime.combine(day or MORNING.date(), time(hours, minutes, seconds), tzinfo=zone)
