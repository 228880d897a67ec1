"""Read a school's state from the tables, and write passes back as rows."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from corridor.base.ids import derived_id
from corridor.campus.load import load_campus
from corridor.campus.timetable import local, midnight, term_span, week_of
from corridor.day.state import OPEN, Outings, Pass, PassSettings, SchoolState, Status, Tally
from corridor.day.words import Channel
from corridor.ledger.decider import Rows
from corridor.ledger.store import table_of
from corridor.ledger.words import Recorded
from corridor.passes.events import PassRefused, passes_of
from corridor.passes.evolve import EVOLVE, advance, count, line_of, visit
from corridor.passes.tables import PassRow, RefusalRow
from corridor.policy.load import load_policies

Connection = psycopg.AsyncConnection[Any]

PASS_TABLE = table_of(PassRow)
REFUSAL_TABLE = table_of(RefusalRow)
PASS_COLUMNS = ", ".join(Pass.__struct_fields__)
_PASSES = f"""
    SELECT {PASS_COLUMNS} FROM pass WHERE school_id = %s AND (status = ANY(%s) OR ended_at >= %s AND ended_at < %s)
    ORDER BY seq"""  # noqa: S608 - names of our own struct
# Seconds as `corridor.rules.limit.seconds_out` counts them.
_TALLIES = """
    SELECT student_id, destination_id, pass_type_id, channel, count(*), coalesce(sum(
        CASE WHEN ended_at IS NULL THEN 0
             WHEN ended_how IN ('returned', 'arrived') THEN floor(extract(epoch FROM ended_at - started_at))
             ELSE least(floor(extract(epoch FROM ended_at - started_at)), minutes * 60) END), 0)::bigint
    FROM pass WHERE school_id = %s AND started_at >= %s AND started_at < %s
    GROUP BY student_id, destination_id, pass_type_id, channel"""


async def load_state(connection: Connection, school_id: UUID, as_of: datetime) -> SchoolState:
    """The school's state as the tables tell it; `as_of` is the instant of its newest event."""

    async def rows(sql: str, *values: Any) -> list[Any]:
        return await (await connection.execute(sql, [school_id, *values], binary=True)).fetchall()

    campus = await load_campus(connection, school_id)
    here = local(campus, as_of)
    state = SchoolState(campus=campus, pass_types={}, settings=PassSettings(), day=here.date(), as_of=as_of)
    await load_policies(connection, state)
    day = here.date()
    for row in await rows(_PASSES, list(OPEN), midnight(campus, day), midnight(campus, day + timedelta(days=1))):
        pass_ = pass_from_row(row)
        if pass_.status in OPEN:
            state.passes[pass_.id] = pass_
        else:
            state.closed[pass_.id] = pass_
            visit(state, pass_)
        state.of_student[pass_.student_id] = (*state.of_student.get(pass_.student_id, ()), pass_.id)
        count(state, pass_, +1)
    waiting = [pass_ for pass_ in state.passes.values() if pass_.status is Status.WAITING]
    for place_id in {pass_.destination_id for pass_ in waiting}:
        state.lines[place_id] = line_of(pass_ for pass_ in waiting if pass_.destination_id == place_id)
    monday = week_of(day)
    state.week = _tallies(await rows(_TALLIES, midnight(campus, monday), midnight(campus, monday + timedelta(days=7))))
    if term := term_span(campus, day):
        ends = midnight(campus, term.ends_on + timedelta(days=1))
        state.term = _tallies(await rows(_TALLIES, midnight(campus, term.begins_on), ends))
    return state


def _tallies(rows: Sequence[Any]) -> dict[UUID, Mapping[Outings, Tally]]:
    tallies: dict[UUID, dict[Outings, Tally]] = {}
    for student_id, destination_id, pass_type_id, channel, passes, seconds in rows:
        outings = Outings(destination_id, pass_type_id, Channel(channel))
        tallies.setdefault(student_id, {})[outings] = Tally(passes, seconds)
    return {**tallies}


def pass_from_row(row: Sequence[Any]) -> Pass:
    """A pass from its columns in the order of the struct's fields."""
    return msgspec.convert(dict(zip(Pass.__struct_fields__, row, strict=True)), Pass)


def pass_rows(draft: SchoolState, events: Sequence[Recorded]) -> Rows:
    """The rows of the passes that these events touched, as they now are, and of the refusals."""
    touched = {}
    refusals = []
    for recorded in events:
        event = recorded.event
        if isinstance(event, PassRefused):
            refusals.append(refusal_row(recorded, event))
        elif type(event) in EVOLVE:
            assert event is not None
            for pass_id in passes_of(event):
                known = draft.passes.get(pass_id) or draft.closed.get(pass_id)
                # A correction may be of a pass that the state no longer knows.
                touched[pass_id] = known or advance(event.before, recorded)  # type: ignore[attr-defined]
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
        "rule_ids": list(event.rule_ids),
    }
