"""The board over HTTP."""

import gzip
from functools import cached_property
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from corridor.day.state import SchoolState
from corridor.identity.access import Look
from corridor.identity.api import looked
from corridor.identity.permissions import Action
from corridor.passes.api import AS_IT_IS, PassRequest, eyes_for, services_of
from corridor.passes.masking import Eyes
from corridor.passes.queries import Board, board

_QUICK = 1


class RenderedBoard:
    """A board as JSON, encoded at most once, and compressed at most once."""

    def __init__(self, state: SchoolState, seq: int, eyes: Eyes) -> None:
        self.state = state
        self.board = board(state, seq, eyes)

    @cached_property
    def student_ids(self) -> frozenset[UUID]:
        return frozenset(row.student_id for row in self.board.items)

    @cached_property
    def plain(self) -> bytes:
        return msgspec.json.encode(self.board)

    @cached_property
    def compressed(self) -> bytes:
        return gzip.compress(self.plain, compresslevel=_QUICK, mtime=0)


class BoardCache:
    """The newest board of each school as those see it who see everyone: many read it between two changes."""

    def __init__(self) -> None:
        self._boards: dict[tuple[UUID, Eyes], RenderedBoard] = {}

    def newest(self, state: SchoolState, seq: int, eyes: Eyes) -> RenderedBoard:
        if not eyes.sight.everyone:
            return RenderedBoard(state, seq, eyes)
        key = state.campus.school.id, eyes
        cached = self._boards.get(key)
        if cached and cached.state is state:
            return cached
        rendered = self._boards[key] = RenderedBoard(state, seq, eyes)
        return rendered


@get(
    "/schools/{school_id:uuid}/board",
    tags=["Passes"],
    summary="The board",
    opt={"permission": Action.BOARD_VIEW, AS_IT_IS: True},
)
async def show_board(request: PassRequest, school_id: FromPath[UUID]) -> Response[Board]:
    """All open passes now that you may see, from memory."""
    eyes = await eyes_for(request, school_id, Action.BOARD_VIEW)
    known = services_of(request).ledger.known(school_id)
    assert known is not None, "the eyes were made from the state"
    state = request.app.state
    if "boards" not in state:
        state.boards = BoardCache()
    rendered: RenderedBoard = state.boards.newest(*known, eyes)
    await looked(request, school_id, "board", Look.LIST, student_ids=rendered.student_ids)
    body, headers = rendered.plain, {"vary": "accept-encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["content-encoding"] = rendered.compressed, "gzip"
    response: Response[Any] = Response(body, media_type="application/json", headers=headers)
    return response


API_ROUTES: list[Any] = [show_board]
