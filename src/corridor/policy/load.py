"""Read what a school has decided from the tables, and write it back as rows."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from corridor.day.state import PassSettings, PassType, SchoolState
from corridor.ledger.chain import canonical
from corridor.ledger.decider import Rows
from corridor.ledger.store import table_of
from corridor.ledger.words import Recorded
from corridor.policy.events import PassSettingsSet, PassTypeSet, Set
from corridor.policy.shelf import BY_EVENT, BY_NAME
from corridor.policy.tables import PassSettingsRow, PassTypeRow, PolicyRow

Connection = psycopg.AsyncConnection[Any]

POLICY_TABLE = table_of(PolicyRow)
PASS_TYPE_TABLE = table_of(PassTypeRow)
SETTINGS_TABLE = table_of(PassSettingsRow)

_POLICIES = "SELECT kind, body FROM policy WHERE school_id = %s AND active ORDER BY kind, id"
_TYPES = ", ".join(PassType.__struct_fields__)
_PASS_TYPES = f"SELECT {_TYPES} FROM pass_type WHERE school_id = %s ORDER BY position, id"  # noqa: S608
_SETTINGS = "SELECT lapse_minutes, grace_minutes, offer_seconds FROM pass_settings WHERE school_id = %s"


async def load_policies(connection: Connection, state: SchoolState) -> None:
    """Put everything that the school has decided into a state that holds nothing of it yet."""

    async def rows(sql: str) -> list[Any]:
        return await (await connection.execute(sql, [state.campus.school.id], binary=True)).fetchall()

    for row in await rows(_PASS_TYPES):
        pass_type = msgspec.convert(dict(zip(PassType.__struct_fields__, row, strict=True)), PassType)
        state.pass_types = {**state.pass_types, pass_type.id: pass_type}
    for row in await rows(_SETTINGS):
        state.settings = PassSettings(*row)
    for kind, body in await rows(_POLICIES):
        shelf = BY_NAME[kind]
        shelf.put(state, None, msgspec.convert(body, shelf.value))


def policy_rows(draft: SchoolState, events: Sequence[Recorded]) -> Rows:
    """The rows of what these events decided."""
    kept: dict[Any, Mapping[str, Any]] = {}
    types: dict[UUID, Mapping[str, Any]] = {}
    rows: dict[Any, Any] = {}
    for recorded in events:
        event = recorded.event
        if isinstance(event, PassTypeSet):
            types[event.id] = msgspec.structs.asdict(event.after)
        elif isinstance(event, PassSettingsSet):
            rows[SETTINGS_TABLE] = [{"school_id": recorded.school_id, **msgspec.structs.asdict(event.after)}]
        elif isinstance(event, Set):
            row = policy_row(recorded, event)
            kept[row["kind"], row["id"]] = row | {"body": row["body"].decode()}
    if kept:
        rows[POLICY_TABLE] = list(kept.values())
    if types:
        rows[PASS_TYPE_TABLE] = list(types.values())
    return rows


def policy_row(recorded: Recorded, event: Set) -> dict[str, Any]:
    """`body` is JSON text in bytes."""
    return {
        "school_id": recorded.school_id,
        "id": event.id,
        "kind": BY_EVENT[type(event)].name,
        "body": canonical(event.after or event.before),
        "active": event.after is not None,
        "seq": recorded.seq,
        "changed_at": recorded.recorded_at,
    }
