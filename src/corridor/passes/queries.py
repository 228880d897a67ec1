"""Reads of passes. Every one takes the viewer and gives only what they may see."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from corridor.base.database import Database
from corridor.base.errors import NotFound
from corridor.day.state import HELD, Leg, Pass, SchoolState, Status
from corridor.day.words import Channel
from corridor.identity.permissions import Action, require
from corridor.identity.principal import Principal
from corridor.ledger.engine import Ledger
from corridor.passes.load import PASS_COLUMNS, pass_from_row
from corridor.passes.masking import MASK, Eyes, ShownPass, eyes_of

_IN_SIGHT = "(student_id = ANY(%s) OR destination_id = ANY(%s) OR origin_id = ANY(%s))"
_BY_ID = f"SELECT {PASS_COLUMNS} FROM pass WHERE id = %s"  # noqa: S608 - names of our own struct


class BoardRow(msgspec.Struct, frozen=True):
    """An open pass as a board shows it: what of a `Pass` changes while it is open, and the names that go with it.

    `place` is the student's place in line while they wait, `lifted` are the codes of the rules that staff overrode.
    `masked` as in a pass: what is not for the reader is null, and its name reads "Appointment".
    """

    id: UUID
    student_id: UUID
    student_name: str
    origin_id: UUID | None
    origin_name: str | None
    destination_id: UUID | None
    destination_name: str
    section_id: UUID | None
    pass_type_id: UUID | None
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
    masked: bool = False


_SHARED = tuple(name for name in BoardRow.__struct_fields__ if name in ShownPass.__struct_fields__)


class Board(msgspec.Struct, frozen=True):
    """Everyone who is out, waits in line or asks, after event `seq`, as far as the reader may see: the overdue first,
    then those due soonest, then requests and those in line. Passes for later are not on it."""

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


async def find_pass(
    ledger: Ledger[SchoolState],
    database: Database,
    viewer: Principal,
    pass_id: UUID,
    *,
    action: Action = Action.PASS_VIEW,
) -> tuple[Pass, Eyes]:
    """A pass that the viewer may see, and act on by `action`, with the eyes that they see it with.

    Raises `NotPermitted` for a role without the right, and the same `NotFound` for what is elsewhere or not there.
    """
    require(viewer, action)
    pass_ = _known_pass(ledger, pass_id) or await _read_pass(database, pass_id)
    if pass_ is None or not viewer.reaches(pass_.school_id):
        raise no_pass()
    eyes = eyes_of(await ledger.state(pass_.school_id), viewer, ledger.clock.now(), action)
    if not eyes.sees(pass_):
        raise no_pass()
    return pass_, eyes


async def list_passes(
    ledger: Ledger[SchoolState],
    database: Database,
    viewer: Principal,
    school_id: UUID,
    wanted: PassFilter,
    limit: int,
) -> list[ShownPass]:
    """Up to `limit` passes, the newest first."""
    require(viewer, Action.PASS_VIEW, school_id=school_id)
    eyes = eyes_of(await ledger.state(school_id), viewer, ledger.clock.now())
    conditions: list[tuple[str, Sequence[Any]]] = [("school_id = %s", [school_id])]
    if wanted.status:
        conditions.append(("status = %s", [wanted.status]))
    if wanted.student_id:
        conditions.append(("student_id = %s", [wanted.student_id]))
    if not eyes.sight.everyone:
        conditions.append((_IN_SIGHT, _in_sight(eyes)))
    if wanted.starts:
        conditions.append(("requested_at >= %s", [wanted.starts]))
    if wanted.ends:
        conditions.append(("requested_at < %s", [wanted.ends]))
    if wanted.before_seq is not None:
        conditions.append(("seq < %s", [wanted.before_seq]))
    where = " AND ".join(condition for condition, _ in conditions)
    values = [value for _, some in conditions for value in some]
    sql = f"SELECT {PASS_COLUMNS} FROM pass WHERE {where} ORDER BY seq DESC LIMIT %s"  # noqa: S608
    async with database.raw() as connection:
        cursor = await connection.execute(sql, [*values, limit], binary=True)
        return [eyes.shown(pass_from_row(row)) for row in await cursor.fetchall()]


async def passes_seen(database: Database, eyes: Eyes, pass_ids: Collection[UUID]) -> set[UUID]:
    """Which of these passes somebody sees."""
    sql = f"SELECT id FROM pass WHERE id = ANY(%s) AND {_IN_SIGHT}"  # noqa: S608
    async with database.raw() as connection:
        cursor = await connection.execute(sql, [list(pass_ids), *_in_sight(eyes)])
        return {row[0] for row in await cursor.fetchall()}


def _in_sight(eyes: Eyes) -> list[list[UUID]]:
    """What `_IN_SIGHT` takes."""
    places = list(eyes.sight.places)
    return [list(eyes.sight.students), places, places]


def board(state: SchoolState, seq: int, eyes: Eyes) -> Board:
    """Everyone who is out or asks to be, of those in sight."""
    held = (pass_ for pass_ in state.passes.values() if pass_.status in HELD and eyes.sees(pass_))
    rows = sorted(held, key=_urgency)
    places = {pass_id: place for line in state.lines.values() for place, pass_id in enumerate(line, start=1)}
    return Board(
        state.campus.school.id, seq, tuple(_board_row(state, pass_, places.get(pass_.id), eyes) for pass_ in rows)
    )


def _urgency(pass_: Pass) -> tuple[bool, bool, datetime, UUID]:
    return pass_.due_at is None, not pass_.overdue, pass_.due_at or pass_.requested_at, pass_.id


def _board_row(state: SchoolState, pass_: Pass, place: int | None, eyes: Eyes) -> BoardRow:
    campus = state.campus
    student = campus.students.get(pass_.student_id)
    shown: Any = eyes.shown(pass_) if eyes.masks(pass_) else pass_
    return BoardRow(
        student_name=student.name if student else "A former student",
        origin_name=campus.locations[shown.origin_id].name if shown.origin_id else MASK if pass_.origin_id else None,
        destination_name=campus.locations[shown.destination_id].name if shown.destination_id else MASK,
        pass_type_name=state.pass_types[shown.pass_type_id].name if shown.pass_type_id else MASK,
        place=place,
        **{name: getattr(shown, name) for name in _SHARED if name != "masked"},
        masked=shown is not pass_,
    )


def _known_pass(ledger: Ledger[SchoolState], pass_id: UUID) -> Pass | None:
    found = (state.passes.get(pass_id) or state.closed.get(pass_id) for state in ledger.states())
    return next(filter(None, found), None)


async def _read_pass(database: Database, pass_id: UUID) -> Pass | None:
    async with database.raw() as connection:
        row = await (await connection.execute(_BY_ID, [pass_id], binary=True)).fetchone()
    return pass_from_row(row) if row else None


def no_pass() -> NotFound:
    return NotFound("There is no such pass.")
