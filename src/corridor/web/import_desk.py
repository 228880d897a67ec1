"""Roster imports from uploaded files: one at a time, watched while they run, the file kept while it may be needed."""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec
import structlog

from corridor.base.clock import Clock
from corridor.base.database import Database
from corridor.base.errors import CorridorError, NotFound
from corridor.base.ids import new_id
from corridor.base.settings import Settings
from corridor.campus.roster import (
    DEFAULT_ALLOWED_REMOVALS,
    ImportRunning,
    NewSchools,
    RosterReport,
    TooManyRemovals,
    import_roster,
)
from corridor.integrations.sis.oneroster_csv import OneRosterCsv
from corridor.web.uploads import Upload, forget_old

KEPT_SECONDS = 3600.0
"""How long a file waits for somebody to import it after a dry run."""

log = structlog.get_logger("corridor.web.imports")


class Job(msgspec.Struct):
    """An import that this process runs or ran. `id` is its report's. `share` is how much of `stage` is done, 0 to 1."""

    id: UUID
    upload: Upload
    dry_run: bool
    allow_removals: float
    started_at: datetime
    stage: str = "Opening the file"
    share: float | None = None
    running: bool = True
    error: str | None = None

    def progress(self, stage: str, done: int, total: int | None) -> None:
        self.stage = stage
        self.share = min(1.0, done / total) if total else None


class ImportDesk:
    """One a process. Between processes the import itself sees to it that only one runs."""

    def __init__(
        self, database: Database, clock: Clock, settings: Settings, *, on_new_schools: Sequence[NewSchools] = ()
    ) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings
        self._on_new_schools = on_new_schools
        self._job: Job | None = None
        self._task: asyncio.Task[None] | None = None
        self._waiting: asyncio.TimerHandle | None = None

    @property
    def folder(self) -> Path:
        return self._settings.data_dir / "uploads"

    async def start(self) -> None:
        await asyncio.to_thread(forget_old, self.folder)

    async def stop(self) -> None:
        """Break off what is running, which undoes it, and remove the file."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._forget()

    def job(self, id: UUID) -> Job | None:
        """The newest import of this process, if that is its id."""
        return self._job if self._job and self._job.id == id else None

    def is_kept(self, id: UUID) -> bool:
        """Whether the file of this import is still here, to be imported again."""
        job = self.job(id)
        return job is not None and not job.running and job.upload.path.exists()

    def begin(self, upload: Upload, *, dry_run: bool, allow_removals: float = DEFAULT_ALLOWED_REMOVALS) -> Job:
        """Start an import and let it run. Raises `ImportRunning`; then the file is gone."""
        job = self._admit(upload, dry_run=dry_run, allow_removals=allow_removals)
        self._task = asyncio.create_task(self._watched(job), name="roster import")
        return job

    def repeat(self, id: UUID, *, allow_removals: float) -> Job:
        """Import the file of a dry run or a refused import after all. Raises `NotFound` when it is gone."""
        job = self.job(id)
        if job is None or not self.is_kept(id):
            raise NotFound("The file is no longer here. Upload it again.")
        return self.begin(job.upload, dry_run=False, allow_removals=allow_removals)

    async def run(
        self, upload: Upload, *, dry_run: bool, allow_removals: float = DEFAULT_ALLOWED_REMOVALS
    ) -> RosterReport:
        """Import, wait for the report and remove the file. Raises what `import_roster` raises."""
        job = self._admit(upload, dry_run=dry_run, allow_removals=allow_removals)
        try:
            return await self._import(job)
        finally:
            job.running = False
            upload.remove()

    def discard(self, id: UUID) -> None:
        """Remove the file of an import that nobody wants."""
        if self.is_kept(id):
            self._forget()

    def _admit(self, upload: Upload, *, dry_run: bool, allow_removals: float) -> Job:
        if self._job and self._job.running:
            upload.remove()
            raise ImportRunning("Another roster import is running. Wait until it has ended, then start this one again.")
        if self._job and self._job.upload != upload:
            self._forget()
        if self._waiting:
            self._waiting.cancel()
        self._job = Job(new_id(), upload, dry_run, allow_removals, self._clock.now())
        return self._job

    async def _watched(self, job: Job) -> None:
        keep = job.dry_run
        try:
            await self._import(job)
        except CorridorError as error:
            job.error = error.detail
            keep = isinstance(error, TooManyRemovals)
        except Exception:
            keep = False
            log.exception("roster import failed", id=str(job.id))
            job.error = "Something went wrong here, and nothing was imported. The log says more."
        finally:
            job.running = False
            if keep:
                self._waiting = asyncio.get_running_loop().call_later(KEPT_SECONDS, self._forget)
            else:
                job.upload.remove()

    async def _import(self, job: Job) -> RosterReport:
        return await import_roster(
            self._database,
            OneRosterCsv(job.upload.path, label=job.upload.label),
            clock=self._clock,
            time_zone=self._settings.time_zone,
            dry_run=job.dry_run,
            allow_removals=job.allow_removals,
            progress=job.progress,
            on_new_schools=self._on_new_schools,
            import_id=job.id,
        )

    def _forget(self) -> None:
        if self._job:
            self._job.upload.remove()
