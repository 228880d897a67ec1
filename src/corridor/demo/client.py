"""A client of the public API that behaves: one Idempotency-Key for an action however often it is sent, patience when
the server is busy, and a count of everything that happened."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Mapping
from time import perf_counter
from typing import Any

import httpx
import msgspec

from corridor.base.errors import CorridorError, Unavailable
from corridor.base.ids import new_id

API = "/api/v1"
WAITS = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0)
"""Seconds before each further attempt."""

_LONGEST_RETRY_AFTER = 10.0
_TRY_AGAIN = frozenset({429, 502, 503, 504})
_LATENCIES_KEPT = 50_000
_PAGE = 200


class SimulationReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a simulation has done. `actions` counts what was accepted, by verb (`issue`, `request`, `approve`, ...),
    `refusals` refused passes and steps by reason code, `errors` everything unexpected. Times are in milliseconds, of
    the newest 50,000 actions; `seconds` is the real time taken."""

    seconds: float
    actions: dict[str, int]
    refusals: dict[str, int]
    errors: dict[str, int]
    retries: int
    open_passes: int
    p50_ms: float
    p99_ms: float


class Tally:
    """Counts while a simulation runs."""

    def __init__(self) -> None:
        self.actions: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.retries = 0
        self._latencies: deque[float] = deque(maxlen=_LATENCIES_KEPT)
        self._started = perf_counter()

    def took(self, seconds: float) -> None:
        self._latencies.append(seconds * 1000)

    def report(self, open_passes: int) -> SimulationReport:
        ordered = sorted(self._latencies)
        return SimulationReport(
            seconds=round(perf_counter() - self._started, 3),
            actions=dict(self.actions),
            refusals=dict(self.refusals),
            errors=dict(self.errors),
            retries=self.retries,
            open_passes=open_passes,
            p50_ms=_quantile(ordered, 0.5),
            p99_ms=_quantile(ordered, 0.99),
        )


def _quantile(ordered: list[float], share: float) -> float:
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 2) if ordered else 0.0


class ApiClient:
    """`token` acts unless a call names another."""

    def __init__(self, http: httpx.AsyncClient, token: str, tally: Tally) -> None:
        self._http = http
        self._token = token
        self._tally = tally

    async def get(self, path: str, **query: Any) -> Any:
        """Read something. Raises `CorridorError` with the server's own words when it does not give it."""
        response = await self._send("GET", path, params=query)
        return _given(path, response)

    async def find(self, path: str) -> dict[str, Any] | None:
        """Read something that may have gone."""
        try:
            found: dict[str, Any] = await self.get(path)
        except CorridorError:
            return None
        return found

    async def every(self, path: str, **query: Any) -> AsyncIterator[Any]:
        """All items of a list, page after page."""
        after: dict[str, Any] = {}
        while True:
            page = await self.get(path, limit=_PAGE, **query, **after)
            for item in page["items"]:
                yield item
            if not page.get("next"):
                return
            after = {"after": page["next"]}

    async def write(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        """Set something. Raises `CorridorError` with the server's own words when it does not take it."""
        response = await self._send(method, path, json=body, key=str(new_id()))
        return _given(path, response)

    async def act(
        self, verb: str, path: str, body: Mapping[str, Any] | None = None, *, token: str | None = None
    ) -> dict[str, Any] | None:
        """Do something, once, however often it must be sent. Answers the pass, or None when it was not done; why is
        in the tally."""
        try:
            started = perf_counter()
            response = await self._send("POST", path, json=body or {}, key=str(new_id()), token=token)
        except Unavailable:
            self._tally.errors["unreachable"] += 1
            return None
        self._tally.took(perf_counter() - started)
        if response.is_success:
            self._tally.actions[verb] += 1
            answered: dict[str, Any] = response.json()
            return answered
        problem = _problem(response)
        if response.status_code == 409:
            codes = [reason.get("code", "unknown") for reason in problem.get("reasons", ())] or [_code(problem)]
            self._tally.refusals.update(codes)
        else:
            self._tally.errors[f"{response.status_code} {_code(problem)}"] += 1
        return None

    async def _send(
        self, method: str, path: str, *, key: str | None = None, token: str | None = None, **arguments: Any
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token or self._token}"} | ({"Idempotency-Key": key} if key else {})
        for wait in (*WAITS, None):
            asked = 0.0
            try:
                response = await self._http.request(method, API + path, headers=headers, **arguments)
            except httpx.TransportError:
                pass
            else:
                if response.status_code not in _TRY_AGAIN:
                    return response
                asked = _retry_after(response)
            if wait is not None:
                self._tally.retries += 1
                await asyncio.sleep(max(wait, asked))
        raise Unavailable(f"{self._http.base_url} did not answer {method} {path} in {len(WAITS) + 1} attempts.")


def _given(path: str, response: httpx.Response) -> Any:
    if response.is_success:
        return response.json()
    problem = _problem(response)
    raise CorridorError(
        f"{path} answered {response.status_code}: {problem.get('detail', response.text[:200])}", code=_code(problem)
    )


def _retry_after(response: httpx.Response) -> float:
    value = response.headers.get("Retry-After", "")
    return min(float(value), _LONGEST_RETRY_AFTER) if value.isdecimal() else 0.0


def _problem(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _code(problem: Mapping[str, Any]) -> str:
    return str(problem.get("code") or problem.get("type") or problem.get("title") or "unknown")
