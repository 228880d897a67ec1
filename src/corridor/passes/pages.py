"""What the pages about passes share: which school they show, and how a form is answered."""

from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import Request, Response
from litestar.response import Redirect, Template

from corridor.base.errors import NotFound
from corridor.campus.model import School
from corridor.campus.queries import list_schools
from corridor.identity.permissions import Action, require
from corridor.passes.api import PassRequest, services_of

_SEE_OTHER: Final = 303
_MOST_SCHOOLS = 500


class SchoolChoice(msgspec.Struct, frozen=True):
    """The school that a page shows, and all that it could show."""

    school: School
    all: list[School]


async def choose_school(request: PassRequest, action: Action, wanted: UUID | None) -> SchoolChoice:
    """The wanted school, else the first by name of those where the asker may do `action`.

    Raises `NotFound` when the wanted one is out of reach or there is none.
    """
    require(request.user, action, school_id=wanted)
    reached = await list_schools(services_of(request).database, request.user.school_ids, None, _MOST_SCHOOLS)
    schools = sorted(reached, key=lambda school: school.name.casefold())
    if not schools:
        raise NotFound("There is no school here yet. An administrator imports the roster first.")
    for school in schools:
        if wanted in (None, school.id):
            return SchoolChoice(school, schools)
    raise NotFound("There is no such school, or it is not one of yours.")


def wants_fragment(request: Request[Any, Any, Any]) -> bool:
    """Whether htmx asks for a part of the page it shows, rather than a browser for a whole one."""
    return request.headers.get("hx-request-type") == "partial"


def done(request: Request[Any, Any, Any], to: str, fragment: Template) -> Response[Any]:
    """The answer to a form that did its work: what it changed for htmx, else the way to the page `to`."""
    return fragment if wants_fragment(request) else Redirect(to, status_code=_SEE_OTHER)
