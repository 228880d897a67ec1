"""What the routes of a school's decisions share."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response

from corridor.day.policy import Restriction
from corridor.day.state import SchoolState
from corridor.identity.permissions import Action, require
from corridor.ledger.words import Answer, Command
from corridor.passes.api import PassRequest, actor_id, command_id_of, services_of
from corridor.policy.commands import Drop, Keep


async def decide(request: PassRequest, school_id: UUID, command: Command) -> Answer:
    """Submit a command under the request's Idempotency-Key. The caller has asked `require`."""
    return await services_of(request).ledger.submit(school_id, command, command_id_of(request))


async def drop(request: PassRequest, school_id: UUID, kind: str, id: UUID) -> None:
    """Have it stand no more. Raises `NotFound` when nothing stands under this id."""
    await decide(request, school_id, Drop(actor_id(request.user), kind, id))


async def restrict(request: PassRequest, school_id: UUID, student_id: UUID) -> Answer:
    """Limit who sees a student's record, from now on. The caller has asked `require`."""
    restriction = Restriction(student_id, services_of(request).clock.now())
    return await decide(request, school_id, Keep(actor_id(request.user), restriction))


async def state_for(request: PassRequest, action: Action, school_id: UUID) -> SchoolState:
    """The school as it is now, for someone who may do this."""
    require(request.user, action, school_id=school_id)
    return await services_of(request).ledger.state(school_id)


def replied(answer: Answer, view: msgspec.Struct, status_code: int = 200) -> Response[Any]:
    """A view of what was decided, marked when the command had been taken before."""
    headers = {"idempotency-replayed": "true"} if answer.repeated else None
    return Response(msgspec.json.encode(view), media_type="application/json", status_code=status_code, headers=headers)
