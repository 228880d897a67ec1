"""Reads of the board beside the cheapest request that the same server answers."""

import httpx

from bench import client
from bench.installation import Server
from bench.jobs import HOST, LoopResult, ReadJob, Target
from bench.passes import CONNECTIONS, Length
from bench.report import Aim, Table

OUT = 200
_COLUMNS = ("path", "connections", "answers/s", "p50 ms", "p99 ms", "server cores", "client cores", "KiB", "ratio")
_ABOUT = (
    f"The board of a school with {OUT} passes out, as a program reads it and compressed as browsers ask for it, and "
    "GET /health/live of the same server. The ratio is to /health/live at as many connections."
)


def measure(server: Server, target: Target, length: Length) -> tuple[Table, Aim]:
    board = f"/api/v1/schools/{target.school_id}/board"
    kinds: list[tuple[str, dict[str, str]]] = [("/health/live", {}), (board, {}), (board, {"accept-encoding": "gzip"})]
    rows: list[list[str | float]] = []
    worst = float("inf")
    with httpx.Client(
        base_url=f"http://{HOST}:{server.port}", headers={"authorization": f"Bearer {target.token}"}, timeout=30
    ) as setup:
        out = [_issue(setup, target, number) for number in range(OUT)]
        for connections in CONNECTIONS:
            live = 0.0
            for path, headers in kinds:
                with setup.stream("GET", path, headers={"accept-encoding": "identity"} | headers) as answer:
                    size = len(b"".join(answer.iter_raw())) / 1024
                result = _read(server, path, target.token, headers, connections, length)
                live = live or result.per_second
                ratio = result.per_second / live
                worst = min(worst, ratio)
                name = path.replace(target.school_id, "ID") + (", gzip" if headers else "")
                cores = (result.cores["server"], result.cores["client"])
                rows.append([name, connections, result.per_second, result.p50, result.p99, *cores, size, ratio])
        for pass_id in out:
            setup.post(f"/api/v1/passes/{pass_id}/return").raise_for_status()
    return Table("Reading the board", _ABOUT, _COLUMNS, rows), Aim("board reads to /health/live", 0.5, worst)


def _issue(setup: httpx.Client, target: Target, number: int) -> str:
    body = {"student_id": target.students[number], "destination_id": target.places[number % len(target.places)]}
    answer = setup.post(f"/api/v1/schools/{target.school_id}/passes", json=body).raise_for_status()
    return str(answer.json()["id"])


def _read(
    server: Server, path: str, token: str, headers: dict[str, str], connections: int, length: Length
) -> LoopResult:
    return client.loop(
        ReadJob(
            port=server.port,
            path=path,
            token=token,
            headers=headers,
            connections=connections,
            warm_up=length.warm_up,
            seconds=length.seconds,
            watched={"server": server.pid},
        )
    )
