"""Reads of what a school has decided that its state does not hold: how often rules spoke, and who changed them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from corridor.base.database import Database
from corridor.day.policy import RuleText
from corridor.identity.names import names_of
from corridor.identity.permissions import Action, require
from corridor.identity.principal import Principal
from corridor.policy.events import RuleSet

_FIRED = """
    SELECT rule_id, count(*) FROM (
        SELECT unnest(rule_ids) AS rule_id FROM refusal WHERE school_id = %(school)s AND at >= %(since)s
        UNION ALL
        SELECT unnest(noted) FROM pass WHERE school_id = %(school)s AND requested_at >= %(since)s AND noted <> '{}'
    ) AS spoke GROUP BY rule_id"""
_CHANGES = """
    SELECT seq, recorded_at, body::text FROM ledger_event
    WHERE school_id = %(school)s AND kind = 'rule_set' AND body ->> 'id' = %(rule)s::text
    ORDER BY seq DESC LIMIT %(most)s"""
_decoder = msgspec.json.Decoder(RuleSet)


class RuleChange(msgspec.Struct, frozen=True):
    """A change of a rule. `by` is the name of the person or program, null when nobody is known under the id any more.
    `before` is null when the rule was new, `after` when it was removed."""

    seq: int
    at: datetime
    by: str | None
    before: RuleText | None
    after: RuleText | None


async def fired_since(database: Database, viewer: Principal, school_id: UUID, since: datetime) -> dict[UUID, int]:
    """How often each rule stood against a pass, or was noted on one, by rule. Rules that never did are left out."""
    require(viewer, Action.RULE_VIEW, school_id=school_id)
    async with database.raw() as connection:
        cursor = await connection.execute(_FIRED, {"school": school_id, "since": since})
        return {row[0]: row[1] for row in await cursor.fetchall()}


async def changes_of_rule(
    database: Database, viewer: Principal, school_id: UUID, rule_id: UUID, *, most: int = 100
) -> list[RuleChange]:
    """The newest first."""
    require(viewer, Action.RULE_VIEW, school_id=school_id)
    async with database.raw() as connection:
        parameters: dict[str, Any] = {"school": school_id, "rule": rule_id, "most": most}
        rows = await (await connection.execute(_CHANGES, parameters)).fetchall()
        events = [(row[0], row[1], _decoder.decode(row[2])) for row in rows if row[2]]
        names = await names_of(connection, {event.by for _, _, event in events if event.by})
    return [
        RuleChange(seq, at, names.get(event.by) if event.by else None, event.before, event.after)
        for seq, at, event in events
    ]
