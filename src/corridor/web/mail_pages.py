"""What became of the mails that were to be sent; in the demo, the mails themselves."""

from typing import Any, Final, Protocol, cast
from uuid import UUID

from litestar import Request, get, post
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.response import Redirect, Template

from corridor.base.errors import NotFound
from corridor.base.settings import Settings
from corridor.identity.api import PUBLIC
from corridor.identity.permissions import Action, require_district
from corridor.integrations.outbound.mail import MailOutbox
from corridor.passes.api import PassRequest
from corridor.web.admin_frame import frame

HOME = "/admin/mail"
_SEE_OTHER: Final = 303
_PERMISSION = {"permission": Action.SIGN_IN_CHANGE}


class Services(Protocol):
    @property
    def mail(self) -> MailOutbox: ...
    @property
    def settings(self) -> Settings: ...


def _services(request: Request[Any, Any, Any]) -> Services:
    return cast("Services", request.app.state.services)


@get(HOME, include_in_schema=False, opt=_PERMISSION)
async def show_mail(request: PassRequest) -> Template:
    """Mails of the last month: waiting, sent, given up and why. Their texts are for their readers alone."""
    require_district(request.user, Action.SIGN_IN_CHANGE)
    services = _services(request)
    waiting, given_up = await services.mail.counts()
    context = frame(request, None, HOME) | {
        "mails": await services.mail.recent(),
        "waiting": waiting,
        "given_up": given_up,
        "sends_mail": services.settings.sends_mail,
        "demo": services.settings.demo,
        "server": services.settings.smtp_host,
        "time_zone": services.settings.time_zone,
    }
    return Template("admin_mail.html", context=context)


@post(HOME + "/{mail_id:uuid}/again", include_in_schema=False, opt=_PERMISSION)
async def try_again(request: PassRequest, mail_id: FromPath[UUID]) -> Redirect:
    require_district(request.user, Action.SIGN_IN_CHANGE)
    await _services(request).mail.try_again(mail_id)
    return Redirect(HOME, status_code=_SEE_OTHER)


@get("/demo/outbox", include_in_schema=False, opt={"permission": PUBLIC})
async def show_demo_outbox(request: Request[None, None, State]) -> Template:
    """The demo sends no mail: here is what it would have sent."""
    services = _services(request)
    if not services.settings.demo:
        raise NotFound("No page has this address. It may have been mistyped, or the page is gone.")
    context = {"mails": await services.mail.shown(), "time_zone": services.settings.time_zone}
    return Template("demo_outbox.html", context=context)


PAGE_ROUTES: list[Any] = [show_mail, try_again, show_demo_outbox]
