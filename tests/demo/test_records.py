"""The demo's pages about records have something to show, and a second start adds nothing."""

from pathlib import Path

from sqlalchemy import text

from corridor.base.clock import FixedClock
from corridor.base.database import Database
from corridor.base.settings import Settings
from corridor.demo.run import prepare
from corridor.ledger.verify import verify
from corridor.policy.defaults import add_defaults
from corridor.privacy.room import make_records_decider, make_records_rebuild
from corridor.privacy.state import stream_of
from tests.demo.test_run import TUESDAY_NIGHT

_TABLES = ("access_entry", "access_entry_student", "disclosure", "disclosure_student", "legal_hold")


async def test_some_looks_a_hold_and_a_disclosure_are_on_record_once(database: Database, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, secret_key="for tests", time_zone="America/Chicago", demo=True)
    counts = []
    school_id = None
    for _ in range(2):
        await prepare(database, settings, on_new_schools=[add_defaults], real=FixedClock(TUESDAY_NIGHT))
        async with database.session() as session:
            counts.append([await session.scalar(text(f"SELECT count(*) FROM {table}")) for table in _TABLES])
            school_id = await session.scalar(text("SELECT school_id FROM legal_hold"))
    assert counts[0] == counts[1]
    assert counts[0][0] == 5
    assert counts[0][2::2] == [1, 1]
    assert school_id is not None
    stream_id = stream_of(school_id)
    rebuild = make_records_rebuild(school_id)
    found = await verify(database, make_records_decider().kinds, rebuild, stream_id, rows_of=school_id)
    assert found.clean, found
