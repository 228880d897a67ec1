"""What identity asks of whoever sends mail."""

from datetime import datetime
from typing import Protocol

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession


class Mail(msgspec.Struct, frozen=True):
    """To one person, as plain text. After `until` it would be of no use."""

    to: str
    subject: str
    text: str
    until: datetime | None = None

    def __repr__(self) -> str:
        return f"Mail({self.subject})"


class Outbox(Protocol):
    """Where mail is put to be sent."""

    @property
    def ready(self) -> bool:
        """Whether mail can be sent, or, in the demo, looked at."""

    async def put(self, session: AsyncSession, mail: Mail, now: datetime) -> None:
        """Leave a mail to be sent once this transaction is committed."""

    def wake(self) -> None:
        """Say that there is something to send: to be called after the commit; it only saves time."""


class NoOutbox:
    """For an installation that sends no mail."""

    ready = False

    async def put(self, session: AsyncSession, mail: Mail, now: datetime) -> None:
        raise NotImplementedError("This installation sends no mail.")

    def wake(self) -> None:
        pass
