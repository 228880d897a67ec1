"""The campus over HTTP.

It stands here and not in its room because what it shows depends on the viewer, and identity stands above the campus.
"""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from corridor.base.errors import NotFound
from corridor.base.ids import derived_id, new_id
from corridor.campus.commands import AddLocation, ChangeLocation, LocationChanges
from corridor.campus.model import Location, Meeting, School
from corridor.campus.queries import StudentView, list_schools, list_students
from corridor.campus.words import LocationKind
from corridor.identity.access import Look
from corridor.identity.api import looked
from corridor.identity.permissions import Action, person_limit, require
from corridor.passes.api import PassRequest, actor_id, answered, command_id_of, id_for, services_of, sight_for

Limit = Annotated[int, QueryParameter(ge=1, le=500)]


class SchoolPage(msgspec.Struct):
    """`next` goes into `after` to read on; null at the end."""

    items: list[School]
    next: UUID | None


class StudentPage(msgspec.Struct):
    """By family name. `next` goes into `after` to read on; null at the end."""

    items: list[StudentView]
    next: str | None


class LocationPage(msgspec.Struct):
    items: list[Location]
    next: None = None


class SectionView(msgspec.Struct):
    """`meetings`: in which period, on which days (1 Monday to 7; empty for all) and where."""

    id: UUID
    title: str
    meetings: tuple[Meeting, ...]
    teacher_ids: tuple[UUID, ...]
    student_ids: tuple[UUID, ...]


class SectionPage(msgspec.Struct):
    """By title. `next` goes into `after` to read on; null at the end."""

    items: list[SectionView]
    next: UUID | None


class LocationInput(msgspec.Struct, forbid_unknown_fields=True):
    """A limit of null is none. The zone is named by `zone_id` or by `zone_name`; a name that no zone has adds one."""

    name: str
    kind: LocationKind
    capacity: int | None = None
    out_capacity: int | None = None
    zone_id: UUID | None = None
    zone_name: str = ""


@get("/schools", tags=["Campus"], summary="Schools", opt={"permission": Action.SCHOOL_VIEW})
async def index_schools(request: PassRequest, after: FromQuery[UUID | None] = None, limit: Limit = 100) -> SchoolPage:
    """The schools that you reach."""
    found = await list_schools(services_of(request).database, request.user.school_ids, after, limit + 1)
    page = found[:limit]
    return SchoolPage(page, page[-1].id if len(found) > limit else None)


@get("/schools/{school_id:uuid}/students", tags=["Campus"], summary="Students", opt={"permission": Action.STUDENT_VIEW})
async def index_students(
    request: PassRequest,
    school_id: FromPath[UUID],
    search: Annotated[str | None, QueryParameter(name="query", max_length=100)] = None,
    after: FromQuery[str | None] = None,
    limit: Limit = 50,
) -> StudentPage:
    """Students whose name has `query` in it, or whose identifier it is."""
    sight = await sight_for(request, Action.STUDENT_VIEW, school_id)
    items, following = await list_students(
        services_of(request).database,
        school_id,
        among=sight.only,
        query=search.replace("\0", "") if search else None,
        after=after,
        limit=limit,
    )
    await looked(request, school_id, "students", Look.LIST, student_ids=[each.id for each in items])
    return StudentPage(items, following)


@get(
    "/schools/{school_id:uuid}/locations",
    tags=["Campus"],
    summary="Locations",
    opt={"permission": Action.LOCATION_VIEW},
)
async def index_locations(request: PassRequest, school_id: FromPath[UUID]) -> LocationPage:
    """All that a pass can start from or lead to, and those put out of use."""
    require(request.user, Action.LOCATION_VIEW, school_id=school_id)
    state = await services_of(request).ledger.state(school_id)
    return LocationPage(sorted(state.campus.locations.values(), key=lambda location: location.name.casefold()))


@get("/schools/{school_id:uuid}/sections", tags=["Campus"], summary="Sections", opt={"permission": Action.SECTION_VIEW})
async def index_sections(
    request: PassRequest, school_id: FromPath[UUID], after: FromQuery[UUID | None] = None, limit: Limit = 100
) -> SectionPage:
    """Sections with their meetings, teachers and students; a student sees their own, without the others in them, and a
    teacher those they teach or stand in for."""
    sight = await sight_for(request, Action.SECTION_VIEW, school_id)
    own = person_limit(request.user, Action.SECTION_VIEW)
    campus = (await services_of(request).ledger.state(school_id)).campus
    sections = sorted(campus.sections.values(), key=lambda section: section.id)
    if own is not None:
        sections = [section for section in sections if own in section.student_ids]
    else:
        sections = [section for section in sections if sight.has_section(section.id)]
    found = [section for section in sections if after is None or section.id > after][: limit + 1]
    items = [
        SectionView(
            section.id,
            section.title,
            section.meetings,
            section.teacher_ids,
            section.student_ids if own is None else (own,),
        )
        for section in found[:limit]
    ]
    whom = {id for each in items for id in each.student_ids}
    await looked(request, school_id, "sections", Look.LIST, student_ids=whom)
    return SectionPage(items, items[-1].id if len(found) > limit else None)


@post(
    "/schools/{school_id:uuid}/locations",
    tags=["Campus"],
    summary="Add a location",
    opt={"permission": Action.LOCATION_CHANGE},
)
async def create_location(
    request: PassRequest, school_id: FromPath[UUID], data: JSONBody[LocationInput]
) -> Response[Location]:
    """Passes may lead there from now on."""
    require(request.user, Action.LOCATION_CHANGE, school_id=school_id)
    command_id = command_id_of(request)
    command = AddLocation(
        location_id=id_for(command_id, school_id),
        school_id=school_id,
        by=actor_id(request.user),
        name=data.name,
        kind=data.kind,
        capacity=data.capacity,
        out_capacity=data.out_capacity,
        zone_id=data.zone_id,
        zone_name=data.zone_name,
        new_zone_id=new_zone_id(command_id, school_id),
    )
    return answered(await services_of(request).ledger.submit(school_id, command, command_id), 201)


@patch(
    "/locations/{location_id:uuid}",
    tags=["Campus"],
    summary="Change a location",
    opt={"permission": Action.LOCATION_CHANGE},
)
async def change_location(
    request: PassRequest, location_id: FromPath[UUID], data: JSONBody[LocationChanges]
) -> Response[Location]:
    """Counts for the next request; nobody who is out is called back."""
    services = services_of(request)
    async with services.database.raw() as connection:
        cursor = await connection.execute("SELECT school_id FROM location WHERE id = %s", [location_id])
        row = await cursor.fetchone()
    if row is None or not request.user.reaches(row[0]):
        raise NotFound("There is no such location.")
    require(request.user, Action.LOCATION_CHANGE, school_id=row[0])
    command_id = command_id_of(request)
    command = ChangeLocation(location_id, actor_id(request.user), data, new_zone_id(command_id, row[0]))
    return answered(await services.ledger.submit(row[0], command, command_id), 200)


def new_zone_id(command_id: UUID | None, school_id: UUID) -> UUID:
    """For a zone that a command about a location adds: the same one whenever the command comes again."""
    return derived_id("zone", school_id, command_id) if command_id else new_id()


API_ROUTES: list[Any] = [
    index_schools,
    index_students,
    index_locations,
    index_sections,
    create_location,
    change_location,
]
