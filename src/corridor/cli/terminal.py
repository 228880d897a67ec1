"""What all commands share: the terminal, the event loop, the database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import click
import uvloop
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from corridor import schema
from corridor.base.database import Database, open_database
from corridor.base.errors import CorridorError
from corridor.base.settings import Settings

T = TypeVar("T")
ReportProgress = Callable[[str, int, int | None], None]

err = Console(stderr=True, highlight=False)
out = Console(highlight=False)


class CorridorGroup(click.Group):
    """A group whose commands end with a sentence, not a traceback, when a person must act."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except CorridorError as error:
            err.print("[bold red]Error:[/]", end=" ")
            err.print(error.detail, markup=False)
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


async def with_progress(work: Callable[[ReportProgress], Awaitable[T]]) -> T:
    """Do `work` with a progress bar on the terminal's error stream."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}

        def progress(stage: str, done: int, total: int | None) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        return await work(progress)
