"""Administration: the services outside that people sign in with."""

import re
from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from corridor.base.errors import Conflict, CorridorError, InvalidInput
from corridor.identity.oidc_pages import own_site
from corridor.identity.oidc_presets import PRESETS, MatchBy, PresetName
from corridor.identity.permissions import Action
from corridor.identity.provider_tables import SignInProvider
from corridor.identity.providers import CALLBACK, MOST_LINKS_SHOWN, Finding, ProviderWish
from corridor.identity.providers_api import providers_for
from corridor.passes.api import PassRequest
from corridor.passes.teacher_desk import uuid_in
from corridor.web.admin_frame import frame

HOME = "/admin/single-sign-on"
_PERMISSION = {"permission": Action.SIGN_IN_CHANGE}
_SEE_OTHER: Final = 303
_SAID = {
    "added": "Added. Test the connection, then try it in a private window.",
    "changed": "Saved. It counts from the next sign-in on.",
    "removed": "Removed. The accounts are still there.",
    "unlinked": "The link is gone, and the account is signed out.",
}
FIELD_WORDS = {
    MatchBy.EMAIL: "e-mail address",
    MatchBy.SOURCE_ID: "source id",
    MatchBy.IDENTIFIER: "identifier",
    MatchBy.USERNAME: "username",
}


@get(HOME, include_in_schema=False, opt=_PERMISSION)
async def show_services(request: PassRequest, new: FromQuery[str] = "", said: FromQuery[str] = "") -> Template:
    """`new` shows the form for a service of this kind. `said` is what has just been done."""
    if new in PRESETS:
        preset = PresetName(new)
        wish = ProviderWish(preset=preset, key=await providers_for(request).free_key(preset))
        return _form_page(request, wish)
    return await _list_page(request, said)


@post(HOME, include_in_schema=False, opt=_PERMISSION)
async def add_service(request: PassRequest) -> Response[Any]:
    providers = providers_for(request)
    wish = await _typed(request)
    try:
        provider = await providers.add(wish, request.user)
    except (InvalidInput, Conflict) as error:
        return _form_page(request, wish, error=error)
    return Redirect(f"{HOME}/{provider.id}?said=added", status_code=_SEE_OTHER)


@get(HOME + "/{provider_id:uuid}", include_in_schema=False, opt=_PERMISSION)
async def show_service(
    request: PassRequest, provider_id: FromPath[UUID], find: FromQuery[str] = "", said: FromQuery[str] = ""
) -> Template:
    """`find` searches the accounts that are linked to it."""
    provider = await providers_for(request).one(provider_id)
    return await _one_page(request, provider, find=find, said=said)


@post(HOME + "/{provider_id:uuid}", include_in_schema=False, opt=_PERMISSION)
async def change_service(request: PassRequest, provider_id: FromPath[UUID]) -> Response[Any]:
    providers = providers_for(request)
    provider = await providers.one(provider_id)
    wish = await _typed(request)
    wish = msgspec.structs.replace(wish, preset=PresetName(provider.preset), key=provider.key, enabled=provider.enabled)
    try:
        await providers.change(provider_id, wish, request.user)
    except InvalidInput as error:
        return await _one_page(request, provider, wish=wish, error=error)
    return Redirect(f"{HOME}/{provider_id}?said=changed", status_code=_SEE_OTHER)


@post(HOME + "/{provider_id:uuid}/switch", include_in_schema=False, opt=_PERMISSION)
async def switch_service(request: PassRequest, provider_id: FromPath[UUID]) -> Redirect:
    form = await request.form()
    await providers_for(request).switch(provider_id, request.user, enabled=form.get("on") == "yes")
    return Redirect(f"{HOME}#service-{provider_id}", status_code=_SEE_OTHER)


@post(HOME + "/{provider_id:uuid}/test", include_in_schema=False, opt=_PERMISSION)
async def test_service(request: PassRequest, provider_id: FromPath[UUID]) -> Template:
    """Ask the service for its description, and say what came of it."""
    providers = providers_for(request)
    provider = await providers.one(provider_id)
    return await _one_page(request, provider, finding=await providers.test(provider))


@post(HOME + "/{provider_id:uuid}/unlink", include_in_schema=False, opt=_PERMISSION)
async def unlink_account(request: PassRequest, provider_id: FromPath[UUID]) -> Redirect:
    form = await request.form()
    account_id = uuid_in(str(form.get("account", "")))
    if account_id is None:
        raise InvalidInput("Say whose link is to be taken away.", field="account")
    await providers_for(request).unlink(provider_id, account_id, request.user)
    return Redirect(f"{HOME}/{provider_id}?said=unlinked", status_code=_SEE_OTHER)


@post(HOME + "/{provider_id:uuid}/remove", include_in_schema=False, opt=_PERMISSION)
async def remove_service(request: PassRequest, provider_id: FromPath[UUID]) -> Redirect:
    await providers_for(request).remove(provider_id, request.user)
    return Redirect(f"{HOME}?said=removed", status_code=_SEE_OTHER)


PAGE_ROUTES: list[Any] = [
    show_services,
    add_service,
    show_service,
    change_service,
    switch_service,
    test_service,
    unlink_account,
    remove_service,
]


async def _typed(request: PassRequest) -> ProviderWish:
    """What the form says; what cannot be a choice of the form becomes the preset's own."""
    form = await request.form()

    def value(name: str) -> str:
        found = form.get(name, "")
        return found if isinstance(found, str) else ""

    preset, match_by = value("preset"), value("match_by")
    return ProviderWish(
        preset=PresetName(preset) if preset in PRESETS else PresetName.OTHER,
        key=value("key"),
        name=value("name"),
        issuer=value("issuer"),
        client_id=value("client_id"),
        client_secret=value("client_secret"),
        allowed=[word for word in re.split(r"[\s,;]+", value("allowed")) if word][:50],
        match_by=MatchBy(match_by) if match_by in FIELD_WORDS else None,
        match_claim=value("match_claim"),
        makes_accounts=value("makes_accounts") == "yes",
    )


def _wish_of(provider: SignInProvider) -> ProviderWish:
    return ProviderWish(
        preset=PresetName(provider.preset),
        key=provider.key,
        name=provider.name,
        issuer=provider.issuer,
        client_id=provider.client_id,
        allowed=list(provider.allowed),
        match_by=MatchBy(provider.match_by),
        match_claim=provider.match_claim,
        makes_accounts=provider.makes_accounts,
    )


def _form(request: PassRequest, wish: ProviderWish, error: CorridorError | None) -> dict[str, Any]:
    preset = PRESETS[wish.preset]
    return frame(request, None, HOME) | {
        "home": HOME,
        "wish": wish,
        "preset": preset,
        "fields": {field: FIELD_WORDS[field] for field in preset.matches},
        "match_by": wish.match_by or next(iter(preset.matches)),
        "callback": own_site(request) + CALLBACK.format(wish.key),
        "start": own_site(request) + f"/sign-in/with/{wish.key}",
        "problem": error,
        "wrong": error.extra.get("field") if error else None,
    }


def _form_page(request: PassRequest, wish: ProviderWish, error: CorridorError | None = None) -> Template:
    return Template(
        "admin_single_sign_on_new.html", context=_form(request, wish, error), status_code=error.status if error else 200
    )


async def _list_page(request: PassRequest, said: str) -> Template:
    providers = providers_for(request)
    context = frame(request, None, HOME) | {
        "home": HOME,
        "providers": await providers.all(),
        "links": await providers.number_of_links(),
        "presets": PRESETS,
        "field_words": FIELD_WORDS,
        "said": _SAID.get(said),
    }
    return Template("admin_single_sign_on.html", context=context)


async def _one_page(
    request: PassRequest,
    provider: SignInProvider,
    *,
    wish: ProviderWish | None = None,
    error: CorridorError | None = None,
    finding: Finding | None = None,
    find: str = "",
    said: str = "",
) -> Template:
    providers = providers_for(request)
    context = _form(request, wish or _wish_of(provider), error) | {
        "provider": provider,
        "finding": finding,
        "find": find,
        "linked": (await providers.number_of_links()).get(provider.id, 0),
        "links": await providers.links(provider.id, find),
        "most_links": MOST_LINKS_SHOWN,
        "said": _SAID.get(said),
    }
    return Template("admin_single_sign_on_one.html", context=context, status_code=error.status if error else 200)
