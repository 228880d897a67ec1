"""Secrets and people stay out of the log, however they got into a line."""

import json
import subprocess
import sys

import pytest

from corridor.base.redaction import GONE, cleaned, redact_fields

_SCRIPT = """
import sys, structlog
from corridor.base import logs
logs.configure(sys.argv[1])
log = structlog.get_logger("corridor.test")
structlog.contextvars.bind_contextvars(request="abc123")
log.info("signed in", password="hunter2hunter2", username="ana.ruiz", account_id="17", headers={"cookie": "x=yz"})
log.warning("fetched /calendar/feed?token=t0psecret from https://a.example/b?key=value")
try:
    raise ValueError("Bearer cor_AbCdEfGhIjKlMnOp ana.ruiz@school.example\\nDETAIL:  Key (username)=(ana) exists")
except ValueError as error:
    log.error("unexpected error", exc_info=error)
"""
_SECRETS = ("hunter2", "ana.ruiz", "x=yz", "t0psecret", "key=value", "AbCdEfGh", "(ana)")


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_the_log_itself_holds_no_secret(log_format: str) -> None:
    done = subprocess.run([sys.executable, "-c", _SCRIPT, log_format], capture_output=True, text=True, check=True)
    told = "\n".join(line for line in done.stderr.splitlines() if "raise ValueError(" not in line)
    for secret in _SECRETS:
        assert secret not in told, told
    assert "ValueError" in told
    assert "17" in told
    assert "/calendar/feed" in told
    assert told.count("abc123") == 3
    if log_format == "json":
        assert [json.loads(line)["level"] for line in done.stderr.splitlines()] == ["info", "warning", "error"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("GET /x/y?code=1&state=2 took 3 ms", f"GET /x/y?{GONE} took 3 ms"),
        ("postgresql://corridor:geheim@db/corridor", f"postgresql://corridor:{GONE}@db/corridor"),
        ("password='abc def'", f"password={GONE} def'"),
        ("[SQL: SELECT 1]\n[parameters: ('ana', 'x')]", f"[SQL: SELECT 1]\n[parameters: {GONE}]"),
        ("Is it closed? Yes.", "Is it closed? Yes."),
        ("head 3f2a of school 017", "head 3f2a of school 017"),
    ],
)
def test_what_is_taken_out_of_a_text_and_what_is_left(text: str, left: str) -> None:
    assert cleaned(text) == left


def test_fields_within_fields_are_looked_at_and_numbers_left_alone() -> None:
    event = {"event": "x", "rows": [{"given_name": "Ana", "seq": 7}], "token": None, "session_id": "9", "number": 4}
    assert redact_fields(None, "info", dict(event)) == {
        "event": "x",
        "rows": [{"given_name": GONE, "seq": 7}],
        "token": None,
        "session_id": "9",
        "number": 4,
    }
