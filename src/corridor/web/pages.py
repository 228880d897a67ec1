"""The front door."""

from typing import Any

from litestar import get
from litestar.response import Redirect

from corridor.identity.permissions import Action
from corridor.passes.api import PassRequest
from corridor.web.navigation import home_of


@get("/", include_in_schema=False, opt={"permission": Action.ME_VIEW})
async def show_home(request: PassRequest) -> Redirect:
    """To the page that this role starts its day with."""
    return Redirect(home_of(request.user.role), status_code=303)


PAGE_ROUTES: list[Any] = [show_home]
