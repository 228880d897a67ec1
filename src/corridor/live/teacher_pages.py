"""The stream that keeps a teacher's page up to date."""

from typing import Any, Protocol, cast
from uuid import UUID

from litestar import get
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from corridor.identity.api import csrf_token
from corridor.identity.permissions import Action, require
from corridor.live.pages import After
from corridor.live.parts import Render
from corridor.live.sse import MEDIA_TYPE
from corridor.live.streams import page_stream
from corridor.live.teacher import TeacherLook
from corridor.passes.api import PassRequest


class Services(Protocol):
    """What this stream uses of `app.state.services`."""

    @property
    def render(self) -> Render: ...


@get(
    "/live/teacher/{school_id:uuid}",
    include_in_schema=False,
    media_type=MEDIA_TYPE,
    opt={"permission": Action.PASS_DECIDE},
)
async def stream_teacher(
    request: PassRequest, school_id: FromPath[UUID], section: FromQuery[UUID | None] = None, after: After = None
) -> Stream:
    require(request.user, Action.SECTION_VIEW, school_id=school_id)
    render = cast("Services", request.app.state.services).render
    look = TeacherLook(render, request.user, section, csrf_token({"request": request}))
    return await page_stream(request, school_id, look, after=after)


PAGE_ROUTES: list[Any] = [stream_teacher]
