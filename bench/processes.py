"""What processes cost, read from Linux's /proc. Elsewhere every figure is NaN."""

import os
from collections.abc import Mapping
from pathlib import Path

_PROC = Path("/proc")
_NAN = float("nan")


def all_cpu_seconds(pids: Mapping[str, int]) -> dict[str, float]:
    """Processor time used so far, by name; a process counts together with its children."""
    stats = {int(folder.name): _stat(int(folder.name)) for folder in _PROC.glob("[0-9]*")}
    ticks = os.sysconf("SC_CLK_TCK")
    return {
        name: sum(
            (int(fields[11]) + int(fields[12])) / ticks
            for each, fields in stats.items()
            if fields and (each == pid or int(fields[1]) == pid)
        )
        if stats
        else _NAN
        for name, pid in pids.items()
    }


def resident_mib(pid: int) -> float:
    """Memory that the process holds, in MiB."""
    return _status(pid, "VmRSS:")


def peak_mib(pid: int) -> float:
    """The most memory that the process has held, in MiB."""
    return _status(pid, "VmHWM:")


def _stat(pid: int) -> list[str]:
    """The fields after the name, which may hold spaces; empty when the process is gone."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _status(pid: int, field: str) -> float:
    try:
        lines = (_PROC / str(pid) / "status").read_text().splitlines()
    except OSError:
        return _NAN
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(field)), _NAN)
