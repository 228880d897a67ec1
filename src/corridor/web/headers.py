"""What every answer tells the browser about what it may do with it.

`Content-Security-Policy`: scripts, styles and connections of our own only, nothing inline, and never inside another
site's frame (https://www.w3.org/TR/CSP3/).
"""

from collections.abc import Awaitable, Callable

from litestar.types import Message, Scope

from corridor.web.request_ids import HEADER, request_id_of

_ALWAYS = (
    (
        b"content-security-policy",
        b"default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
_NOT_KEPT = (b"cache-control", b"no-store")


_SECURE_FOR_A_YEAR = (b"strict-transport-security", b"max-age=31536000")


def headers_for(public_url: str) -> Callable[[Message, Scope], Awaitable[None]]:
    """For the application's `before_send`. What does not say how long to keep it is not kept: computers are shared.

    Where people come by https, browsers are told never to come otherwise.
    """
    always = (*_ALWAYS, _SECURE_FOR_A_YEAR) if public_url.startswith("https:") else _ALWAYS

    async def add_headers(message: Message, scope: Scope) -> None:
        if message["type"] != "http.response.start":
            return
        headers = list(message["headers"])
        headers.extend(always)
        headers.append((HEADER, request_id_of(scope).encode()))
        if not any(name.lower() == b"cache-control" for name, _ in headers):
            headers.append(_NOT_KEPT)
        message["headers"] = headers

    return add_headers
