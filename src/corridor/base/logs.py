"""What this process says of itself: one line an event, on standard error."""

import io
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog
from structlog.typing import ExcInfo

from corridor.base.redaction import cleaned, redact_fields


def configure(log_format: str) -> None:
    """Log as `console` or as `json`.

    Tracebacks tell where, never the values of variables: those would be people's data and their tokens. What a message
    or a field holds of that nevertheless is taken out.
    """
    as_json = log_format == "json"
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            redact_fields,
            *([structlog.processors.format_exc_info, _clean_exception, _json()] if as_json else [_console()]),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _json() -> structlog.processors.JSONRenderer:
    return structlog.processors.JSONRenderer()


def _console() -> structlog.dev.ConsoleRenderer:
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_plain_and_clean)


def _clean_exception(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if isinstance(told := event.get("exception"), str):
        event["exception"] = cleaned(told)
    return event


def _plain_and_clean(sio: TextIO, exc_info: ExcInfo) -> None:
    told = io.StringIO()
    structlog.dev.plain_traceback(told, exc_info)
    sio.write(cleaned(told.getvalue()))
