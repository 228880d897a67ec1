"""Check what this project is made of: every pin of the lock files has hashes, the environment holds exactly what they
say, and nothing else.

Where pip-audit is installed and reaches its list of known weaknesses, no package may be on it either.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)(?:\s*;\s*([^\\]+))?")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}\b")
# Put there by whatever makes the environment, and this project itself.
_OURS = frozenset({"corridor", "pip", "setuptools", "wheel", "uv"})


class Pin(NamedTuple):
    """`hashes` counts them; `marker` says for which machines it is, empty for all."""

    version: str
    hashes: int
    marker: str


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def read_lock(text: str) -> tuple[dict[str, Pin], list[str]]:
    """The pins of a requirements file, and what is wrong with it."""
    pins: dict[str, Pin] = {}
    problems = []
    for entry in re.sub(r"\\\n", " ", text).splitlines():
        line = entry.strip()
        if not line or line.startswith("#"):
            continue
        found = _PIN.match(line)
        if found is None:
            problems.append(f"not pinned to one version: {line[:60]}")
            continue
        name, version, rest = normal(found[1]), found[2], line[found.end(2) :]
        marker = rest.split("--hash", 1)[0].strip(" ;")
        if name in pins and not marker:
            problems.append(f"pinned twice: {name}")
        pins[name] = Pin(version, len(_HASH.findall(rest)), marker)
        if not pins[name].hashes:
            problems.append(f"without a hash: {name} {version}")
    return pins, problems


def differences(pins: Mapping[str, Pin], installed: Mapping[str, str]) -> list[str]:
    """Where an environment is not what the lock file says. A pin with a marker may be missing."""
    problems = []
    for name, version in sorted(installed.items()):
        if name in _OURS:
            continue
        if name not in pins:
            problems.append(f"installed, but not in the lock file: {name} {version}")
        elif pins[name].version != version and not pins[name].marker:
            problems.append(f"installed as {version}, locked as {pins[name].version}: {name}")
    missing = (name for name, pin in sorted(pins.items()) if name not in installed and not pin.marker)
    problems.extend(f"in the lock file, but not installed: {name}" for name in missing)
    return problems


def check_npm(text: str) -> list[str]:
    """What is wrong with npm's lock file: a package without a hash, or from elsewhere than a registry."""
    problems = []
    for path, package in json.loads(text).get("packages", {}).items():
        if not path or package.get("link"):
            continue
        if not str(package.get("integrity", "")).startswith("sha512-"):
            problems.append(f"without a sha512 hash: {path}")
        if str(package.get("resolved", "https:")).startswith(("git", "http:", "file:")):
            problems.append(f"not from a registry by https: {path}")
    return problems


def known_weaknesses(report: str) -> list[str] | None:
    """What pip-audit's JSON report says; None for what is no report, as when it reached nothing."""
    try:
        found = json.loads(report)["dependencies"]
    except (ValueError, LookupError, TypeError):
        return None
    return [
        f"{package['name']} {package.get('version', '')}: {weakness['id']}, better from {weakness.get('fix_versions')}"
        for package in found
        for weakness in package.get("vulns", ())
    ]


def _ask_pip_audit() -> list[str] | None:
    program = shutil.which("pip-audit")
    if program is None:
        return None
    command = [program, "--requirement", "requirements.lock", "--require-hashes", "--disable-pip", "--format", "json"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    except subprocess.TimeoutExpired:
        return None
    return known_weaknesses(done.stdout)


def main() -> int:
    pins, problems = read_lock((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    installed = {normal(found.metadata["Name"]): found.version for found in distributions()}
    problems += differences(pins, installed)
    for lock in sorted(ROOT.glob("*/package-lock.json")):
        problems += [f"{lock.relative_to(ROOT)}: {problem}" for problem in check_npm(lock.read_text(encoding="utf-8"))]
    weaknesses = _ask_pip_audit()
    problems += weaknesses or []
    for problem in problems:
        print(problem)
    if not problems:
        asked = "no pip-audit to ask" if weaknesses is None else "none on pip-audit's list"
        print(f"{len(pins)} packages, each pinned with hashes, nothing else installed; {asked}.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
