"""Makes the demo ready in its data folder, and keeps it lively while a server shows it."""

import asyncio
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import httpx
import msgspec
from sqlalchemy import func, select

from corridor.base.clock import Clock, SystemClock
from corridor.base.database import Database
from corridor.base.settings import Settings
from corridor.campus.roster import NewSchools, Progress, import_roster
from corridor.campus.tables import School, Term
from corridor.demo.accounts import choose_cast
from corridor.demo.bells import bells_of
from corridor.demo.cast import Tokens, person_ids, posts_of, students_with_devices, write_accounts, write_tokens
from corridor.demo.client import ApiClient, Tally
from corridor.demo.clock import DemoClock, choose_shift
from corridor.demo.district import central_office, draw_school
from corridor.demo.families import write_family
from corridor.demo.furnish import furnish
from corridor.demo.kiosk import DemoKiosk, write_kiosk
from corridor.demo.oneroster import session_id, write_district
from corridor.demo.pace import LivePace, SteppedPace
from corridor.demo.past import write_past
from corridor.demo.plan import SCHOOL_ID, DistrictSpec
from corridor.demo.policies import Posts, StandIn, set_up
from corridor.demo.records import write_records
from corridor.demo.rhythm import BellRhythm
from corridor.demo.simulate import Reporter, keep_reporting, open_simulation
from corridor.demo.simulation import Players
from corridor.demo.year import school_year
from corridor.identity.accounts import DemoAccount
from corridor.identity.principal import Role
from corridor.identity.service import IdentityService
from corridor.integrations.sis.oneroster_csv import OneRosterCsv
from corridor.ledger.tables import LedgerHead

WARM_UP = timedelta(minutes=25)
"""How much of the day is made up before anyone looks."""

_FIRST_REQUESTS = 2
_AFTER_LAST_BELL = timedelta(minutes=10)
_ALL = 100.0


class Demo(msgspec.Struct, frozen=True, kw_only=True):
    """A demo that is ready to be served.

    `clock` is for the server; it stands still until `liven` lets it run. `accounts` are one a role. The rest is what
    `liven` needs.
    """

    clock: DemoClock
    accounts: tuple[DemoAccount, ...]
    kiosk: DemoKiosk
    tokens: Tokens
    players: Players
    first_to_ask: Sequence[str]
    posts: Posts
    stand_in: StandIn
    restricted: str
    rhythms: Mapping[str, BellRhythm]
    last_bell: Callable[[date], datetime]


async def prepare(
    database: Database,
    settings: Settings,
    *,
    on_new_schools: Sequence[NewSchools],
    progress: Progress = lambda stage, done, total: None,
    real: Clock | None = None,
) -> Demo:
    """Set up the demo district in a migrated database, unless it is there. A second time takes a moment.

    `settings.time_zone` is the zone that the schools start with, `on_new_schools` what every imported school gets, as
    in any import; `real` is the true clock.
    """
    real = real or SystemClock()
    zone = ZoneInfo(await _known_zone(database) or settings.time_zone)
    last = await _last_recorded(database)
    clock = DemoClock(choose_shift(real.now(), zone, not_before=last), real)
    opens_at = clock.local()
    _hold_before(clock, last)
    spec = DistrictSpec(on=opens_at.date())
    if not await _is_imported(database, spec):
        await _import(database, spec, clock, settings.time_zone, on_new_schools, progress)
    async with database.session() as session:
        await furnish(session, spec)
    schools = [draw_school(spec, index) for index in range(spec.schools)]
    chosen = choose_cast(schools[0], central_office(spec), opens_at)
    identity = IdentityService(database, clock, settings)
    await write_accounts(identity, chosen)
    await write_records(identity, clock, chosen, schools[0].id)
    await write_family(database, settings, clock, chosen, schools[0].id)
    kiosk = await write_kiosk(database, identity, chosen, schools[0].id, clock)
    async with database.session() as session:
        await write_past(session, clock.now(), zone)
    with_devices = students_with_devices(Random(spec.seed), chosen, schools[0])
    async with database.session() as session:
        known = await person_ids(session, [*chosen.person_ids(Role.STUDENT), *with_devices])
        taught = {id for section in chosen.taught for id in section.student_ids}
        devices = {id: known[id] for id in with_devices}
        tokens = await write_tokens(session, devices, clock.now())
        adults = await person_ids(session, [chosen.away_id, *chosen.person_ids(Role.SUBSTITUTE)])
        to_id = next(str(adults[id]) for id in chosen.person_ids(Role.SUBSTITUTE))
        stand_in = StandIn(schools[0].name, str(adults[chosen.away_id]), to_id)
        posts = {school.name: await posts_of(session, school) for school in schools}
    return Demo(
        clock=clock,
        accounts=tuple(member.account for member in chosen.members),
        kiosk=kiosk,
        tokens=tokens,
        players=Players(
            tokens=tokens.students,
            overrides=tokens.set_up,
            left_alone=frozenset(str(known[id]) for id in chosen.person_ids(Role.STUDENT)),
            answered_slowly=frozenset(str(known[id]) for id in with_devices if id in taught),
        ),
        posts=posts,
        stand_in=stand_in,
        restricted=next(str(known[each.person_id]) for each in chosen.members if each.account.role is Role.STUDENT),
        first_to_ask=[str(known[id]) for id in with_devices if id in chosen.section.student_ids],
        rhythms={school.name: BellRhythm(bells_of(school.name), zone) for school in schools},
        last_bell=lambda day: max(
            datetime.combine(day, bells_of(school.name)[-1].ends_at, tzinfo=zone) for school in schools
        ),
    )


async def liven(
    demo: Demo,
    base_url: str,
    *,
    ready: asyncio.Event | None = None,
    stop: asyncio.Event | None = None,
    report: Reporter = lambda report: None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> None:
    """Play school at the demo's server until `stop` is set: first the minutes before now, at once, with the server's
    clock moved along; then at the pace of real time. When the shown school day is over, the next one begins.

    `ready` is set as soon as a day is under way.
    """
    stop = stop or asyncio.Event()
    try:
        while True:
            await _play_a_day(demo, base_url, ready or asyncio.Event(), stop, report, transport)
            if stop.is_set():
                return
            now = demo.clock.now()
            demo.clock.go_on()
            _hold_before(demo.clock, now)
    finally:
        demo.clock.release()


async def _play_a_day(
    demo: Demo,
    base_url: str,
    ready: asyncio.Event,
    stop: asyncio.Event,
    report: Reporter,
    transport: httpx.AsyncBaseTransport | None,
) -> None:
    clock = demo.clock
    seed = clock.local().toordinal()
    await _decide(demo, base_url, transport)
    async with open_simulation(
        base_url, demo.tokens.staff, players=demo.players, rhythms=demo.rhythms, seed=seed, transport=transport
    ) as day:
        stepped = SteppedPace(clock, clock.now())
        await day.adopt(stepped)
        await day.run(stepped, until=clock.running_now())
        asked = 0
        for student_id in demo.first_to_ask:
            if asked < _FIRST_REQUESTS:
                asked += await day.ask(student_id, stepped)
        await day.line_up(stepped)
        clock.release()
        ready.set()
        reporting = asyncio.create_task(keep_reporting(day, report))
        try:
            over = demo.last_bell(clock.local().date()) + _AFTER_LAST_BELL
            await day.run(LivePace(clock, stop=stop), until=over)
        finally:
            reporting.cancel()


async def _decide(demo: Demo, base_url: str, transport: httpx.AsyncBaseTransport | None) -> None:
    async with httpx.AsyncClient(base_url=base_url, timeout=30, transport=transport, trust_env=False) as http:
        api = ApiClient(http, demo.tokens.set_up, Tally())
        await set_up(
            api,
            demo.clock.running_now().astimezone(demo.clock.local().tzinfo),
            sorted(demo.players.left_alone),
            demo.posts,
            demo.stand_in,
            demo.restricted,
        )


def _hold_before(clock: DemoClock, not_before: datetime | None) -> None:
    """Stop the clock a warm-up before the time it shows, but not before this instant."""
    start = clock.running_now() - WARM_UP
    clock.hold(max(start, not_before) if not_before else start)


async def _last_recorded(database: Database) -> datetime | None:
    async with database.session() as session:
        return await session.scalar(select(func.max(LedgerHead.recorded_at)).where(LedgerHead.seq > 0))


async def _known_zone(database: Database) -> str | None:
    async with database.session() as session:
        return await session.scalar(select(School.time_zone).where(School.source_id == SCHOOL_ID.format(1)))


async def _is_imported(database: Database, spec: DistrictSpec) -> bool:
    year = session_id(school_year(spec.on), "year")
    async with database.session() as session:
        return await session.scalar(select(Term.id).where(Term.source_id == year, Term.active)) is not None


async def _import(
    database: Database,
    spec: DistrictSpec,
    clock: Clock,
    time_zone: str,
    on_new_schools: Sequence[NewSchools],
    progress: Progress,
) -> None:
    with tempfile.TemporaryDirectory(prefix="corridor-demo-") as folder:
        await asyncio.to_thread(write_district, spec, Path(folder))
        await import_roster(
            database,
            OneRosterCsv(Path(folder), label="the made-up district"),
            clock=clock,
            time_zone=time_zone,
            allow_removals=_ALL,
            progress=progress,
            on_new_schools=on_new_schools,
        )
