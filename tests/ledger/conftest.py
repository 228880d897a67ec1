"""A school with a toy domain on its ledger."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from corridor.base.clock import SystemClock
from corridor.base.database import Database
from corridor.base.ids import new_id
from corridor.ledger.engine import Ledger
from tests.ledger.toy import Jars, ToyDecider, set_up


@pytest.fixture
async def school(database: Database) -> UUID:
    school_id = new_id()
    await set_up(database, school_id)
    return school_id


@pytest.fixture
async def ledger(database: Database, school: UUID) -> AsyncIterator[Ledger[Jars]]:
    ledger = Ledger(database, ToyDecider(), SystemClock())
    await ledger.start()
    yield ledger
    await ledger.stop()
