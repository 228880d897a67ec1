"""People whom the roster no longer has: they cannot sign in any more, then their accounts go, then their names."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Table, delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.database import Base
from corridor.campus.tables import Person
from corridor.identity.tables import Account, AccountStatus, LoginSession
from corridor.ledger.store import table_of
from corridor.privacy.retention_tables import Leaver

_NOTE_LEAVERS = text("""
    INSERT INTO leaver (person_id, since)
    SELECT id, :now FROM person WHERE NOT active ON CONFLICT DO NOTHING""")
_FORGET_RETURNED = text("DELETE FROM leaver USING person WHERE person.id = leaver.person_id AND person.active")
_KNOWN_PEOPLE = """
    FROM leaver WHERE since < :until AND person_id <> ALL(CAST(:held AS uuid[]))
    AND NOT EXISTS (SELECT FROM pass WHERE pass.student_id = leaver.person_id)
    AND NOT EXISTS (SELECT FROM refusal WHERE refusal.student_id = leaver.person_id)
    AND NOT EXISTS (SELECT FROM access_entry_student AS seen WHERE seen.student_id = leaver.person_id)"""
_ACCOUNTS = """
    FROM account JOIN leaver USING (person_id) WHERE since < :until AND person_id <> ALL(CAST(:held AS uuid[]))"""

CREDENTIALS = frozenset({"account", "api_token"})
"""Tables whose rows go with the person or account that they may name; in others an optional name is emptied."""


async def note_leavers(session: AsyncSession, now: datetime) -> None:
    """Know since when people are gone, and of those who are back that they are."""
    await session.execute(_NOTE_LEAVERS, {"now": now})
    await session.execute(_FORGET_RETURNED)


async def disable_leavers(session: AsyncSession) -> list[UUID]:
    """Let nobody who has left sign in. Returns the accounts that could."""
    gone = select(Leaver.person_id)
    ids = (
        await session.scalars(
            update(Account)
            .where(Account.person_id.in_(gone), Account.status == AccountStatus.ACTIVE)
            .values(status=AccountStatus.DISABLED)
            .returning(Account.id)
        )
    ).all()
    if ids:
        await session.execute(delete(LoginSession).where(LoginSession.account_id.in_(ids)))
    return list(ids)


async def count_accounts(session: AsyncSession, until: datetime, held: Collection[UUID]) -> int:
    return int(await session.scalar(text(f"SELECT count(*) {_ACCOUNTS}"), {"until": until, "held": list(held)}) or 0)


async def remove_accounts(session: AsyncSession, until: datetime, held: Collection[UUID]) -> int:
    """Remove the accounts of leavers, with all that lets somebody in by them. Returns how many."""
    ids = (await session.scalars(text(f"SELECT account.id {_ACCOUNTS}"), {"until": until, "held": list(held)})).all()
    await remove(session, table_of(Account), ids)
    return len(ids)


async def count_people(session: AsyncSession, until: datetime, held: Collection[UUID]) -> int:
    found = await session.scalar(text(f"SELECT count(*) {_KNOWN_PEOPLE}"), {"until": until, "held": list(held)})
    return int(found or 0)


async def remove_people(session: AsyncSession, until: datetime, held: Collection[UUID], most: int) -> int:
    """Remove up to `most` people of whom no record names them any more. Returns how many."""
    values = {"until": until, "held": list(held), "most": most}
    ids = (
        await session.scalars(text(f"SELECT person_id {_KNOWN_PEOPLE} ORDER BY person_id LIMIT :most"), values)
    ).all()
    await remove(session, table_of(Person), ids)
    return len(ids)


async def remove(session: AsyncSession, table: Table, ids: Sequence[UUID]) -> None:
    """Delete these rows with every row that belongs to them, in whichever room its table is."""
    if ids:
        await delete_rows(session, table, table.c.id.in_(ids))


async def delete_rows(session: AsyncSession, table: Table, which: ColumnElement[bool]) -> None:
    """Delete what `which` says of this table, and before it whatever hangs on it."""
    for theirs, column in naming(table):
        found = column.in_(select(table.c[_target(column)]).where(which))
        if column.nullable and not column.primary_key and theirs.name not in CREDENTIALS:
            await session.execute(update(theirs).where(found).values({column: None}))
        else:
            await delete_rows(session, theirs, found)
    await session.execute(delete(table).where(which))


def naming(table: Table) -> list[tuple[Table, Column[object]]]:
    """The columns that name a row of this table, in whichever room."""
    return [
        (theirs, column)
        for theirs in Base.metadata.sorted_tables
        for column in theirs.columns
        if theirs is not table and any(key.column.table is table for key in column.foreign_keys)
    ]


def _target(column: Column[object]) -> str:
    return next(key.column.name for key in column.foreign_keys)
