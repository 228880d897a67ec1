"""The API's description: OpenAPI 3.1 at /api/openapi.json, and the same to read at /api/docs."""

from typing import Any

import msgspec
from litestar import Litestar, Request, Router
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.openapi.spec import (
    Components,
    OAuthFlow,
    OAuthFlows,
    OpenAPIMediaType,
    OpenAPIResponse,
    Operation,
    Reference,
    Schema,
    SecurityScheme,
)
from litestar.openapi.spec.enums import OpenAPIType

from corridor import __version__
from corridor.identity.permissions import Action
from corridor.web.problems import PROBLEM_JSON

_METHODS = ("get", "post", "put", "patch", "delete")
_PROBLEM = Reference(ref="#/components/schemas/Problem")
_REASONS = Reference(ref="#/components/schemas/ShownReason")


class ReadablePage(OpenAPIRenderPlugin):
    """The description as one plain page, made here: no script and nothing from elsewhere."""

    def __init__(self) -> None:
        super().__init__(path="/docs")

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        engine = request.app.template_engine
        assert engine is not None
        page = engine.get_template("api_docs.html").render(spec=openapi_schema, request=request)
        return str(page).encode()


class OperationEntry(msgspec.Struct, frozen=True):
    """An operation of the description, with where it is."""

    method: str
    path: str
    item: dict[str, Any]


def by_tag(spec: dict[str, Any]) -> dict[str, list[OperationEntry]]:
    """The description's operations under their first tags, in the order in which they stand."""
    groups: dict[str, list[OperationEntry]] = {}
    for path, item in spec["paths"].items():
        for method in _METHODS:
            if method in item:
                tag = (item[method].get("tags") or ["Other"])[0]
                groups.setdefault(tag, []).append(OperationEntry(method, path, item[method]))
    return groups


def openapi_config() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Corridor",
        version=__version__,
        description=(
            "Hall passes, live. Send a token made with `corridor token create` as `Authorization: Bearer ...`. "
            "Every error is a problem (RFC 9457). Send an `Idempotency-Key` with every command: then it may be "
            "repeated freely and is taken once."
        ),
        openapi_router=Router("/api", route_handlers=[], include_in_schema=False, opt={"permission": "public"}),
        render_plugins=[ReadablePage()],
        use_handler_docstrings=True,
        components=Components(
            security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer"), "oauth": _client_credentials()}
        ),
    )


def _client_credentials() -> SecurityScheme:
    scopes = {action.value: action.value.replace("_", " ").replace(".", ": ") for action in Action}
    flow = OAuthFlow(token_url="/oauth/token", scopes=scopes)
    return SecurityScheme(type="oauth2", flows=OAuthFlows(client_credentials=flow))


def describe_problems(app: Litestar) -> None:
    """Add to every operation the problems that it can answer with."""
    spec = app.openapi_schema
    _make_plain(spec.components.schemas)
    spec.components.schemas["Problem"] = _problem_schema()
    for path, item in (spec.paths or {}).items():
        for method in _METHODS:
            operation: Operation | None = getattr(item, method)
            if operation is not None:
                _describe(operation, path, method)


def _make_plain(schemas: dict[str, Schema]) -> None:
    """Say defaults as JSON does: those of sets, tuples and structs among them."""
    for schema in schemas.values():
        for value in (schema, *(schema.properties or {}).values()):
            if isinstance(value, Schema) and value.default is not None:
                value.default = msgspec.json.decode(msgspec.json.encode(value.default))


def _describe(operation: Operation, path: str, method: str) -> None:
    statuses = {"400": "The request cannot be read as it is.", "500": "A fault of ours.", "503": "Try again."}
    if path.startswith("/api/"):
        statuses |= {"401": "Not signed in.", "403": "Your role does not include this."}
    if "{" in path or method == "post":
        statuses["404"] = "There is no such thing, or it is not yours to see."
    if method != "get":
        statuses |= {"409": "It cannot be done as things are.", "413": "The body is too large."}
    if path.startswith("/api/"):
        statuses["422"] = "A value does not fit."
    responses = operation.responses = dict(operation.responses or {})
    for status, description in statuses.items():
        media = {PROBLEM_JSON: OpenAPIMediaType(schema=_PROBLEM)}
        if status not in responses or status == "400":
            responses[status] = OpenAPIResponse(description=description, content=media)


def _problem_schema() -> Schema:
    text = Schema(type=OpenAPIType.STRING)
    return Schema(
        type=OpenAPIType.OBJECT,
        title="Problem",
        description="RFC 9457. `reasons` are there when rules stood against a pass, `invalid` when a field was wrong.",
        required=["type", "title", "status", "detail", "code"],
        properties={
            "type": text,
            "title": text,
            "status": Schema(type=OpenAPIType.INTEGER),
            "detail": text,
            "code": text,
            "reasons": Schema(type=OpenAPIType.ARRAY, items=_REASONS),
            "invalid": Schema(type=OpenAPIType.ARRAY, items=Schema(type=OpenAPIType.OBJECT)),
        },
    )
