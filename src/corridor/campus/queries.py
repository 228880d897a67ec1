"""Reads of the campus. Every one takes the viewer's limits and gives only what they may see.

The viewer comes as what identity says of them: `schools`, None for all, and `among`, the students they see, None for
all.
"""

import base64
import binascii
from collections.abc import Collection
from typing import Any
from uuid import UUID

import msgspec

from corridor.base.database import Database
from corridor.base.errors import InvalidInput
from corridor.campus.model import School

_SCHOOLS = """
    SELECT id, name, time_zone FROM school WHERE active AND (%s::uuid[] IS NULL OR id = ANY(%s)) AND id > %s
    ORDER BY id LIMIT %s"""
_STUDENTS = """
    SELECT p.id, coalesce(p.preferred_given_name, p.given_name), coalesce(p.preferred_family_name, p.family_name),
           p.grade, p.identifier, lower(p.family_name), lower(p.given_name)
    FROM person p JOIN membership m ON m.person_id = p.id
    WHERE m.school_id = %(school)s AND m.role = 'student' AND m.active AND p.active
      AND (%(among)s::uuid[] IS NULL OR p.id = ANY(%(among)s))
      AND (%(pattern)s::text IS NULL OR p.identifier = %(query)s
           OR concat_ws(' ', p.given_name, p.family_name) ILIKE %(pattern)s
           OR concat_ws(' ', p.preferred_given_name, coalesce(p.preferred_family_name, p.family_name)) ILIKE %(pattern)s
           OR concat_ws(', ', p.family_name, p.given_name) ILIKE %(pattern)s)
      AND (%(family)s::text IS NULL
           OR (lower(p.family_name), lower(p.given_name), p.id) > (%(family)s, %(given)s, %(after)s::uuid))
    ORDER BY lower(p.family_name), lower(p.given_name), p.id LIMIT %(limit)s"""
_ZERO = UUID(int=0)


class StudentView(msgspec.Struct, frozen=True):
    """Names as the student prefers them."""

    id: UUID
    given_name: str
    family_name: str
    grade: str | None
    identifier: str | None


async def list_schools(
    database: Database, schools: Collection[UUID] | None, after: UUID | None, limit: int
) -> list[School]:
    ids = None if schools is None else list(schools)
    async with database.raw() as connection:
        cursor = await connection.execute(_SCHOOLS, [ids, ids, after or _ZERO, limit])
        return [School(*row) for row in await cursor.fetchall()]


async def list_students(
    database: Database,
    school_id: UUID,
    *,
    among: Collection[UUID] | None,
    query: str | None,
    after: str | None,
    limit: int,
) -> tuple[list[StudentView], str | None]:
    """A page of students by family name, and the cursor of the next one. `query` is a part of a name, or an
    identifier."""
    family, given, last = _cursor(after)
    text = (query or "").strip()
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    values: dict[str, Any] = {
        "school": school_id,
        "among": None if among is None else list(among),
        "query": text,
        "pattern": f"%{escaped}%" if text else None,
        "family": family,
        "given": given,
        "after": last,
        "limit": limit + 1,
    }
    async with database.raw() as connection:
        rows = await (await connection.execute(_STUDENTS, values)).fetchall()
    students = [StudentView(*row[:5]) for row in rows[:limit]]
    following = _make_cursor(rows[limit - 1]) if len(rows) > limit else None
    return students, following


async def search_students(
    database: Database,
    school_id: UUID,
    text: str,
    limit: int,
    *,
    least: int = 1,
    among: Collection[UUID] | None = None,
) -> list[StudentView]:
    """Up to `limit` students for a search field: none before it holds `least` letters."""
    if len(text.strip()) < least or "\0" in text:
        return []
    found, _ = await list_students(database, school_id, among=among, query=text, after=None, limit=limit)
    return found


def _make_cursor(row: Any) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode([row[5], row[6], row[0]])).decode()


def _cursor(after: str | None) -> tuple[str | None, str | None, UUID | None]:
    if after is None:
        return None, None, None
    try:
        family, given, last = msgspec.json.decode(base64.urlsafe_b64decode(after.encode()), type=tuple[str, str, UUID])
    except (msgspec.DecodeError, binascii.Error, UnicodeError):
        raise InvalidInput("Send as 'after' what the page before gave as 'next'.", field="after") from None
    if "\0" in family + given:
        raise InvalidInput("Send as 'after' what the page before gave as 'next'.", field="after")
    return family, given, last
