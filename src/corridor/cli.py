"""The command line: `corridor`."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import click
import msgspec
import uvloop
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from corridor import __version__, schema
from corridor.app import create_app, make_decider
from corridor.base.clock import SystemClock
from corridor.base.database import Database, open_database
from corridor.base.errors import CorridorError
from corridor.base.settings import Settings, load_settings
from corridor.campus.roster import DEFAULT_ALLOWED_REMOVALS, RosterReport, import_roster
from corridor.identity.principal import parse_role
from corridor.identity.service import IdentityService
from corridor.ledger.verify import Finding, verify
from corridor.passes.defaults import add_defaults
from corridor.passes.room import PassRebuild

T = TypeVar("T")
err = Console(stderr=True)
out = Console()


class Corridor(click.Group):
    """A group whose commands end with a sentence, not a traceback, when a person must act."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except CorridorError as error:
            err.print(f"[bold red]Error:[/] {error.detail}", highlight=False)
            ctx.exit(1)


def run(work: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


@asynccontextmanager
async def current_database(settings: Settings) -> AsyncIterator[Database]:
    """The installation's database with its tables up to date."""
    async with open_database(settings) as database:
        await schema.migrate(database)
        yield database


@click.group(cls=Corridor, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
@click.option("--data-dir", type=click.Path(path_type=Path), help="Folder of the database and the secret key.")
@click.pass_context
def main(ctx: click.Context, data_dir: Path | None) -> None:
    """Corridor: hall passes for a school district, on your own machine."""
    ctx.obj = load_settings(data_dir=data_dir)


@main.command()
@click.pass_obj
def init(settings: Settings) -> None:
    """Prepare a data folder: the secret key and an empty database. Safe to repeat."""

    async def work() -> None:
        settings.key()
        async with current_database(settings):
            pass

    run(work())
    where = "the database of your settings" if settings.database_url else settings.data_dir.resolve()
    out.print(f"Ready: {where}", highlight=False)
    out.print("Next: corridor import oneroster PATH, then corridor user add, then corridor serve")


@main.command()
@click.pass_obj
def migrate(settings: Settings) -> None:
    """Bring the database's tables to this version."""

    async def work() -> None:
        async with current_database(settings):
            pass

    run(work())
    out.print("The tables are those of this version.")


@main.group("import")
def import_group() -> None:
    """Bring in data from other systems."""


@import_group.command("oneroster")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check everything and report, but change nothing.")
@click.option(
    "--allow-removals",
    type=click.FloatRange(0, 100),
    default=DEFAULT_ALLOWED_REMOVALS,
    show_default=True,
    metavar="N%",
    help="How many percent of a kind may leave at once.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_obj
def import_oneroster(settings: Settings, path: Path, dry_run: bool, allow_removals: float, as_json: bool) -> None:
    """Import a OneRoster 1.1 or 1.2 CSV export, a folder or a zip."""
    from corridor.integrations.sis.oneroster_csv import OneRosterCsv

    async def work(progress: Callable[[str, int, int | None], None]) -> RosterReport:
        async with current_database(settings) as database:
            return await import_roster(
                database,
                OneRosterCsv(path),
                clock=SystemClock(),
                time_zone=settings.time_zone,
                dry_run=dry_run,
                allow_removals=allow_removals,
                progress=progress,
                on_new_schools=[add_defaults],
            )

    report = with_progress(work)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
    else:
        show_report(report)


def with_progress(work: Callable[[Callable[[str, int, int | None], None]], Awaitable[T]]) -> T:
    """Run `work` with a progress bar on the terminal's error stream."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def progress(stage: str, done: int, total: int | None) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        async def watched() -> T:
            return await work(progress)

        return run(watched())


def show_report(report: RosterReport) -> None:
    out.print(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())


@main.group()
def user() -> None:
    """Accounts that sign in with a password."""


@user.command("add")
@click.option("--role", required=True, help="student, teacher, hall_monitor, school_admin, admin, ...")
@click.option("--person", help="Whose account: source id, identifier, e-mail address or username in the roster.")
@click.option("--username", help="Instead of the person's own.")
@click.option("--school", help="The one school it is for, when no person says so.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
@click.pass_obj
def add_user(
    settings: Settings, role: str, person: str | None, username: str | None, school: str | None, password_stdin: bool
) -> None:
    """Make an account."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)

    async def work() -> str:
        async with current_database(settings) as database:
            account = await IdentityService(database, SystemClock(), settings).create_account(
                role=parse_role(role), username=username, password=password, person=person, school=school
            )
            return account.username

    name = run(work())
    out.print(f"{name} can sign in as {parse_role(role)}.", highlight=False)


@main.group()
def token() -> None:
    """API tokens."""


@token.command("create")
@click.option("--role", required=True, help="admin, integration, teacher, ...")
@click.option("--name", required=True, help="What it is for.")
@click.option("--school", help="Limit it to one school: id, identifier or name.")
@click.option("--person", help="The roster person behind it, for roles such as student.")
@click.pass_obj
def create_token(settings: Settings, role: str, name: str, school: str | None, person: str | None) -> None:
    """Make an API token and print it, alone, on standard output. It is shown this once."""

    async def work() -> str:
        async with current_database(settings) as database:
            identity = IdentityService(database, SystemClock(), settings)
            made = await identity.create_token(
                name=name,
                role=parse_role(role),
                school_id=(await identity.find_school(school)).id if school else None,
                person_id=(await identity.find_person(person)).id if person else None,
            )
            return made.secret

    click.echo(run(work()))


@main.group()
def ledger() -> None:
    """The tamper-evident record."""


@ledger.command("verify")
@click.option("--school", help="One school: id, source id, identifier or name. Without it, all.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.pass_context
def verify_ledger(ctx: click.Context, school: str | None, as_json: bool) -> None:
    """Prove that nothing was altered, removed or inserted, and that the tables say what the events say.

    Exits with 1 when something does not hold.
    """
    settings: Settings = ctx.obj

    async def work() -> list[tuple[str, Finding]]:
        async with current_database(settings) as database:
            found = []
            for school_id, name in await _schools(database, settings, school):
                found.append((name, await verify(database, make_decider().kinds, PassRebuild(), school_id)))
            return found

    findings = run(work())
    if as_json:
        click.echo(
            json.dumps(
                [msgspec.to_builtins(finding) | {"school": name, "clean": finding.clean} for name, finding in findings]
            )
        )
    else:
        for name, finding in findings:
            _show_finding(name, finding)
        if not findings:
            out.print("There are no schools yet.")
    if not all(finding.clean for _, finding in findings):
        ctx.exit(1)


async def _schools(database: Database, settings: Settings, school: str | None) -> list[tuple[UUID, str]]:
    if school:
        found = await IdentityService(database, SystemClock(), settings).find_school(school)
        return [(found.id, found.name)]
    async with database.raw() as connection:
        cursor = await connection.execute(
            "SELECT school.id, school.name FROM school JOIN ledger_head ON school_id = school.id ORDER BY school.name"
        )
        return list(await cursor.fetchall())


def _show_finding(name: str, finding: Finding) -> None:
    redacted = f", {finding.redacted} of them redacted" if finding.redacted else ""
    if finding.clean:
        out.print(
            f"[green]ok[/]      {name}: {finding.events} events{redacted}; head {finding.head[:16]}", highlight=False
        )
    elif finding.broken_at is not None:
        out.print(f"[red]BROKEN[/]  {name}: at event {finding.broken_at}: {finding.problem}", highlight=False)
    else:
        out.print(f"[red]DIFFERS[/] {name}: {finding.different} differences between tables and events", highlight=False)
        for difference in finding.differences:
            out.print(f"        {difference}", highlight=False)


@main.command()
@click.pass_obj
def openapi(settings: Settings) -> None:
    """Print the API's description (OpenAPI 3.1) as JSON."""
    from corridor.web.openapi import describe_problems

    app = create_app(Database("postgresql://"), SystemClock(), settings)
    describe_problems(app)
    click.echo(json.dumps(app.openapi_schema.to_schema(), indent=2))


@main.command()
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 takes a free one.")
@click.pass_obj
def serve(settings: Settings, host: str | None, port: int | None) -> None:
    """Serve this installation."""
    from corridor.web.server import run_server

    chosen = msgspec.structs.replace(settings, host=host or settings.host, port=settings.port if port is None else port)

    async def work() -> None:
        async with open_database(chosen, stop_server=True) as database:
            await schema.migrate(database)
            app = create_app(database, SystemClock(), chosen)
            await run_server(
                app, chosen.host, chosen.port, started=lambda url: out.print(f"Corridor is at {url} (Ctrl-C stops it)")
            )

    run(work())


if __name__ == "__main__":
    main()
