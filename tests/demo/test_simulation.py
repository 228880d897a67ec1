"""The simulation behaves like a school: it keeps the day lively, takes no for an answer, and does nothing twice."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from corridor.base.clock import FixedClock
from corridor.base.errors import CorridorError, InvalidInput, NotFound, Unavailable
from corridor.demo import client
from corridor.demo.bells import HIGH_SCHOOL
from corridor.demo.client import SimulationReport
from corridor.demo.clock import DemoClock, choose_shift
from corridor.demo.pace import SteppedPace
from corridor.demo.rhythm import BellRhythm
from corridor.demo.simulate import open_simulation, simulate
from corridor.demo.simulation import Players, Simulation
from tests.demo.fake_server import SCHOOL, STAFF, FakeServer, Trouble

ZONE = ZoneInfo("America/Chicago")
MORNING = datetime(2026, 11, 24, 9, 0, tzinfo=ZONE)
URL = "http://fake"


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "WAITS", (0,) * 7)


def stepped(server: FakeServer, start: datetime = MORNING) -> SteppedPace:
    real = FixedClock(start.astimezone(UTC))
    clock = DemoClock(choose_shift(real.now(), ZONE), real)
    server.now = clock.now
    return SteppedPace(clock, start.astimezone(UTC))


async def play(server: FakeServer, hours: float = 1, *, players: Players | None = None, seed: int = 1) -> Simulation:
    """A morning from 9:00, as fast as it goes."""
    async with open_simulation(
        URL,
        STAFF,
        players=players,
        seed=seed,
        rhythms={"Fake High School": BellRhythm(HIGH_SCHOOL, ZONE)},
        transport=server.transport,
    ) as simulation:
        pace = stepped(server)
        await simulation.adopt(pace)
        await simulation.run(pace, until=pace.now() + timedelta(hours=hours))
        return simulation


def tokens(students: list[str]) -> dict[str, str]:
    return {student: f"token of {student}" for student in students}


async def test_a_school_of_800_has_40_to_60_out_in_the_middle_of_a_period() -> None:
    server = FakeServer(students=800, restroom_places=20)
    await play(server, hours=1)
    assert 35 <= len(server.open_passes()) <= 75


async def test_the_same_seed_plays_the_same_day() -> None:
    days = []
    for seed in (1, 1, 2):
        server = FakeServer()
        await play(server, seed=seed)
        days.append([(p["student_id"], p["destination_id"], p["started_at"]) for p in server.passes.values()])
    assert days[0] == days[1] != days[2]


async def test_most_come_back_and_a_few_forget() -> None:
    server = FakeServer(students=800, restroom_places=20)
    report = (await play(server, hours=2)).report()
    back = report.actions["return"] + report.actions["end"]
    forgotten = len(server.open_passes()) - report.open_passes
    assert back + report.open_passes + forgotten == report.actions["issue"]
    assert 0 < forgotten < 0.06 * report.actions["issue"]


async def test_nurse_and_library_check_in_and_out() -> None:
    server = FakeServer()
    await play(server, hours=2)
    arrived = {pass_id for verb, pass_id in server.worked if verb == "arrive"}
    assert {server.passes[pass_id]["destination_id"] for pass_id in arrived} == {"library", "nurse"}
    assert {pass_id for verb, pass_id in server.worked if verb == "depart"} <= arrived


async def test_nobody_goes_where_it_is_closed_or_where_nobody_wants_to_go() -> None:
    server = FakeServer()
    await play(server)
    assert {pass_["destination_id"] for pass_ in server.passes.values()} == {"restroom", "library", "nurse"}


async def test_a_full_restroom_is_counted_by_its_reason_and_asked_again() -> None:
    server = FakeServer(restroom_places=1)
    report = (await play(server)).report()
    assert report.refusals["full"] > 0
    assert not report.errors


async def test_a_student_who_is_out_is_asked_for_again_only_rarely() -> None:
    server = FakeServer(students=800, restroom_places=20)
    report = (await play(server, hours=2)).report()
    assert 0 < report.refusals["one_open_pass"] < 0.03 * report.actions["issue"]


async def test_before_school_nobody_leaves() -> None:
    server = FakeServer()
    async with open_simulation(
        URL, STAFF, rhythms={"Fake High School": BellRhythm(HIGH_SCHOOL, ZONE)}, transport=server.transport
    ) as simulation:
        pace = stepped(server, MORNING.replace(hour=5))
        await simulation.run(pace, until=pace.now() + timedelta(hours=2))
    assert not server.passes


async def test_students_with_devices_ask_and_teachers_answer() -> None:
    server = FakeServer(students=800, restroom_places=20)
    asking = server.students[:60]
    report = (await play(server, hours=3, players=Players(tokens=tokens(asking)))).report()
    verbs = Counter(verb for verb, _ in server.worked)
    assert report.actions["request"] > 50
    assert verbs["approve"] > verbs["deny"] > 0
    assert verbs["cancel"] > 0


async def test_students_played_by_people_are_left_alone() -> None:
    server = FakeServer(students=20)
    await play(server, hours=2, players=Players(left_alone=set(server.students[:10])))
    assert {pass_["student_id"] for pass_ in server.passes.values()} <= set(server.students[10:])


async def test_requests_that_a_person_may_answer_wait_some_minutes() -> None:
    server = FakeServer()
    student = server.students[0]
    players = Players(tokens=tokens([student]), answered_slowly={student})
    async with open_simulation(URL, STAFF, players=players, rate=0, transport=server.transport) as simulation:
        pace = stepped(server)
        assert await simulation.ask(student, pace)
        assert not await simulation.ask(student, pace)
        await simulation.run(pace, until=pace.now() + timedelta(minutes=1.9))
        assert [pass_["status"] for pass_ in server.passes.values()] == ["requested"]
        await simulation.run(pace, until=pace.now() + timedelta(minutes=60))
        assert not server.open_passes()


async def test_open_passes_of_an_earlier_run_are_brought_to_an_end() -> None:
    server = FakeServer()
    await play(server, hours=0.5)
    left = {pass_["id"] for pass_ in server.open_passes()}
    assert left
    await play(server, hours=1, seed=2)
    assert not left & {pass_["id"] for pass_ in server.open_passes()}


async def test_students_stand_in_line_and_go_when_a_place_is_offered() -> None:
    server = FakeServer(students=500, restroom_places=1, approval=False, lines=True)
    await play(server, hours=1, players=Players(tokens=tokens(server.students)))
    started = [id for verb, id in server.worked if verb == "start"]
    assert started, "nobody ever got their turn"
    assert any(verb == "return" and id in started for verb, id in server.worked)


async def test_a_restroom_can_be_filled_until_some_stand_in_line() -> None:
    server = FakeServer(restroom_places=2, lines=True)
    players = Players(tokens=tokens(server.students[:9]))
    async with open_simulation(URL, STAFF, players=players, transport=server.transport) as simulation:
        assert await simulation.line_up(stepped(server)) == 3
    status = Counter(pass_["status"] for pass_ in server.passes.values())
    assert status == {"active": 2, "waiting": 3}


async def test_those_in_line_at_an_earlier_run_are_not_forgotten() -> None:
    server = FakeServer(students=120, restroom_places=0, approval=False, lines=True)
    await play(server, hours=0.5, players=Players(tokens=tokens(server.students)))
    waiting = {id for id, pass_ in server.passes.items() if pass_["status"] == "waiting"}
    assert waiting
    server.locations[0]["capacity"] = None
    await play(server, hours=1, players=Players(tokens=tokens(server.students)), seed=2)
    assert not waiting & {id for id, pass_ in server.passes.items() if pass_["status"] == "waiting"}


async def test_staff_who_may_override_say_why_now_and_then() -> None:
    server = FakeServer()
    await play(server, hours=1, players=Players(overrides="token of the principal"))
    assert server.overrides
    assert all(override["codes"] == ["full"] and override["reason"] for override in server.overrides)


async def test_a_pass_that_someone_else_ended_frees_its_student() -> None:
    server = FakeServer(students=20)
    async with open_simulation(URL, STAFF, transport=server.transport) as simulation:
        pace = stepped(server)
        await simulation.run(pace, until=pace.now() + timedelta(minutes=30))
        for pass_ in server.open_passes():
            pass_["status"] = "ended"
        server.students.clear()
        server.locations.clear()
        assert simulation.report().open_passes > 0
        server.trouble = lambda request: (
            httpx.Response(409, json={"code": "refused"}) if request.url.path.endswith("/passes") else None
        )
        await simulation.run(pace, until=pace.now() + timedelta(hours=2))
        assert simulation.report().open_passes == 0


async def test_broken_connections_and_busy_servers_are_tried_again_with_the_same_key() -> None:
    server = FakeServer(students=800)
    seen: Counter[str] = Counter()

    def trouble(request: httpx.Request) -> httpx.Response | None:
        key = request.headers.get("Idempotency-Key", "")
        seen[key] += 1
        if not key or seen[key] > 1:
            return None
        match len(seen) % 7:
            case 0:
                raise Trouble
            case 1:
                server.answer_once(request)
                raise Trouble
            case 2:
                return httpx.Response(503, headers={"Retry-After": "0"})
            case 3:
                return httpx.Response(429)
        return None

    server.trouble = trouble
    report = (await play(server, hours=0.2)).report()
    created = [pass_id for verb, pass_id in server.worked if verb == "create"]
    assert report.retries > 10
    assert max(server.keys.values()) == 2
    assert report.actions["issue"] == len(created) == len(set(created))
    assert not report.errors


async def test_a_server_that_stays_away_is_given_up_and_counted() -> None:
    server = FakeServer()
    async with open_simulation(URL, STAFF, transport=server.transport) as simulation:
        server.trouble = lambda request: httpx.Response(502)
        pace = stepped(server)
        await simulation.run(pace, until=pace.now() + timedelta(minutes=2))
    assert set(simulation.report().errors) == {"unreachable"}
    assert simulation.report().open_passes == 0


async def test_an_unexpected_answer_is_counted_by_status_and_code() -> None:
    server = FakeServer()
    server.trouble = lambda request: (
        httpx.Response(422, json={"code": "invalid_input"}) if request.method == "POST" else None
    )
    assert set((await play(server, hours=0.2)).report().errors) == {"422 invalid_input"}


async def test_it_runs_live_until_it_is_told_to_stop_and_brings_everyone_back() -> None:
    server = FakeServer(students=800, restroom_places=20)
    stop = asyncio.Event()
    reports: list[SimulationReport] = []

    def trouble(request: httpx.Request) -> None:
        if len(server.worked) >= 60:
            stop.set()

    server.trouble = trouble
    report = await simulate(URL, STAFF, speed=600, seed=3, transport=server.transport, stop=stop, report=reports.append)
    assert report.actions["issue"] > 10
    assert report.p99_ms >= report.p50_ms > 0
    assert reports[-1] == report
    assert not server.open_passes()


async def test_what_goes_wrong_inside_ends_it_with_that_error() -> None:
    server = FakeServer()
    server.trouble = lambda request: httpx.Response(201, json={}) if request.method == "POST" else None
    with pytest.raises(KeyError):
        await simulate(URL, STAFF, speed=600, transport=server.transport)


async def test_broken_off_it_leaves_nothing_under_way() -> None:
    server = FakeServer(students=800)
    reached = asyncio.Event()

    async def hang(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return server.transport.handler(request)  # type: ignore[return-value]
        reached.set()
        await asyncio.Event().wait()
        raise AssertionError

    running = asyncio.create_task(simulate(URL, STAFF, speed=600, transport=httpx.MockTransport(hang)))
    await reached.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_it_ends_by_itself_after_its_duration() -> None:
    server = FakeServer()
    report = await simulate(URL, STAFF, schools=["Fake High School"], duration=0.05, transport=server.transport)
    assert report.open_passes == 0


async def test_a_school_that_is_not_there_is_said_at_once() -> None:
    with pytest.raises(NotFound):
        await simulate(URL, STAFF, schools=[SCHOOL, "Nowhere High"], transport=FakeServer().transport)


async def test_a_token_that_does_not_count_is_said_at_once() -> None:
    with pytest.raises(CorridorError, match="No such token") as refused:
        await simulate(URL, "wrong", transport=FakeServer().transport)
    assert refused.value.code == "not_signed_in"


@pytest.mark.parametrize("wrong", [{"speed": 0}, {"duration": -1}, {"rate": -5}])
async def test_parameters_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidInput):
        await simulate(URL, STAFF, transport=FakeServer().transport, **wrong)  # type: ignore[arg-type]


async def test_a_server_that_is_not_there_is_said() -> None:
    def nobody(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(Unavailable):
        await simulate(URL, STAFF, transport=httpx.MockTransport(nobody))
