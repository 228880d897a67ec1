"""What administrators changed outside the live day: accounts, tokens, devices, sign-in. On a stream of its own."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from corridor.base.ids import derived_id
from corridor.identity.principal import Principal
from corridor.ledger.append import append
from corridor.ledger.words import Event

STREAM = derived_id("audit")
"""The ledger stream of the whole installation's changes."""


class AdminChanged(Event, frozen=True, kw_only=True):
    """`by` is an account, token or device, null for the command line. `what` is such as "account.disabled", `about` the
    id of what was changed, and `details` say how: never a secret, never a name of a person."""

    kind: ClassVar[str] = "admin_changed"
    private: ClassVar[bool] = True
    by: UUID | None
    role: str | None
    what: str
    about: UUID | None
    school_id: UUID | None
    details: dict[str, Any]


async def audit(
    session: AsyncSession,
    now: datetime,
    by: Principal | None,
    what: str,
    *,
    about: UUID | None = None,
    school_id: UUID | None = None,
    **details: Any,
) -> None:
    """Record a change in the transaction that makes it."""
    changed = AdminChanged(
        by=by.id if by else None,
        role=by.role if by else None,
        what=what,
        about=about,
        school_id=school_id,
        details=details,
    )
    await append(session, STREAM, [changed], now)
