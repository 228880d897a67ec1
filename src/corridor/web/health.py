"""Whether this process lives, whether it can serve, and what it measures of itself."""

import asyncio
from typing import Any, Protocol, cast

import msgspec
from litestar import Request, Response, get
from litestar.datastructures import State
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from corridor.base.database import Database
from corridor.live.feed import Feeds
from corridor.live.hub import Hub

_READY_SECONDS = 3.0
_OPEN = {"permission": "public"}


class Services(Protocol):
    """What health uses of `app.state.services`."""

    @property
    def database(self) -> Database: ...
    @property
    def hub(self) -> Hub: ...
    @property
    def metrics(self) -> "Metrics": ...


class Health(msgspec.Struct):
    status: str


@get("/health/live", tags=["Health"], summary="Is this process alive", opt=_OPEN)
async def live() -> Health:
    return Health("alive")


@get("/health/ready", tags=["Health"], summary="Can this process serve", opt=_OPEN)
async def ready(request: Request[Any, Any, State]) -> Response[Health]:
    """Answers 503 while the database cannot be reached."""
    services = cast("Services", request.app.state.services)
    try:
        async with asyncio.timeout(_READY_SECONDS), services.database.raw() as connection:
            await connection.execute("SELECT 1")
    except Exception:  # noqa: BLE001 - whatever it is, we are not ready
        return Response(Health("database unavailable"), status_code=503)
    return Response(Health("ready"))


@get("/metrics", tags=["Health"], summary="Metrics for Prometheus", media_type="text/plain", opt=_OPEN)
async def metrics(request: Request[Any, Any, State]) -> Response[bytes]:
    """Counts only; nothing about anybody."""
    return Response(cast("Services", request.app.state.services).metrics.render(), media_type=CONTENT_TYPE_LATEST)


class Metrics:
    """The figures of this process."""

    def __init__(self, hub: Hub, feeds: Feeds) -> None:
        self._registry = CollectorRegistry()
        streams = Gauge("corridor_streams_open", "Live streams, by who reads", ["reader"], registry=self._registry)
        streams.labels("page").set_function(lambda: feeds.readers)
        streams.labels("program").set_function(lambda: hub.watching - feeds.at_work)
        waiting = Gauge("corridor_commands_waiting", "Commands waiting for the ledger", registry=self._registry)
        waiting.set_function(lambda: hub.ledger.waiting)
        schools = Gauge("corridor_schools_in_memory", "Schools whose state is in memory", registry=self._registry)
        schools.set_function(lambda: len(hub.ledger.known_schools()))
        passes = Gauge("corridor_passes_open", "Passes that are open", registry=self._registry)
        passes.set_function(lambda: _open_passes(hub))

    def render(self) -> bytes:
        return generate_latest(self._registry)


def _open_passes(hub: Hub) -> int:
    known = (hub.ledger.known(school_id) for school_id in hub.ledger.known_schools())
    return sum(len(state_and_seq[0].passes) for state_and_seq in known if state_and_seq)


API_ROUTES: list[Any] = [live, ready, metrics]
