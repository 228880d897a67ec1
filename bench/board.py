"""Reads of the board beside the cheapest request that the same server answers."""

import httpx

from bench import client
from bench.installation import Server
from bench.load.jobs import HOST, LoopResult, ReadJob, Target
from bench.passes import CONNECTIONS, Length
from bench.report import Aim, Cell, Table

OUT = 200
_LIVE = "/health/live"
_COLUMNS = ("read", "connections", "answers/s", "p50 ms", "p99 ms", "server cores", "client cores", "KiB", "ratio")
_ABOUT = (
    f"The board of a school with {OUT} passes out, plain and compressed as browsers ask for it, and GET {_LIVE} of "
    "the same server. The ratio is to that, at as many connections."
)


def measure(server: Server, target: Target, length: Length) -> tuple[Table, Aim]:
    path = f"/api/v1/schools/{target.school_id}/board"
    rows: list[list[Cell]] = []
    ratios: dict[str, list[float]] = {"identity": [], "gzip": []}
    with httpx.Client(
        base_url=f"http://{HOST}:{server.port}", headers={"authorization": f"Bearer {target.token}"}, timeout=30
    ) as setup:
        out = [_issue(setup, target, number) for number in range(OUT)]
        for connections in CONNECTIONS:
            live = _read(server, _LIVE, target.token, "gzip", connections, length)
            rows.append([f"GET {_LIVE}", connections, *_figures(live), _kib(setup, _LIVE, "gzip"), None])
            for name, encoding in (("board, plain", "identity"), ("board, gzip", "gzip")):
                result = _read(server, path, target.token, encoding, connections, length)
                ratios[encoding].append(result.per_second / live.per_second)
                rows.append([name, connections, *_figures(result), _kib(setup, path, encoding), ratios[encoding][-1]])
        for pass_id in out:
            setup.post(f"/api/v1/passes/{pass_id}/return").raise_for_status()
    aim = Aim(f"board reads, gzip, to GET {_LIVE}", 0.5, min(ratios["gzip"]))
    return Table("Reading the board", _ABOUT, _COLUMNS, rows), aim


def _issue(setup: httpx.Client, target: Target, number: int) -> str:
    body = {"student_id": target.students[number], "destination_id": target.places[number % len(target.places)]}
    answer = setup.post(f"/api/v1/schools/{target.school_id}/passes", json=body).raise_for_status()
    return str(answer.json()["id"])


def _kib(setup: httpx.Client, path: str, encoding: str) -> float:
    """Size of an answer's body as it travels."""
    with setup.stream("GET", path, headers={"accept-encoding": encoding}) as answer:
        return sum(len(chunk) for chunk in answer.iter_raw()) / 1024


def _read(server: Server, path: str, token: str, encoding: str, connections: int, length: Length) -> LoopResult:
    return client.loop(
        ReadJob(
            port=server.port,
            path=path,
            token=token,
            encoding=encoding,
            connections=connections,
            warm_up=length.warm_up,
            seconds=length.seconds,
            watched={"server": server.pid},
        )
    )


def _figures(result: LoopResult) -> list[Cell]:
    return [result.per_second, result.p50, result.p99, result.cores["server"], result.cores["client"]]
