"""A checkout whose front end is not built yet."""

from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from corridor.app import create_app
from corridor.base.clock import SystemClock
from corridor.base.database import Database
from corridor.base.settings import Settings
from corridor.web.assets import Assets


async def test_the_api_works_and_the_pages_say_what_to_do(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("corridor.app.Assets", lambda: Assets(tmp_path / "nothing"))
    Assets(tmp_path / "nothing").check()
    app = create_app(database, SystemClock(), Settings(data_dir=tmp_path))
    transport = httpx.ASGITransport(cast("Any", app), raise_app_exceptions=False)
    async with app.state.services.running(), httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        assert (await client.get("/health/ready")).status_code == 200
        page = await client.get("/sign-in", headers={"Accept": "text/html"})
    assert page.status_code == 500
    assert "make assets" in page.text


async def test_only_uploads_may_be_large(database: Database, tmp_path: Path) -> None:
    app = create_app(database, SystemClock(), Settings(data_dir=tmp_path))
    limits = {path: handler.resolve_request_max_body_size() for route in app.routes for path, handler in _posts(route)}
    large = {path for path, limit in limits.items() if limit and limit > 2**20}
    assert {"/api/v1/roster-imports", "/admin/import"} <= large
    assert all("import" in path or path.endswith("/upload") for path in large), large


def _posts(route: Any) -> list[tuple[str, Any]]:
    handlers = getattr(route, "route_handlers", ())
    return [(route.path, handler) for handler in handlers if "POST" in handler.http_methods]
