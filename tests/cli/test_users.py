"""Accounts from the command line: for the first one, and for whoever has locked themself out."""

from pathlib import Path

import pytest

from corridor.base.clock import SystemClock
from corridor.base.database import Database
from corridor.base.settings import Settings
from corridor.identity.principal import Role
from corridor.identity.service import IdentityService, SignedIn, SignInRefused
from corridor.identity.sign_in_tables import Totp
from tests.running import Installation

PASSWORD, NEW = "a quiet corridor at noon", "three quiet words"


@pytest.fixture
def corridor(database_url: str, tmp_path: Path) -> Installation:
    return Installation(tmp_path / "data", database_url)


async def test_an_administrator_who_is_locked_out_gets_back_in(
    corridor: Installation, database: Database, tmp_path: Path
) -> None:
    identity = IdentityService(database, SystemClock(), Settings(data_dir=tmp_path, secret_key="x"))
    boss = await identity.create_account(role=Role.DISTRICT_ADMIN, username="boss", password=PASSWORD)
    async with database.session() as session:
        session.add(Totp(account_id=boss.id, sealed_secret=b"of a phone that is lost"))
    assert not isinstance(await identity.sign_in("boss", PASSWORD, address="x"), SignedIn)
    corridor.run("user", "reset-second-step", "boss")
    assert isinstance(await identity.sign_in("boss", PASSWORD, address="x"), SignedIn)
    corridor.run("user", "password", "boss", "--password-stdin", stdin=f"{NEW}\n")
    with pytest.raises(SignInRefused):
        await identity.sign_in("boss", PASSWORD, address="x")
    assert isinstance(await identity.sign_in("boss", NEW, address="x"), SignedIn)


def test_an_account_that_is_not_there_is_named(corridor: Installation) -> None:
    refused = corridor.try_run("user", "reset-second-step", "nobody")
    assert refused.returncode == 1
    assert "'nobody'" in refused.stderr
