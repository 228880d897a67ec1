"""The live day of one school as plain data. No behaviour: rules read it, `evolve` advances it."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from corridor.campus.model import Campus
from corridor.campus.words import LocationKind
from corridor.day.policy import (
    Absence,
    Accommodation,
    Appointment,
    Closure,
    Delegation,
    Freeze,
    Group,
    Post,
    Privacy,
    Restriction,
    Rule,
    SlotPlan,
)
from corridor.day.words import Channel


class Status(StrEnum):
    REQUESTED = "requested"
    WAITING = "waiting"
    SCHEDULED = "scheduled"
    ACTIVE = "active"
    ENDED = "ended"
    DENIED = "denied"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"


OPEN = frozenset({Status.REQUESTED, Status.WAITING, Status.SCHEDULED, Status.ACTIVE})
HELD = OPEN - {Status.SCHEDULED}
"""A student has one of these at most; passes for later come on top."""


class Leg(StrEnum):
    """Where an active pass is on its way."""

    OUTBOUND = "outbound"
    AT_DESTINATION = "at_destination"
    RETURNING = "returning"


class EndedHow(StrEnum):
    """How a pass ended: its provenance. Only `returned` and `arrived` measure the time out."""

    RETURNED = "returned"
    ARRIVED = "arrived"
    AUTO = "auto"
    STAFF = "staff"
    DAY_END = "day_end"


MEASURED = frozenset({EndedHow.RETURNED, EndedHow.ARRIVED})


class Approval(StrEnum):
    STAFF = "staff"
    NONE = "none"


class PassType(msgspec.Struct, frozen=True):
    """`minutes` is the usual time, `most_minutes` the longest a request may ask for; both 1 to 999.

    `kinds` are the kinds of location for which this type is the usual one; of several the one first in `position` is.
    """

    id: UUID
    school_id: UUID
    name: str
    icon: str
    colour: str
    minutes: int
    most_minutes: int
    approval: Approval
    round_trip: bool
    kinds: tuple[LocationKind, ...] = ()
    active: bool = True
    position: int = 0


class Pass(msgspec.Struct, frozen=True):
    """A pass at one moment of its life. Instants are UTC; people are named by their ids.

    `seq` is the ledger's sequence number of its first event.
    `origin_id` is null when neither the timetable nor anyone said where the student was. `section_id` is the section
    whose meeting the student leaves. `requested_by`, `decided_by` and `ended_by` are a person, or the token that acted;
    null means that time did it. `lifted` are the codes of the rules that staff overrode, `lift_reason` why; `noted`
    are the rules that objected without standing in the way.

    In line: `line` orders those who wait for the same destination, `offered_until` is set while a place is held for
    the student, `misses` counts the offers they let pass.

    For later: `planned_at` is when it shall begin, `appointment_id` where it comes from, `by_itself` whether it begins
    without anyone's doing, `declinable` whether the student may cancel it, `held_until` when to try again after rules
    stood against its beginning.
    """

    id: UUID
    school_id: UUID
    seq: int
    student_id: UUID
    origin_id: UUID | None
    destination_id: UUID
    section_id: UUID | None
    pass_type_id: UUID
    status: Status
    minutes: int
    channel: Channel
    requested_at: datetime
    requested_by: UUID | None
    leg: Leg | None = None
    overdue: bool = False
    reason: str | None = None
    decided_by: UUID | None = None
    started_at: datetime | None = None
    due_at: datetime | None = None
    arrived_at: datetime | None = None
    departed_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: UUID | None = None
    ended_how: EndedHow | None = None
    deny_reason: str | None = None
    lifted: tuple[str, ...] = ()
    lift_reason: str | None = None
    noted: tuple[UUID, ...] = ()
    line: int | None = None
    offered_until: datetime | None = None
    misses: int = 0
    planned_at: datetime | None = None
    appointment_id: UUID | None = None
    by_itself: bool = False
    declinable: bool = True
    held_until: datetime | None = None

    @property
    def measured(self) -> bool:
        """Whether its end was seen by someone: only then is the time out a fact."""
        return self.ended_how in MEASURED


class PassSettings(msgspec.Struct, frozen=True):
    """`lapse_minutes`: how long a request waits for an answer. `grace_minutes`: how long after its time is up a pass
    ends by itself. `offer_seconds`: how long a place in line is held for whoever's turn it is."""

    lapse_minutes: int = 10
    grace_minutes: int = 15
    offer_seconds: int = 30


class Tally(msgspec.Struct, frozen=True):
    """How often and how long a student was out to one place on one type of pass, in a span of dates.

    `seconds` are measured from start to end; where time or staff ended the pass, at most the minutes it was given.
    """

    passes: int = 0
    seconds: int = 0


class Outings(msgspec.Struct, frozen=True):
    """What counts together: one destination, one type of pass, one channel."""

    destination_id: UUID
    pass_type_id: UUID
    channel: Channel


class Visits(msgspec.Struct, frozen=True):
    """How many measured stays at a destination ended today, and how long they took together."""

    number: int = 0
    seconds: int = 0


class SchoolState(msgspec.Struct):
    """One school, now.

    `as_of` is the instant of the newest event and `day` its local date. `passes` are the open ones; `closed` those that
    were closed on `day`. `of_student` lists both kinds by student, oldest first. `going_to` counts active passes on
    their way to or at a location, `out_of` active passes by origin (None: unknown). `lines` has those who wait for a
    destination, in order. `visits` are today's by destination. `week` and `term` tally each student's passes that were
    started in the week and the term of `day`.

    What the school has decided: `all_rules`, and those of them that are asked (`rules`), in order; `groups`,
    `accommodations` by student, `closures` by location, `absences` by student, `delegations`, `appointments`,
    `slot_plans` and `posts` by location, `privacy` if it is not the usual, `restrictions` by student, and `freeze`
    while nobody may go.
    """

    campus: Campus
    pass_types: Mapping[UUID, PassType]
    settings: PassSettings
    day: date
    as_of: datetime
    all_rules: tuple[Rule, ...] = ()
    rules: tuple[Rule, ...] = ()
    groups: Mapping[UUID, Group] = {}
    accommodations: Mapping[UUID, tuple[Accommodation, ...]] = {}
    closures: Mapping[UUID, Closure] = {}
    absences: Mapping[UUID, Absence] = {}
    delegations: Mapping[UUID, Delegation] = {}
    appointments: Mapping[UUID, Appointment] = {}
    slot_plans: Mapping[UUID, SlotPlan] = {}
    posts: Mapping[UUID, Post] = {}
    privacy: Privacy | None = None
    restrictions: Mapping[UUID, Restriction] = {}
    freeze: Freeze | None = None
    passes: dict[UUID, Pass] = {}
    closed: dict[UUID, Pass] = {}
    of_student: dict[UUID, tuple[UUID, ...]] = {}
    going_to: dict[UUID, int] = {}
    out_of: dict[UUID | None, int] = {}
    lines: dict[UUID, tuple[UUID, ...]] = {}
    visits: dict[UUID, Visits] = {}
    week: dict[UUID, Mapping[Outings, Tally]] = {}
    term: dict[UUID, Mapping[Outings, Tally]] = {}
