"""The stream that keeps a destination's desk up to date."""

from typing import Any, Protocol, cast
from uuid import UUID

from litestar import get
from litestar.params import FromPath
from litestar.response import Stream

from corridor.identity.api import csrf_token
from corridor.identity.permissions import Action, rights_of
from corridor.live.desk import DeskLook
from corridor.live.pages import After
from corridor.live.parts import Render
from corridor.live.sse import MEDIA_TYPE
from corridor.live.streams import page_stream
from corridor.passes.api import PassRequest, must_sit_at


class Services(Protocol):
    """What this stream uses of `app.state.services`."""

    @property
    def render(self) -> Render: ...


@get(
    "/live/desk/{school_id:uuid}/{location_id:uuid}",
    include_in_schema=False,
    media_type=MEDIA_TYPE,
    opt={"permission": Action.LINE_MANAGE},
)
async def stream_desk(
    request: PassRequest, school_id: FromPath[UUID], location_id: FromPath[UUID], after: After = None
) -> Stream:
    await must_sit_at(request, school_id, location_id)
    render = cast("Services", request.app.state.services).render
    look = DeskLook(render, location_id, rights_of(request.user.role), csrf_token({"request": request}))
    return await page_stream(request, school_id, look, after=after)


PAGE_ROUTES: list[Any] = [stream_desk]
