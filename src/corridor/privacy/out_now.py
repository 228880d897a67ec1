"""Who is out and where, now: what a school hands out in an emergency. Pure."""

from datetime import datetime
from uuid import UUID

import msgspec

from corridor.day.state import Leg, Pass, SchoolState, Status
from corridor.passes.masking import MASK, masked_places


class OutRow(msgspec.Struct, frozen=True):
    """A student who is out. `where` says it in words, `since` when they were last seen to go or to arrive, `due` when
    they should be back; both instants."""

    student_id: UUID
    name: str
    grade: str | None
    where: str
    place: str
    arrived: bool
    since: datetime
    due: datetime | None
    overdue: bool


class OutNow(msgspec.Struct, frozen=True):
    """Everyone who is out at an instant, by where they are or go to. `masked`: some places read "Appointment"."""

    school_name: str
    time_zone: str
    at: datetime
    rows: tuple[OutRow, ...]
    masked: bool

    @property
    def student_ids(self) -> tuple[UUID, ...]:
        return tuple(dict.fromkeys(row.student_id for row in self.rows))

    @property
    def summary(self) -> str:
        number = len(self.rows)
        return "Nobody is out." if not number else "1 student is out." if number == 1 else f"{number} students are out."


def out_now(state: SchoolState, now: datetime, *, unmasked: bool) -> OutNow:
    """`unmasked`: places that tell of a student's health are named."""
    hidden = frozenset() if unmasked else masked_places(state)
    out = [pass_ for pass_ in state.passes.values() if pass_.status is Status.ACTIVE]
    rows = sorted((_row(state, pass_, hidden) for pass_ in out), key=lambda row: (row.place, row.name.casefold()))
    masked = any({pass_.destination_id, pass_.origin_id} & hidden for pass_ in out)
    school = state.campus.school
    return OutNow(school.name, school.time_zone, now, tuple(rows), masked)


def _row(state: SchoolState, pass_: Pass, hidden: frozenset[UUID]) -> OutRow:
    student = state.campus.students.get(pass_.student_id)
    place = _name(state, pass_.destination_id, hidden)
    origin = _name(state, pass_.origin_id, hidden)
    arrived = pass_.leg is Leg.AT_DESTINATION
    if arrived:
        where, since = f"At {place}", pass_.arrived_at
    elif pass_.leg is Leg.RETURNING:
        where, since = f"On the way back from {place}" + (f" to {origin}" if origin else ""), pass_.departed_at
    else:
        where, since = "On the way" + (f" from {origin}" if origin else "") + f" to {place}", pass_.started_at
    return OutRow(
        student_id=pass_.student_id,
        name=student.name if student else "A former student",
        grade=student.grade if student else None,
        where=where,
        place=place,
        arrived=arrived,
        since=since or pass_.started_at or pass_.requested_at,
        due=pass_.due_at,
        overdue=pass_.overdue,
    )


def _name(state: SchoolState, location_id: UUID | None, hidden: frozenset[UUID]) -> str:
    if location_id in hidden:
        return MASK
    location = state.campus.locations.get(location_id) if location_id else None
    return location.name if location else ""
