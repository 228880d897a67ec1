"""The database: one PostgreSQL for everything, reached through SQLAlchemy, and by the ledger through psycopg."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import DateTime, MetaData, Uuid
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from corridor.base.errors import SetupError, Unavailable
from corridor.base.postgres import EmbeddedPostgres
from corridor.base.settings import Settings

OLDEST_POSTGRES = 150000


class Base(DeclarativeBase):
    """Every table. Times are instants with a zone, identifiers are UUIDs."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: DateTime(timezone=True), UUID: Uuid()}


class Database:
    """Connections to one PostgreSQL database.

    `sessions.begin()` gives a session whose block is one transaction: a failed commit raises.
    `connect()` gives a bare psycopg connection, for the ledger and its doorbell.
    """

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = url
        self.engine: AsyncEngine = create_async_engine(
            "postgresql+psycopg://",
            async_creator=self.connect,
            pool_size=pool_size,
            max_overflow=10,
            pool_pre_ping=True,
            hide_parameters=True,
        )
        self.sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    async def connect(self, **options: Any) -> psycopg.AsyncConnection[Any]:
        return await psycopg.AsyncConnection.connect(
            self.url, application_name="corridor", connect_timeout=10, options="-c TimeZone=UTC", **options
        )

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        async with self.sessions.begin() as session:
            yield session

    @asynccontextmanager
    async def raw(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """A pooled psycopg connection, for reads in hand-written SQL. Raises `Unavailable` when it is lost."""
        try:
            async with self.engine.connect() as connection:
                raw = await connection.get_raw_connection()
                driver = raw.driver_connection
                assert driver is not None
                yield driver
        except (psycopg.OperationalError, OperationalError) as error:
            raise Unavailable("The database did not answer. Send the same request again.") from error

    async def check(self) -> None:
        """Raise `SetupError` when the server cannot be used."""
        try:
            connection = await self.connect()
        except psycopg.OperationalError as error:
            raise SetupError(f"The database cannot be reached: {str(error).strip()}") from error
        async with connection:
            version = connection.info.server_version
        if version < OLDEST_POSTGRES:
            raise SetupError(f"The database is PostgreSQL {version // 10000}; Corridor needs 15 or newer.")

    async def close(self) -> None:
        await self.engine.dispose()


@asynccontextmanager
async def open_database(settings: Settings, *, stop_server: bool = False) -> AsyncIterator[Database]:
    """The database that the settings name, embedded or not, for as long as the block runs."""
    embedded = None if settings.database_url else EmbeddedPostgres(settings.postgres_dir)
    url = embedded.join() if embedded else settings.database_url
    database = Database(url)
    try:
        await database.check()
        yield database
    finally:
        await database.close()
        if embedded:
            embedded.leave(stop=stop_server)
