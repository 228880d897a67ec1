"""Reads of passes. Every one takes the viewer and gives only what they may see."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from corridor.base.database import Database
from corridor.base.errors import NotFound
from corridor.day.state import HELD, Leg, Pass, SchoolState, Status
from corridor.day.words import Channel
from corridor.identity.permissions import Action, person_limit, require
from corridor.identity.principal import Principal
from corridor.ledger.engine import Ledger
from corridor.passes.load import PASS_COLUMNS, pass_from_row
from corridor.passes.withheld import for_student

_BY_ID = f"SELECT {PASS_COLUMNS} FROM pass WHERE id = %s"  # noqa: S608 - names of our own struct


class BoardRow(msgspec.Struct, frozen=True):
    """An open pass as a board shows it: what of a `Pass` changes while it is open, and the names that go with it.

    `place` is the student's place in line while they wait, `lifted` are the codes of the rules that staff overrode.
    """

    id: UUID
    student_id: UUID
    student_name: str
    origin_id: UUID | None
    origin_name: str | None
    destination_id: UUID
    destination_name: str
    section_id: UUID | None
    pass_type_id: UUID
    pass_type_name: str
    status: Status
    leg: Leg | None
    overdue: bool
    minutes: int
    channel: Channel
    reason: str | None
    requested_at: datetime
    started_at: datetime | None
    due_at: datetime | None
    arrived_at: datetime | None
    departed_at: datetime | None
    lifted: tuple[str, ...]
    offered_until: datetime | None
    place: int | None


_SHARED = tuple(name for name in BoardRow.__struct_fields__ if name in Pass.__struct_fields__)


class Board(msgspec.Struct, frozen=True):
    """Everyone who is out, waits in line or asks, after event `seq`: the overdue first, then those due soonest, then
    requests and those in line. Passes for later are not on it."""

    school_id: UUID
    seq: int
    items: tuple[BoardRow, ...]


class PassFilter(msgspec.Struct, frozen=True):
    """`starts`, `ends`: requested at or after, and before. `before_seq`: the cursor, since the newest come first."""

    status: Status | None = None
    student_id: UUID | None = None
    starts: datetime | None = None
    ends: datetime | None = None
    before_seq: int | None = None


async def find_pass(ledger: Ledger[SchoolState], database: Database, viewer: Principal, pass_id: UUID) -> Pass:
    """A pass, if the viewer may see it."""
    pass_ = _known_pass(ledger, pass_id) or await _read_pass(database, pass_id)
    if pass_ is None:
        raise _no_pass()
    _must_see(viewer, Action.PASS_VIEW, pass_.school_id, pass_.student_id)
    return _for(viewer, pass_)


async def school_of_pass(
    ledger: Ledger[SchoolState], database: Database, actor: Principal, action: Action, pass_id: UUID
) -> UUID:
    """The school of a pass that the actor may act on."""
    pass_ = _known_pass(ledger, pass_id) or await _read_pass(database, pass_id)
    if pass_ is None:
        raise _no_pass()
    _must_see(actor, action, pass_.school_id, pass_.student_id)
    return pass_.school_id


async def list_passes(
    database: Database, viewer: Principal, school_id: UUID, wanted: PassFilter, limit: int
) -> list[Pass]:
    """Up to `limit` passes, the newest first."""
    require(viewer, Action.PASS_VIEW, school_id=school_id)
    own = person_limit(viewer, Action.PASS_VIEW)
    conditions: Mapping[str, Any] = {
        "school_id = %s": school_id,
        "status = %s": wanted.status,
        "student_id = %s": wanted.student_id,
        "student_id  = %s": own,
        "requested_at >= %s": wanted.starts,
        "requested_at < %s": wanted.ends,
        "seq < %s": wanted.before_seq,
    }
    given = {condition: value for condition, value in conditions.items() if value is not None}
    sql = f"SELECT {PASS_COLUMNS} FROM pass WHERE {' AND '.join(given)} ORDER BY seq DESC LIMIT %s"  # noqa: S608
    async with database.raw() as connection:
        cursor = await connection.execute(sql, [*given.values(), limit], binary=True)
        return [_for(viewer, pass_from_row(row)) for row in await cursor.fetchall()]


async def passes_of(database: Database, student_id: UUID, pass_ids: Collection[UUID]) -> set[UUID]:
    """Which of these passes are the student's."""
    async with database.raw() as connection:
        cursor = await connection.execute(
            "SELECT id FROM pass WHERE id = ANY(%s) AND student_id = %s", [list(pass_ids), student_id]
        )
        return {row[0] for row in await cursor.fetchall()}


def board(state: SchoolState, seq: int) -> Board:
    """Everyone who is out or asks to be."""
    rows = sorted((pass_ for pass_ in state.passes.values() if pass_.status in HELD), key=_urgency)
    places = {pass_id: place for line in state.lines.values() for place, pass_id in enumerate(line, start=1)}
    return Board(state.campus.school.id, seq, tuple(_board_row(state, pass_, places.get(pass_.id)) for pass_ in rows))


def _urgency(pass_: Pass) -> tuple[bool, bool, datetime, UUID]:
    return pass_.due_at is None, not pass_.overdue, pass_.due_at or pass_.requested_at, pass_.id


def _board_row(state: SchoolState, pass_: Pass, place: int | None) -> BoardRow:
    campus = state.campus
    student = campus.students.get(pass_.student_id)
    return BoardRow(
        student_name=student.name if student else "A former student",
        origin_name=campus.locations[pass_.origin_id].name if pass_.origin_id else None,
        destination_name=campus.locations[pass_.destination_id].name,
        pass_type_name=state.pass_types[pass_.pass_type_id].name,
        place=place,
        **{name: getattr(pass_, name) for name in _SHARED},
    )


def _for(viewer: Principal, pass_: Pass) -> Pass:
    """The pass as the viewer may read it."""
    return pass_ if person_limit(viewer, Action.PASS_VIEW) is None else for_student(pass_)


def _known_pass(ledger: Ledger[SchoolState], pass_id: UUID) -> Pass | None:
    found = (state.passes.get(pass_id) or state.closed.get(pass_id) for state in ledger.states())
    return next(filter(None, found), None)


async def _read_pass(database: Database, pass_id: UUID) -> Pass | None:
    async with database.raw() as connection:
        row = await (await connection.execute(_BY_ID, [pass_id], binary=True)).fetchone()
    return pass_from_row(row) if row else None


def _must_see(viewer: Principal, action: Action, school_id: UUID, student_id: UUID) -> None:
    """Raises `NotPermitted` for a role without the right, and the same `NotFound` for what is elsewhere or not
    there."""
    try:
        require(viewer, action, school_id=school_id, person_id=student_id)
    except NotFound:
        raise _no_pass() from None


def _no_pass() -> NotFound:
    return NotFound("There is no such pass.")
