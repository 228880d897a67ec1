"""Administration: an overview of the schools, and their locations."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect, Template

from corridor.base.errors import Conflict, InvalidInput, NotFound
from corridor.base.ids import new_id
from corridor.campus.commands import AddLocation, ChangeLocation, LocationChanges
from corridor.campus.model import Location, Zone
from corridor.campus.starters import natural_order
from corridor.campus.words import LocationKind
from corridor.day.policy import Closure
from corridor.day.state import SchoolState
from corridor.identity.permissions import Action, require
from corridor.passes.api import PassRequest, actor_id, answered, services_of
from corridor.passes.pages import SchoolChoice, choose_school, wants_fragment
from corridor.passes.teacher_desk import uuid_in
from corridor.rules.closures import holds
from corridor.web.admin_frame import frame
from corridor.web.admin_overview import overview_of
from corridor.web.import_history import list_imports

KINDS = [*(kind for kind in LocationKind if kind is not LocationKind.CLASSROOM), LocationKind.CLASSROOM]
_FIELDS = {
    "name": "name",
    "kind": "kind",
    "capacity": "most there at once",
    "out_capacity": "most out at once",
    "active": "in use",
}


class LocationForm(msgspec.Struct):
    """A location as it was typed. An empty limit is none; `active` is on or missing, as browsers send a box. `zone` is
    a zone's name, of one that is there or a new one; empty for none."""

    name: str = ""
    kind: str = ""
    capacity: str = ""
    out_capacity: str = ""
    active: str = ""
    zone: str = ""


class NewLocationForm(LocationForm):
    school: str = ""


class LocationRow(msgspec.Struct, frozen=True):
    """A location, and whom a change of it concerns: the classes that meet there, who is there, and who is out of it.
    `closure` while it takes nobody; `zone` is its zone's name, empty without one."""

    location: Location
    zone: str
    classes: int
    there: int
    out: int
    closure: Closure | None


@get("/admin", include_in_schema=False, opt={"permission": Action.LOCATION_CHANGE})
async def show_overview(request: PassRequest) -> Template:
    choice = await choose_school(request, Action.LOCATION_CHANGE, None)
    context = frame(request, choice, "/admin")
    database = services_of(request).database
    newest = await list_imports(database, request.user, limit=1) if context["may_import"] else []
    schools = await overview_of(database, [school.id for school in choice.all])
    return Template("admin_overview.html", context=context | {"schools": schools, "newest": next(iter(newest), None)})


@get("/admin/locations", include_in_schema=False, opt={"permission": Action.LOCATION_CHANGE})
async def show_locations(
    request: PassRequest, school: FromQuery[UUID | None] = None, added: FromQuery[UUID | None] = None
) -> Template:
    choice = await choose_school(request, Action.LOCATION_CHANGE, school)
    return await locations_page(request, choice, added=added)


@post("/admin/locations", include_in_schema=False, opt={"permission": Action.LOCATION_CHANGE})
async def add_location(request: PassRequest, data: URLEncodedBody[NewLocationForm]) -> Response[Any]:
    choice = await choose_school(request, Action.LOCATION_CHANGE, uuid_in(data.school))
    location_id = new_id()
    try:
        command = AddLocation(
            location_id=location_id,
            school_id=choice.school.id,
            by=actor_id(request.user),
            name=data.name,
            kind=_kind(data.kind),
            capacity=_limit(data.capacity, "capacity"),
            out_capacity=_limit(data.out_capacity, "out_capacity"),
            zone_name=data.zone,
            new_zone_id=new_id(),
        )
        answered(await services_of(request).ledger.submit(choice.school.id, command, location_id), 201)
    except (InvalidInput, Conflict) as error:
        return await locations_page(request, choice, typed=data, error=error)
    there = f"/admin/locations?school={choice.school.id}&added={location_id}#location-{location_id}"
    return Redirect(there, status_code=303)


@post("/admin/locations/{location_id:uuid}", include_in_schema=False, opt={"permission": Action.LOCATION_CHANGE})
async def change_location(
    request: PassRequest, location_id: FromPath[UUID], data: URLEncodedBody[LocationForm]
) -> Response[Any]:
    services = services_of(request)
    async with services.database.raw() as connection:
        cursor = await connection.execute("SELECT school_id FROM location WHERE id = %s", [location_id])
        found = await cursor.fetchone()
    if found is None or not request.user.reaches(found[0]):
        raise NotFound("There is no such location.")
    school_id: UUID = found[0]
    require(request.user, Action.LOCATION_CHANGE, school_id=school_id)
    before = await services.ledger.state(school_id)
    error = None
    try:
        changes = LocationChanges(
            name=data.name,
            kind=_kind(data.kind),
            capacity=_limit(data.capacity, "capacity"),
            out_capacity=_limit(data.out_capacity, "out_capacity"),
            active=data.active == "on",
            zone_name=data.zone,
        )
        command = ChangeLocation(location_id, actor_id(request.user), changes, new_id())
        answered(await services.ledger.submit(school_id, command), 200)
    except (InvalidInput, Conflict) as refused:
        error = refused
    state = await services.ledger.state(school_id)
    if not wants_fragment(request) and error is None:
        return Redirect(f"/admin/locations?school={school_id}#location-{location_id}", status_code=303)
    now = services.clock.now()
    row = _row(state, state.campus.locations[location_id], _classes(state), now)
    context = {
        "row": row,
        "school": state.campus.school,
        "kinds": KINDS,
        "typed": data if error else None,
        "error": error,
    }
    if wants_fragment(request):
        saved = [] if error else _differences(before, state, location_id)
        return Template(
            "admin_location.html", context=context | {"saved": saved}, status_code=error.status if error else 200
        )
    choice = await choose_school(request, Action.LOCATION_CHANGE, school_id)
    return await locations_page(request, choice, wrong=context)


PAGE_ROUTES: list[Any] = [show_overview, show_locations, add_location, change_location]


async def locations_page(
    request: PassRequest,
    choice: SchoolChoice,
    *,
    added: UUID | None = None,
    typed: LocationForm | None = None,
    error: InvalidInput | Conflict | None = None,
    wrong: Mapping[str, Any] | None = None,
    zone_error: InvalidInput | Conflict | None = None,
) -> Template:
    """`typed` and `error` are of the form for a new location, `wrong` is the context of a row that was not saved,
    `zone_error` what stood against a change of a zone."""
    state = await services_of(request).ledger.state(choice.school.id)
    classes = _classes(state)
    now = services_of(request).clock.now()
    rows = sorted((_row(state, location, classes, now) for location in state.campus.locations.values()), key=_order)
    context = frame(request, choice, "/admin/locations") | {
        "rows": rows,
        "kinds": KINDS,
        "added": state.campus.locations.get(added) if added else None,
        "typed": typed,
        "error": error,
        "wrong": wrong,
        "zones": _zones(state),
        "zone_error": zone_error,
    }
    errors = [each for each in (error, zone_error, wrong["error"] if wrong else None) if each]
    status = errors[0].status if errors else 200
    return Template("admin_locations.html", context=context, status_code=status)


def _row(state: SchoolState, location: Location, classes: Counter[UUID], now: datetime) -> LocationRow:
    closure = state.closures.get(location.id)
    zone = state.campus.zones.get(location.zone_id) if location.zone_id else None
    return LocationRow(
        location,
        zone.name if zone else "",
        classes[location.id],
        state.going_to.get(location.id, 0),
        state.out_of.get(location.id, 0),
        closure if closure and holds(closure, now) else None,
    )


def _classes(state: SchoolState) -> Counter[UUID]:
    """How many classes meet at each location."""
    return Counter(
        location_id
        for section in state.campus.sections.values()
        for location_id in {meeting.location_id for meeting in section.meetings if meeting.location_id}
    )


def _order(row: LocationRow) -> Any:
    return not row.location.active, KINDS.index(row.location.kind), natural_order(row.location.name)


def _zones(state: SchoolState) -> list[tuple[Zone, int]]:
    """The zones in use, by name, with how many locations lie in each."""
    inside = Counter(location.zone_id for location in state.campus.locations.values())
    zones = [zone for zone in state.campus.zones.values() if zone.active]
    return [(zone, inside[zone.id]) for zone in sorted(zones, key=lambda zone: natural_order(zone.name))]


def _differences(before: SchoolState, after: SchoolState, location_id: UUID) -> list[str]:
    """What a change changed, in words: "most there at once 4 → 6"."""
    was, now = before.campus.locations[location_id], after.campus.locations[location_id]
    different = [
        f"{words} {_shown(getattr(was, field))} → {_shown(getattr(now, field))}"
        for field, words in _FIELDS.items()
        if getattr(was, field) != getattr(now, field)
    ]
    if was.zone_id != now.zone_id:
        zones = [after.campus.zones[id].name if id else "none" for id in (was.zone_id, now.zone_id)]
        different.append(f"zone {' → '.join(zones)}")
    return different


def _shown(value: object) -> str:
    if value is None:
        return "no limit"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _kind(text: str) -> LocationKind:
    try:
        return LocationKind(text)
    except ValueError:
        raise InvalidInput("Choose what kind of location it is.", field="kind") from None


def _limit(text: str, field: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise InvalidInput("A limit is a whole number; leave it empty for none.", field=field)
    return int(text)
