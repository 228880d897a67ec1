"""Mail: an outbox in the database, and a sender that hands it to the SMTP server of the settings.

A mail is put into the outbox in the transaction that it belongs to, so that it is there exactly when what it tells of
is. A sender takes one by putting its next try off first: whatever ends that sender, the mail is tried again, and no
other sender takes it meanwhile. Only a sender that dies between the server's "yes" and our note of it sends twice,
under the same Message-ID.
"""

import asyncio
import contextlib
import re
import smtplib
import ssl
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import cached_property
from typing import Any
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import LargeBinary, SmallInteger, Text, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from corridor.base.clock import Clock
from corridor.base.database import Base, Database
from corridor.base.errors import NotFound
from corridor.base.ids import new_id
from corridor.base.sealed import Sealer
from corridor.base.settings import Settings
from corridor.identity.mail import Mail

_PURPOSE = "mail"
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 4 * 60, 12 * 60, 24 * 60))
"""How long to wait after the first failed try, the second, ... After one more the mail is given up."""

TAKEN_FOR = timedelta(minutes=10)
"""How long a sender may take over one mail before another takes it for dead."""

KEPT_FOR = timedelta(days=30)
_LOOKS_EVERY = 15.0
_PATIENCE = 60.0
_LONGEST_ERROR = 300
_PERMANENT = 500
# Nothing in it that could end the header, or name a second reader.
_ADDRESS = re.compile(r"[^@\s<>,;:\"()\\]+@[^@\s<>,;:\"()\\]+")

log = structlog.get_logger(__name__)


class MailRow(Base):
    """A mail to be sent, sent (`sent_at`) or given up (`given_up_at`). Its text is sealed, for it may hold a link that
    signs somebody in, and goes once it is sent. After `until` it would be of no use."""

    __tablename__ = "mail"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    to: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    sealed_text: Mapped[bytes | None] = mapped_column(LargeBinary, info={"sealed": _PURPOSE})
    created_at: Mapped[datetime] = mapped_column(index=True)
    until: Mapped[datetime | None]
    next_try_at: Mapped[datetime | None] = mapped_column(index=True)
    tries: Mapped[int] = mapped_column(SmallInteger, default=0)
    sent_at: Mapped[datetime | None]
    given_up_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)


class MailShown(msgspec.Struct, frozen=True):
    """A mail as the demo shows it."""

    to: str
    subject: str
    text: str
    created_at: datetime


class _Failed(Exception):
    """What the server said; `permanent`: it will say so again."""

    def __init__(self, said: str, *, permanent: bool) -> None:
        super().__init__(said)
        self.permanent = permanent


class MailOutbox:
    """Takes mail, and sends it while it runs. The demo sends nothing: its mails are there to be looked at."""

    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings
        self._something = asyncio.Event()
        self._sending: asyncio.Task[None] | None = None

    @cached_property
    def _sealer(self) -> Sealer:
        return Sealer(self._settings)

    @property
    def ready(self) -> bool:
        return self._settings.sends_mail or self._settings.demo

    async def put(self, session: AsyncSession, mail: Mail, now: datetime) -> None:
        session.add(
            MailRow(
                id=new_id(),
                to=mail.to,
                subject=mail.subject,
                sealed_text=self._sealer.seal(mail.text, _PURPOSE),
                created_at=now,
                until=mail.until,
                next_try_at=now,
            )
        )

    def wake(self) -> None:
        self._something.set()

    async def start(self) -> None:
        if self._settings.sends_mail and not self._settings.demo:
            self._sending = asyncio.create_task(self._send_for_ever())

    async def stop(self) -> None:
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)
            self._sending = None

    async def send_due(self) -> int:
        """Try all that is due, one after the other; how many tries that were. What is old is swept out."""
        tried = 0
        while (mail := await self._take()) is not None:
            tried += 1
            await self._try(mail)
        return tried

    async def recent(self, limit: int = 100) -> list[MailRow]:
        """The newest mails, without their texts."""
        async with self._database.session() as session:
            rows = await session.scalars(select(MailRow).order_by(MailRow.id.desc()).limit(limit))
            return list(rows.all())

    async def counts(self) -> tuple[int, int]:
        """How many mails wait, and how many were given up."""
        waiting = func.count().filter(MailRow.next_try_at.is_not(None))
        given_up = func.count().filter(MailRow.given_up_at.is_not(None))
        async with self._database.session() as session:
            row = (await session.execute(select(waiting, given_up))).one()
        return row[0], row[1]

    async def try_again(self, mail_id: UUID) -> None:
        """Try a mail once more from the start. Raises `NotFound` for one that was sent or is gone."""
        async with self._database.session() as session:
            row = await session.get(MailRow, mail_id, with_for_update=True)
            if row is None or row.sent_at is not None:
                raise NotFound("There is no such mail, or it has been sent.")
            row.given_up_at, row.tries, row.next_try_at, row.until = None, 0, self._clock.now(), None
        self.wake()

    async def shown(self, limit: int = 50) -> list[MailShown]:
        """The newest mails with their texts: for the demo alone."""
        if not self._settings.demo:
            return []
        async with self._database.session() as session:
            query = select(MailRow).where(MailRow.sealed_text.is_not(None)).order_by(MailRow.id.desc()).limit(limit)
            rows = (await session.scalars(query)).all()
        return [MailShown(row.to, row.subject, self._text(row), row.created_at) for row in rows]

    async def _send_for_ever(self) -> None:
        while True:
            self._something.clear()
            try:
                await self.send_due()
            except Exception:
                log.exception("mail_not_looked_at")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._something.wait(), _LOOKS_EVERY)

    async def _take(self) -> MailRow | None:
        now = self._clock.now()
        async with self._database.session() as session:
            over = MailRow.sent_at.is_not(None) | MailRow.given_up_at.is_not(None)
            await session.execute(delete(MailRow).where(MailRow.created_at < now - KEPT_FOR, over))
            due = select(MailRow).where(MailRow.next_try_at <= now).order_by(MailRow.next_try_at, MailRow.id)
            row = (await session.scalars(due.limit(1).with_for_update(skip_locked=True))).one_or_none()
            if row is not None:
                row.next_try_at = now + TAKEN_FOR
                row.tries += 1
            return row

    async def _try(self, mail: MailRow) -> None:
        now = self._clock.now()
        error: _Failed | None = None
        if mail.until is not None and now >= mail.until:
            error = _Failed("It could not be sent in time, and would be of no use any more.", permanent=True)
        elif mail.tries > len(PAUSES) + 1:
            error = _Failed(mail.last_error or "It was tried too often.", permanent=True)
        else:
            try:
                await asyncio.to_thread(send, self._settings, self._message(mail))
            except _Failed as failed:
                error = failed
        async with self._database.session() as session:
            row = await session.get(MailRow, mail.id, with_for_update=True)
            if row is None:
                return
            if error is None:
                row.sent_at, row.next_try_at, row.sealed_text, row.last_error = self._clock.now(), None, None, None
                return
            row.last_error = str(error)[:_LONGEST_ERROR]
            if error.permanent or row.tries > len(PAUSES):
                row.given_up_at, row.next_try_at = now, None
            else:
                row.next_try_at = now + PAUSES[row.tries - 1]
        log.error("mail_not_sent", mail_id=str(mail.id), tries=mail.tries, given_up=row.given_up_at is not None)

    def _text(self, mail: MailRow) -> str:
        return self._sealer.open(mail.sealed_text, _PURPOSE) if mail.sealed_text else ""

    def _message(self, mail: MailRow) -> EmailMessage:
        if not _ADDRESS.fullmatch(mail.to):
            raise _Failed(f"'{mail.to[:60]}' is no mail address. Put it right in the roster.", permanent=True)
        message = EmailMessage(policy=SMTP)
        domain = parseaddr(self._settings.mail_from)[1].rpartition("@")[2]
        message["From"] = self._settings.mail_from
        message["To"] = mail.to
        message["Subject"] = mail.subject
        message["Date"] = format_datetime(mail.created_at)
        message["Message-ID"] = f"<{mail.id}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(self._text(mail))
        return message


def send(settings: Settings, message: EmailMessage) -> None:
    """Hand one message to the SMTP server. Raises `_Failed`. For a thread."""
    context = ssl.create_default_context()
    options: dict[str, Any] = {"timeout": _PATIENCE}
    kind: type[smtplib.SMTP] = smtplib.SMTP
    if settings.smtp_tls == "tls":
        kind, options["context"] = smtplib.SMTP_SSL, context
    try:
        with kind(settings.smtp_host, settings.smtp_port, **options) as server:
            if settings.smtp_tls == "starttls":
                server.starttls(context=context)
            if settings.smtp_user:
                server.login(settings.smtp_user, settings.smtp_password)
            server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        said = "; ".join(f"{code} {text.decode('utf-8', 'replace')}" for code, text in error.recipients.values())
        raise _Failed(said, permanent=min(codes) >= _PERMANENT) from error
    except smtplib.SMTPAuthenticationError as error:
        # The settings are wrong, not the mail: it waits until somebody has put them right.
        raise _Failed(
            f"The SMTP server refuses the user and password of the settings ({error.smtp_code}).", permanent=False
        ) from error
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        said = f"{error.smtp_code} {_decoded(error.smtp_error)}"
        raise _Failed(said, permanent=error.smtp_code >= _PERMANENT) from error
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise _Failed(f"{type(error).__name__}: {error}", permanent=False) from error


def _decoded(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said
