"""What must not stand in a log: secrets, and what people wrote or are called."""

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

GONE = "[redacted]"

_SECRET = re.compile(
    r"pass(word|phrase|code)|secret|token|cookie|authorization|credential|session|csrf|otp|^pin$|^code$"
)
_PERSONAL = frozenset(
    """
    name given_name family_name preferred_given_name preferred_family_name student_name username user_name email mail to
    phone pronouns lift_reason deny_reason note notes words text subject body form data headers query params
    parameters
    """.split()
)
_NEVER = frozenset({"event", "level", "timestamp", "logger"})
_ANNOUNCED = r"(?:pass(?:word|phrase)|secret|token|cookie|code|otp|state)[\"']?\s*[=:]\s*"
_TEXTS: tuple[tuple[re.Pattern[str], str], ...] = (
    # Tokens of ours, wherever they stand, and those of others after the words that announce them.
    (re.compile(r"\b(cor|coa|cos)_[A-Za-z0-9_-]{8,}"), r"\1_" + GONE),
    (re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE), r"\1 " + GONE),
    (
        re.compile(f"(?i)({_ANNOUNCED})[\"']?[^\\s\"',;&)}}]+"),
        r"\1" + GONE,
    ),
    # A database's address holds its password.
    (re.compile(r"(\b[a-z][a-z0-9+]*://[^\s:/@]*:)[^\s@]+@"), r"\1" + GONE + "@"),
    # What comes after a path is for the server alone.
    (re.compile(r"((?:https?://[^\s?\"']+|(?<![\w.])/[\w./%~-]*))\?[^\s\"']+"), r"\1?" + GONE),
    # PostgreSQL tells the row that did not fit, SQLAlchemy the values that it was given.
    (re.compile(r"^(\s*(?:DETAIL|CONTEXT):).*$", re.MULTILINE), r"\1 " + GONE),
    (re.compile(r"\[parameters: .*\]", re.DOTALL), "[parameters: " + GONE + "]"),
    (re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.-]+\b"), GONE),
)


def cleaned(text: str) -> str:
    """The text without secrets, queries, rows of tables and mail addresses."""
    for pattern, instead in _TEXTS:
        text = pattern.sub(instead, text)
    return text


def redact_fields(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """For structlog: the event without what its fields should not have held."""
    for key, value in event.items():
        if key == "exc_info":
            continue
        event[key] = cleaned(value) if key in _NEVER and isinstance(value, str) else _field(key, value)
    return event


def _field(key: str, value: Any) -> Any:
    lower = key.lower()
    if value is not None and (lower in _PERSONAL or _SECRET.search(lower)) and not lower.endswith("_id"):
        return GONE
    if isinstance(value, str):
        return cleaned(value)
    if isinstance(value, Mapping):
        return {inner: _field(str(inner), each) for inner, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_field("", each) for each in value]
    return value
