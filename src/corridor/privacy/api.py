"""The access log, disclosures, links for first responders and legal holds, over the API."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Any, Protocol, cast
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from corridor.base.database import Database
from corridor.base.errors import InvalidInput, NotFound
from corridor.day.state import SchoolState
from corridor.identity.access import Look
from corridor.identity.api import address_of, looked
from corridor.identity.links import NewLink, make_link, revoke_link
from corridor.identity.permissions import Action, Scope, require
from corridor.identity.principal import Principal
from corridor.identity.service import IdentityService
from corridor.ledger.engine import Ledger
from corridor.passes.api import PassRequest, actor_id, command_id_of, id_for
from corridor.privacy.access_log import RecordsLedger
from corridor.privacy.commands import Form, LiftHold, PlaceHold
from corridor.privacy.decide import said
from corridor.privacy.disclosures import (
    DisclosureView,
    LinkView,
    disclose,
    list_disclosures,
    list_links,
    must_unmask,
)
from corridor.privacy.holds import HoldView, list_holds
from corridor.privacy.out_now import OutNow
from corridor.privacy.who_looked import EntryPage, LookFilter, who_looked

Limit = Annotated[int, QueryParameter(ge=1, le=200)]
_NO_STORE = {"cache-control": "no-store"}


class Services(Protocol):
    """What the privacy routes use of `app.state.services`."""

    @property
    def database(self) -> Database: ...
    @property
    def identity(self) -> IdentityService: ...
    @property
    def ledger(self) -> Ledger[SchoolState]: ...
    @property
    def records(self) -> RecordsLedger: ...


class DisclosureInput(msgspec.Struct, forbid_unknown_fields=True):
    """`threat` is what endangers somebody's health or safety, `parties` who receives the list. `unmasked`: name places
    that tell of a student's health too."""

    threat: str
    parties: str
    unmasked: bool = False


class LinkInput(DisclosureInput, forbid_unknown_fields=True):
    """`hours`: how long the link lasts, 1 to 24."""

    hours: int = 4


class MadeLink(msgspec.Struct):
    """`path` is the link's address on this server, shown this once: whoever holds it may open it."""

    id: UUID
    path: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"MadeLink({self.id})"


class HoldInput(msgspec.Struct, forbid_unknown_fields=True):
    """Without `student_id` the whole school is held."""

    reason: str
    student_id: UUID | None = None


class LiftInput(msgspec.Struct, forbid_unknown_fields=True):
    """`reason` is why it may end."""

    reason: str


class DisclosurePage(msgspec.Struct):
    items: list[DisclosureView]
    next: None = None


class LinkPage(msgspec.Struct):
    items: list[LinkView]
    next: None = None


class HoldPage(msgspec.Struct):
    items: list[HoldView]
    next: None = None


def services_of(request: PassRequest) -> Services:
    return cast("Services", request.app.state.services)


async def school_in(request: PassRequest, action: Action, school_id: UUID) -> SchoolState:
    """A school where the asker may do this. Raises `NotPermitted`, and `NotFound` for one out of reach or not there."""
    require(request.user, action, school_id=school_id)
    return await services_of(request).ledger.state(school_id)


async def schools_of_student(database: Database, student_id: UUID) -> frozenset[UUID]:
    """The schools where the person is or was a student."""
    async with database.raw() as connection:
        cursor = await connection.execute(
            "SELECT DISTINCT school_id FROM membership WHERE person_id = %s AND role = 'student' "
            "AND school_id IS NOT NULL",
            [student_id],
        )
        return frozenset(row[0] for row in await cursor.fetchall())


async def log_schools(database: Database, viewer: Principal, student_id: UUID) -> Collection[UUID]:
    """Of which schools the viewer may read who looked at the student's record: all of a guardian's own child.

    Raises `NotPermitted`, and `NotFound` for a student out of reach.
    """
    scope = require(viewer, Action.ACCESS_LOG_VIEW, person_id=student_id)
    schools = await schools_of_student(database, student_id)
    reached = schools if scope is Scope.OWN else {id for id in schools if viewer.reaches(id)}
    if not reached:
        raise NotFound("There is no such student, or the record is not yours to see.")
    return reached


@get(
    "/students/{student_id:uuid}/access-log",
    tags=["Privacy"],
    summary="Who looked at a student's record",
    opt={"permission": Action.ACCESS_LOG_VIEW},
)
async def index_of_student(
    request: PassRequest,
    student_id: FromPath[UUID],
    before: FromQuery[str | None] = None,
    limit: Limit = 50,
) -> EntryPage:
    """Every look at the record and every disclosure of it, the newest first. Lists too long to name everyone in them
    are in the school's log only."""
    database = services_of(request).database
    schools = await log_schools(database, request.user, student_id)
    wanted = LookFilter(student_id=student_id, before=before)
    staff = student_id not in request.user.own_ids
    async with database.raw() as connection:
        page = await who_looked(connection, schools, wanted, limit, addresses=staff)
    for school_id in schools:
        await looked(request, school_id, "access log", Look.RECORD, student_ids=[student_id])
    return page


@get(
    "/schools/{school_id:uuid}/access-log",
    tags=["Privacy"],
    summary="The access log",
    opt={"permission": Action.ACCESS_LOG_VIEW},
)
async def index_of_school(
    request: PassRequest,
    school_id: FromPath[UUID],
    student_id: FromQuery[UUID | None] = None,
    viewer: Annotated[str, QueryParameter(max_length=100)] = "",
    kind: FromQuery[str | None] = None,
    by: FromQuery[str | None] = None,
    starts: FromQuery[datetime | None] = None,
    ends: FromQuery[datetime | None] = None,
    before: FromQuery[str | None] = None,
    limit: Limit = 100,
) -> EntryPage:
    """Who looked at whose record, the newest first. `viewer` is a part of a name, `kind` is record, list, export or
    disclosure, `by` is people or programs."""
    must_see_log(request.user, school_id)
    await school_in(request, Action.ACCESS_LOG_VIEW, school_id)
    wanted = LookFilter(student_id, viewer, kind, instant(starts, "starts"), instant(ends, "ends"), before, by)
    async with services_of(request).database.raw() as connection:
        page = await who_looked(connection, [school_id], wanted, limit, addresses=True)
    await looked(request, school_id, "access log", Look.LIST, number=len(page.items))
    return page


def must_see_log(viewer: Principal, school_id: UUID) -> None:
    """Raises `NotFound` for whoever may read only of their own: that is a student's log, not a school's."""
    if require(viewer, Action.ACCESS_LOG_VIEW, school_id=school_id) is Scope.OWN:
        raise NotFound("There is no such school, or its access log is not yours to see.")


def instant(value: datetime | None, field: str) -> datetime | None:
    if value is not None and value.tzinfo is None:
        raise InvalidInput("Give the instant with its offset from UTC, such as 2026-11-24T10:15:00Z.", field=field)
    return value


@get(
    "/schools/{school_id:uuid}/disclosures",
    tags=["Privacy"],
    summary="Emergency disclosures",
    opt={"permission": Action.DISCLOSURE_MAKE},
)
async def index_disclosures(request: PassRequest, school_id: FromPath[UUID]) -> DisclosurePage:
    """What was handed out in emergencies, the newest first: the last 200."""
    await school_in(request, Action.DISCLOSURE_MAKE, school_id)
    async with services_of(request).database.raw() as connection:
        return DisclosurePage(await list_disclosures(connection, school_id))


@post(
    "/schools/{school_id:uuid}/disclosures",
    tags=["Privacy"],
    summary="Hand out who is out and where",
    opt={"permission": Action.DISCLOSURE_MAKE},
)
async def create_disclosure(
    request: PassRequest, school_id: FromPath[UUID], data: JSONBody[DisclosureInput]
) -> Response[OutNow]:
    """Everyone who is out, and where they are. It is on record for each of them before it is answered, with the threat
    and who receives it (34 CFR 99.36)."""
    out = await disclose(
        services_of(request).records,
        await school_in(request, Action.DISCLOSURE_MAKE, school_id),
        request.user,
        Form.JSON,
        threat=data.threat,
        parties=data.parties,
        unmasked=data.unmasked,
        address=address_of(request),
    )
    return Response(out, headers=_NO_STORE)


@get(
    "/schools/{school_id:uuid}/responder-links",
    tags=["Privacy"],
    summary="Links for first responders",
    opt={"permission": Action.DISCLOSURE_MAKE},
)
async def index_links(request: PassRequest, school_id: FromPath[UUID]) -> LinkPage:
    """The newest first: the last 200."""
    await school_in(request, Action.DISCLOSURE_MAKE, school_id)
    services = services_of(request)
    async with services.database.raw() as connection:
        return LinkPage(await list_links(connection, school_id, services.records.clock.now()))


@post(
    "/schools/{school_id:uuid}/responder-links",
    tags=["Privacy"],
    summary="Make a link for first responders",
    opt={"permission": Action.DISCLOSURE_MAKE},
)
async def create_link(request: PassRequest, school_id: FromPath[UUID], data: JSONBody[LinkInput]) -> Response[MadeLink]:
    """The answer shows the link once. It shows who is out and where, and nothing else; every use of it is on record as
    a disclosure."""
    made = await make_responder_link(request, school_id, data)
    return Response(MadeLink(made.id, path_of(made), made.expires_at), headers=_NO_STORE)


async def make_responder_link(request: PassRequest, school_id: UUID, data: LinkInput) -> NewLink:
    state = await school_in(request, Action.DISCLOSURE_MAKE, school_id)
    services = services_of(request)
    now = services.records.clock.now()
    if data.unmasked:
        must_unmask(state, request.user, now)
    threat = said(data.threat, "threat")
    parties = said(data.parties, "parties")
    async with services.database.session() as session:
        return await make_link(
            session,
            request.user,
            school_id,
            hours=data.hours,
            threat=threat,
            parties=parties,
            unmasked=data.unmasked,
            now=now,
        )


def path_of(made: NewLink) -> str:
    """The fragment is sent to nobody: a script on the page exchanges it."""
    return f"/responder/open#{made.secret}"


@post(
    "/responder-links/{link_id:uuid}/revoke",
    tags=["Privacy"],
    summary="Revoke a link for first responders",
    opt={"permission": Action.DISCLOSURE_MAKE},
    status_code=200,
)
async def revoke(request: PassRequest, link_id: FromPath[UUID]) -> None:
    """From now on nobody can open the link, and nobody who did sees anything."""
    await revoke_responder_link(request, link_id)


async def revoke_responder_link(request: PassRequest, link_id: UUID) -> UUID:
    """The school whose link it was."""
    services = services_of(request)
    async with services.database.session() as session:
        row = await revoke_link(session, request.user, link_id, services.records.clock.now())
        return row.school_id


@get(
    "/schools/{school_id:uuid}/legal-holds",
    tags=["Privacy"],
    summary="Legal holds",
    opt={"permission": Action.LEGAL_HOLD_CHANGE},
)
async def index_holds(request: PassRequest, school_id: FromPath[UUID]) -> HoldPage:
    """Those that stand first, then those that were lifted, the newest first."""
    await school_in(request, Action.LEGAL_HOLD_CHANGE, school_id)
    async with services_of(request).database.raw() as connection:
        holds = await list_holds(connection, school_id)
    await looked_at_holds(request, school_id, holds)
    return HoldPage(holds)


async def looked_at_holds(request: PassRequest, school_id: UUID, holds: Collection[HoldView]) -> None:
    """Whose record is held is a fact of that record."""
    ids = {hold.student_id for hold in holds if hold.student_id}
    await looked(request, school_id, "legal holds", Look.LIST, student_ids=ids, number=len(ids))


@post(
    "/schools/{school_id:uuid}/legal-holds",
    tags=["Privacy"],
    summary="Place a legal hold",
    opt={"permission": Action.LEGAL_HOLD_CHANGE},
)
async def create_hold(request: PassRequest, school_id: FromPath[UUID], data: JSONBody[HoldInput]) -> Response[Any]:
    """Nothing on the student, or on anybody at the school, is destroyed until the hold is lifted."""
    answer = await place_hold(request, school_id, data.student_id, data.reason)
    return Response(answer, media_type="application/json", status_code=201)


async def place_hold(request: PassRequest, school_id: UUID, student_id: UUID | None, reason: str) -> bytes:
    """The hold, as JSON."""
    await school_in(request, Action.LEGAL_HOLD_CHANGE, school_id)
    services = services_of(request)
    if student_id and school_id not in await schools_of_student(services.database, student_id):
        raise NotFound("There is no such student at this school.")
    command_id = command_id_of(request)
    command = PlaceHold(
        hold_id=id_for(command_id, school_id), by=actor_id(request.user), student_id=student_id, reason=reason
    )
    return (await services.records.record(school_id, command, command_id)).body


@post(
    "/schools/{school_id:uuid}/legal-holds/{hold_id:uuid}/lift",
    tags=["Privacy"],
    summary="Lift a legal hold",
    opt={"permission": Action.LEGAL_HOLD_CHANGE},
    status_code=200,
)
async def lift(
    request: PassRequest, school_id: FromPath[UUID], hold_id: FromPath[UUID], data: JSONBody[LiftInput]
) -> Response[Any]:
    """From now on what was held goes when its time is up."""
    return Response(await lift_hold(request, school_id, hold_id, data.reason), media_type="application/json")


async def lift_hold(request: PassRequest, school_id: UUID, hold_id: UUID, reason: str) -> bytes:
    """The hold as it stood, as JSON."""
    await school_in(request, Action.LEGAL_HOLD_CHANGE, school_id)
    command = LiftHold(hold_id=hold_id, by=actor_id(request.user), reason=reason)
    return (await services_of(request).records.record(school_id, command, command_id_of(request))).body


API_ROUTES: list[Any] = [
    index_of_student,
    index_of_school,
    index_disclosures,
    create_disclosure,
    index_links,
    create_link,
    revoke,
    index_holds,
    create_hold,
    lift,
]
