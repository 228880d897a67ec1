"""What accounts, people, tokens, devices and links are called, for lists of who did something."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import psycopg

_NAMES = """
    SELECT id, concat_ws(' ', coalesce(preferred_given_name, given_name), coalesce(preferred_family_name, family_name))
    FROM person WHERE id = ANY(%(ids)s)
    UNION ALL
    SELECT account.id, concat_ws(' ', coalesce(preferred_given_name, given_name),
        coalesce(preferred_family_name, family_name))
    FROM account JOIN person ON person.id = person_id WHERE account.id = ANY(%(ids)s)
    UNION ALL SELECT id, username FROM account WHERE id = ANY(%(ids)s) AND person_id IS NULL
    UNION ALL SELECT id, name FROM api_token WHERE id = ANY(%(ids)s)
    UNION ALL SELECT id, name FROM device WHERE id = ANY(%(ids)s)
    UNION ALL SELECT id, parties FROM responder_link WHERE id = ANY(%(ids)s)"""


async def names_of(connection: psycopg.AsyncConnection[Any], ids: Collection[UUID]) -> dict[UUID, str]:
    """Those of these ids that are still known, with their names."""
    cursor = await connection.execute(_NAMES, {"ids": list(ids)})
    return dict(await cursor.fetchall())
