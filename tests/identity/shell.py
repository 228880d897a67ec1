"""A tiny application around identity: its own routes, a few guarded ones, and a bare layout for the pages."""

from pathlib import Path
from typing import Any, NamedTuple, cast

import httpx
from jinja2 import ChoiceLoader, DictLoader, Environment, FileSystemLoader
from litestar import Litestar, Request, Response, Router, get, post
from litestar.datastructures import State, UploadFile
from litestar.params import MultipartBody
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Template
from litestar.template import TemplateConfig
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from corridor import identity as identity_room
from corridor.base.errors import CorridorError, NotSignedIn
from corridor.identity.accounts import DemoAccount
from corridor.identity.api import API_ROUTES, PUBLIC, check_routes, csrf_token, gate
from corridor.identity.oidc import SingleSignOn
from corridor.identity.pages import PAGE_ROUTES, to_sign_in
from corridor.identity.permissions import Action
from corridor.identity.principal import Principal
from corridor.identity.service import IdentityService

ADDRESS = "http://127.0.0.1"

_TEMPLATES = Path(identity_room.__file__).parent / "templates"
_LAYOUT = "<title>{% block title %}{% endblock %}</title><main>{% block content %}{% endblock %}</main>"


class Services(NamedTuple):
    identity: IdentityService
    sign_on: SingleSignOn


def _problem(request: Request[Any, Any, Any], error: CorridorError) -> Response[dict[str, Any]]:
    return Response({"code": error.code, "detail": error.detail}, status_code=error.status)


def stamped(app: ASGIApp) -> ASGIApp:
    """A middleware outside the gate: every answer should pass it."""

    async def stamp(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_stamped(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-stamp", b"1")]
            await send(message)

        await app(scope, receive, send_stamped)

    return stamp


@get("/open", opt={"permission": PUBLIC})
async def show_open(request: Request[Any, Any, State]) -> dict[str, Any]:
    return {"user": request.user, "auth": request.auth}


@get("/board", opt={"permission": Action.BOARD_VIEW})
async def show_board(request: Request[Principal, str, State]) -> dict[str, Any]:
    return {"name": request.user.name, "auth": request.auth}


@get("/passes", opt={"permission": (Action.PASS_ISSUE, Action.PASS_REQUEST)})
async def show_passes() -> str:
    return "passes"


@post("/passes", opt={"permission": (Action.PASS_ISSUE, Action.PASS_REQUEST)}, status_code=201)
async def make_pass(request: Request[Principal, str, State]) -> dict[str, Any]:
    return {"form": dict(await request.form())}


@post("/upload", opt={"permission": Action.ME_VIEW}, status_code=201)
async def upload(data: MultipartBody[UploadFile]) -> int:
    return len(await data.read())


@get("/form", opt={"permission": Action.ME_VIEW})
async def show_form() -> Template:
    return Template(template_str="{{ csrf_token() }}")


@get("/home", opt={"permission": Action.ME_VIEW})
async def show_home(request: Request[Principal, str, State]) -> str:
    return request.user.name


def make_app(
    identity: IdentityService, *, extra: list[Any] | None = None, demo_accounts: list[DemoAccount] | None = None
) -> Litestar:
    loader = ChoiceLoader([FileSystemLoader(_TEMPLATES), DictLoader({"base.html": _LAYOUT})])
    engine = JinjaTemplateEngine.from_environment(Environment(loader=loader, autoescape=True))
    engine.register_template_callable("csrf_token", csrf_token)
    sign_on = SingleSignOn(identity.database, identity.clock, identity.settings, identity)
    pages = Router("/", route_handlers=[*PAGE_ROUTES, show_home], exception_handlers={NotSignedIn: to_sign_in})
    return Litestar(
        route_handlers=[
            Router("/api/v1", route_handlers=API_ROUTES),
            pages,
            show_open,
            show_board,
            show_passes,
            make_pass,
            upload,
            show_form,
            *(extra or []),
        ],
        middleware=[stamped, gate],
        on_startup=[check_routes],
        exception_handlers={CorridorError: _problem},
        template_config=TemplateConfig(instance=engine),
        state=State({"services": Services(identity, sign_on), "demo_accounts": demo_accounts or []}),
        openapi_config=None,
        logging_config=None,
    )


def browse(app: Litestar, *, address: str = ADDRESS, client: str = "203.0.113.7") -> httpx.AsyncClient:
    """A browser of its own, in the test's event loop."""
    transport = httpx.ASGITransport(cast("Any", app), client=(client, 50000))
    return httpx.AsyncClient(transport=transport, base_url=address)
