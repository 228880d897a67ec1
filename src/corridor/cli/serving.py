"""Commands that run: the server, the demo, a simulated school day."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec
from rich.table import Table

from corridor import schema
from corridor.app import create_app
from corridor.base.clock import SystemClock
from corridor.base.database import open_database
from corridor.base.errors import SetupError
from corridor.base.settings import Settings, load_settings
from corridor.cli.terminal import out, run, with_progress
from corridor.demo.client import SimulationReport
from corridor.demo.run import Demo, liven, prepare
from corridor.demo.simulate import simulate as play
from corridor.policy.defaults import add_defaults
from corridor.web.server import open_socket, run_server

DEMO_DATA = Path("demo-data")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_PORTS_TRIED = 20


@click.command()
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 takes a free one.")
@click.pass_obj
def serve(settings: Settings, host: str | None, port: int | None) -> None:
    """Serve this installation."""
    host, port = host or settings.host, settings.port if port is None else port
    if settings.demo:
        _must_stay_here(host)

    async def work() -> None:
        listening = open_socket(host, port)
        async with open_database(settings, stop_server=True) as database:
            await schema.migrate(database)
            app = create_app(database, SystemClock(), settings)
            await run_server(app, listening, started=_say_where)

    run(work())


def _say_where(url: str) -> None:
    out.print(f"Corridor is at {url} (Ctrl-C stops it)", soft_wrap=True)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address.")
@click.option("--port", type=click.IntRange(0, 65535), help="Without it, 8000 or the next free one.")
@click.pass_context
def demo(ctx: click.Context, host: str, port: int | None) -> None:
    """Serve a made-up district on a lively school day, with accounts to try."""
    _must_stay_here(host)
    chosen: Settings = ctx.obj
    named = ctx.find_root().params.get("data_dir") or os.environ.get("CORRIDOR_DATA_DIR")
    data_dir = chosen.data_dir if named else DEMO_DATA
    settings = load_settings(data_dir=data_dir, database_url="", demo=True)

    async def work() -> None:
        listening = open_socket(host, port) if port is not None else _first_free(host, settings.port)
        async with open_database(settings, stop_server=True) as database:
            await schema.migrate(database)
            ready = await with_progress(
                lambda progress: prepare(database, settings, on_new_schools=[add_defaults], progress=progress)
            )
            state = {"demo_accounts": ready.accounts, "demo_sentence": ready.clock.sentence, "demo_kiosk": ready.kiosk}
            app = create_app(database, ready.clock, settings, state)
            playing: list[asyncio.Task[None]] = []

            def started(url: str) -> None:
                playing.append(asyncio.create_task(_play(ready, url)))

            await run_server(app, listening, started=started)
            for task in playing:
                task.cancel()
            await asyncio.gather(*playing, return_exceptions=True)

    run(work())


async def _play(ready: Demo, url: str) -> None:
    """Play school at the demo's own server, and say that it can be opened once the day is under way."""
    lively = asyncio.Event()
    playing = asyncio.create_task(liven(ready, url, ready=lively))
    opening = asyncio.create_task(lively.wait())
    try:
        await asyncio.wait([playing, opening], return_when=asyncio.FIRST_COMPLETED)
        _show_demo(ready, url)
        if playing.done():
            out.print(f"[yellow]The simulated school day could not run:[/] {playing.exception()}", soft_wrap=True)
        await playing
    finally:
        for task in (playing, opening):
            task.cancel()


def _show_demo(ready: Demo, url: str) -> None:
    table = Table(title="Accounts of the demo", title_justify="left")
    for column in ("username", "password", "who", "role"):
        table.add_column(column)
    for account in ready.accounts:
        table.add_row(account.username, account.password, account.name, account.role.value)
    out.print(table)
    out.print(f"\n[bold]Corridor's demo is at {url}[/]", soft_wrap=True)
    if sentence := ready.clock.sentence():
        out.print(sentence, soft_wrap=True)
    out.print("Ctrl-C stops it.")


def _must_stay_here(host: str) -> None:
    if host not in _LOOPBACK:
        raise SetupError(
            f"The demo's passwords are known to everybody, so it listens on this machine only, not on {host}. "
            "Leave out --host."
        )


def _first_free(host: str, port: int) -> socket.socket:
    for candidate in range(port, port + _PORTS_TRIED):
        with contextlib.suppress(SetupError):
            return open_socket(host, candidate)
    return open_socket(host, 0)


@click.command()
@click.argument("url")
@click.option("--token", envvar="CORRIDOR_TOKEN", help="Of the role integration or admin; or set CORRIDOR_TOKEN.")
@click.option(
    "--speed", default=1.0, show_default=True, type=click.FloatRange(0.01, 10_000), help="60: an hour a minute."
)
@click.option("--seconds", type=click.FloatRange(min=1), help="Stop after so long; without it, at Ctrl-C.")
@click.option("--rate", type=click.FloatRange(min=0.1), help="Passes wanted by 100 students in an hour.")
@click.option("--school", "schools", multiple=True, help="Identifier of a school; may be repeated. Without it, all.")
@click.option("--seed", default=0, show_default=True, help="The same seed, the same day.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def simulate(
    url: str,
    token: str | None,
    speed: float,
    seconds: float | None,
    rate: float | None,
    schools: Sequence[str],
    seed: int,
    as_json: bool,
) -> None:
    """Play a school day against the server at URL, through its public API.

    It makes real passes there: use it on a server that you may fill with them.
    """
    if not token:
        raise SetupError("Give a token with --token or in CORRIDOR_TOKEN. Make one: corridor token create --role admin")

    async def work() -> SimulationReport:
        return await play(
            url, token, schools=list(schools) or None, speed=speed, duration=seconds, rate=rate, seed=seed
        )

    outcome = run(work())
    if as_json:
        click.echo(msgspec.json.encode(outcome).decode())
        return
    out.print(f"{sum(outcome.actions.values())} actions in {outcome.seconds:.0f} s; ", end="")
    out.print(f"p50 {outcome.p50_ms:.0f} ms, p99 {outcome.p99_ms:.0f} ms")
    for title, counts in (("done", outcome.actions), ("refused", outcome.refusals), ("failed", outcome.errors)):
        for name, count in sorted(counts.items()):
            out.print(f"  {title}  {name}  {count}")
