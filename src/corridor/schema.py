"""Every table of every room, and the way to bring a database up to them."""

import asyncio
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

import corridor.base.jobs
import corridor.campus.tables
import corridor.identity.device_tables
import corridor.identity.links
import corridor.identity.oauth_tables
import corridor.identity.provider_tables
import corridor.identity.sign_in_tables
import corridor.identity.tables
import corridor.integrations.outbound.mail
import corridor.ledger.tables
import corridor.passes.tables
import corridor.policy.tables
import corridor.privacy.family_tables
import corridor.privacy.retention_tables
import corridor.privacy.tables  # noqa: F401 - imported for the tables they add
from corridor.base.database import Base, Database
from corridor.base.errors import SetupError

metadata = Base.metadata

# Any number, the same in every process: who holds it migrates, the others wait.
_LOCK = 2026_11_24


def config() -> Config:
    """Alembic's configuration, with the migrations of a checkout or of an installed wheel."""
    here = Path(__file__).resolve().parent
    checkout = here.parents[1] / "migrations"
    settings = Config()
    folder = checkout if checkout.is_dir() else here / "_migrations"
    # Alembic's configuration would take a percent sign in the path for a variable.
    settings.set_main_option("script_location", str(folder).replace("%", "%%"))
    return settings


async def migrate(database: Database) -> None:
    """Bring the tables up to date. Any number of processes may do so at once."""
    async with database.engine.connect() as connection:
        await connection.exec_driver_sql(f"SELECT pg_advisory_lock({_LOCK})")
        await connection.commit()
        try:
            await connection.run_sync(_upgrade)
            await connection.commit()
        finally:
            await connection.rollback()
            await connection.exec_driver_sql(f"SELECT pg_advisory_unlock({_LOCK})")
            await connection.commit()


def _upgrade(connection: Connection) -> None:
    settings = config()
    settings.attributes["connection"] = connection
    command.upgrade(settings, "head")


async def require_current(database: Database) -> None:
    """Raise `SetupError` unless the tables are those of this version."""
    head = await asyncio.to_thread(lambda: ScriptDirectory.from_config(config()).get_current_head())
    connection = await database.connect()
    async with connection:
        try:
            cursor = await connection.execute("SELECT version_num FROM alembic_version")
            row = await cursor.fetchone()
        except psycopg.errors.UndefinedTable:
            row = None
    if row is None or row[0] != head:
        raise SetupError("The database's tables are not those of this version. Run: corridor migrate")
