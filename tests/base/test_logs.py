"""The log says what happened and keeps secrets."""

import json
import subprocess
import sys

import pytest

_SCRIPT = """
import sys, structlog
from corridor.base import logs
logs.configure(sys.argv[1])
log = structlog.get_logger("corridor.test")
def fail(token):
    raise ValueError("it broke")
try:
    fail("a secret token")
except ValueError as error:
    log.error("unexpected error", path="/api", exc_info=error)
print("only this on standard output")
"""


def run(log_format: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-c", _SCRIPT, log_format], capture_output=True, text=True, check=True)


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_an_error_is_logged_with_its_place_and_without_the_values_of_variables(log_format: str) -> None:
    done = run(log_format)
    assert done.stdout == "only this on standard output\n"
    assert "ValueError: it broke" in done.stderr
    assert "/api" in done.stderr
    assert "a secret token" not in done.stderr.replace('fail("a secret token")', "")


def test_json_is_one_object_a_line() -> None:
    (line,) = run("json").stderr.splitlines()
    logged = json.loads(line)
    assert (logged["event"], logged["level"], logged["path"]) == ("unexpected error", "error", "/api")
