"""The application: every room wired into one ASGI app."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import UUID

import structlog
from litestar import Litestar, Router
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State

from corridor.appointments import api as appointments_api
from corridor.appointments import pages as appointments_pages
from corridor.appointments import student_pages as student_appointments_pages
from corridor.appointments.room import APPOINTMENT_ROOM
from corridor.base.clock import Clock
from corridor.base.database import Database
from corridor.base.jobs import Jobs, Nightly
from corridor.base.settings import Settings
from corridor.campus.room import CAMPUS_ROOM
from corridor.day.state import SchoolState
from corridor.identity import api as identity_api
from corridor.identity import next_step_pages, oidc_pages, own_api, own_pages, password_pages, providers_api
from corridor.identity import pages as identity_pages
from corridor.identity.oidc import SingleSignOn
from corridor.identity.service import IdentityService
from corridor.integrations.outbound.mail import MailOutbox
from corridor.ledger.doorbell import Doorbell
from corridor.ledger.engine import Ledger
from corridor.ledger.rooms import Rooms
from corridor.ledger.ticker import Ticker
from corridor.ledger.verify import Rebuilds
from corridor.live import api as live_api
from corridor.live import desk_pages as live_desk_pages
from corridor.live import pages as live_pages
from corridor.live import teacher_pages as live_teacher_pages
from corridor.live.board import Boards
from corridor.live.feed import Feeds
from corridor.live.hub import Hub
from corridor.live.parts import Render
from corridor.passes import api as passes_api
from corridor.passes import board_api, check_api, correct_api, student_pages, teacher_pages
from corridor.passes.evolve import begin_day, draft
from corridor.passes.load import load_state
from corridor.passes.room import PASS_ROOM, PassRebuild, answer_about
from corridor.policy.defaults import add_defaults
from corridor.policy.room import POLICY_ROOM, PolicyRebuild
from corridor.privacy import api as privacy_api
from corridor.privacy import family_pages, notice_pages, requests_pages
from corridor.privacy.access_log import LedgerAccessLog, RecordsLedger
from corridor.privacy.family_guardians import WrongCodes
from corridor.privacy.retention import Retention
from corridor.web import (
    accounts_api,
    admin_access_log,
    admin_accommodations,
    admin_accounts,
    admin_audit,
    admin_bells,
    admin_calendar,
    admin_credentials,
    admin_delegates,
    admin_devices,
    admin_disclosures,
    admin_district_rules,
    admin_families,
    admin_groups,
    admin_holds,
    admin_import,
    admin_pages,
    admin_pass_types,
    admin_requests,
    admin_retention,
    admin_rules,
    admin_rules_try,
    admin_sharing,
    admin_sign_in,
    admin_single_sign_on,
    admin_today,
    admin_tokens,
    admin_zones,
    audit_api,
    away_pages,
    bells_api,
    calendar_feed,
    campus_api,
    campus_time_api,
    card_sheets,
    closure_pages,
    desk_pages,
    devices_api,
    district_rules_api,
    health,
    import_api,
    kiosk_pages,
    mail_pages,
    my_pin,
    oauth_api,
    policy_accommodations_api,
    policy_closures_api,
    policy_delegations_api,
    policy_groups_api,
    policy_rules_api,
    policy_today_api,
    policy_types_api,
    record_pages,
    responder_pages,
    retention_api,
    sharing_api,
    time_files,
    time_files_api,
    zones_api,
)
from corridor.web import pages as web_pages
from corridor.web.assets import Assets, asset_route
from corridor.web.errors import APP_EXCEPTION_HANDLERS, PAGE_EXCEPTION_HANDLERS
from corridor.web.headers import headers_for
from corridor.web.hosts import answer_to
from corridor.web.import_desk import ImportDesk
from corridor.web.openapi import describe_problems, openapi_config
from corridor.web.problems import API_EXCEPTION_HANDLERS
from corridor.web.request_ids import name_requests
from corridor.web.requests import JsonRequest
from corridor.web.templating import renderer, template_config

_MOST_BYTES = 1024 * 1024
"""Largest body of a request that uploads nothing."""

log = structlog.get_logger("corridor.app")


def make_decider() -> Rooms[SchoolState]:
    """The live day: all rooms on one ledger."""
    rooms = [CAMPUS_ROOM, POLICY_ROOM, PASS_ROOM, APPOINTMENT_ROOM]
    return Rooms(rooms, load=load_state, draft=draft, begin=begin_day, answer=answer_about)


def make_rebuild() -> Rebuilds:
    """The read tables of all rooms, to be built from events alone."""
    return Rebuilds(PassRebuild(), PolicyRebuild())


class Services:
    """What the rooms' routes find at `app.state.services`."""

    def __init__(self, database: Database, clock: Clock, settings: Settings, render: Render) -> None:
        self.database = database
        self.clock = clock
        self.settings = settings
        self.mail = MailOutbox(database, clock, settings)
        self.identity = IdentityService(database, clock, settings, self.mail)
        self.sign_on = SingleSignOn(database, clock, settings, self.identity)
        self.ledger: Ledger[SchoolState] = Ledger(database, make_decider(), clock)
        self.records = RecordsLedger(database, clock)
        self.access = LedgerAccessLog(self.records)
        self.hub = Hub(self.ledger)
        self.feeds = Feeds(self.hub)
        self.render = render
        self.boards = Boards(render)
        self.doorbell = Doorbell(database, self.ledger)
        self.ticker = Ticker(self.ledger)
        self.wrong_codes = WrongCodes()
        self.imports = ImportDesk(database, clock, settings, on_new_schools=[add_defaults])
        self.retention = Retention(database, clock)
        self.jobs = Jobs(database, clock, settings.time_zone, [Nightly("retention", self.retention.nightly)])
        self.metrics = health.Metrics(self.hub, self.feeds)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The background work of one process."""
        async with AsyncExitStack() as stack:
            for part in (self.ledger, self.records, self.doorbell, self.ticker, self.imports, self.jobs, self.mail):
                await part.start()
                stack.push_async_callback(part.stop)
            for school_id in await self._schools():
                await self.ledger.state(school_id)
            yield

    async def _schools(self) -> list[UUID]:
        async with self.database.raw() as connection:
            cursor = await connection.execute("SELECT id FROM school WHERE active ORDER BY id")
            return [row[0] for row in await cursor.fetchall()]


def create_app(
    database: Database, clock: Clock, settings: Settings, state: Mapping[str, Any] | None = None
) -> Litestar:
    """The ASGI app. `state` are further facts for the pages, such as the demo's accounts."""
    assets = Assets()
    templates = template_config(assets)
    services = Services(database, clock, settings, renderer(templates))

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        identity_api.check_routes(app)
        assets.check()
        describe_problems(app)
        async with services.running():
            yield

    def uploads(handlers: list[Any]) -> Router:
        return Router("/", route_handlers=handlers, request_max_body_size=settings.max_upload_mb * 1024 * 1024)

    api = Router(
        "/api/v1",
        route_handlers=[
            *identity_api.API_ROUTES,
            *providers_api.API_ROUTES,
            *own_api.API_ROUTES,
            *accounts_api.API_ROUTES,
            *campus_api.API_ROUTES,
            *zones_api.API_ROUTES,
            *bells_api.API_ROUTES,
            *campus_time_api.API_ROUTES,
            *time_files_api.API_ROUTES,
            uploads(time_files_api.UPLOAD_ROUTES),
            *passes_api.API_ROUTES,
            *board_api.API_ROUTES,
            *appointments_api.API_ROUTES,
            *check_api.API_ROUTES,
            *correct_api.API_ROUTES,
            *live_api.API_ROUTES,
            *privacy_api.API_ROUTES,
            *policy_groups_api.API_ROUTES,
            *policy_accommodations_api.API_ROUTES,
            *policy_closures_api.API_ROUTES,
            *policy_today_api.API_ROUTES,
            *policy_delegations_api.API_ROUTES,
            *policy_rules_api.API_ROUTES,
            *sharing_api.API_ROUTES,
            *policy_types_api.API_ROUTES,
            *district_rules_api.API_ROUTES,
            *retention_api.API_ROUTES,
            *audit_api.API_ROUTES,
            *devices_api.API_ROUTES,
            *oauth_api.API_ROUTES,
            uploads(import_api.API_ROUTES),
        ],
        exception_handlers=API_EXCEPTION_HANDLERS,
        security=[{"bearer": []}],
    )
    open_routes = Router("/", route_handlers=health.API_ROUTES, exception_handlers=API_EXCEPTION_HANDLERS)
    oauth = Router("/", route_handlers=oauth_api.OPEN_ROUTES, exception_handlers=oauth_api.OAUTH_EXCEPTION_HANDLERS)
    pages = Router(
        "/",
        route_handlers=[
            *web_pages.PAGE_ROUTES,
            *notice_pages.PAGE_ROUTES,
            *family_pages.PAGE_ROUTES,
            *requests_pages.PAGE_ROUTES,
            *identity_pages.PAGE_ROUTES,
            *next_step_pages.PAGE_ROUTES,
            *password_pages.PAGE_ROUTES,
            *own_pages.PAGE_ROUTES,
            *admin_accounts.PAGE_ROUTES,
            *admin_sign_in.PAGE_ROUTES,
            *mail_pages.PAGE_ROUTES,
            *oidc_pages.PAGE_ROUTES,
            *student_pages.PAGE_ROUTES,
            *teacher_pages.PAGE_ROUTES,
            *appointments_pages.PAGE_ROUTES,
            *student_appointments_pages.PAGE_ROUTES,
            *live_pages.PAGE_ROUTES,
            *live_teacher_pages.PAGE_ROUTES,
            *desk_pages.PAGE_ROUTES,
            *live_desk_pages.PAGE_ROUTES,
            *admin_pages.PAGE_ROUTES,
            *admin_zones.PAGE_ROUTES,
            *admin_bells.PAGE_ROUTES,
            *admin_calendar.PAGE_ROUTES,
            *calendar_feed.PAGE_ROUTES,
            *time_files.DOWNLOAD_ROUTES,
            uploads(time_files.UPLOAD_ROUTES),
            *admin_groups.PAGE_ROUTES,
            *admin_rules.PAGE_ROUTES,
            *admin_sharing.PAGE_ROUTES,
            *admin_rules_try.PAGE_ROUTES,
            *admin_pass_types.PAGE_ROUTES,
            *admin_district_rules.PAGE_ROUTES,
            *admin_retention.PAGE_ROUTES,
            *admin_audit.PAGE_ROUTES,
            *admin_accommodations.PAGE_ROUTES,
            *closure_pages.PAGE_ROUTES,
            *admin_today.PAGE_ROUTES,
            *admin_delegates.PAGE_ROUTES,
            *admin_families.PAGE_ROUTES,
            *admin_requests.PAGE_ROUTES,
            *admin_single_sign_on.PAGE_ROUTES,
            *away_pages.PAGE_ROUTES,
            *record_pages.PAGE_ROUTES,
            *admin_access_log.PAGE_ROUTES,
            *admin_disclosures.PAGE_ROUTES,
            *admin_holds.PAGE_ROUTES,
            *responder_pages.PAGE_ROUTES,
            *kiosk_pages.PAGE_ROUTES,
            *my_pin.PAGE_ROUTES,
            *admin_devices.PAGE_ROUTES,
            *admin_credentials.PAGE_ROUTES,
            *card_sheets.PAGE_ROUTES,
            *admin_tokens.PAGE_ROUTES,
            uploads(admin_import.PAGE_ROUTES),
            asset_route(assets),
        ],
        exception_handlers=PAGE_EXCEPTION_HANDLERS,
        include_in_schema=False,
    )
    return Litestar(
        route_handlers=[api, open_routes, oauth, pages],
        middleware=[name_requests, answer_to(settings.public_url).middleware, identity_api.gate],
        request_class=JsonRequest,
        lifespan=[lifespan],
        state=State({"services": services, **(state or {})}),
        openapi_config=openapi_config(),
        compression_config=CompressionConfig(
            "gzip",
            minimum_size=1000,
            gzip_compress_level=4,
            exclude=["/stream", "/live", "^/static/"],
            exclude_opt_key=passes_api.AS_IT_IS,
        ),
        template_config=templates,
        before_send=[headers_for(settings.public_url)],
        request_max_body_size=_MOST_BYTES,
        exception_handlers=APP_EXCEPTION_HANDLERS,
        logging_config=None,
    )
