"""Stored secrets under a new key."""

from pathlib import Path

import pytest
from sqlalchemy import select

from corridor import schema
from corridor.base.clock import SystemClock
from corridor.base.database import Database
from corridor.base.errors import SetupError
from corridor.base.sealed import Sealer
from corridor.base.settings import Settings
from corridor.identity.mail import Mail
from corridor.identity.principal import Role
from corridor.identity.resealing import reseal
from corridor.identity.second_step import begin_totp
from corridor.identity.service import IdentityService
from corridor.identity.sign_in_tables import TOTP_PURPOSE, Totp
from corridor.integrations.outbound.mail import MailOutbox
from tests.running import Installation

OLD, NEW = "the key until now", "a new key"


def keys(tmp_path: Path, key: str, previous: str = "") -> Settings:
    return Settings(data_dir=tmp_path, secret_key=key, previous_secret_key=previous)


@pytest.fixture
async def secret(database: Database, tmp_path: Path) -> str:
    """An authenticator app's secret and a mail, sealed under the old key."""
    settings = keys(tmp_path, OLD)
    identity = IdentityService(database, SystemClock(), settings)
    boss = await identity.create_account(role=Role.DISTRICT_ADMIN, username="boss", password="a quiet corridor")
    async with database.session() as session:
        await MailOutbox(database, SystemClock(), settings).put(
            session, Mail("a@x.example", "s", "t"), SystemClock().now()
        )
        return (await begin_totp(session, identity.sealer, boss.id, "boss")).secret


async def opened(database: Database, settings: Settings) -> str:
    async with database.session() as session:
        row = (await session.scalars(select(Totp))).one()
    assert row.sealed_pending
    return Sealer(settings).open(row.sealed_pending, TOTP_PURPOSE)


async def test_afterwards_the_new_key_alone_opens_them(database: Database, tmp_path: Path, secret: str) -> None:
    assert await opened(database, keys(tmp_path, NEW, OLD)) == secret
    with pytest.raises(SetupError):
        await opened(database, keys(tmp_path, NEW))
    async with database.session() as session:
        done = await reseal(session, Sealer(keys(tmp_path, NEW, OLD)), schema.metadata)
    assert (done["totp.sealed_pending"], done["mail.sealed_text"]) == (1, 1)
    assert await opened(database, keys(tmp_path, NEW)) == secret
    with pytest.raises(SetupError):
        await opened(database, keys(tmp_path, OLD))


async def test_a_wrong_previous_key_changes_nothing(database: Database, tmp_path: Path, secret: str) -> None:
    with pytest.raises(SetupError):
        async with database.session() as session:
            await reseal(session, Sealer(keys(tmp_path, NEW, "not the key")), schema.metadata)
    assert await opened(database, keys(tmp_path, OLD)) == secret


async def test_every_sealed_column_says_what_for() -> None:
    sealed = {column for table in schema.metadata.sorted_tables for column in table.columns if "sealed" in column.name}
    assert len(sealed) >= 4
    assert [str(column) for column in sealed if not column.info.get("sealed")] == []


def test_the_command_needs_the_key_until_now(database_url: str, tmp_path: Path) -> None:
    corridor = Installation(tmp_path / "data", database_url)
    corridor.environment["CORRIDOR_SECRET_KEY"] = NEW
    refused = corridor.try_run("secrets", "rotate")
    assert refused.returncode == 1
    assert "previous_secret_key" in refused.stderr
    corridor.environment["CORRIDOR_PREVIOUS_SECRET_KEY"] = OLD
    assert "sealed under the new key" in corridor.run("secrets", "rotate")
