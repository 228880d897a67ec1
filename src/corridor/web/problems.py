"""Errors as problem details (RFC 9457), for the API."""

from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from sqlalchemy.exc import OperationalError

from corridor.base.errors import CorridorError, Unavailable
from corridor.web.request_ids import reference_of

_TOO_LARGE = "This is larger than what is taken here. The setting max_upload_mb says how large an upload may be."
PROBLEM_JSON = "application/problem+json"
log = structlog.get_logger("corridor.web")


class InvalidParameter(msgspec.Struct):
    """What of a request could not be read."""

    key: str
    message: str


class Problem(msgspec.Struct, omit_defaults=True):
    """`type` is a URN for programs, made of `code`; `detail` says in words what was wrong and what to do."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    invalid: list[InvalidParameter] = []


def problem_response(request: Request[Any, Any, Any], error: CorridorError) -> Response[Any]:
    """An error of ours as a problem."""
    body = _body(error.code, error.status, error.detail) | msgspec.to_builtins(error.extra)
    headers = {"retry-after": "1"} if isinstance(error, Unavailable) else {}
    if error.status == 401:
        headers["www-authenticate"] = 'Bearer realm="Corridor"'
        if error.code == "token_refused":
            headers["www-authenticate"] += ', error="invalid_token"'
    if error.code == "insufficient_scope":
        scope = error.extra.get("action")
        headers["www-authenticate"] = f'Bearer realm="Corridor", error="insufficient_scope", scope="{scope}"'
    if "retry_after" in error.extra:
        headers["retry-after"] = str(error.extra["retry_after"])
    return Response(body, status_code=error.status, media_type=PROBLEM_JSON, headers=headers)


def http_problem(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """An error that the framework found: no such route, a body that cannot be read."""
    if isinstance(error, ValidationException):
        invalid = [
            {"key": str(item.get("key", "")), "message": str(item.get("message", ""))}
            for item in (error.extra or [])
            if isinstance(item, dict)
        ]
        body = _body("invalid_request", 400, "The request cannot be read as it is. See 'invalid'.") | {
            "invalid": invalid
        }
        return Response(body, status_code=400, media_type=PROBLEM_JSON)
    code = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}.get(error.status_code, "invalid_request")
    detail = _TOO_LARGE if error.status_code == 413 else error.detail or "The request cannot be taken."
    body = _body(code, error.status_code, detail)
    return Response(body, status_code=error.status_code, media_type=PROBLEM_JSON, headers=error.headers)


def database_problem(request: Request[Any, Any, Any], error: OperationalError) -> Response[Any]:
    log.warning("database unavailable", error=str(error.orig))
    return problem_response(request, Unavailable("The database did not answer. Send the same request again."))


def unexpected_problem(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """A fault of ours: the log has it under the number that the answer shows."""
    reference = reference_of(request)
    log.error("unexpected error", reference=reference, path=request.url.path, exc_info=error)
    detail = f"Something went wrong here, and nothing was recorded of it. Its number in the log is {reference}."
    return Response(_body("internal", 500, detail), status_code=500, media_type=PROBLEM_JSON)


def _body(code: str, status: int, detail: str) -> dict[str, Any]:
    title = code.replace("_", " ").capitalize()
    return {"type": f"urn:corridor:problem:{code}", "title": title, "status": status, "detail": detail, "code": code}


API_EXCEPTION_HANDLERS: dict[Any, Any] = {
    CorridorError: problem_response,
    HTTPException: http_problem,
    OperationalError: database_problem,
    Exception: unexpected_problem,
}
