"""Who works where, and what a school shows to whom, over HTTP."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, put
from litestar.params import FromPath, JSONBody

from corridor.base.errors import NotFound
from corridor.campus.words import LocationKind
from corridor.day.policy import Post, Privacy
from corridor.identity.permissions import Action
from corridor.passes.api import PassRequest, actor_id
from corridor.policy.commands import Keep
from corridor.policy.sight import privacy_of
from corridor.web.policy_desk import decide, replied, state_for


class PostView(msgspec.Struct, frozen=True):
    """`staff_ids` are people, or accounts or tokens that nobody in the roster stands behind."""

    location_id: UUID
    staff_ids: list[UUID]


class PostPage(msgspec.Struct):
    items: list[PostView]
    next: None = None


class PostInput(msgspec.Struct, forbid_unknown_fields=True):
    staff_ids: list[UUID]


class PrivacyView(msgspec.Struct, frozen=True):
    """`open_to_staff`: teachers and substitutes see every student, not only those of their own classes. Passes to and
    from the `masked` kinds of location read "Appointment" to whoever has no need to know."""

    open_to_staff: bool
    masked: list[LocationKind]


class PrivacyInput(msgspec.Struct, forbid_unknown_fields=True):
    open_to_staff: bool
    masked: list[LocationKind]


@get(
    "/schools/{school_id:uuid}/posts", tags=["Campus"], summary="Who works where", opt={"permission": Action.RULE_VIEW}
)
async def index_posts(request: PassRequest, school_id: FromPath[UUID]) -> PostPage:
    """The locations for which somebody is named, and who that is."""
    state = await state_for(request, Action.RULE_VIEW, school_id)
    return PostPage([_post_view(post) for post in state.posts.values()])


@put(
    "/schools/{school_id:uuid}/locations/{location_id:uuid}/post",
    tags=["Campus"],
    summary="Say who works at a location",
    opt={"permission": Action.LOCATION_CHANGE},
)
async def set_post(
    request: PassRequest, school_id: FromPath[UUID], location_id: FromPath[UUID], data: JSONBody[PostInput]
) -> Response[PostView]:
    """They see the passes to and from there, and run its desk. Replaces whoever was named before."""
    state = await state_for(request, Action.LOCATION_CHANGE, school_id)
    if location_id not in state.campus.locations:
        raise NotFound("There is no such location at this school.")
    post = Post(location_id, frozenset(data.staff_ids))
    answer = await decide(request, school_id, Keep(actor_id(request.user), post))
    return replied(answer, _post_view(post))


@get(
    "/schools/{school_id:uuid}/privacy",
    tags=["Privacy"],
    summary="What is shown to whom",
    opt={"permission": Action.RULE_VIEW},
)
async def show_privacy(request: PassRequest, school_id: FromPath[UUID]) -> PrivacyView:
    return _privacy_view(privacy_of(await state_for(request, Action.RULE_VIEW, school_id)))


@put(
    "/schools/{school_id:uuid}/privacy",
    tags=["Privacy"],
    summary="Set what is shown to whom",
    opt={"permission": Action.PRIVACY_CHANGE},
)
async def set_privacy(
    request: PassRequest, school_id: FromPath[UUID], data: JSONBody[PrivacyInput]
) -> Response[PrivacyView]:
    await state_for(request, Action.PRIVACY_CHANGE, school_id)
    wanted = Privacy(school_id, data.open_to_staff, frozenset(data.masked))
    answer = await decide(request, school_id, Keep(actor_id(request.user), wanted))
    return replied(answer, _privacy_view(wanted))


API_ROUTES: list[Any] = [index_posts, set_post, show_privacy, set_privacy]


def _post_view(post: Post) -> PostView:
    return PostView(post.id, sorted(post.staff_ids))


def _privacy_view(privacy: Privacy) -> PrivacyView:
    return PrivacyView(privacy.open_to_staff, sorted(privacy.masked))
