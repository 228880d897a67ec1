"""Who is asking, and in which role."""

from enum import StrEnum
from typing import Literal
from uuid import UUID

import msgspec

from corridor.base.errors import InvalidInput


class Role(StrEnum):
    STUDENT = "student"
    GUARDIAN = "guardian"
    TEACHER = "teacher"
    SUBSTITUTE = "substitute"
    DESTINATION_STAFF = "destination_staff"
    HALL_MONITOR = "hall_monitor"
    FRONT_OFFICE = "front_office"
    SCHOOL_ADMIN = "school_admin"
    DISTRICT_ADMIN = "district_admin"
    INTEGRATION = "integration"
    KIOSK = "kiosk"
    FIRST_RESPONDER = "first_responder"


PERSONAL_ROLES = frozenset({Role.STUDENT, Role.GUARDIAN})
"""Roles that mean nothing without the person who holds them."""

MACHINE_ROLES = frozenset({Role.INTEGRATION, Role.KIOSK, Role.FIRST_RESPONDER})
"""Roles of programs, devices and links: nobody signs in as one."""

_SHORT_NAMES = {"admin": Role.DISTRICT_ADMIN}


def parse_role(text: str) -> Role:
    """The role of this name; `admin` is short for `district_admin`, and a hyphen is as good as an underscore.

    Raises `InvalidInput` with the list of roles.
    """
    name = text.strip().lower().replace("-", "_")
    if name in _SHORT_NAMES:
        return _SHORT_NAMES[name]
    try:
        return Role(name)
    except ValueError:
        roles = ", ".join(Role)
        raise InvalidInput(f"There is no role '{text}'. There are {roles}; admin means district_admin.") from None


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever a request was authenticated as.

    `id` is the account's, the API token's, the device's or the link's, as `kind` says. `person_id` is the roster person
    behind it, if any, and `own_ids` are the students whose records are its own: a student's own, a guardian's children.
    `school_ids` are the schools it reaches; `None` means the whole district. `location_id` is the room of a device.
    `actions` are the only ones that a token was made for; `None`: all of its role. `session_id` is the sign-in that a
    browser's cookie stands for.
    """

    id: UUID
    kind: Literal["account", "token", "device", "link"]
    role: Role
    name: str
    person_id: UUID | None = None
    own_ids: frozenset[UUID] = frozenset()
    school_ids: frozenset[UUID] | None
    location_id: UUID | None = None
    actions: frozenset[str] | None = None
    session_id: UUID | None = None

    def reaches(self, school_id: UUID) -> bool:
        return self.school_ids is None or school_id in self.school_ids
