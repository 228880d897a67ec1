"""The Chromium that drives browser tests and screenshots.

`$CORRIDOR_CHROMIUM` if set, else the system's, else the one in the npm package @sparticuz/chromium, which
`python -m scripts.chromium` unpacks into .tools. Needs nothing but the standard library.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict

ROOT = Path(__file__).resolve().parent.parent
WITH_NODE = str(ROOT / "scripts" / "with-node")
PACKAGE = ROOT / "scripts" / "chromium_package"
SYSTEM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SYSTEM_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
# Not --single-process, which serverless platforms need: with it, closing one of two contexts ends the browser.
BUNDLED_FLAGS = ("--headless=shell", "--no-sandbox", "--disable-gpu")


class LaunchOptions(TypedDict):
    """Arguments for Playwright's `chromium.launch`."""

    executable_path: str
    args: list[str]
    env: dict[str, str | float | bool]


@cache
def find() -> Path | None:
    """The executable to use, or None where there is none yet."""
    if named := os.environ.get("CORRIDOR_CHROMIUM"):
        if not Path(named).is_file():
            raise SystemExit(f"CORRIDOR_CHROMIUM is {named}, and there is no such file.")
        return Path(named)
    for name in SYSTEM_NAMES:
        if (path := shutil.which(name)) and _starts(path):
            return Path(path)
    bundled = _bundled()
    return bundled if bundled.is_file() else None


def fetch() -> Path:
    """Unpack the bundled Chromium into .tools and return its executable. Raises `SystemExit` where there is none."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise SystemExit("The browser tests need Chromium, and none was found. Install it, or set CORRIDOR_CHROMIUM.")
    target = _bundled().parent
    print(f"Fetching a Chromium for the browser tests into {target.relative_to(ROOT)}", file=sys.stderr)
    target.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as draft:
        work = Path(draft)
        for name in ("package.json", "package-lock.json", ".npmrc", "unpack.mjs"):
            shutil.copy(PACKAGE / name, work)
        unpacked = work / "unpacked"
        unpacked.mkdir()
        subprocess.run([WITH_NODE, "npm", "ci", "--loglevel=error"], cwd=work, check=True, stdin=subprocess.DEVNULL)
        subprocess.run(
            [WITH_NODE, "node", "unpack.mjs"],
            cwd=work,
            env=os.environ | {"TMPDIR": str(unpacked)},
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        (unpacked / "fonts.conf").write_text(_font_settings(target), encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        unpacked.rename(target)
    return _bundled()


@cache
def prepare_driver() -> None:
    """Before Playwright starts: give it a Node.js that runs. Its own needs libatomic, which bare machines lack."""
    package = find_spec("playwright")
    if "PLAYWRIGHT_NODEJS_PATH" in os.environ or package is None or package.origin is None:
        return
    if not _starts(str(Path(package.origin).parent / "driver" / "node")):
        command = [WITH_NODE, "node", "--print", "process.execPath"]
        done = subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        os.environ["PLAYWRIGHT_NODEJS_PATH"] = done.stdout.strip()


def launch_options(executable: Path) -> LaunchOptions:
    """What Playwright must be told to start this Chromium."""
    folder = executable.parent
    if not (folder / "al2023").is_dir():
        return {"executable_path": str(executable), "args": list(SYSTEM_FLAGS), "env": dict(os.environ)}
    libraries = [str(folder / "al2023" / "lib"), os.environ.get("LD_LIBRARY_PATH", "")]
    env = os.environ | {
        "LD_LIBRARY_PATH": ":".join(filter(None, libraries)),
        "FONTCONFIG_FILE": str(folder / "fonts.conf"),
    }
    return {"executable_path": str(executable), "args": list(BUNDLED_FLAGS), "env": dict(env)}


def _bundled() -> Path:
    version = json.loads((PACKAGE / "package.json").read_text())["dependencies"]["@sparticuz/chromium"]
    return ROOT / ".tools" / f"chromium-{version}" / "chromium"


def _starts(executable: str) -> bool:
    """Some systems have a chromium-browser that only says how to install one."""
    try:
        subprocess.run([executable, "--version"], check=True, timeout=30, stdin=subprocess.DEVNULL, capture_output=True)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _font_settings(folder: Path) -> str:
    return (
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>\n'
        '  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>\n'
        f"  <dir>{folder / 'fonts' / 'fonts'}</dir>\n  <cachedir>{folder / 'fonts-cache'}</cachedir>\n</fontconfig>\n"
    )


if __name__ == "__main__":
    print(find() or fetch())
