"""A dependency that nobody pinned, or that is not what was pinned, is found."""

import json

from scripts.check_dependencies import ROOT, Pin, check_npm, differences, known_weaknesses, read_lock

HASH = "--hash=sha256:" + "a" * 64


def test_the_lock_file_of_this_project_is_whole() -> None:
    pins, problems = read_lock((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    assert problems == []
    assert {"litestar", "sqlalchemy", "procrastinate"} <= set(pins)
    assert all(pin.hashes for pin in pins.values())


def test_what_is_wrong_with_a_lock_file_is_named() -> None:
    _, problems = read_lock(f"a==1 \\\n    {HASH}\nb>=2\nc==3\nc==4 {HASH}\nd @ https://example.org/d.zip\n")
    assert problems == [
        "not pinned to one version: b>=2",
        "without a hash: c 3",
        "pinned twice: c",
        "not pinned to one version: d @ https://example.org/d.zip",
    ]


def test_an_environment_that_is_not_the_locked_one_is_told_apart() -> None:
    pins = {"a": Pin("1", 1, ""), "b": Pin("2", 1, ""), "c": Pin("3", 1, "sys_platform == 'win32'")}
    assert differences(pins, {"a": "1", "b": "2", "corridor": "0.1.0", "pip": "25"}) == []
    assert differences(pins, {"a": "9", "stranger": "0.1"}) == [
        "installed as 9, locked as 1: a",
        "installed, but not in the lock file: stranger 0.1",
        "in the lock file, but not installed: b",
    ]


def test_npm_packages_need_a_hash_and_a_registry() -> None:
    lock = {
        "packages": {
            "": {},
            "node_modules/good": {"resolved": "https://registry.example/good.tgz", "integrity": "sha512-x"},
            "node_modules/bare": {"resolved": "https://registry.example/bare.tgz"},
            "node_modules/git": {"resolved": "git+ssh://git@example.org/git.git", "integrity": "sha512-x"},
        }
    }
    assert check_npm(json.dumps(lock)) == [
        "without a sha512 hash: node_modules/bare",
        "not from a registry by https: node_modules/git",
    ]


def test_a_report_of_known_weaknesses_is_read_and_no_report_is_none() -> None:
    report = {"dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "X-1", "fix_versions": ["2"]}]}]}
    assert known_weaknesses(json.dumps(report)) == ["a 1: X-1, better from ['2']"]
    assert known_weaknesses('{"dependencies": []}') == []
    assert known_weaknesses("connection refused") is None
