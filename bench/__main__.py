"""`python -m bench`: measure, print, and write the results down. With QUICK=1 in the environment it is a short run."""

import asyncio
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec
import rich.table
from rich.console import Console

from bench import board, client, passes, pgbench, report, roster, rules, sampler, streams, whole
from bench.installation import Installation, Server, installation
from bench.load.jobs import PassJob, Target
from bench.passes import Length
from bench.processes import resident_mib
from bench.schools import add_schools
from corridor.web.server import allow_open_files

RESULTS = Path(__file__).with_name("results")
_SHOWN = 40
out = Console(width=160)


class Size(msgspec.Struct, frozen=True):
    """How much is measured. `schools` are their students; the first one is measured alone, too."""

    length: Length
    schools: list[int]
    listeners: int
    listen_seconds: float
    roster_students: int
    roster_schools: int
    histories: tuple[int, int]


FULL = Size(Length(2, 8, 3), [3000] + [1000] * 19, 2000, 30, 30_200, 40, (1000, 1_000_000))
QUICK = Size(Length(1, 2, 1), [3000] + [200] * 19, 2000, 6, 1200, 2, (1000, 20_000))


@click.group(invoke_without_command=True)
@click.pass_context
def main(ctx: click.Context) -> None:
    """Measure Corridor on this machine. QUICK=1 in the environment: a short run."""
    if ctx.invoked_subcommand is None:
        quick = bool(os.environ.get("QUICK"))
        open_files = allow_open_files()
        made = asyncio.run(measure(QUICK if quick else FULL, report.this_machine(open_files), quick=quick))
        report.show(made, out)
        out.print(f"\nThe same as JSON: {report.write(made, RESULTS)}", highlight=False)


@main.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
def markdown(path: Path) -> None:
    """Print a result as Markdown."""
    click.echo(report.as_markdown(msgspec.json.decode(path.read_bytes(), type=report.Report)))


@main.command()
@click.option("--connections", default=64, show_default=True)
@click.option("--seconds", default=8.0, show_default=True)
def profile(connections: int, seconds: float) -> None:
    """Show where the server's time goes while passes are issued and returned."""
    asyncio.run(_profile(connections, seconds))


async def _profile(connections: int, seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "samples"
        async with installation() as made:
            targets = await add_schools(made.database, made.settings, QUICK.schools[:1])
            with made.serving("-m", "bench.sampler", str(path)) as server:
                job = PassJob(
                    port=server.port,
                    targets=targets,
                    connections=connections,
                    keyed=False,
                    warm_up=1,
                    seconds=seconds,
                    watched={},
                )
                os.kill(server.pid, sampler.START)
                out.print(f"{client.loop(job).per_second:,.0f} commands/s while being watched", highlight=False)
        samples = msgspec.json.decode(path.read_bytes(), type=sampler.Samples)
    for title, counts in (("by itself", samples.own), ("with what it calls", samples.whole)):
        table = rich.table.Table("%", title)
        for name, count in sorted(counts.items(), key=lambda item: -item[1])[:_SHOWN]:
            table.add_row(f"{100 * count / samples.total:.1f}", name)
        out.print(table)


async def measure(size: Size, machine: report.Machine, *, quick: bool) -> report.Report:
    most = passes.CONNECTIONS[-1]
    async with installation() as made:
        with made.serving() as server:
            empty = resident_mib(server.pid)
        say("writing a school")
        targets = await add_schools(made.database, made.settings, size.schools[:1])
        await pgbench.add_heads(made.database, len(size.schools))
        with made.serving() as server:
            one_school = resident_mib(server.pid)
            say("live events")
            heard = streams.measure(server, targets[0], listeners=size.listeners, seconds=size.listen_seconds)
            say("board")
            board_table, board_aim = board.measure(server, targets[0], size.length)
            rows = _measure_passes(made, server, targets, size.length)
            rows.append(passes.measure(made, server, targets, most, size.length, keyed=True))
        say("writing more schools")
        targets += await add_schools(made.database, made.settings, size.schools[1:], first=2)
        with made.serving() as server:
            all_schools = resident_mib(server.pid)
            rows += _measure_passes(made, server, targets, size.length)
        say("verification")
        verification = await whole.measure(made.database, targets)
        say("rules")
        ruled, rule_aims = await rules.measure(made, size.length, size.histories)
        say("import")
        imported = roster.measure(
            made, made.folder / "roster", students=size.roster_students, schools=size.roster_schools
        )
    memory: list[list[report.Cell]] = [
        ["no schools", empty],
        [f"a school of {size.schools[0]:,} students", one_school],
        [f"the same with {size.listeners:,} listeners", heard.server_mib],
        [f"{len(size.schools)} schools with {sum(size.schools):,} students", all_schools],
    ]
    return report.Report(
        datetime.now(UTC).date().isoformat(),
        quick,
        machine,
        [
            passes.http_table(rows),
            passes.comparison(rows),
            board_table,
            ruled,
            heard.table,
            imported,
            report.Table("Memory of the server", "What its process holds.", ("with", "MiB"), memory),
            verification,
        ],
        [*passes.aims(rows), board_aim, *rule_aims, heard.aim],
    )


def _measure_passes(made: Installation, server: Server, targets: list[Target], length: Length) -> list[passes.Row]:
    rows = []
    for connections in passes.CONNECTIONS:
        say(f"passes, schools: {len(targets)}, connections: {connections}")
        rows.append(passes.measure(made, server, targets, connections, length))
    return rows


def say(what: str) -> None:
    out.print(f"[dim]{what} ...[/]")


if __name__ == "__main__":
    main()
