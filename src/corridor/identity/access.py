"""Looks at students' records, to be remembered: who, whose, when, from where, why."""

from collections.abc import Collection
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from corridor.identity.principal import Principal


class Look(StrEnum):
    """How somebody looked: at one student's record, at a list of many, or by taking a copy away."""

    RECORD = "record"
    LIST = "list"
    EXPORT = "export"


class AccessLog(Protocol):
    """What keeps the access log."""

    async def looked(
        self,
        viewer: Principal,
        school_id: UUID,
        what: str,
        look: Look,
        *,
        student_ids: Collection[UUID] = (),
        number: int | None = None,
        why: str | None = None,
        address: str = "",
    ) -> None:
        """Remember a look before it is answered. `what` names what was seen, such as "pass" or "board"; `student_ids`
        are whose records they were where they are few, `number` how many in a long list. `why` is the purpose where
        somebody stated one; else the viewer's role speaks for itself."""
