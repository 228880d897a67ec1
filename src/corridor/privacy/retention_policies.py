"""What a school once decided and no longer does: appointments that are over, past absences, former groups and rules."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.ledger.redact import redact
from corridor.privacy.retention_kinds import Kind
from corridor.privacy.retention_passes import NOBODY_HELD, Values


class Former(NamedTuple):
    """The policies of a kind of record. `over` says in SQL when one that stands is over all the same."""

    policies: tuple[str, ...]
    over: str

    @property
    def events(self) -> list[str]:
        return [f"{policy}_set" for policy in self.policies]


FORMER: Mapping[Kind, Former] = {
    Kind.APPOINTMENT: Former(("appointment",), "false"),
    Kind.AWAY: Former(
        ("absence", "closure", "freeze"),
        """CASE kind
            WHEN 'absence' THEN coalesce((body ->> 'until')::timestamptz,
                (body ->> 'since')::timestamptz + interval '1 day') < :until
            WHEN 'closure' THEN (body ->> 'until')::timestamptz < :until
            ELSE false END""",
    ),
    Kind.DECISION: Former(
        ("rule", "group", "accommodation", "delegation", "post", "slot_plan", "privacy", "restriction"),
        "CASE WHEN kind IN ('accommodation', 'delegation') THEN (body ->> 'ends_on')::date < :until ELSE false END",
    ),
}

_OVER = """
    UPDATE policy SET active = false
    WHERE school_id = :school AND active AND kind = ANY(:policies) AND seq IS NOT NULL AND changed_at < :until
    AND ({over}) AND """ + NOBODY_HELD.format("policy")  # noqa: S608 - our own words
_NO_LONGER_HOLDING = f"""
    FROM ledger_event AS event
    WHERE school_id = :school AND recorded_at < :until AND body IS NOT NULL AND kind = ANY(:events)
    AND {NOBODY_HELD.format("event")} AND NOT EXISTS (
        SELECT FROM policy WHERE policy.school_id = event.school_id AND policy.seq = event.seq AND policy.active
        AND policy.kind = ANY(:policies))"""
_STILL_TOLD = text("""
    SELECT DISTINCT kind || ' ' || (body ->> 'id') FROM ledger_event
    WHERE school_id = :school AND kind = ANY(:events) AND body IS NOT NULL""")
_DROP = text("""
    DELETE FROM policy WHERE school_id = :school AND NOT active AND kind = ANY(:policies)
    AND changed_at < :until AND (kind || '_set ' || id) <> ALL(CAST(:told AS text[]))""")


def _parameters(kind: Kind, values: Values) -> dict[str, Any]:
    former = FORMER[kind]
    return {**values, "policies": list(former.policies), "events": former.events}


async def count_former(session: AsyncSession, kind: Kind, values: Values) -> int:
    """How many events `forget_former` would forget now."""
    over = FORMER[kind].over
    standing = f"""
        SELECT count(*) FROM policy
        WHERE school_id = :school AND active AND kind = ANY(:policies) AND seq IS NOT NULL AND changed_at < :until
        AND ({over}) AND {NOBODY_HELD.format("policy")}"""  # noqa: S608 - our own words
    parameters = _parameters(kind, values)
    gone = await session.scalar(text(f"SELECT count(*) {_NO_LONGER_HOLDING}"), parameters)
    return int(gone or 0) + int(await session.scalar(text(standing), parameters) or 0)


async def forget_former(session: AsyncSession, kind: Kind, values: Values) -> int:
    """Forget what is over and what no longer stands. Returns of how many events."""
    parameters = _parameters(kind, values)
    await session.execute(text(_OVER.replace("{over}", FORMER[kind].over)), parameters)
    seqs = (await session.scalars(text(f"SELECT seq {_NO_LONGER_HOLDING} ORDER BY seq"), parameters)).all()
    await redact(session, values["school"], seqs)
    told = (await session.scalars(_STILL_TOLD, parameters)).all()
    await session.execute(_DROP, parameters | {"told": list(told)})
    return len(seqs)
