"""The made-up district as OneRoster 1.2 files."""

import csv
import tracemalloc
from collections import Counter
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from corridor.demo.oneroster import session_id, write_district
from corridor.demo.plan import DistrictSpec
from corridor.demo.year import school_year

TODAY = date(2026, 11, 24)
SPEC = DistrictSpec(on=TODAY)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("roster")
    write_district(SPEC, folder)
    return folder


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def digests(folder: Path) -> dict[str, str]:
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_the_same_spec_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    write_district(SPEC, tmp_path)
    assert digests(tmp_path) == digests(folder)


def test_another_seed_gives_other_people(folder: Path, tmp_path: Path) -> None:
    write_district(DistrictSpec(on=TODAY, seed=5), tmp_path)
    assert digests(tmp_path)["users.csv"] != digests(folder)["users.csv"]


def test_the_manifest_names_every_file_there_is_and_no_other(folder: Path) -> None:
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        manifest = dict(csv.reader(file))
    assert manifest["oneroster.version"] == "1.2"
    bulk = {name.removeprefix("file.") for name, mode in manifest.items() if mode == "bulk"}
    assert bulk == {path.stem for path in folder.iterdir()} - {"manifest"}
    assert all(mode in ("bulk", "absent") for name, mode in manifest.items() if name.startswith("file."))


def test_every_reference_leads_somewhere(folder: Path) -> None:
    ids = {name: {row["sourcedId"] for row in rows(folder, name)} for name in ("orgs", "users", "courses", "classes")}
    sessions = {row["sourcedId"] for row in rows(folder, "academicSessions")}
    for row in rows(folder, "classes"):
        assert row["courseSourcedId"] in ids["courses"]
        assert row["schoolSourcedId"] in ids["orgs"]
        assert set(row["termSourcedIds"].split(",")) <= sessions
        assert row["location"]
        assert row["periods"]
    for row in rows(folder, "enrollments"):
        assert row["classSourcedId"] in ids["classes"]
        assert row["userSourcedId"] in ids["users"]
    for row in rows(folder, "users"):
        assert set(filter(None, row["agentSourcedIds"].split(","))) <= ids["users"]
    assert {row["userSourcedId"] for row in rows(folder, "roles")} == ids["users"]


def test_rows_of_one_file_have_ids_of_their_own(folder: Path) -> None:
    for path in folder.iterdir():
        if path.stem != "manifest":
            found = Counter(row["sourcedId"] for row in rows(folder, path.stem))
            assert max(found.values()) == 1, path.stem


def test_bulk_rows_leave_status_and_date_blank(folder: Path) -> None:
    assert {(row["status"], row["dateLastModified"]) for row in rows(folder, "users")} == {("", "")}


def test_every_section_has_its_teacher_as_primary(folder: Path) -> None:
    taught = Counter(row["classSourcedId"] for row in rows(folder, "enrollments") if row["role"] == "teacher")
    assert set(taught) == {row["sourcedId"] for row in rows(folder, "classes")}
    assert set(taught.values()) == {1}


def test_the_terms_cover_the_day_it_is_made_for(folder: Path) -> None:
    sessions = {row["sourcedId"]: row for row in rows(folder, "academicSessions")}
    year = sessions[session_id(school_year(TODAY), "year")]
    assert year["startDate"] <= TODAY.isoformat() <= year["endDate"]
    assert year["schoolYear"] == "2027"
    assert {row["type"] for row in sessions.values()} == {"schoolYear", "semester", "term"}


def test_half_year_courses_meet_in_their_semester_only(folder: Path) -> None:
    terms = {row["title"]: row["termSourcedIds"] for row in rows(folder, "classes")}
    year = school_year(TODAY)
    assert terms["Government"] == session_id(year, "s1")
    assert terms["Economics"] == session_id(year, "s2")
    assert terms["English 9"] == f"{session_id(year, 's1')},{session_id(year, 's2')}"


def test_a_big_district_streams_to_disk(tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    tracemalloc.start()
    written = write_district(
        DistrictSpec(on=TODAY, students=8000, schools=8), tmp_path, progress=lambda *step: heard.append(step)
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000_000
    assert written.users > 8000
    assert written.enrollments > 8 * 8000
    assert heard == [(done, 8) for done in range(1, 9)]
