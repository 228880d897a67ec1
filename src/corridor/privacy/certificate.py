"""The certificate of deletion: what was destroyed, when, how and on whose order, to be signed and handed over."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec
from sqlalchemy import select

from corridor.base.database import Database
from corridor.base.errors import NotFound
from corridor.base.pdf import make_pdf
from corridor.privacy.retention_tables import DeletionCertificate

_TEMPLATE = Path(__file__).parent / "documents" / "certificate.typ"
METHOD = (
    "In one transaction of the database: the content of every event of the tamper-evident record, with the random salt "
    "that hid it, was overwritten with nothing; passes and refusals lost whose they were and what was written on them; "
    "every other row about a person was deleted, with accounts, passwords, second steps, PINs, badges, tokens and "
    "sessions. What stays are numbers that name nobody: when, where to and for how long passes were. Copies of the "
    "database that were made before, such as backups, are not reached by this and must be destroyed by whoever keeps "
    "them; the database's own files give the space free in their routine vacuum."
)
HEADS_SAY = (
    "Each record is a chain of hashes. The hash at its head is the same before and after: nothing was taken out of the "
    "chain or put into it, only its content is gone. Whoever noted a head at any time can still check that."
)


class StreamHead(msgspec.Struct, frozen=True):
    """A chain's newest hash, in hexadecimal, before and after; of `events`, `redacted` have no content now."""

    name: str
    events: int
    redacted: int
    before: str
    after: str


class Certificate(msgspec.Struct, frozen=True):
    """`schools` are by name; `everything`: the whole installation. `first` and `last` are the instants of the oldest
    and the newest of what was destroyed, null when there was nothing. `counts` are by kind of record, in words."""

    id: UUID
    made_at: datetime
    ordered_by: str
    district: str
    schools: list[str]
    everything: bool
    first: datetime | None
    last: datetime | None
    counts: dict[str, int]
    heads: list[StreamHead]
    method: str = METHOD


async def find_certificate(database: Database, certificate_id: UUID | None) -> Certificate:
    """The one with this id, or the newest. Raises `NotFound`."""
    query = select(DeletionCertificate).order_by(DeletionCertificate.made_at.desc()).limit(1)
    if certificate_id:
        query = query.where(DeletionCertificate.id == certificate_id)
    async with database.session() as session:
        row = await session.scalar(query)
    if row is None:
        raise NotFound("There is no such certificate: nothing was erased here, or it has another number.")
    return msgspec.convert(row.body, Certificate)


def as_json(certificate: Certificate) -> bytes:
    return msgspec.json.format(msgspec.json.encode(certificate), indent=2)


async def as_pdf(certificate: Certificate) -> bytes:
    who = f"the whole district {certificate.district}" if certificate.everything else ", ".join(certificate.schools)
    data = {
        "title": "Certificate of deletion",
        "summary": f"All personal records of {who} in Corridor were destroyed on {_at(certificate.made_at)}.",
        "about": [
            ("Certificate", str(certificate.id)),
            ("District", certificate.district),
            ("Schools", ", ".join(certificate.schools) or "none"),
            ("Ordered by", certificate.ordered_by),
            ("Records from", f"{_at(certificate.first)} to {_at(certificate.last)}"),
        ],
        "counts": [(words, f"{number:,}") for words, number in certificate.counts.items()],
        "method": certificate.method,
        "heads_say": HEADS_SAY,
        "heads": [_head(head) for head in certificate.heads],
        "footer": f"Certificate of deletion {certificate.id}",
    }
    return await make_pdf(_TEMPLATE, data, certificate.made_at)


def _head(head: StreamHead) -> Mapping[str, str]:
    numbers = {"events": f"{head.events:,}", "redacted": f"{head.redacted:,}"}
    return {"name": head.name, "before": head.before, "after": head.after, **numbers}


def _at(instant: datetime | None) -> str:
    return f"{instant:%B} {instant.day}, {instant:%Y, %H:%M} UTC" if instant else "none"
