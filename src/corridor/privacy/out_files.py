"""Who is out and where, as something to hand out: a file, text, a PDF."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from corridor.base.pdf import make_pdf
from corridor.privacy.out_now import OutNow, OutRow

_PDF = Path(__file__).parent / "documents" / "out_now.typ"
_COLUMNS = ("Student", "Grade", "Where", "Since")


CSV_COLUMNS = ("school", "at", "threat", "parties", "student", "grade", "where", "since", "due", "overdue")


def csv_rows(out: OutNow, threat: str, parties: str) -> Iterable[Sequence[str | None]]:
    """By `CSV_COLUMNS`; instants with the school's offset from UTC."""
    for row in out.rows:
        yield (
            out.school_name,
            _iso(out, out.at),
            threat,
            parties,
            row.name,
            row.grade,
            row.where,
            _iso(out, row.since),
            _iso(out, row.due) if row.due else None,
            "yes" if row.overdue else "no",
        )


def as_text(out: OutNow, threat: str, parties: str) -> bytes:
    lines = [
        title_of(out),
        f"{_spoken(out, out.at)}. {out.summary}",
        *(f"{words}: {said}" for words, said in about(out, threat, parties)),
        "",
        *(f"{row.name}{_grade(row)}: {row.where} since {_clock(out, row.since)}" for row in out.rows),
    ]
    return ("\n".join(lines) + "\n").encode()


async def as_pdf(out: OutNow, threat: str, parties: str) -> bytes:
    data = {
        "title": title_of(out),
        "summary": f"{_spoken(out, out.at)}. {out.summary}",
        "about": about(out, threat, parties),
        "columns": _COLUMNS,
        "rows": [[row.name, row.grade or "", row.where, _clock(out, row.since)] for row in out.rows],
        "footer": "Disclosed under 34 CFR 99.36. This disclosure is on record.",
    }
    return await make_pdf(_PDF, data, out.at)


def title_of(out: OutNow) -> str:
    return f"Who is out and where: {out.school_name}"


def about(out: OutNow, threat: str, parties: str) -> list[tuple[str, str]]:
    said = [("Threat", threat), ("Received by", parties)]
    if out.masked:
        said.append(("Note", "Some places read “Appointment”: where those students are tells of their health."))
    return said


def _grade(row: OutRow) -> str:
    return f" (grade {row.grade})" if row.grade else ""


def _iso(out: OutNow, at: datetime) -> str:
    return at.astimezone(ZoneInfo(out.time_zone)).isoformat(timespec="seconds")


def _clock(out: OutNow, at: datetime) -> str:
    return f"{at.astimezone(ZoneInfo(out.time_zone)):%H:%M}"


def _spoken(out: OutNow, at: datetime) -> str:
    here = at.astimezone(ZoneInfo(out.time_zone))
    return f"{here:%A, %B} {here.day}, {here.year}, {here:%H:%M}"
