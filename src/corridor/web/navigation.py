"""Where the top bar leads, and where each role is at home."""

from typing import Any

import msgspec
from litestar import Request

from corridor.identity.permissions import Action, scope_of
from corridor.identity.principal import Principal, Role

_CLASS_ROLES = (Role.TEACHER, Role.SUBSTITUTE)
_DESK_ROLES = (
    Role.DESTINATION_STAFF,
    Role.FRONT_OFFICE,
    Role.HALL_MONITOR,
    Role.SCHOOL_ADMIN,
    Role.DISTRICT_ADMIN,
)
_TODAY = "/admin/today"
_OF_TODAY = (Action.ABSENCE_CHANGE, Action.FREEZE_CHANGE)


class Link(msgspec.Struct, frozen=True):
    """`here` says whether the page shown belongs to it."""

    href: str
    text: str
    icon: str
    here: bool


def home_of(role: Role) -> str:
    """The page that a role starts its day with."""
    if role is Role.STUDENT:
        return "/student"
    if role is Role.GUARDIAN:
        return "/family"
    if role in _CLASS_ROLES:
        return "/teacher"
    if role is Role.DESTINATION_STAFF:
        return "/desk"
    return "/board"


def navigation(request: Request[Any, Any, Any]) -> list[Link]:
    """The pages that whoever asks may go to; none for a student, who has one, or for a stranger."""
    principal: Principal | None = request.scope.get("user")
    if principal is None or principal.role is Role.STUDENT:
        return []
    may_credentials = scope_of(principal, Action.CREDENTIAL_CHANGE) is not None
    may_invite = scope_of(principal, Action.FAMILY_INVITE) is not None
    may_set = scope_of(principal, Action.LOCATION_CHANGE) is not None
    pages = [
        ("/teacher", "My class", "class", principal.role in _CLASS_ROLES),
        ("/desk", "Desk", "here", principal.role in _DESK_ROLES),
        ("/board", "Board", "board", scope_of(principal, Action.BOARD_VIEW) is not None),
        ("/students", "Students", "search", scope_of(principal, Action.STUDENT_VIEW) is not None),
        ("/appointments", "Appointments", "clock", scope_of(principal, Action.APPOINTMENT_MAKE) is not None),
        ("/admin/credentials", "PINs", "badge", principal.role in _CLASS_ROLES and may_credentials),
        (_TODAY, "Today", "today", any(scope_of(principal, action) for action in _OF_TODAY)),
        ("/admin/families", "Families", "family", may_invite and not may_set),
        ("/admin", "Settings", "settings", may_set),
    ]
    path = request.url.path
    allowed = [(href, text, icon) for href, text, icon, may in pages if may]
    here = max((href for href, _, _ in allowed if path.startswith(href)), key=len, default="")
    return [Link(href, text, icon, href == here) for href, text, icon in allowed]
