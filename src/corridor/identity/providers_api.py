"""The services that people sign in with, over HTTP: for the district's administrators."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, delete, get, post, put
from litestar.datastructures import State
from litestar.params import FromPath, FromQuery, JSONBody

from corridor.identity.api import sign_on_of
from corridor.identity.oidc_presets import MatchBy, PresetName
from corridor.identity.permissions import Action, require_district
from corridor.identity.principal import Principal
from corridor.identity.provider_tables import SignInProvider
from corridor.identity.providers import CALLBACK, Finding, Link, Providers, ProviderWish

AdminRequest = Request[Principal, str, State]


class ProviderView(msgspec.Struct):
    """`callback` is the path to register with the service, after our own address. `has_secret` is all that is told of
    the secret. `links` is how many accounts somebody has come to from the service."""

    id: UUID
    key: str
    preset: PresetName
    name: str
    issuer: str
    client_id: str
    has_secret: bool
    allowed: list[str]
    match_by: MatchBy
    match_claim: str
    makes_accounts: bool
    enabled: bool
    callback: str
    links: int
    created_at: datetime
    changed_at: datetime


class ProviderPage(msgspec.Struct):
    """In the order in which they were added."""

    items: list[ProviderView]
    next: None = None


class LinkPage(msgspec.Struct):
    """By username, the first 50."""

    items: list[Link]
    next: None = None


def providers_for(request: AdminRequest) -> Providers:
    """Only whoever administers the whole district may see and change these."""
    require_district(request.user, Action.SIGN_IN_CHANGE)
    return sign_on_of(request).providers


def _view(provider: SignInProvider, links: int = 0) -> ProviderView:
    return ProviderView(
        id=provider.id,
        key=provider.key,
        preset=PresetName(provider.preset),
        name=provider.name,
        issuer=provider.issuer,
        client_id=provider.client_id,
        has_secret=provider.sealed_secret is not None,
        allowed=list(provider.allowed),
        match_by=MatchBy(provider.match_by),
        match_claim=provider.match_claim,
        makes_accounts=provider.makes_accounts,
        enabled=provider.enabled,
        callback=CALLBACK.format(provider.key),
        links=links,
        created_at=provider.created_at,
        changed_at=provider.changed_at,
    )


class ProviderController(Controller):
    path = "/sign-in/providers"
    tags = ["Identity"]
    opt = {"permission": Action.SIGN_IN_CHANGE}

    @get("/", summary="Sign-in services")
    async def index(self, request: AdminRequest) -> ProviderPage:
        """None shows its secret."""
        providers = providers_for(request)
        links = await providers.number_of_links()
        return ProviderPage([_view(provider, links.get(provider.id, 0)) for provider in await providers.all()])

    @post("/", summary="Add a sign-in service")
    async def create(self, request: AdminRequest, data: JSONBody[ProviderWish]) -> ProviderView:
        """With presets for Google, Microsoft, ClassLink and Clever; `other` is for any service that knows OpenID
        Connect. Register `callback` with the service."""
        return _view(await providers_for(request).add(data, request.user))

    @get("/{provider_id:uuid}", summary="A sign-in service")
    async def show(self, request: AdminRequest, provider_id: FromPath[UUID]) -> ProviderView:
        providers = providers_for(request)
        provider = await providers.one(provider_id)
        return _view(provider, (await providers.number_of_links()).get(provider_id, 0))

    @put("/{provider_id:uuid}", summary="Change a sign-in service")
    async def update(
        self, request: AdminRequest, provider_id: FromPath[UUID], data: JSONBody[ProviderWish]
    ) -> ProviderView:
        """Its preset and key stay. Without `client_secret` it keeps the one it has, unless it moves to another
        address."""
        providers = providers_for(request)
        provider = await providers.change(provider_id, data, request.user)
        return _view(provider, (await providers.number_of_links()).get(provider_id, 0))

    @delete("/{provider_id:uuid}", summary="Remove a sign-in service")
    async def remove(self, request: AdminRequest, provider_id: FromPath[UUID]) -> None:
        """With its links; the accounts stay."""
        await providers_for(request).remove(provider_id, request.user)

    @post("/{provider_id:uuid}/test", summary="Ask a sign-in service for its description", status_code=200)
    async def test(self, request: AdminRequest, provider_id: FromPath[UUID]) -> Finding:
        """As a sign-in would. What is wrong stands in `problem`."""
        providers = providers_for(request)
        return await providers.test(await providers.one(provider_id))

    @get("/{provider_id:uuid}/links", summary="Accounts linked to a sign-in service")
    async def links(self, request: AdminRequest, provider_id: FromPath[UUID], find: FromQuery[str] = "") -> LinkPage:
        """Those whose username or name holds `find`."""
        return LinkPage(await providers_for(request).links(provider_id, find))

    @delete("/{provider_id:uuid}/links/{account_id:uuid}", summary="Take a link away")
    async def unlink(self, request: AdminRequest, provider_id: FromPath[UUID], account_id: FromPath[UUID]) -> None:
        """For somebody who was given a new account there. Ends the account's sessions here."""
        await providers_for(request).unlink(provider_id, account_id, request.user)


API_ROUTES: list[Any] = [ProviderController]
