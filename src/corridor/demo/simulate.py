"""Runs a simulated school day against any server, over its public API."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from random import Random

import httpx

from corridor.base.clock import SystemClock
from corridor.base.errors import InvalidInput, NotFound
from corridor.demo.behaviour import HABITS, Place
from corridor.demo.client import ApiClient, SimulationReport, Tally
from corridor.demo.pace import LivePace
from corridor.demo.rhythm import EvenRhythm, Rhythm
from corridor.demo.simulation import Players, School, Simulation

USUAL_RATE = 45.0
"""Passes wanted by a hundred students in an hour of class: about fifty are out at once in a school of 800."""

_REPORT_SECONDS = 1.0
_TIMEOUT_SECONDS = 30.0

Reporter = Callable[[SimulationReport], None]


async def simulate(
    base_url: str,
    token: str,
    *,
    schools: Collection[str] | None = None,
    speed: float = 1.0,
    duration: float | None = None,
    rate: float | None = None,
    seed: int = 0,
    report: Reporter = lambda report: None,
    stop: asyncio.Event | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> SimulationReport:
    """Simulate school days with the staff token `token`, for `duration` real seconds, or until `stop` is set.

    `schools` are the ids or names of those that take part; all by default. `speed` is the pace of events: at 60 an hour
    takes a minute. `rate` is how many passes a hundred students want in an hour of class. `report` hears how it goes
    every second. At the end everyone sent out is brought back.

    Raises `InvalidInput` or `NotFound` for parameters that fit nothing, `Unavailable` when the server cannot be
    reached, and `CorridorError` when it does not accept the token.
    """
    if speed <= 0 or (rate is not None and rate < 0) or (duration is not None and duration <= 0):
        raise InvalidInput("speed and duration must be more than 0, and rate not less.")
    stop = stop or asyncio.Event()
    async with open_simulation(
        base_url, token, schools=schools, rate=rate, seed=seed, transport=transport
    ) as simulation:
        pace = LivePace(SystemClock(), speed, stop)
        timer = asyncio.get_running_loop().call_later(duration, stop.set) if duration else None
        reporting = asyncio.create_task(keep_reporting(simulation, report))
        try:
            await simulation.run(pace)
            await simulation.tidy()
        finally:
            reporting.cancel()
            if timer:
                timer.cancel()
        final = simulation.report()
    report(final)
    return final


@asynccontextmanager
async def open_simulation(
    base_url: str,
    token: str,
    *,
    schools: Collection[str] | None = None,
    rate: float | None = None,
    seed: int = 0,
    players: Players | None = None,
    rhythms: Mapping[str, Rhythm] | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> AsyncIterator[Simulation]:
    """A simulation with its client, ready to run. `rhythms` are by the school's name."""
    tally = Tally()
    players = players or Players()
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    async with httpx.AsyncClient(
        base_url=base_url, timeout=_TIMEOUT_SECONDS, limits=limits, transport=transport, trust_env=False
    ) as http:
        api = ApiClient(http, token, tally)
        taking_part = [school async for school in _load_schools(api, schools, seed, players, rhythms or {})]
        if schools is not None and len(taking_part) < len(set(schools)):
            raise NotFound("Not all of the schools were found. Give ids or names of schools that the token reaches.")
        yield Simulation(api, tally, taking_part, rate=USUAL_RATE if rate is None else rate, players=players)


async def keep_reporting(simulation: Simulation, report: Reporter) -> None:
    while True:
        await asyncio.sleep(_REPORT_SECONDS)
        report(simulation.report())


async def _load_schools(
    api: ApiClient, wanted: Collection[str] | None, seed: int, players: Players, rhythms: Mapping[str, Rhythm]
) -> AsyncIterator[School]:
    async for found in api.every("/schools"):
        school_id, name = found["id"], found["name"]
        if wanted is not None and school_id not in wanted and name not in wanted:
            continue
        students = [student["id"] async for student in api.every(f"/schools/{school_id}/students")]
        closed = {each["location_id"] async for each in api.every(f"/schools/{school_id}/closures") if not each["over"]}
        places = defaultdict(list)
        async for item in api.every(f"/schools/{school_id}/locations"):
            if item.get("active", True) and item["kind"] in HABITS:
                places[item["kind"]].append(
                    Place(item["id"], item["kind"], 0 if item["id"] in closed else item.get("capacity"))
                )
        yield School(
            id=school_id,
            name=name,
            students=[id for id in students if id not in players.left_alone],
            places=dict(places),
            rhythm=rhythms.get(name) or EvenRhythm(),
            random=Random(f"{seed}/{name}"),
            with_device=[id for id in students if id in players.tokens],
        )
