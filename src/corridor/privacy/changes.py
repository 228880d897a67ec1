"""Who changed what, when: administrators' changes of the installation, and what schools decided, as one list."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from corridor.base.database import Database
from corridor.identity import audit
from corridor.identity.audit import AdminChanged
from corridor.privacy.retention_tables import CHANGES

_PLAIN = ("by", "before", "after", "id")
_SHORT = 8
_LONGEST = 120
_CHANGES = f"""
    SELECT school_id, seq, recorded_at, kind, body FROM ledger_event
    WHERE ({CHANGES.replace("%", "%%")})
    AND school_id = ANY(%(streams)s) AND (recorded_at, seq) < (%(before)s, %(before_seq)s) AND recorded_at >= %(since)s
    AND (kind <> 'admin_changed' OR %(everything)s OR (body ->> 'school_id')::uuid = ANY(%(schools)s))
    AND (%(who)s::uuid IS NULL OR (body ->> 'by')::uuid = %(who)s)
    AND (%(topic)s::text IS NULL OR CASE WHEN kind = 'admin_changed'
        THEN split_part(body ->> 'what', '.', 1) ELSE split_part(kind, '_', 1) END ~ %(topic)s)
    ORDER BY recorded_at DESC, seq DESC LIMIT %(limit)s"""  # noqa: S608 - our own words
_NAMES = """
    SELECT id, coalesce(preferred_given_name, given_name) || ' ' || coalesce(preferred_family_name, family_name)
    FROM person WHERE id = ANY(%(ids)s) AND EXISTS (
        SELECT FROM membership WHERE person_id = person.id AND role NOT IN ('student', 'guardian'))
    UNION ALL SELECT account.id, coalesce(person.given_name || ' ' || person.family_name, account.username)
    FROM account LEFT JOIN person ON person.id = person_id
    WHERE account.id = ANY(%(ids)s) AND account.role NOT IN ('student', 'guardian')
    UNION ALL SELECT id, name FROM api_token WHERE id = ANY(%(ids)s)
    UNION ALL SELECT id, name FROM device WHERE id = ANY(%(ids)s)
    UNION ALL SELECT id, name FROM location WHERE id = ANY(%(ids)s)"""


class Topic(StrEnum):
    """What a change is about."""

    RULES = "rules"
    PLACES = "places"
    DAY = "day"
    ACCOUNTS = "accounts"
    RECORDS = "records"


_TOPICS: Mapping[Topic, str] = {
    Topic.RULES: "^(rule|pass|group|accommodation|delegation|privacy|post|slot)$",
    Topic.PLACES: "^(location|zone)$",
    Topic.DAY: "^(absence|closure|freeze|appointment)$",
    Topic.RECORDS: "^(retention|records|disclosure|hold|erasure)$",
    Topic.ACCOUNTS: "^(?!(rule|pass|group|accommodation|delegation|privacy|post|slot|location|zone)$)"
    "(?!(absence|closure|freeze|appointment|retention|records|disclosure|hold|erasure)$)",
}


class Change(msgspec.Struct, frozen=True):
    """`what` is such as "rule.changed". `by` is null when the command line or time did it, `role` known of some.
    `about` names what was changed, where it has a name; `details` are the fields, in words. `forgotten`: what it was
    has been kept long enough."""

    stream_id: UUID
    seq: int
    at: datetime
    school_id: UUID | None
    what: str
    by: UUID | None
    by_name: str | None
    role: str | None
    about_id: UUID | None
    about: str | None
    details: tuple[str, ...]
    forgotten: bool = False


class Wanted(msgspec.Struct, frozen=True):
    """Which changes: of these schools, and with `everything` also those of the whole installation; those before an
    instant and sequence number, the newest first."""

    schools: Collection[UUID]
    everything: bool
    before: datetime
    before_seq: int
    since: datetime
    who: UUID | None = None
    topic: Topic | None = None
    limit: int = 100


async def find_changes(database: Database, wanted: Wanted) -> list[Change]:
    """The newest first."""
    values = {
        "streams": [*wanted.schools, audit.STREAM],
        "schools": list(wanted.schools),
        "everything": wanted.everything,
        "before": wanted.before,
        "before_seq": wanted.before_seq,
        "since": wanted.since,
        "who": wanted.who,
        "topic": _TOPICS[wanted.topic] if wanted.topic else None,
        "limit": wanted.limit,
    }
    async with database.raw() as connection:
        rows = await (await connection.execute(_CHANGES, values)).fetchall()
        ids = {found for row in rows for found in _ids(row[4])}
        names = dict(await (await connection.execute(_NAMES, {"ids": list(ids)})).fetchall()) if ids else {}
    return [_change(row, names) for row in rows]


def _change(row: Sequence[Any], names: Mapping[UUID, str]) -> Change:
    stream_id, seq, at, kind, body = row
    own = stream_id == audit.STREAM
    if body is None:
        what = "change" if own else kind
        return Change(
            stream_id, seq, at, None if own else stream_id, what, None, None, None, None, None, (), forgotten=True
        )
    by = UUID(body["by"]) if body.get("by") else None
    if own:
        told = msgspec.convert(body, AdminChanged)
        about = names.get(told.about) if told.about else None
        details = tuple(
            f"{key.replace('_', ' ')}: {_shown(value, names)}"
            for key, value in told.details.items()
            if value not in (None, "", [], about)
        )
        school_id, what, role, about_id = told.school_id, told.what, told.role, told.about
    else:
        before, after = body.get("before"), body.get("after") or body.get("location") or body.get("zone")
        done = "removed" if after is None else "added" if before is None else "changed"
        what = f"{kind.rpartition('_')[0]}.{done}"
        named = after or before or {}
        about_id = UUID(named["id"]) if isinstance(named, dict) and named.get("id") else None
        about = _named(named) or (names.get(about_id) if about_id else None)
        school_id, role, details = stream_id, None, _differences(before or {}, after or {}, names)
    return Change(
        stream_id, seq, at, school_id, what, by, names.get(by) if by else None, role, about_id, about, details
    )


def _named(value: Any) -> str | None:
    if not isinstance(value, dict):
        return None
    name = value.get("name") or value.get("kind")
    return str(name).replace("_", " ") if name else None


def _differences(before: Mapping[str, Any], after: Mapping[str, Any], names: Mapping[UUID, str]) -> tuple[str, ...]:
    """The fields that changed, each with both values; nothing for what is new or gone."""
    if not before or not after:
        return ()
    keys = [key for key in {**before, **after} if key not in _PLAIN and before.get(key) != after.get(key)]
    return tuple(
        f"{key.replace('_', ' ')}: {_shown(before.get(key), names)} to {_shown(after.get(key), names)}" for key in keys
    )


def _shown(value: Any, names: Mapping[UUID, str]) -> str:
    """A value in a few words. Of students only how many there are, or the beginning of an id."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        words = ", ".join(f"{key} {_shown(each, names)}" for key, each in value.items())
        return words[:_LONGEST] or "none"
    if isinstance(value, list):
        known = [_shown(each, names) for each in value]
        return ", ".join(known)[:_LONGEST] if len(known) <= 3 else f"{len(known)} of them"
    found = _uuid(value)
    if found:
        return names.get(found) or f"{str(value)[:_SHORT]}…"
    return str(value)[:_LONGEST]


def _ids(value: Any) -> list[UUID]:
    """Every id that stands anywhere in a body."""
    if isinstance(value, dict):
        return [found for each in value.values() for found in _ids(each)]
    if isinstance(value, list):
        return [found for each in value for found in _ids(each)]
    found = _uuid(value)
    return [found] if found else []


def _uuid(value: Any) -> UUID | None:
    if not isinstance(value, str) or len(value) != 36:
        return None
    try:
        return UUID(value)
    except ValueError:
        return None
