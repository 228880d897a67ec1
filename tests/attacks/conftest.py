"""Somebody who should not get in, at a running application with a small school and another one beside it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from corridor.base.database import Database
from tests.school import make_school
from tests.world import World, running


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with running(database, await make_school(database), tmp_path) as world:
        yield world
