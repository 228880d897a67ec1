"""Commands for those who sign in, and for programs that hold a token."""

import sys

import click

from corridor.base.clock import SystemClock
from corridor.base.settings import Settings
from corridor.cli.terminal import current_database, out, run
from corridor.identity.principal import parse_role
from corridor.identity.service import IdentityService


@click.group()
def user() -> None:
    """Accounts that sign in with a password."""


@user.command("add")
@click.option("--role", required=True, help="student, teacher, hall_monitor, front_office, school_admin, admin, ...")
@click.option("--person", help="Whose account: source id, identifier, e-mail address or username in the roster.")
@click.option("--username", help="Instead of the person's own.")
@click.option("--school", help="The one school it is for, when no person says so.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
@click.pass_obj
def add_user(
    settings: Settings, role: str, person: str | None, username: str | None, school: str | None, password_stdin: bool
) -> None:
    """Make an account."""
    password = _read_password(password_stdin)

    async def work() -> str:
        async with current_database(settings) as database:
            account = await IdentityService(database, SystemClock(), settings).create_account(
                role=parse_role(role), username=username, password=password, person=person, school=school
            )
            return account.username

    out.print(f"{run(work())} can sign in as {parse_role(role)}.", soft_wrap=True)


@user.command("password")
@click.argument("username")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
@click.pass_obj
def set_password(settings: Settings, username: str, password_stdin: bool) -> None:
    """Give an account a new password, and sign it out everywhere."""
    password = _read_password(password_stdin)

    async def work() -> None:
        async with current_database(settings) as database:
            identity = IdentityService(database, SystemClock(), settings)
            await identity.set_password((await identity.must_find_account(username)).id, password)

    run(work())
    out.print(f"{username} has a new password.", soft_wrap=True)


@user.command("reset-second-step")
@click.argument("username")
@click.pass_obj
def reset_second_step(settings: Settings, username: str) -> None:
    """Take an account's second step away, for somebody who has lost it, and sign it out everywhere."""

    async def work() -> None:
        async with current_database(settings) as database:
            identity = IdentityService(database, SystemClock(), settings)
            await identity.desk.take_second_step((await identity.must_find_account(username)).id, None)

    run(work())
    out.print(f"{username} signs in with the password alone until there is another second step.", soft_wrap=True)


def _read_password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    entered: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return entered


@click.group()
def token() -> None:
    """API tokens."""


@token.command("create")
@click.option("--role", required=True, help="admin, integration, teacher, ...")
@click.option("--name", required=True, help="What it is for.")
@click.option("--school", help="Limit it to one school: id, source id, identifier or name.")
@click.option("--person", help="The roster person behind it; a student's token needs one.")
@click.option("--scope", "scopes", multiple=True, help="Only this, such as pass.view; may be repeated.")
@click.pass_obj
def create_token(
    settings: Settings, role: str, name: str, school: str | None, person: str | None, scopes: tuple[str, ...]
) -> None:
    """Make an API token and print it, alone, on standard output. It is shown this once."""

    async def work() -> str:
        async with current_database(settings) as database:
            identity = IdentityService(database, SystemClock(), settings)
            made = await identity.create_token(
                name=name,
                role=parse_role(role),
                school_id=(await identity.find_school(school)).id if school else None,
                person_id=(await identity.find_person(person)).id if person else None,
                scopes=scopes or None,
            )
            return made.secret

    click.echo(run(work()))
