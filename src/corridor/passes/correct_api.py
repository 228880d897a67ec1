"""Putting the record of a pass right, over HTTP."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import post
from litestar.params import FromPath, JSONBody
from sqlalchemy import text

from corridor.base.errors import NotFound
from corridor.day.state import EndedHow
from corridor.identity.access import Look
from corridor.identity.api import looked
from corridor.identity.permissions import Action
from corridor.passes.api import PassRequest, actor_id, answered, services_of
from corridor.passes.commands import Corrections, CorrectPass
from corridor.passes.masking import ShownPass
from corridor.passes.queries import find_pass

Instant = Annotated[datetime, msgspec.Meta(tz=True)]

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('correct pass ' || :id, 0))")


class CorrectionInput(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays as it is. `no_arrival` and `no_departure` say that nobody saw the student arrive, or leave
    again. `note` says why; `request_id` is the family's request that led to it."""

    note: str
    started_at: Instant | None = None
    arrived_at: Instant | None = None
    departed_at: Instant | None = None
    ended_at: Instant | None = None
    ended_how: EndedHow | None = None
    destination_id: UUID | None = None
    no_arrival: bool = False
    no_departure: bool = False
    request_id: UUID | None = None


async def correct(
    request: PassRequest, pass_id: UUID, corrections: Corrections, note: str, request_id: UUID | None
) -> ShownPass:
    """Correct a pass of today or of long ago, and give it as it then is.

    Raises `NotFound` for a pass out of reach, and for one of which nobody knows any more whose it was.
    """
    services, viewer = services_of(request), request.user
    async with services.database.session() as session:
        # The ledger knows the passes of today; two corrections of an older one must not read the same row.
        await session.execute(_ONE_AT_A_TIME, {"id": str(pass_id)})
        known, _ = await find_pass(services.ledger, services.database, viewer, pass_id, action=Action.PASS_CORRECT)
        if known.requested_by is None:
            raise NotFound("There is no such pass.")
        await looked(request, known.school_id, "pass", Look.RECORD, student_ids=[known.student_id])
        command = CorrectPass(
            pass_id=pass_id,
            by=actor_id(viewer),
            known=known,
            corrections=corrections,
            note=note,
            request_id=request_id,
        )
        answered(await services.ledger.submit(known.school_id, command), 200)
    found, eyes = await find_pass(services.ledger, services.database, viewer, pass_id, action=Action.PASS_CORRECT)
    return eyes.shown(found)


@post(
    "/passes/{pass_id:uuid}/correct",
    tags=["Passes"],
    summary="Correct the record of a pass",
    status_code=200,
    opt={"permission": Action.PASS_CORRECT},
)
async def correct_pass(request: PassRequest, pass_id: FromPath[UUID], data: JSONBody[CorrectionInput]) -> ShownPass:
    """For a pass that is over. The correction is an event of its own: who, why, and what was said before are kept, and
    all counts follow. A pass stays on its day. Sent twice, the second says that the record says so already."""
    wanted = {name: getattr(data, name) for name in Corrections.__struct_fields__}
    return await correct(request, pass_id, Corrections(**wanted), data.note, data.request_id)


API_ROUTES: list[Any] = [correct_pass]
