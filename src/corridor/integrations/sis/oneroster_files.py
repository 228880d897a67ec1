"""A OneRoster export as it lies on disk: a folder or a zip, opened with care, since anybody may have sent it."""

import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from corridor.campus.roster.errors import RosterUnreadable

MANIFEST = "manifest.csv"
TABLES = ("orgs.csv", "academicSessions.csv", "courses.csv", "users.csv", "roles.csv", "classes.csv", "enrollments.csv")

_NAMES = {name.casefold(): name for name in (MANIFEST, *TABLES)}
_MOST_MEMBERS = 10_000
_MOST_BYTES = 4 * 2**30
_SMALL_BYTES = 64 * 2**20
_MOST_RATIO = 100
_LONGEST_LINE = 2**20


class Package(Protocol):
    """The files of one export. `found` maps a file's proper name to the name it has here."""

    found: dict[str, str]

    def size(self, name: str) -> int: ...

    def lines(self, name: str) -> Iterator[bytes]: ...

    def close(self) -> None: ...


def open_package(path: Path) -> Package:
    """Open a folder or a zip; the files may lie in one folder inside it.

    Raises `RosterUnreadable` if it is neither, is damaged, encrypted, unreasonably large when unpacked, or names files
    outside of itself.
    """
    if path.is_dir():
        return _Folder(path)
    if not path.exists():
        raise RosterUnreadable(f"There is no file or folder {path}.")
    if not zipfile.is_zipfile(path):
        raise RosterUnreadable(
            f"{path.name} is neither a folder nor a zip file. Give the folder or zip that holds orgs.csv, users.csv "
            "and the other files."
        )
    return _Zip(path)


class _Folder:
    def __init__(self, path: Path) -> None:
        entries = [PurePosixPath(entry.relative_to(path)) for entry in _two_levels(path)]
        self._files = {str(entry): path / entry for entry in entries}
        self.found = _find_tables(entries, path.name)

    def size(self, name: str) -> int:
        return self._files[self.found[name]].stat().st_size

    def lines(self, name: str) -> Iterator[bytes]:
        with self._files[self.found[name]].open("rb") as stream:
            yield from _lines(stream, name)

    def close(self) -> None:
        """Nothing is held open between files."""


class _Zip:
    def __init__(self, path: Path) -> None:
        with ExitStack() as stack:
            try:
                self._zip = stack.enter_context(zipfile.ZipFile(path))
            except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
                raise RosterUnreadable(
                    f"{path.name} is a damaged zip file ({error}). Export or upload it again."
                ) from error
            members = [member for member in self._zip.infolist() if not member.is_dir()]
            _check_members(members, path.name)
            self.found = _find_tables([PurePosixPath(member.filename) for member in members], path.name)
            self._check_encryption()
            stack.pop_all()

    def size(self, name: str) -> int:
        return self._zip.getinfo(self.found[name]).file_size

    def lines(self, name: str) -> Iterator[bytes]:
        try:
            with self._zip.open(self.found[name]) as stream:
                yield from _lines(stream, name)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
            raise RosterUnreadable(
                f"{name} in the zip is damaged ({error}). Export or upload it again.", file=name
            ) from error

    def close(self) -> None:
        self._zip.close()

    def _check_encryption(self) -> None:
        for name, member in self.found.items():
            if self._zip.getinfo(member).flag_bits & 0x1:
                raise RosterUnreadable(f"{name} in the zip is encrypted. Make the zip without a password.", file=name)


def _two_levels(path: Path) -> Iterator[Path]:
    for entry in sorted(path.iterdir()):
        if entry.is_file():
            yield entry
        elif entry.is_dir():
            yield from (inner for inner in sorted(entry.iterdir()) if inner.is_file())


def _check_members(members: list[zipfile.ZipInfo], zip_name: str) -> None:
    if len(members) > _MOST_MEMBERS:
        raise RosterUnreadable(f"{zip_name} holds {len(members):,} files; a OneRoster export has about twenty.")
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if unpacked > _MOST_BYTES or (unpacked > _SMALL_BYTES and unpacked > _MOST_RATIO * packed):
        raise RosterUnreadable(
            f"{zip_name} would unpack to {unpacked / 2**20:,.0f} MiB from {packed / 2**20:,.1f} MiB, which no roster "
            "does. If it is a roster, unpack it and import the folder."
        )
    for member in members:
        parts = member.filename.replace("\\", "/").split("/")
        if parts[0] == "" or ".." in parts or ":" in parts[0]:
            raise RosterUnreadable(
                f"{zip_name} names a file outside of itself ({member.filename[:80]}). It was not opened."
            )
        if stat.S_ISLNK(member.external_attr >> 16):
            raise RosterUnreadable(
                f"{zip_name} holds a link ({member.filename[:80]}) in place of a file. It was not opened."
            )


def _find_tables(entries: list[PurePosixPath], label: str) -> dict[str, str]:
    """The export's files by their proper names: those at the top, else those of the only folder that has some."""
    folders: dict[PurePosixPath, dict[str, str]] = {}
    for entry in entries:
        proper = _NAMES.get(entry.name.casefold())
        if proper is None or "__MACOSX" in entry.parts:
            continue
        tables = folders.setdefault(entry.parent, {})
        if proper in tables:
            raise RosterUnreadable(f"{label} holds both {tables[proper]} and {entry}. Keep the right one.", file=proper)
        tables[proper] = str(entry)
    top = PurePosixPath(".")
    if top in folders:
        return folders[top]
    if len(folders) == 1:
        return next(iter(folders.values()))
    if not folders:
        raise RosterUnreadable(f"{label} holds no OneRoster files: none of {', '.join(TABLES)} is in it.")
    listed = ", ".join(str(folder) for folder in sorted(folders)[:5])
    raise RosterUnreadable(f"{label} holds several exports ({listed}). Import them one after the other.")


def _lines(stream: IO[bytes], name: str) -> Iterator[bytes]:
    number = 0
    while line := stream.readline(_LONGEST_LINE + 1):
        number += 1
        if len(line) > _LONGEST_LINE:
            raise RosterUnreadable(
                f"{name}, line {number} is longer than {_LONGEST_LINE // 2**20} MiB. A row takes a line of its own.",
                file=name,
                line=number,
            )
        yield line
