"""Errors as pages that say what was wrong and where to go on."""

from collections.abc import Callable
from typing import Any

from litestar import MediaType, Request, Response
from litestar.exceptions import NotFoundException
from litestar.response import Template

from corridor.base.errors import NotSignedIn, SetupError
from corridor.identity.pages import to_sign_in
from corridor.passes.pages import wants_fragment
from corridor.web.problems import API_EXCEPTION_HANDLERS

_Handler = Callable[[Request[Any, Any, Any], Any], Response[Any]]
_FOR_PROGRAMS = ("/api/", "/health/", "/metrics")
_HEADLINES = {
    403: "This is not yours to open",
    404: "There is nothing here",
    405: "There is nothing here",
    409: "That does not go as things are",
    503: "One moment",
}


def _as_page(describe: _Handler) -> _Handler:
    """A page, or a note on the page that htmx is on, with the words of the problem that `describe` makes."""

    def handle(request: Request[Any, Any, Any], error: Any) -> Response[Any]:
        problem = describe(request, error)
        status, detail = problem.status_code or 500, problem.content["detail"]
        if isinstance(error, NotFoundException):
            detail = "No page has this address. It may have been mistyped, or the page is gone."
        if wants_fragment(request):
            headers = problem.headers | {"hx-retarget": "#toasts", "hx-reswap": "beforeend"}
            return Template("toast.html", context={"text": detail, "kind": "stop"}, status_code=status, headers=headers)
        headline = _HEADLINES.get(status, "Something went wrong" if status >= 500 else "That cannot be done")
        context = {"status": status, "headline": headline, "detail": detail}
        return Template("error.html", context=context, status_code=status, headers=problem.headers)

    return handle


def _by_reader(page: _Handler, problem: _Handler) -> _Handler:
    """For where no route says whether people or programs ask: by the address, and by what is accepted."""

    def handle(request: Request[Any, Any, Any], error: Any) -> Response[Any]:
        by_program = request.url.path.startswith(_FOR_PROGRAMS) or "text/html" not in request.headers.get("accept", "")
        return (problem if by_program else page)(request, error)

    return handle


def _as_text(request: Request[Any, Any, Any], error: SetupError) -> Response[str]:
    """For what keeps pages from being drawn at all, such as a front end that is not built."""
    return Response(f"{error.detail}\n", status_code=error.status, media_type=MediaType.TEXT)


PAGE_EXCEPTION_HANDLERS: dict[Any, Any] = {
    **{kind: _as_page(describe) for kind, describe in API_EXCEPTION_HANDLERS.items()},
    NotSignedIn: to_sign_in,
    SetupError: _as_text,
}
"""For the router of the pages."""

APP_EXCEPTION_HANDLERS: dict[Any, Any] = {
    kind: _by_reader(PAGE_EXCEPTION_HANDLERS[kind], describe) for kind, describe in API_EXCEPTION_HANDLERS.items()
}
"""For the application: what no router answers for, such as an address that does not exist."""
