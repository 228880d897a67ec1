"""A number for every request, in its answer and in whatever is logged on its way."""

import secrets
from typing import Any

import structlog
from litestar import Request
from litestar.types import ASGIApp, Receive, Scope, Send

HEADER = b"x-request-id"
_KEY = "corridor_request_id"


def request_id_of(scope: Scope) -> str:
    """The request's own number, made here: what a client calls itself would be the client's to forge."""
    state: dict[str, Any] = scope["state"]
    if _KEY not in state:
        state[_KEY] = secrets.token_hex(6)
    number: str = state[_KEY]
    return number


def reference_of(request: Request[Any, Any, Any]) -> str:
    return request_id_of(request.scope)


def name_requests(app: ASGIApp) -> ASGIApp:
    """Middleware: whatever is logged meanwhile bears the request's number."""

    async def named(scope: Scope, receive: Receive, send: Send) -> None:
        with structlog.contextvars.bound_contextvars(request=request_id_of(scope)):
            await app(scope, receive, send)

    return named
