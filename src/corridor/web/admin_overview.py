"""The schools at a glance, for whoever runs them."""

from collections.abc import Sequence
from datetime import time
from uuid import UUID

import msgspec

from corridor.base.database import Database

_SCHOOLS = """
    SELECT s.id, s.name,
        (SELECT count(*) FROM membership m JOIN person p ON p.id = m.person_id
         WHERE m.school_id = s.id AND m.role = 'student' AND m.active AND p.active),
        (SELECT count(*) FROM section c WHERE c.school_id = s.id AND c.active),
        (SELECT count(*) FROM location l WHERE l.school_id = s.id AND l.active),
        (SELECT count(*) FROM pass WHERE pass.school_id = s.id AND pass.status = 'active'),
        coalesce((SELECT bool_or(b.assumed) FROM bell_schedule b WHERE b.school_id = s.id), true),
        (SELECT min(p.starts_at) FROM bell_schedule b JOIN bell_period p ON p.bell_schedule_id = b.id
         WHERE b.school_id = s.id),
        (SELECT max(p.ends_at) FROM bell_schedule b JOIN bell_period p ON p.bell_schedule_id = b.id
         WHERE b.school_id = s.id)
    FROM school s WHERE s.id = ANY(%s) ORDER BY lower(s.name)"""


class SchoolFacts(msgspec.Struct, frozen=True):
    """`bells_assumed`: nobody has said yet when its bells ring; without a schedule the times are null."""

    id: UUID
    name: str
    students: int
    sections: int
    locations: int
    out: int
    bells_assumed: bool
    opens_at: time | None
    closes_at: time | None


async def overview_of(database: Database, school_ids: Sequence[UUID]) -> list[SchoolFacts]:
    """By name."""
    async with database.raw() as connection:
        cursor = await connection.execute(_SCHOOLS, [list(school_ids)])
        return [SchoolFacts(*row) for row in await cursor.fetchall()]
