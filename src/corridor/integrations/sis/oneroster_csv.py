"""OneRoster CSV 1.1 and 1.2 as a roster source: a folder or a zip.

OneRoster calls the end date of a term or an enrollment exclusive, while exports give the last day. It is read as the
last day: a day too many does less harm than a day too few.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Generator, Iterator
from pathlib import Path

import msgspec

from corridor.campus.roster.records import Batch, Mode, Problem, Record, Scope
from corridor.integrations.sis.oneroster_columns import FILES, ROLES, USERS, FileSpec, Header
from corridor.integrations.sis.oneroster_files import MANIFEST, Package, open_package
from corridor.integrations.sis.oneroster_manifest import Manifest, read_manifest
from corridor.integrations.sis.oneroster_records import record
from corridor.integrations.sis.oneroster_rows import Reader, Rejected

_BATCH = 2000
_NEW_IN_1_2 = ("preferredGivenName", "preferredFamilyName", "primaryOrgSourcedId", "pronouns")
_ONLY_IN_1_1 = ("orgSourcedIds", "role")


class OneRosterCsv:
    """`mode` says what every file is, for an export whose manifest does not or is wrong."""

    def __init__(self, path: Path, *, mode: Mode | None = None, label: str | None = None) -> None:
        self.path = path
        self.mode = mode
        self.label = label or path.resolve().name

    async def pull(self) -> AsyncGenerator[Batch | Scope]:
        messages = self._read()
        try:
            while (message := await asyncio.to_thread(next, messages, None)) is not None:
                yield message
        finally:
            # If this task was cancelled, a thread may still be reading; it then ends the generator itself.
            with contextlib.suppress(ValueError):
                messages.close()

    def _read(self) -> Generator[Batch | Scope]:
        package = open_package(self.path)
        try:
            manifest = read_manifest(package, self.mode)
            yield Batch(stage="Reading manifest.csv", problems=manifest.problems)
            size = sum(package.size(spec.name) for spec in FILES if manifest.modes[spec.name] is not Mode.ABSENT)
            done = 0
            for spec in FILES:
                if manifest.modes[spec.name] is not Mode.ABSENT:
                    yield from self._read_file(package, spec, manifest, done, size)
                    done += package.size(spec.name)
        finally:
            package.close()

    def _read_file(
        self, package: Package, spec: FileSpec, manifest: Manifest, done: int, size: int
    ) -> Iterator[Batch | Scope]:
        assert spec.kind is not None
        mode = manifest.modes[spec.name]
        roles_apart = manifest.modes[ROLES.name] is not Mode.ABSENT
        reader = Reader(package, *_layout(spec, mode, manifest.version, roles_apart))
        header = reader.header
        inline_roles = not roles_apart and "role" in header
        yield Scope(kind=spec.kind, mode=mode, silent=_silent(header), fields=spec.fields)
        stage = f"Reading {spec.name}"
        records: list[Record] = []
        filled = blank = 0
        for row in reader.rows():
            if row.text("status") is None:
                blank += 1
            else:
                filled += 1
            try:
                records.append(record(row, spec.kind, inline_roles=inline_roles))
            except Rejected as error:
                row.reject(error)
            if len(records) + len(reader.problems) >= _BATCH:
                yield Batch(
                    stage=stage,
                    kind=spec.kind,
                    records=records,
                    problems=reader.take_problems(),
                    done=done + reader.bytes_read,
                    size=size,
                )
                records = []
        problems = [*reader.take_problems(), *_oddities(spec, mode, filled, blank)]
        if spec is USERS and not roles_apart and not inline_roles:
            problems.append(_no_roles())
        yield Batch(
            stage=stage, kind=spec.kind, records=records, problems=problems, done=done + reader.bytes_read, size=size
        )


def _layout(spec: FileSpec, mode: Mode, version: str | None, roles_apart: bool) -> tuple[FileSpec, tuple[str, ...]]:
    """The file as this export must have it, and the optional columns it should have."""
    required = spec.required
    if mode is Mode.DELTA:
        required = (*required, "status")
    not_expected: tuple[str, ...] = ()
    if spec is USERS:
        is_1_2 = version == "1.2" or (version is None and roles_apart)
        not_expected = _ONLY_IN_1_1 if is_1_2 else _NEW_IN_1_2
        if not is_1_2 and not roles_apart:
            required = (*required, *_ONLY_IN_1_1)
    optional = tuple(column for column in spec.optional if column not in required)
    return (
        msgspec.structs.replace(spec, required=required, optional=optional),
        tuple(column for column in optional if column not in not_expected),
    )


def _silent(header: Header) -> frozenset[str]:
    """The attributes for which this file has no column."""
    silent = {attribute for attribute, column in header.spec.fields.items() if column not in header}
    if "location" in header:
        silent.discard("meetings")
    if "sms" in header:
        silent.discard("phone")
    return frozenset(silent)


def _oddities(spec: FileSpec, mode: Mode, filled: int, blank: int) -> Iterator[Problem]:
    """What is odd about a file as a whole. Files that are odd alike are told together."""
    if not filled and not blank:
        yield _quirk(
            "no_rows",
            spec.name,
            "Files have no rows: if they are complete, all that was in them has left.",
            "Nothing, if that is right. Otherwise let the manifest say absent.",
        )
    elif mode is Mode.BULK and filled:
        yield _quirk(
            "status_in_bulk",
            f"{spec.name}: {filled:,} of {filled + blank:,} rows",
            "Files were read as complete lists, in which status should be blank; it was heeded nevertheless.",
            "If the files hold only changes, let the manifest say delta.",
            field="status",
        )
    elif mode is Mode.DELTA and blank:
        yield _quirk(
            "no_status_in_delta",
            f"{spec.name}: {blank:,} of {filled + blank:,} rows",
            "In a list of changes status must be filled in; blank was read as active.",
            "Write active or tobedeleted.",
            field="status",
        )


def _no_roles() -> Problem:
    return _quirk(
        "no_roles",
        None,
        "There is no roles.csv, so nothing is said of who is what at which school.",
        "Export roles.csv too. What Corridor knows of it was left as it is.",
    )


def _quirk(code: str, value: str | None, why: str, advice: str, field: str | None = None) -> Problem:
    return Problem(kind=None, code=code, why=why, advice=advice, file=MANIFEST, field=field, value=value)
