"""The board, and the streams that keep it and the student's page up to date."""

from typing import Annotated, Any, Protocol, cast
from uuid import UUID

from litestar import get
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Stream, Template

from corridor.identity.access import Look
from corridor.identity.api import csrf_token, looked
from corridor.identity.permissions import Action
from corridor.live.board import Boards
from corridor.live.parts import Render
from corridor.live.sse import MEDIA_TYPE
from corridor.live.streams import page_stream
from corridor.live.student import StudentLook
from corridor.passes.api import PassRequest, eyes_for, services_of
from corridor.passes.pages import choose_school
from corridor.passes.student_pages import find_self

After = Annotated[int | None, QueryParameter(ge=0, le=2**62)]


class Services(Protocol):
    """What these pages use of `app.state.services`."""

    @property
    def boards(self) -> Boards: ...
    @property
    def render(self) -> Render: ...


@get("/board", include_in_schema=False, opt={"permission": Action.BOARD_VIEW})
async def show_board(
    request: PassRequest,
    wanted: Annotated[UUID | None, QueryParameter(name="school")] = None,
    wall: FromQuery[bool] = False,
) -> Template:
    """Everyone who is out. `wall`: for a big display, with shortened names."""
    choice = await choose_school(request, Action.BOARD_VIEW, wanted)
    services = services_of(request)
    await services.ledger.state(choice.school.id)
    known = services.ledger.known(choice.school.id)
    assert known is not None
    state, seq = known
    eyes = await eyes_for(request, choice.school.id, Action.BOARD_VIEW)
    parts = _services(request).boards.of(choice.school.id, eyes, wall=wall)(state, services.clock.now())
    shown = {pass_.student_id for pass_ in state.passes.values() if f"pass-{pass_.id}" in parts}
    await looked(request, choice.school.id, "board", Look.LIST, student_ids=shown)
    context = {"school": choice.school, "schools": choice.all, "seq": seq, "parts": parts, "wall": wall}
    return Template("board_wall.html" if wall else "board.html", context=context)


@get(
    "/live/board/{school_id:uuid}",
    include_in_schema=False,
    media_type=MEDIA_TYPE,
    opt={"permission": Action.BOARD_VIEW},
)
async def stream_board(
    request: PassRequest, school_id: FromPath[UUID], wall: FromQuery[bool] = False, after: After = None
) -> Stream:
    eyes = await eyes_for(request, school_id, Action.BOARD_VIEW)
    return await page_stream(request, school_id, _services(request).boards.of(school_id, eyes, wall=wall), after=after)


@get("/live/student", include_in_schema=False, media_type=MEDIA_TYPE, opt={"permission": Action.PASS_REQUEST})
async def stream_student(request: PassRequest) -> Stream:
    """Begins with everything: some of it depends on the time, and not only on the events since the page was made."""
    me = await find_self(request)
    look = StudentLook(_services(request).render, me.id, csrf_token({"request": request}))
    return await page_stream(request, me.school_id, look)


PAGE_ROUTES: list[Any] = [show_board, stream_board, stream_student]


def _services(request: PassRequest) -> Services:
    return cast("Services", request.app.state.services)
