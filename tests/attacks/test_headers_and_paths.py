"""Headers that claim to be from a proxy, hosts that are not ours, paths that try to climb."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple, cast
from urllib.parse import unquote

import httpx
import pytest

from corridor.app import create_app
from corridor.base.clock import FixedClock
from corridor.base.database import Database
from corridor.base.settings import Settings
from corridor.web.hosts import host_in
from tests.school import MORNING, make_school
from tests.sse import asgi_stream
from tests.world import World

SECRETS = ("secret.key", "[project]", "root:x:", "postmaster", "PG_VERSION", "import ")
CLIMBING = (
    "/static/../../../pyproject.toml",
    "/static/%2e%2e/%2e%2e/%2e%2e/pyproject.toml",
    "/static/..%2f..%2f..%2fpyproject.toml",
    "/static/..%5c..%5cpyproject.toml",
    "/static/%252e%252e/%252e%252e/pyproject.toml",
    "/static//etc/passwd",
    "/static/%2fetc%2fpasswd",
    "/static/....//....//pyproject.toml",
    "/static/manifest.json%00.css",
    "/static/.",
    "/static/..;/..;/pyproject.toml",
    "/static/%c0%ae%c0%ae/pyproject.toml",
)
GUARDED = (
    "/admin",
    "/admin/",
    "//admin",
    "/admin//retention",
    "/admin/retention/",
    "/./admin/retention",
    "/x/../admin/retention",
    "/ADMIN/retention",
    "/admin;x=y/retention",
    "/admin/retention;.css",
    "/admin/retention.css",
    "/admin/retention%2f",
    "/admin%2fretention",
    "/admin/retention%00",
    "/admin/retention?x=/static/a.css",
    "/static/..%2fadmin/retention",
    "/sign-in/../admin/retention",
    "/api/v1//retention",
    "/api/v1/retention/",
    "/API/V1/retention",
    "/api/v1/retention%20",
)


class Raw(NamedTuple):
    """An answer to a path as it was written: httpx would tidy it up first."""

    status_code: int
    headers: dict[str, str]
    text: str


async def _raw(world: World, target: str) -> Raw:
    """Ask as uvicorn does: the path decoded once, beside the one that was sent."""
    path, _, query = target.partition("?")
    sent: list[Any] = []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"test"), (b"accept", b"text/html")],
        "client": ("127.0.0.1", 1),
        "server": ("test", 80),
        "extensions": {},
    }

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await world.client._transport.app(scope, receive, send)  # type: ignore[attr-defined]
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return Raw(sent[0]["status"], headers, body.decode(errors="replace"))


async def test_no_path_climbs_out_of_the_built_files(world: World) -> None:
    for path in CLIMBING:
        answer = await _raw(world, path)
        assert answer.status_code in (400, 404), (path, answer.status_code, answer.text[:200])
        assert not any(secret in answer.text for secret in SECRETS), path


async def test_no_spelling_of_a_path_gets_round_the_gate(world: World) -> None:
    for path in GUARDED:
        answer = await _raw(world, path)
        assert answer.status_code in (303, 400, 401, 403, 404, 405), (path, answer.status_code, answer.text[:200])
        assert "Kept for" not in answer.text, path
        if answer.status_code == 303:
            assert answer.headers["location"].startswith("/sign-in"), path


CLAIMS: list[dict[str, str]] = [
    {"x-original-url": "/admin/retention"},
    {"x-rewrite-url": "/admin/retention"},
    {"x-forwarded-prefix": "/admin"},
    {"x-forwarded-user": "admin"},
    {"x-remote-user": "admin"},
    {"x-forwarded-for": "127.0.0.1"},
    {"x-real-ip": "127.0.0.1"},
    {"x-forwarded-host": "localhost"},
    {"x-forwarded-proto": "https"},
    {"forwarded": "for=127.0.0.1;host=localhost;proto=https"},
    {"authorization": "Bearer "},
    {"authorization": "Bearer null"},
    {"authorization": "Basic YWRtaW46YWRtaW4="},
    {"cookie": "corridor_session="},
    {"cookie": "corridor_session=admin; role=admin"},
]


async def test_no_header_makes_somebody_an_administrator(world: World) -> None:
    for headers in CLAIMS:
        page = await world.client.get("/admin/retention", headers={"accept": "text/html"} | headers)
        assert page.status_code in (303, 401), headers
        answer = await world.client.get("/api/v1/retention", headers=headers)
        assert answer.status_code == 401, headers


async def test_methods_that_nobody_needs_do_nothing(world: World) -> None:
    for method in ["TRACE", "TRACK", "CONNECT", "PROPFIND", "DEBUG", "FOO"]:
        answer = await world.client.request(method, "/api/v1/me", headers={"x-probe": "echo-me"})
        assert answer.status_code in (404, 405)
        assert "echo-me" not in answer.text


@asynccontextmanager
async def _at_home(database: Database, data_dir: Path) -> AsyncIterator[httpx.AsyncClient]:
    """An installation that knows its own address."""
    await make_school(database)
    settings = Settings(data_dir=data_dir, public_url="https://passes.school.example")
    app = create_app(database, FixedClock(MORNING), settings)
    transport = httpx.ASGITransport(cast("Any", app), raise_app_exceptions=False)
    async with (
        app.state.services.running(),
        httpx.AsyncClient(transport=transport, base_url="https://passes.school.example") as client,
    ):
        yield client


async def test_a_forged_host_is_refused_where_the_true_one_is_known(database: Database, tmp_path: Path) -> None:
    async with _at_home(database, tmp_path) as client:
        html = {"accept": "text/html"}
        assert (await client.get("/sign-in", headers=html)).status_code == 200
        own = {"host": "PASSES.school.example:443"}
        assert (await client.get("/sign-in", headers=html | own)).status_code == 200
        for host in ("evil.example", "passes.school.example.evil.example", "passes.school.example@evil.example", ""):
            for path in ("/sign-in", "/api/v1/me", *(("/nothing",) if host else ())):
                answer = await client.get(path, headers=html | {"host": host})
                # What is nowhere is not there under any name.
                assert answer.status_code in (421, 404), (host, path)
                assert "evil.example" not in answer.text
        forwarded = {"x-forwarded-host": "evil.example"}
        assert "evil.example" not in (await client.get("/sign-in", headers=html | forwarded)).text
        assert (await client.get("/health/live", headers={"host": "10.0.0.7"})).status_code == 200


async def test_where_people_come_by_https_browsers_are_told_to_keep_to_it(database: Database, tmp_path: Path) -> None:
    async with _at_home(database, tmp_path) as client:
        page = await client.get("/sign-in", headers={"accept": "text/html"})
        assert page.headers["strict-transport-security"].startswith("max-age=")


@pytest.mark.parametrize(
    ("header", "name"),
    [("A.example", "a.example"), ("a.example:8000", "a.example"), ("[::1]:8000", "[::1]"), ("[::1]", "[::1]")],
)
def test_the_name_in_a_host_header(header: str, name: str) -> None:
    assert host_in(header) == name


async def test_every_answer_tells_the_browser_what_it_may_do(world: World) -> None:
    for path in ("/sign-in", "/nothing", "/api/v1/me", "/api/v1/nothing", "/health/live"):
        answer = await world.client.get(path, headers={"accept": "text/html"})
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert len(answer.headers["x-request-id"]) == 12
        assert "server" not in answer.headers
        assert "x-powered-by" not in answer.headers


async def test_a_request_is_numbered_by_us_alone(world: World) -> None:
    forged = {"x-request-id": "../../forged"}
    first = (await world.client.get("/health/live", headers=forged)).headers["x-request-id"]
    second = (await world.client.get("/health/live", headers=forged)).headers["x-request-id"]
    assert "forged" not in first
    assert first != second


async def test_personal_pages_are_kept_by_no_cache(world: World) -> None:
    for path in ["/student", "/teacher", "/admin/retention", "/api/v1/me", "/sign-in"]:
        student = await world.student(0)
        answer = await world.client.get(path, headers=student.headers | {"accept": "text/html"})
        assert answer.headers["cache-control"] == "no-store"
        assert "etag" not in answer.headers


async def test_a_stream_is_kept_by_no_cache(world: World) -> None:
    student = await world.student(0)
    app = world.client._transport.app  # type: ignore[attr-defined]
    path = f"/api/v1/schools/{world.school.id}/stream"
    async with asgi_stream(app, path, student.headers):
        pass
    answer = await world.client.get(path)
    assert answer.headers["cache-control"] == "no-store"
