"""Administration: the zones that locations lie in, at the foot of the page of locations."""

from typing import Any
from uuid import UUID

from litestar import Response, post
from litestar.params import FromPath
from litestar.response import Redirect

from corridor.base.errors import Conflict, InvalidInput, NotFound
from corridor.campus.commands import ChangeZone, ZoneChanges
from corridor.identity.permissions import Action, require
from corridor.passes.api import PassRequest, actor_id, answered, services_of
from corridor.passes.pages import choose_school
from corridor.passes.teacher_desk import uuid_in
from corridor.web.admin_pages import locations_page


@post("/admin/zones/{zone_id:uuid}", include_in_schema=False, opt={"permission": Action.LOCATION_CHANGE})
async def change_zone(request: PassRequest, zone_id: FromPath[UUID]) -> Response[Any]:
    """Rename it, or with `retire` put it out of use."""
    form = await request.form()
    school_id = uuid_in(str(form.get("school", "")))
    if school_id is None:
        raise NotFound("The form does not say which school it is about. Load the page again.")
    require(request.user, Action.LOCATION_CHANGE, school_id=school_id)
    changes = ZoneChanges(active=False) if "retire" in form else ZoneChanges(name=str(form.get("name", "")))
    try:
        command = ChangeZone(zone_id, actor_id(request.user), changes)
        answered(await services_of(request).ledger.submit(school_id, command), 200)
    except (InvalidInput, Conflict) as error:
        choice = await choose_school(request, Action.LOCATION_CHANGE, school_id)
        return await locations_page(request, choice, zone_error=error)
    return Redirect(f"/admin/locations?school={school_id}#zones", status_code=303)


PAGE_ROUTES: list[Any] = [change_zone]
