"""The end of a contract: nobody is left in the database, the ledger still verifies, and a certificate says so."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from pypdf import PdfReader

from corridor.base.database import Database
from corridor.base.errors import Conflict, NotFound
from corridor.base.ids import new_id
from corridor.base.settings import Settings
from corridor.cli import main
from corridor.identity.principal import Role
from corridor.identity.service import IdentityService
from corridor.privacy import certificate
from corridor.privacy.certificate import Certificate
from corridor.privacy.erasure import STAYS, Erasure
from corridor.schema import metadata
from tests.privacy.test_retention import Kept, living
from tests.school import make_school

PASSWORD = "a quiet corridor at noon"


@pytest.fixture
async def kept(database: Database, tmp_path: Path) -> AsyncIterator[Kept]:
    async with living(database) as living_school:
        await living_school.change(
            "UPDATE person SET source_id = 's-1' WHERE id = %s", living_school.school.students[0]
        )
        identity = IdentityService(database, living_school.clock, Settings(data_dir=tmp_path))
        await identity.create_account(role=Role.STUDENT, username="ana", password=PASSWORD, person="s-1")
        await identity.create_account(role=Role.DISTRICT_ADMIN, username="boss", password=PASSWORD)
        await living_school.out_and_back(0, reason="A secret of mine")
        await living_school.out_and_back(1)
        yield living_school


async def _erase(kept: Kept, *, everything: bool = True) -> Certificate:
    erasure = Erasure(kept.database, kept.clock)
    return await erasure.erase(None if everything else kept.school.id, "Dr. Okafor, superintendent")


async def test_nobody_is_left_anywhere_and_the_ledger_still_verifies(kept: Kept) -> None:
    counts = await kept.counts()
    students = [str(id) for id in kept.school.students]
    await _erase(kept)
    assert await kept.found(*students, "A secret of mine", "Student0", "Teacher0", "ana", "s-1") == {}
    assert await kept.rows("SELECT FROM account") == []
    assert await kept.counts() == counts
    finding = await kept.verified()
    assert finding.redacted == finding.events


async def test_another_school_and_its_people_stay_as_they_are(kept: Kept) -> None:
    other = await make_school(kept.database, name="Other school", district_id=kept.school.district_id)
    mine = [str(id) for id in kept.school.students]
    theirs = await kept.rows("SELECT * FROM person WHERE id = ANY(%s) ORDER BY id", other.students)
    made = await _erase(kept, everything=False)
    assert made.schools == ["Washington Middle School"]
    assert await kept.rows("SELECT * FROM person WHERE id = ANY(%s) ORDER BY id", other.students) == theirs
    assert await kept.found(*mine) == {}
    assert await kept.rows("SELECT username FROM account") == [("boss",)]
    assert dict(await kept.rows("SELECT name, active FROM school")) == {
        "Washington Middle School": False,
        "Other school": True,
    }
    await kept.verified()


async def test_nothing_goes_while_a_hold_stands(kept: Kept) -> None:
    await kept.hold(kept.school.students[0])
    before = await kept.found(str(kept.school.students[0]))
    with pytest.raises(Conflict, match="legal hold"):
        await _erase(kept)
    assert await kept.found(str(kept.school.students[0])) == before


async def test_the_certificate_says_what_when_how_and_on_whose_order(kept: Kept) -> None:
    made = await _erase(kept)
    assert made == await certificate.find_certificate(kept.database, made.id)
    assert made == await certificate.find_certificate(kept.database, None)
    assert msgspec.json.decode(certificate.as_json(made), type=Certificate) == made
    assert (made.counts["Passes"], made.counts["People"], made.counts["Accounts"]) == (2, 8, 2)
    head = next(each for each in made.heads if each.name == "Washington Middle School")
    assert head.before == head.after
    assert head.redacted == head.events

    pages = [page.extract_text() for page in PdfReader(io.BytesIO(await certificate.as_pdf(made))).pages]
    said = " ".join(" ".join(pages).split())
    assert "Certificate of deletion" in said
    assert "Washington Middle School" in said
    assert "Dr. Okafor, superintendent" in said
    assert "October 6, 2026" in said
    assert "Signature" in said
    assert head.before[:40] in said.replace(" ", "")
    assert "backups" in said


async def test_without_an_erasure_there_is_no_certificate(kept: Kept) -> None:
    with pytest.raises(NotFound):
        await certificate.find_certificate(kept.database, None)
    with pytest.raises(NotFound):
        await certificate.find_certificate(kept.database, new_id())


def test_a_table_is_emptied_unless_it_is_known_to_name_nobody() -> None:
    """Whoever adds a table: the end of a contract empties it, unless it is put among those that stay."""
    assert set(metadata.tables) >= STAYS
    unsafe = {"person_id", "student_id", "account_id", "guardian_id"}
    naming = {name for name in STAYS if unsafe & set(metadata.tables[name].c.keys())}
    assert naming == {"pass", "refusal"}


def test_the_command_asks_for_the_name_and_does_nothing_for_another(tmp_path: Path) -> None:
    runner = CliRunner()
    at = ["--data-dir", str(tmp_path / "none")]
    refused = runner.invoke(main, [*at, "privacy", "erase", "--by", "Me"])
    assert refused.exit_code == 1
    assert "Say which" in refused.output + refused.stderr
