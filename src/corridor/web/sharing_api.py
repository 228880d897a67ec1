"""Who works where, and what a school shows to whom, over HTTP."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, delete, get, put
from litestar.params import FromPath, JSONBody

from corridor.base.errors import NotFound
from corridor.campus.words import LocationKind
from corridor.day.policy import Post, Privacy, Restriction
from corridor.identity.access import Look
from corridor.identity.api import looked
from corridor.identity.permissions import Action, require
from corridor.passes.api import PassRequest, actor_id
from corridor.policy.commands import Keep
from corridor.policy.sight import privacy_of
from corridor.web.policy_desk import decide, drop, replied, restrict, state_for


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


class RestrictionView(msgspec.Struct, frozen=True):
    """A student whose record is seen only by those who have a part in their day; `since` is UTC."""

    student_id: UUID
    since: datetime


class RestrictionPage(msgspec.Struct):
    items: list[RestrictionView]
    next: None = None


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


@get(
    "/schools/{school_id:uuid}/restrictions",
    tags=["Privacy"],
    summary="Whose records few may see",
    opt={"permission": Action.PRIVACY_CHANGE},
)
async def index_restrictions(request: PassRequest, school_id: FromPath[UUID]) -> RestrictionPage:
    state = await state_for(request, Action.PRIVACY_CHANGE, school_id)
    ids = state.restrictions.keys()
    await looked(request, school_id, "restrictions", Look.LIST, student_ids=ids, number=len(ids))
    return RestrictionPage([_restriction_view(each) for each in state.restrictions.values()])


@put(
    "/schools/{school_id:uuid}/students/{student_id:uuid}/restriction",
    tags=["Privacy"],
    summary="Limit who sees a record",
    opt={"permission": Action.PRIVACY_CHANGE},
)
async def restrict_record(
    request: PassRequest, school_id: FromPath[UUID], student_id: FromPath[UUID]
) -> Response[RestrictionView]:
    """Only who has the student in class or receives them, hall monitors, the office and administrators see it then:
    not other teachers, however open the school is to them, and no program."""
    require(request.user, Action.PRIVACY_CHANGE, school_id=school_id)
    answer = await restrict(request, school_id, student_id)
    return replied(answer, _restriction_view(msgspec.json.decode(answer.body, type=Restriction)))


@delete(
    "/schools/{school_id:uuid}/students/{student_id:uuid}/restriction",
    tags=["Privacy"],
    summary="Lift the limit to who sees a record",
    opt={"permission": Action.PRIVACY_CHANGE},
)
async def lift_restriction(request: PassRequest, school_id: FromPath[UUID], student_id: FromPath[UUID]) -> None:
    """Answers 404 when there was none."""
    require(request.user, Action.PRIVACY_CHANGE, school_id=school_id)
    await drop(request, school_id, "restriction", student_id)


API_ROUTES: list[Any] = [
    index_posts,
    set_post,
    show_privacy,
    set_privacy,
    index_restrictions,
    restrict_record,
    lift_restriction,
]


def _post_view(post: Post) -> PostView:
    return PostView(post.id, sorted(post.staff_ids))


def _privacy_view(privacy: Privacy) -> PrivacyView:
    return PrivacyView(privacy.open_to_staff, sorted(privacy.masked))


def _restriction_view(restriction: Restriction) -> RestrictionView:
    return RestrictionView(restriction.id, restriction.since)
