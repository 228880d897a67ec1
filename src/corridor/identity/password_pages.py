"""Forgotten passwords: asking for a link, and choosing a new password with one.

The link's secret stands in the address's fragment, which browsers send to no server and in no Referer, so that it is in
nobody's log. A script moves it into the form; without scripts people paste it from the mail.
"""

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.params import URLEncodedBody
from litestar.response import Template

from corridor.base.errors import CorridorError
from corridor.identity.api import PUBLIC, address_of, identity_of
from corridor.identity.next_step_pages import check_twice
from corridor.identity.pages import bound_page
from corridor.identity.password_links import PAGE

FORGOTTEN = "/sign-in/forgotten"
_OPEN = {"permission": PUBLIC}

Visit = Request[None, None, State]


class ForgottenForm(msgspec.Struct):
    username: str = ""


class ChooseForm(msgspec.Struct):
    code: str = ""
    new: str = ""
    again: str = ""

    def __repr__(self) -> str:
        return "ChooseForm()"


@get(FORGOTTEN, include_in_schema=False, opt=_OPEN)
async def show_forgotten(request: Visit) -> Template:
    return _forgotten_page(request)


@post(FORGOTTEN, include_in_schema=False, opt=_OPEN, status_code=200)
async def ask_for_link(request: Visit, data: URLEncodedBody[ForgottenForm]) -> Template:
    """The same answer whether there is such an account or not."""
    try:
        address = address_of(request)
        await identity_of(request).links.ask(data.username, address, here=str(request.base_url))
    except CorridorError as error:
        return _forgotten_page(request, error)
    return _forgotten_page(request, asked=True)


@get(PAGE, include_in_schema=False, opt=_OPEN)
async def show_choose(request: Visit) -> Template:
    return _choose_page(request)


@post(PAGE, include_in_schema=False, opt=_OPEN, status_code=200)
async def choose(request: Visit, data: URLEncodedBody[ChooseForm]) -> Response[Any]:
    try:
        check_twice(data.new, data.again)
        # A whole link may have been pasted.
        await identity_of(request).links.use(data.code.strip().rpartition("#")[2], data.new)
    except CorridorError as error:
        return _choose_page(request, error, code=data.code)
    return _choose_page(request, chosen=True)


def _forgotten_page(request: Visit, error: CorridorError | None = None, *, asked: bool = False) -> Template:
    identity = identity_of(request)
    context = {"asked": asked, "sends_mail": identity.outbox.ready, "demo": identity.settings.demo}
    return bound_page(request, "password_forgotten.html", context, error)


def _choose_page(
    request: Visit, error: CorridorError | None = None, *, chosen: bool = False, code: str = ""
) -> Template:
    return bound_page(request, "password_choose.html", {"chosen": chosen, "code": code}, error)


PAGE_ROUTES: list[Any] = [show_forgotten, ask_for_link, show_choose, choose]
