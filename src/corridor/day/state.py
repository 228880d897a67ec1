"""The live day of one school as plain data. No behaviour: rules read it, `evolve` advances it."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from corridor.campus.model import Campus
from corridor.campus.words import LocationKind


class Status(StrEnum):
    REQUESTED = "requested"
    ACTIVE = "active"
    ENDED = "ended"
    DENIED = "denied"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"


OPEN = frozenset({Status.REQUESTED, Status.ACTIVE})


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


class Channel(StrEnum):
    """The way a pass was asked for."""

    STUDENT = "student"
    STAFF = "staff"
    KIOSK = "kiosk"


class Approval(StrEnum):
    STAFF = "staff"
    NONE = "none"


class PassType(msgspec.Struct, frozen=True):
    """`minutes` is the usual time, `most_minutes` the longest a request may ask for; both 1 to 999.

    `kinds` are the kinds of location for which this type is the usual one.
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


class Pass(msgspec.Struct, frozen=True):
    """A pass at one moment of its life. Instants are UTC; people are named by their ids.

    `seq` is the ledger's sequence number of its first event.
    `origin_id` is null when neither the timetable nor anyone said where the student was. `section_id` is the section
    whose meeting the student leaves. `requested_by`, `decided_by` and `ended_by` are a person, or the token that acted;
    null means that time did it. `lifted` are the codes of the rules that staff overrode, `lift_reason` why.
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


class Effect(StrEnum):
    """What a rule does to a request, from the mildest to the strongest."""

    ALLOW = "allow"
    WARN = "warn"
    NEEDS_STAFF = "needs_staff"
    WAIT = "wait"
    REFUSE = "refuse"


class Rule(msgspec.Struct, frozen=True):
    """One configured rule. `kind` names its file in `rules/`, `params` is that file's struct.

    `channels` are those it watches; `overridable` says whether staff may lift it.
    """

    id: UUID
    kind: str
    params: msgspec.Struct
    effect: Effect
    channels: frozenset[Channel]
    overridable: bool


class PassSettings(msgspec.Struct, frozen=True):
    """`lapse_minutes`: how long a request waits for an answer. `grace_minutes`: how long after its time is up a pass
    ends by itself."""

    lapse_minutes: int = 10
    grace_minutes: int = 15


class SchoolState(msgspec.Struct):
    """One school, now.

    `passes` are the open ones; `closed` those that were closed on `day`, the local date of the newest event.
    `of_student` lists both kinds by student, oldest first. `going_to` counts active passes on their way to or at a
    location, `out_of` active passes by origin.
    """

    campus: Campus
    pass_types: Mapping[UUID, PassType]
    rules: tuple[Rule, ...]
    settings: PassSettings
    day: date
    passes: dict[UUID, Pass]
    closed: dict[UUID, Pass]
    of_student: dict[UUID, tuple[UUID, ...]]
    going_to: dict[UUID, int]
    out_of: dict[UUID, int]
