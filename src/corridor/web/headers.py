"""What every answer tells the browser about what it may do with it.

`Content-Security-Policy`: scripts, styles and connections of our own only, nothing inline, and never inside another
site's frame (https://www.w3.org/TR/CSP3/).
"""

from litestar.types import Message, Scope

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


async def add_headers(message: Message, scope: Scope) -> None:
    """For the application's `before_send`. What does not say how long to keep it is not kept: computers are shared."""
    if message["type"] != "http.response.start":
        return
    headers = list(message["headers"])
    headers.extend(_ALWAYS)
    if not any(name.lower() == b"cache-control" for name, _ in headers):
        headers.append(_NOT_KEPT)
    message["headers"] = headers
