"""One's own sessions over HTTP, for the browser that is signed in."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, delete, get
from litestar.datastructures import State
from litestar.params import FromPath

from corridor.identity.api import identity_of
from corridor.identity.device_name import device_name
from corridor.identity.permissions import Action
from corridor.identity.principal import Principal

_MINE = {"permission": Action.ME_CHANGE}


class SessionView(msgspec.Struct):
    """`ends_at` is when it ends unless it is used again; `stays` that it outlives the browser's window."""

    id: UUID
    device: str
    address: str
    created_at: datetime
    last_seen_at: datetime
    ends_at: datetime
    stays: bool
    second_step: str | None
    this_one: bool


class SessionPage(msgspec.Struct):
    """The one seen last first."""

    items: list[SessionView]
    next: None = None


@get("/me/sessions", tags=["Identity"], summary="My sessions", opt=_MINE)
async def list_sessions(request: Request[Principal, str, State]) -> SessionPage:
    """Where I am signed in. For a browser that is signed in, not for tokens."""
    found = await identity_of(request).own.sessions(request.user)
    return SessionPage(
        [
            SessionView(
                id=living.row.id,
                device=device_name(living.row.user_agent),
                address=living.row.address,
                created_at=living.row.created_at,
                last_seen_at=living.row.last_seen_at,
                ends_at=living.ends_at,
                stays=living.row.stays,
                second_step=living.row.second_step,
                this_one=living.row.id == request.user.session_id,
            )
            for living in found
        ]
    )


@delete("/me/sessions", tags=["Identity"], summary="End my other sessions", opt=_MINE)
async def end_other_sessions(request: Request[Principal, str, State]) -> None:
    """All but the one that asks."""
    await identity_of(request).own.end_other_sessions(request.user)


@delete("/me/sessions/{session_id:uuid}", tags=["Identity"], summary="End one of my sessions", opt=_MINE)
async def end_session(request: Request[Principal, str, State], session_id: FromPath[UUID]) -> None:
    await identity_of(request).own.end_session(request.user, session_id)


API_ROUTES: list[Any] = [list_sessions, end_other_sessions, end_session]
