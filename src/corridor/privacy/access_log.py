"""The access log, and the records ledger that it is kept on."""

from collections.abc import Collection
from functools import lru_cache
from ipaddress import ip_address, ip_network
from uuid import UUID

from corridor.base.clock import Clock
from corridor.base.database import Database
from corridor.base.errors import NotFound
from corridor.campus.tables import School
from corridor.identity.access import Look
from corridor.identity.principal import Principal
from corridor.ledger.engine import Ledger
from corridor.ledger.store import ensure_heads
from corridor.ledger.words import Answer, Command
from corridor.privacy.commands import RecordLook
from corridor.privacy.decide import fresh_of
from corridor.privacy.room import make_records_decider
from corridor.privacy.state import RecordsState, stream_of


class RecordsLedger(Ledger[RecordsState]):
    """A ledger with one stream a school, which is begun when it is first needed."""

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database, make_records_decider(), clock)
        self._heads = database

    async def record(self, school_id: UUID, command: Command, command_id: UUID | None = None) -> Answer:
        """Have a command decided and recorded on the school's stream; see `submit`. Raises `NotFound` for no school."""
        await self._begin(school_id)
        return await self.submit(stream_of(school_id), command, command_id)

    async def now_of(self, school_id: UUID) -> RecordsState:
        """The newest committed state, whichever process committed it. Raises `NotFound` for no school."""
        await self._begin(school_id)
        await self.refresh(stream_of(school_id))
        return await self.state(stream_of(school_id))

    def known_of(self, school_id: UUID) -> RecordsState | None:
        """The state that this process knows, without waiting."""
        known = self.known(stream_of(school_id))
        return known[0] if known else None

    async def _begin(self, school_id: UUID) -> None:
        if self.known_of(school_id) is None:
            async with self._heads.session() as session:
                if await session.get(School, school_id) is None:
                    raise NotFound("There is no such school.")
                await ensure_heads(session, [stream_of(school_id)])


class LedgerAccessLog:
    """The `AccessLog` on the records ledger: a look is durably recorded before it is answered."""

    def __init__(self, records: RecordsLedger) -> None:
        self._records = records

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
        """See `AccessLog.looked`. A list that is known to have nobody in it is no look; one that nobody counted, such
        as a live one, is recorded with the number 0. Raises `Unavailable` when it could not be recorded: then nothing
        may be shown."""
        if number == 0 and not student_ids and look is not Look.EXPORT:
            return
        ids = tuple(set(student_ids))
        command = RecordLook(
            viewer_id=viewer.id,
            viewer_kind=viewer.kind,
            viewer_role=viewer.role,
            person_id=viewer.person_id,
            what=what,
            look=look,
            student_ids=ids,
            number=len(ids) if number is None else number,
            why=why,
            address=shortened(address),
        )
        known = self._records.known_of(school_id)
        if known is None or fresh_of(known, command, self._records.clock.now()):
            await self._records.record(school_id, command)


@lru_cache(maxsize=1024)
def shortened(address: str) -> str:
    """The network of an address: enough to tell a school's own from a stranger's, too little to follow somebody home.

    The first 24 bits of IPv4, the first 48 of IPv6; what is no address is not kept.
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    return str(ip_network((mapped, 24 if mapped.version == 4 else 48), strict=False))
