"""The cookies of a kiosk: the device's own, the one of a browser that waits to be paired, and a student's turn."""

from typing import Any, Final, Literal

from litestar import Request
from litestar.datastructures import Cookie

from corridor.identity.api import DEVICE_COOKIE
from corridor.identity.pages import must_be_secure

PATH: Final = "/kiosk"
PAIRING_COOKIE: Final = "corridor_pairing"
TURN_COOKIE: Final = "corridor_turn"
_LONGEST_AGE = 400 * 24 * 3600
"""As long as browsers keep any cookie (RFC 6265bis); every visit of the start page begins it anew."""


def device_cookie(request: Request[Any, Any, Any], token: str) -> Cookie:
    return _cookie(request, DEVICE_COOKIE, token, max_age=_LONGEST_AGE)


def pairing_cookie(request: Request[Any, Any, Any], browser: str) -> Cookie:
    return _cookie(request, PAIRING_COOKIE, browser)


def turn_cookie(request: Request[Any, Any, Any], turn: str) -> Cookie:
    return _cookie(request, TURN_COOKIE, turn, samesite="strict")


def _cookie(
    request: Request[Any, Any, Any],
    key: str,
    value: str,
    *,
    max_age: int | None = None,
    samesite: Literal["lax", "strict"] = "lax",
) -> Cookie:
    return Cookie(
        key,
        value=value,
        path=PATH,
        httponly=True,
        samesite=samesite,
        secure=must_be_secure(request),
        max_age=max_age,
    )
