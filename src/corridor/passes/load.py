"""Read a school's state from the tables, and write passes back as rows."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from corridor.base.ids import derived_id
from corridor.campus.load import load_campus
from corridor.campus.timetable import local
from corridor.day.state import OPEN, Channel, Effect, Pass, PassSettings, PassType, Rule, SchoolState
from corridor.ledger.decider import Rows
from corridor.ledger.store import table_of
from corridor.ledger.words import Recorded
from corridor.passes.events import PassRefused
from corridor.passes.evolve import EVOLVE, count
from corridor.passes.tables import PassRow, RefusalRow
from corridor.rules.judge import KINDS

Connection = psycopg.AsyncConnection[Any]

PASS_TABLE = table_of(PassRow)
REFUSAL_TABLE = table_of(RefusalRow)
PASS_COLUMNS = ", ".join(Pass.__struct_fields__)
_PASSES = f"""
    SELECT {PASS_COLUMNS} FROM pass WHERE school_id = %s AND (status = ANY(%s) OR ended_at >= %s AND ended_at < %s)
    ORDER BY seq"""  # noqa: S608 - names of our own struct


async def load_state(connection: Connection, school_id: UUID, as_of: datetime) -> SchoolState:
    """The school's state as the tables tell it; `as_of` is the instant of its newest event."""

    async def rows(sql: str) -> list[Any]:
        return await (await connection.execute(sql, [school_id], binary=True)).fetchall()

    campus = await load_campus(connection, school_id)
    types = [
        msgspec.convert(dict(zip(PassType.__struct_fields__, row, strict=True)), PassType)
        for row in await rows(
            "SELECT id, school_id, name, icon, colour, minutes, most_minutes, approval, round_trip, kinds, active "
            "FROM pass_type WHERE school_id = %s ORDER BY position"
        )
    ]
    rules = tuple(
        Rule(
            id=id,
            kind=kind,
            params=msgspec.convert(params, KINDS[kind].params),
            effect=Effect(effect),
            channels=frozenset(Channel(channel) for channel in channels),
            overridable=overridable,
        )
        for id, kind, params, effect, channels, overridable in await rows(
            "SELECT id, kind, params, effect, channels, overridable FROM rule WHERE school_id = %s AND active "
            "ORDER BY position"
        )
    )
    settings = [
        PassSettings(*row)
        for row in await rows("SELECT lapse_minutes, grace_minutes FROM pass_settings WHERE school_id = %s")
    ]
    midnight = datetime.combine(local(campus, as_of).date(), time(), tzinfo=local(campus, as_of).tzinfo)
    cursor = await connection.execute(
        _PASSES, [school_id, list(OPEN), midnight, midnight + timedelta(days=1)], binary=True
    )
    state = SchoolState(
        campus=campus,
        pass_types={kind.id: kind for kind in types},
        rules=rules,
        settings=settings[0] if settings else PassSettings(),
        day=midnight.date(),
        passes={},
        closed={},
        of_student={},
        going_to={},
        out_of={},
    )
    for row in await cursor.fetchall():
        pass_ = pass_from_row(row)
        (state.passes if pass_.status in OPEN else state.closed)[pass_.id] = pass_
        state.of_student[pass_.student_id] = (*state.of_student.get(pass_.student_id, ()), pass_.id)
        count(state, pass_, +1)
    return state


def pass_from_row(row: Sequence[Any]) -> Pass:
    """A pass from its columns in the order of the struct's fields."""
    return msgspec.convert(dict(zip(Pass.__struct_fields__, row, strict=True)), Pass)


def draft(state: SchoolState) -> SchoolState:
    """A copy whose own dictionaries may be changed; what is in them is shared."""
    return msgspec.structs.replace(
        state,
        passes=state.passes.copy(),
        closed=state.closed.copy(),
        of_student=state.of_student.copy(),
        going_to=state.going_to.copy(),
        out_of=state.out_of.copy(),
    )


def pass_rows(draft: SchoolState, events: Sequence[Recorded]) -> Rows:
    """The rows of the passes that these events touched, as they now are, and of the refusals."""
    touched = {}
    refusals = []
    for recorded in events:
        event = recorded.event
        if isinstance(event, PassRefused):
            refusals.append(refusal_row(recorded, event))
        elif type(event) in EVOLVE:
            pass_id: UUID = event.pass_id  # type: ignore[union-attr]
            touched[pass_id] = draft.passes.get(pass_id) or draft.closed[pass_id]
    rows: dict[Any, Any] = {}
    if touched:
        rows[PASS_TABLE] = list(touched.values())
    if refusals:
        rows[REFUSAL_TABLE] = refusals
    return rows


def refusal_row(recorded: Recorded, event: PassRefused) -> dict[str, Any]:
    return {
        "id": derived_id("refusal", recorded.school_id, recorded.seq),
        "school_id": recorded.school_id,
        "seq": recorded.seq,
        "at": recorded.recorded_at,
        "pass_id": event.pass_id,
        "student_id": event.student_id,
        "destination_id": event.destination_id,
        "channel": event.channel,
        "codes": list(event.codes),
    }
