"""Folders and zips, also those that mean harm."""

import zipfile
from pathlib import Path

import pytest

from corridor.campus.roster.errors import RosterUnreadable
from corridor.integrations.sis import oneroster_files
from tests.integrations.sis.exports import EXPORT, ORGS, pull, write, write_zip


async def refused(path: Path) -> str:
    with pytest.raises(RosterUnreadable) as failed:
        await pull(path)
    return failed.value.detail


async def test_a_path_that_is_neither_folder_nor_zip(tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text("x")

    assert "no file or folder" in await refused(tmp_path / "nothing")
    assert "neither a folder nor a zip" in await refused(tmp_path / "users.csv")


async def test_a_folder_without_a_roster_and_one_with_several(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("x")
    assert "no OneRoster files" in await refused(tmp_path)

    write(tmp_path / "2025", EXPORT)
    write(tmp_path / "2026", EXPORT)
    assert "several exports (2025, 2026)" in await refused(tmp_path)


async def test_files_at_the_top_count_before_those_in_folders(tmp_path: Path) -> None:
    write(tmp_path, EXPORT)
    write(tmp_path / "old", EXPORT | {"orgs.csv": ORGS.replace("Washington", "Lincoln")})

    assert "Washington" in repr((await pull(tmp_path)).record("s1"))


async def test_file_names_in_other_letters_are_found_and_doubles_refused(tmp_path: Path) -> None:
    files = {name.upper(): text for name, text in EXPORT.items()}
    assert len((await pull(write_zip(tmp_path / "a.zip", files))).records) == 12

    doubled = write_zip(tmp_path / "b.zip", {**EXPORT, "Users.csv": "x"})
    assert "holds both users.csv and Users.csv" in await refused(doubled)


@pytest.mark.parametrize("name", ["/etc/orgs.csv", "../orgs.csv", "a/../../orgs.csv", "..\\orgs.csv", "C:\\orgs.csv"])
async def test_a_name_outside_of_the_zip_is_refused(tmp_path: Path, name: str) -> None:
    assert "outside of itself" in await refused(write_zip(tmp_path / "x.zip", {name: ORGS}))


async def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("orgs.csv")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")

    assert "a link" in await refused(path)


async def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.zip", EXPORT)
    content = bytearray(path.read_bytes())
    position = content.find(b"PK\x01\x02")
    while position >= 0:
        content[position + 8] |= 1
        position = content.find(b"PK\x01\x02", position + 1)
    path.write_bytes(content)

    assert "encrypted" in await refused(path)


async def test_a_zip_that_would_burst_is_refused_unread(tmp_path: Path) -> None:
    bomb = write_zip(tmp_path / "x.zip", EXPORT | {"notes.txt": b"0" * (oneroster_files._SMALL_BYTES + 1)})

    assert "would unpack to" in await refused(bomb)


async def test_a_damaged_zip_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.zip", EXPORT)
    content = bytearray(path.read_bytes())
    start = content.find(b"enrollments.csv") + len("enrollments.csv") + 20
    content[start : start + 20] = bytes(20)
    path.write_bytes(content)
    assert "damaged" in await refused(path)

    path.write_bytes(content[: len(content) // 2])
    assert "zip" in await refused(path)


async def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {"orgs.csv": ORGS + "x" * (oneroster_files._LONGEST_LINE + 1)})

    assert "orgs.csv, line 4 is longer than" in await refused(tmp_path)
