"""Commands on the tamper-evident record."""

import json
from collections.abc import Sequence
from uuid import UUID

import click
import msgspec

from corridor.app import make_decider, make_rebuild
from corridor.base.clock import SystemClock
from corridor.base.database import Database
from corridor.base.settings import Settings
from corridor.cli.terminal import current_database, out, run
from corridor.identity.audit import STREAM, AdminChanged
from corridor.identity.service import IdentityService
from corridor.ledger.verify import Finding, Rebuilds, verify
from corridor.privacy.room import make_records_decider, make_records_rebuild
from corridor.privacy.state import stream_of


@click.group()
def ledger() -> None:
    """The tamper-evident record."""


@ledger.command("verify")
@click.option("--school", help="One school: id, source id, identifier or name. Without it, all.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.pass_context
def verify_ledger(ctx: click.Context, school: str | None, as_json: bool) -> None:
    """Prove that nothing was altered, removed or inserted, and that the tables say what the events say.

    Exits with 1 when something does not hold, and names the first sequence number at which it does not.
    """
    settings: Settings = ctx.obj

    async def work() -> list[tuple[str, Finding]]:
        async with current_database(settings) as database:
            return await verify_streams(database, await _schools(database, settings, school), everything=not school)

    findings = run(work())
    if as_json:
        shown = [msgspec.to_builtins(finding) | {"school": name, "clean": finding.clean} for name, finding in findings]
        click.echo(json.dumps(shown))
    else:
        for name, finding in findings:
            _show(name, finding)
        if not findings:
            out.print("There are no schools yet.")
    if not all(finding.clean for _, finding in findings):
        ctx.exit(1)


async def verify_streams(
    database: Database, schools: Sequence[tuple[UUID, str]], *, everything: bool
) -> list[tuple[str, Finding]]:
    """Check the days and the records of these schools, by id and name; with `everything`, what is of no school too."""
    found = [finding for id, name in schools for finding in await _of_school(database, id, name)]
    return found + await _of_all_schools(database) if everything else found


async def _of_school(database: Database, school_id: UUID, name: str) -> list[tuple[str, Finding]]:
    """The school's days, and the stream of its records if it has begun."""
    found = [(name, await verify(database, make_decider().kinds, make_rebuild(), school_id))]
    stream_id = stream_of(school_id)
    if stream_id in await _streams(database):
        kinds = make_records_decider().kinds
        records = await verify(database, kinds, make_records_rebuild(school_id), stream_id, rows_of=school_id)
        found.append((f"{name}, records", records))
    return found


async def _of_all_schools(database: Database) -> list[tuple[str, Finding]]:
    """The stream of what administrators changed, and any that nobody should have begun."""
    found = []
    streams = await _streams(database)
    if STREAM in streams:
        changes = await verify(database, {AdminChanged.kind: AdminChanged}, Rebuilds(), STREAM)
        found.append(("Changes by administrators", changes))
    known = {STREAM, *(id for school_id in await _school_ids(database) for id in (school_id, stream_of(school_id)))}
    for stream_id in sorted(streams - known):
        problem = "no school and no part of this version has such a stream"
        found.append((str(stream_id), Finding(stream_id, 0, 0, "", broken_at=1, problem=problem)))
    return found


async def _streams(database: Database) -> set[UUID]:
    async with database.raw() as connection:
        cursor = await connection.execute("SELECT school_id FROM ledger_head")
        return {row[0] for row in await cursor.fetchall()}


async def _school_ids(database: Database) -> list[UUID]:
    async with database.raw() as connection:
        return [row[0] for row in await (await connection.execute("SELECT id FROM school")).fetchall()]


async def _schools(database: Database, settings: Settings, school: str | None) -> list[tuple[UUID, str]]:
    if school:
        found = await IdentityService(database, SystemClock(), settings).find_school(school)
        return [(found.id, found.name)]
    async with database.raw() as connection:
        cursor = await connection.execute(
            "SELECT school.id, school.name FROM school JOIN ledger_head ON school_id = school.id ORDER BY school.name"
        )
        return list(await cursor.fetchall())


def _show(name: str, finding: Finding) -> None:
    redacted = f", {finding.redacted} of them redacted" if finding.redacted else ""
    if finding.clean:
        said = f"[green]ok[/]       {name}: {finding.events} events{redacted}; head {finding.head[:16]}"
    elif finding.broken_at is not None:
        said = f"[red]broken[/]   {name}: at event {finding.broken_at}: {finding.problem}"
    else:
        said = f"[red]differs[/]  {name}: {finding.different} differences between the tables and the events"
    out.print(said, soft_wrap=True)
    for difference in finding.differences:
        out.print(f"         {difference}", soft_wrap=True, markup=False)
