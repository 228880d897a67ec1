"""What the public page tells of an installation that no school's state holds: devices, programs, ways to sign in, and
how long what is kept. Nothing of any person, and no secret."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from corridor.base.database import Database
from corridor.day.state import SchoolState
from corridor.privacy.retention_kinds import USUAL, Kind

_DISTRICT = "SELECT d.name FROM district d JOIN school s ON s.district_id = d.id WHERE s.id = %(school)s"
_KIOSKS = """
    SELECT l.name FROM device d JOIN location l ON l.id = d.location_id
    WHERE d.school_id = %(school)s AND d.revoked_at IS NULL ORDER BY lower(l.name), l.name"""
_PROGRAMS = """
    SELECT role, count(*) FROM (
        SELECT role FROM api_token
        WHERE role = 'integration' AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
          AND (school_id IS NULL OR school_id = %(school)s)
        UNION ALL
        SELECT role FROM oauth_client WHERE disabled_at IS NULL AND (school_id IS NULL OR school_id = %(school)s)
    ) AS programs GROUP BY role ORDER BY role"""
_PROVIDERS = "SELECT name FROM sign_in_provider WHERE enabled ORDER BY lower(name), name"
_KEPT = "SELECT kind, days FROM retention_setting"


class Facts(msgspec.Struct, frozen=True):
    """`kiosks` are the rooms in which one stands, `programs` how many programs of each role reach the school,
    `providers` by whom people may be signed in, `kept` for how many days what is kept."""

    state: SchoolState
    district: str
    kiosks: Sequence[str]
    programs: Mapping[str, int]
    providers: Sequence[str]
    kept: Mapping[Kind, int]


async def facts_of(database: Database, state: SchoolState) -> Facts:
    """The facts of a school, as they are set now."""
    school_id = state.campus.school.id
    async with database.raw() as connection:

        async def rows(sql: str) -> list[Any]:
            values: dict[str, UUID] = {"school": school_id} if "%(school)s" in sql else {}
            return await (await connection.execute(sql, values)).fetchall()

        return Facts(
            state=state,
            district="".join(row[0] for row in await rows(_DISTRICT)),
            kiosks=[row[0] for row in await rows(_KIOSKS)],
            programs=dict(await rows(_PROGRAMS)),
            providers=[row[0] for row in await rows(_PROVIDERS)],
            kept={**USUAL, **{Kind(kind): days for kind, days in await rows(_KEPT) if kind in set(Kind)}},
        )
