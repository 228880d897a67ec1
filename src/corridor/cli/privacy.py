"""Commands that destroy records: what has been kept long enough, and everything at the end of a contract."""

from pathlib import Path
from uuid import UUID

import click
import msgspec
from rich.table import Table
from sqlalchemy import select

from corridor.base.clock import SystemClock
from corridor.base.errors import InvalidInput, NotFound
from corridor.base.settings import Settings
from corridor.campus.tables import District
from corridor.cli.terminal import current_database, out, run
from corridor.identity.service import IdentityService
from corridor.privacy import certificate
from corridor.privacy.certificate import Certificate
from corridor.privacy.erasure import Erasure
from corridor.privacy.retention import COMMAND, Retention
from corridor.privacy.retention_kinds import KEEPINGS, Days
from corridor.privacy.retention_report import Report


@click.group()
def privacy() -> None:
    """Destroy what has been kept long enough, or everything."""


@privacy.command("retention")
@click.option("--dry-run", is_flag=True, help="Show what would go. Without --now that is all it does.")
@click.option("--now", "at_once", is_flag=True, help="Destroy it now instead of tonight.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
@click.pass_obj
def retention(settings: Settings, dry_run: bool, at_once: bool, as_json: bool) -> None:
    """What has been kept long enough, by the district's settings, and with --now its destruction.

    The server may go on meanwhile.
    """
    at_once = at_once and not dry_run

    async def work() -> tuple[Report, Days]:
        async with current_database(settings) as database:
            keeper = Retention(database, SystemClock())
            report = (await keeper.run(COMMAND)).report if at_once else await keeper.plan()
            return report, await keeper.days()

    report, days = run(work())
    if as_json:
        click.echo(msgspec.json.encode(report).decode())
        return
    table = Table(title="Destroyed" if at_once else "What would go now", title_justify="left")
    for column in ("records", "kept for", "number"):
        table.add_column(column, justify="left" if column == "records" else "right")
    for kind, keeping in KEEPINGS.items():
        table.add_row(keeping.title, f"{days[kind]} days", f"{report.total(kind):,}")
    out.print(table)
    for part in report.schools:
        if part.whole or part.kept_back:
            who = "everybody" if part.whole else f"{part.kept_back} students"
            out.print(f"{part.name}: kept back for {who} (legal holds: {part.holds}, open requests: {part.requests})")
    if not at_once:
        out.print("Nothing was changed. It goes tonight, or at once with --now.")


@privacy.command("erase")
@click.option("--school", help="One school: id, source id, identifier or name.")
@click.option("--everything", is_flag=True, help="Every school, and everybody.")
@click.option("--by", "ordered_by", required=True, help="Whose order it is, as the certificate shall name it.")
@click.option("--pdf", type=click.Path(path_type=Path), help="Where to write the certificate. Without it: here.")
@click.pass_obj
def erase(settings: Settings, school: str | None, everything: bool, ordered_by: str, pdf: Path | None) -> None:
    """Destroy every personal record of a school, or of everybody, at the end of a contract.

    It cannot be undone. Stop the server first. A certificate is written, to be signed.
    """
    if bool(school) == everything:
        raise InvalidInput("Say which: --school and its name, or --everything.")

    async def named() -> tuple[UUID | None, str]:
        async with current_database(settings) as database:
            if school:
                found = await IdentityService(database, SystemClock(), settings).find_school(school)
                return found.id, found.name
            async with database.session() as session:
                district = (await session.scalars(select(District).limit(1))).one_or_none()
            if district is None:
                raise NotFound("There is nothing here yet that could be destroyed.")
            return None, district.name

    school_id, name = run(named())
    typed = click.prompt(f"Everything of '{name}' will be destroyed for good. Type this name to go on", err=True)
    if typed.strip() != name:
        raise InvalidInput("That is another name. Nothing was destroyed.")

    async def work() -> tuple[Certificate, bytes]:
        async with current_database(settings) as database:
            made = await Erasure(database, SystemClock()).erase(school_id, ordered_by)
            return made, await certificate.as_pdf(made)

    _hand_out(*run(work()), pdf)


@privacy.command("certificate")
@click.argument("number", required=False, type=click.UUID)
@click.option("--pdf", type=click.Path(path_type=Path), help="Where to write it. Without it: here.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON instead.")
@click.pass_obj
def print_certificate(settings: Settings, number: UUID | None, pdf: Path | None, as_json: bool) -> None:
    """Write a certificate of deletion again: the one with this NUMBER, or the newest."""

    async def work() -> tuple[Certificate, bytes]:
        async with current_database(settings) as database:
            found = await certificate.find_certificate(database, number)
            return found, b"" if as_json else await certificate.as_pdf(found)

    found, body = run(work())
    if as_json:
        click.echo(certificate.as_json(found).decode())
    else:
        _hand_out(found, body, pdf)


def _hand_out(made: Certificate, body: bytes, pdf: Path | None) -> None:
    path = pdf or Path(f"deletion-{made.made_at:%Y-%m-%d}-{str(made.id)[-6:]}.pdf")
    path.write_bytes(body)
    path.with_suffix(".json").write_bytes(certificate.as_json(made))
    for words, number in made.counts.items():
        out.print(f"{number:>10,}  {words}")
    out.print(f"The certificate is {path}, the same for programs {path.with_suffix('.json')}.", soft_wrap=True)
