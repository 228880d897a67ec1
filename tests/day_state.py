"""A school day in memory: the decider as the ledger drives it, without a database.

The school of `tests.school`: Washington Middle School, in New York, with periods 1 to 3 from 08:00 to 11:00 every
weekday. Everyone is in Algebra (204, period 1) and in Art (110, period 2); nobody has anything in period 3.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5

from msgspec.structs import replace

from corridor.app import make_decider
from corridor.base.ids import new_id
from corridor.campus.model import (
    BellSchedule,
    CalendarDay,
    Campus,
    Location,
    Meeting,
    Period,
    School,
    Section,
    Student,
    Term,
    Zone,
)
from corridor.campus.timetable import local, term_of
from corridor.campus.words import LocationKind
from corridor.day.policy import Accommodation, Group, Rule, RuleText, Scope
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
from corridor.day.words import Channel, Effect, Level
from corridor.identity.principal import Principal, Role
from corridor.ledger.words import Command, Decision, Recorded
from corridor.passes.commands import RequestPass
from corridor.passes.events import passes_of
from corridor.passes.evolve import EVOLVE, advance
from corridor.passes.masking import Eyes
from corridor.policy.commands import Drop, Keep, Kept
from corridor.policy.defaults import PASS_TYPES
from corridor.policy.sight import EVERYONE
from corridor.rules.capacity_into import takes_a_place
from corridor.rules.judge import judge
from corridor.rules.kinds import DEFAULTS, KINDS, default_rules, in_order, read_rule, written
from corridor.rules.verdict import Ask, Reason
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

NORTH_WING = id_of("North wing")

PASS_TYPE_IDS = {kind.name: id_of(f"pass type {kind.name}") for kind in PASS_TYPES}
ONE_WAY = PASS_TYPE_IDS["One way"]

_YEAR = Term(date(2026, 8, 1), date(2027, 6, 30))
_LOCATIONS = (
    Location(ROOM_204, SCHOOL, "204", LocationKind.CLASSROOM),
    Location(ROOM_110, SCHOOL, "110", LocationKind.CLASSROOM),
    Location(RESTROOM, SCHOOL, "Restroom A", LocationKind.RESTROOM, capacity=2),
    Location(NURSE, SCHOOL, "Nurse", LocationKind.NURSE),
    Location(LIBRARY, SCHOOL, "Library", LocationKind.LIBRARY),
)


def rule(
    kind: str,
    effect: Effect | None = None,
    *,
    name: str = "",
    scope: Scope | None = None,
    level: Level = Level.SCHOOL,
    **params: Any,
) -> Rule:
    """A rule of this kind, with its usual effect unless another is given. `name` makes it another rule of the kind."""
    return read_rule(
        RuleText(
            id=id_of(f"rule {kind} {name}"),
            kind=kind,
            params=written(KINDS[kind].params(**params)),
            effect=effect or KINDS[kind].effects[0],
            scope=scope or Scope(),
            overridable=kind not in ("one_open_pass", "freeze"),
            level=level,
        )
    )


def group(name: str, *student_ids: UUID) -> Group:
    return Group(id_of(f"group {name}"), name, frozenset(student_ids))


def accommodation(student_id: UUID, *, starts_on: date | None = None, **fields: Any) -> Accommodation:
    """One that holds from the Tuesday of the tests on, unless another day is given."""
    id = id_of(f"accommodation {student_id} {starts_on} {fields}")
    return Accommodation(id, student_id, starts_on or MORNING.date(), **fields)


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
    grades: Mapping[UUID, str] | None = None,
    groups: Sequence[Group] = (),
    accommodations: Sequence[Accommodation] = (),
    calendar: Mapping[date, CalendarDay] | None = None,
    terms: Sequence[Term] = (_YEAR,),
) -> SchoolState:
    """The school in the morning, nobody out.

    `approval` changes who approves a pass type, by the type's name; `locations` changes fields of locations. `terms`
    are the shortest first.
    """
    changed = [replace(each, **(locations or {}).get(each.id, {})) for each in _LOCATIONS]
    return SchoolState(
        campus=_campus(changed, grades or {}, calendar or {}, terms),
        pass_types={kind.id: kind for kind in _pass_types(approval or {})},
        settings=settings or PassSettings(),
        day=MORNING.date(),
        as_of=MORNING,
        all_rules=in_order(usual_rules() if rules is None else rules),
        rules=in_order(usual_rules() if rules is None else rules),
        groups={each.id: each for each in groups},
        accommodations={
            id: tuple(sorted((each for each in accommodations if each.student_id == id), key=lambda each: each.id))
            for id in {each.student_id for each in accommodations}
        },
    )


def _campus(
    locations: Sequence[Location],
    grades: Mapping[UUID, str],
    calendar: Mapping[date, CalendarDay],
    terms: Sequence[Term],
) -> Campus:
    periods = tuple(Period(name, starts_at, ends_at) for name, starts_at, ends_at in PERIODS)
    sections = {
        id: Section(id, title, (Meeting(period, frozenset(), room),), (TEACHER,), STUDENTS)
        for id, title, period, room in ((ALGEBRA, "Algebra", "1", ROOM_204), (ART, "Art", "2", ROOM_110))
    }
    return Campus(
        School(SCHOOL, "Washington Middle School", ZONE),
        {location.id: location for location in locations},
        {
            id: Student(id, f"Student{n} Example", f"Example, Student{n}", grades.get(id))
            for n, id in enumerate(STUDENTS)
        },
        {TEACHER: "Teacher Example"},
        sections,
        dict.fromkeys(STUDENTS, (ALGEBRA, ART)),
        (BellSchedule(id_of("Regular"), "Regular", frozenset(range(1, 6)), periods),),
        calendar,
        {NORTH_WING: Zone(NORTH_WING, SCHOOL, "North wing")},
        tuple(terms),
        min(term.begins_on for term in terms),
        max(term.ends_on for term in terms),
        {TEACHER: (ALGEBRA, ART)},
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
    pass_type: str = "Restroom",
    channel: Channel = Channel.STUDENT,
    besides: UUID | None = None,
) -> Ask:
    """A wish as the rules see it."""
    locations = state.campus.locations
    origin = locations[origin_id] if origin_id else None
    kind = state.pass_types[PASS_TYPE_IDS[pass_type]]
    return Ask(state.campus.students[student_id], locations[destination_id], origin, kind, 5, channel, besides)


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

    def keep(self, value: Kept) -> Decision:
        """Have this stand from now on."""
        return self.submit(Keep(TEACHER, value))

    def drop(self, kind: str, id: UUID) -> Decision:
        return self.submit(Drop(TEACHER, kind, id))

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


def reason(day: Day, rule: Rule, *others: Rule, at: datetime | None = None, **wishes: Any) -> Reason | None:
    """What a rule says to a wish when it is asked with no others than these; `wishes` are those of `ask_for`."""
    rules = in_order([rule, *others])
    state = replace(day.state, all_rules=rules, rules=rules)
    judgement = judge(state, ask_for(state, **wishes), at or day.now)
    return next((found for found in judgement.reasons if found.rule_id == rule.id), None)


def allowed_at(day: Day, rule: Rule, *others: Rule, **wishes: Any) -> datetime | None:
    """When a rule that objects now says that it will not. What it says must be true, and not a second too late."""
    found = reason(day, rule, *others, **wishes)
    assert found is not None, "it does not object"
    at = found.allowed_at
    if at is not None:
        assert reason(day, rule, *others, at=at, **wishes) is None, "it still objects"
        before = max(day.now, at - timedelta(seconds=1))
        assert reason(day, rule, *others, at=before, **wishes), "it has stopped objecting before"
    return at


def everything(events: Sequence[Recorded]) -> list[Pass]:
    """Every pass there ever was, as it is now, oldest first."""
    passes: dict[UUID, Pass] = {}
    for recorded in events:
        if type(recorded.event) in EVOLVE and recorded.event and recorded.kind != "pass_refused":
            for pass_id in passes_of(recorded.event):
                passes[pass_id] = advance(passes.get(pass_id), recorded)
    return sorted(passes.values(), key=lambda each: each.seq)


def loaded_afresh(state: SchoolState, events: Sequence[Recorded]) -> SchoolState:
    """The state that the tables would give: every pass folded from its events alone, then sorted and counted anew."""
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
    for pass_ in everything(events):
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
    since = [day + timedelta(days=ahead) for ahead in range((fresh.day - day).days + 1)]
    in_term = {term_of(fresh.campus, each) for each in since} == {term_of(fresh.campus, day)} != {None}
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


SEES_ALL = Eyes(EVERYONE, EVERYONE, frozenset())


def viewer(role: Role = Role.TEACHER, person_id: UUID | None = TEACHER, **more: Any) -> Principal:
    """Somebody of the school."""
    return Principal(
        id=id_of(f"{role} account"),
        kind="account",
        role=role,
        name="Someone",
        person_id=person_id,
        own_ids=frozenset({person_id} if person_id else ()),
        **{"school_ids": frozenset({SCHOOL}), **more},
    )
