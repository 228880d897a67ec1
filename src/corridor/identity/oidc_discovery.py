"""What a sign-in service says about itself (OpenID Connect Discovery 1.0), and its keys: asked once in a while."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import msgspec
from joserfc.jwk import Key

from corridor.base.clock import Clock
from corridor.base.outside import AddressRefused, Outside, OutsideFailed
from corridor.identity.bounded import Bounded
from corridor.identity.oidc_tokens import read_keys

WELL_KNOWN = "/.well-known/openid-configuration"
KEPT_FOR = timedelta(hours=1)
ASKED_AGAIN_AFTER = timedelta(seconds=30)
"""How soon a service is asked for its keys again because a token bears one that we do not have."""

_ANY_TENANT = "{tenantid}"


class Metadata(msgspec.Struct, frozen=True):
    """Of a service's description, what we use."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    response_types_supported: tuple[str, ...] = ("code",)
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False

    def is_issuer(self, claims: dict[str, Any]) -> bool:
        """Whether the service issued a token with these claims. That of all Microsoft tenants writes the tenant's own
        address into each."""
        return bool(claims["iss"] == self.issuer.replace(_ANY_TENANT, str(claims.get("tid"))))

    def may_answer(self, issuer: str) -> bool:
        """Whether an answer of this issuer is one of the service's."""
        before, tenant, after = self.issuer.partition(_ANY_TENANT)
        return issuer.startswith(before) and issuer.endswith(after) if tenant else issuer == self.issuer


class _Entry(msgspec.Struct):
    metadata: Metadata
    at: datetime
    keys: list[Key] = []
    keys_at: datetime | None = None


def issuer_of(typed: str) -> str:
    """The issuer that somebody means who types in its address or that of its description."""
    return typed.strip().removesuffix(WELL_KNOWN).rstrip("/") if WELL_KNOWN in typed else typed.strip()


class Discovery:
    """Remembers descriptions and keys for `KEPT_FOR`. Raises `AddressRefused` or `OutsideFailed`."""

    def __init__(self, outside: Outside, clock: Clock) -> None:
        self._outside = outside
        self._clock = clock
        self._entries: Bounded[str, _Entry] = Bounded(50)
        self._lock = asyncio.Lock()

    async def metadata(self, issuer: str, *, fresh: bool = False) -> Metadata:
        """What the service says about itself; `fresh` asks it even if that is known."""
        return (await self._entry(issuer, fresh=fresh)).metadata

    async def keys(self, issuer: str, *, again: bool = False) -> list[Key]:
        """The service's keys; `again` when those at hand did not do, which asks it at most every
        `ASKED_AGAIN_AFTER`."""
        entry = await self._entry(issuer)
        async with self._lock:
            now = self._clock.now()
            kept_for = ASKED_AGAIN_AFTER if again else KEPT_FOR
            if entry.keys_at is None or not entry.keys_at <= now < entry.keys_at + kept_for:
                answer = await self._outside.get(entry.metadata.jwks_uri)
                if answer.status != 200:
                    raise OutsideFailed(f"The service did not show its keys: it answered {answer.status}.")
                entry.keys, entry.keys_at = read_keys(answer.json_object()), now
        return entry.keys

    async def _entry(self, issuer: str, *, fresh: bool = False) -> _Entry:
        async with self._lock:
            now = self._clock.now()
            entry = self._entries.get(issuer)
            if fresh or entry is None or not entry.at <= now < entry.at + KEPT_FOR:
                entry = _Entry(await self._ask(issuer), now)
                self._entries.put(issuer, entry)
            return entry

    async def _ask(self, issuer: str) -> Metadata:
        answer = await self._outside.get(issuer.rstrip("/") + WELL_KNOWN)
        if answer.status != 200:
            raise OutsideFailed(
                f"{issuer}{WELL_KNOWN} answered {answer.status}. Check the issuer, and that it knows OpenID Connect."
            )
        try:
            metadata = msgspec.convert(answer.json_object(), Metadata)
        except msgspec.ValidationError as error:
            raise OutsideFailed(f"The description of {issuer} is not complete: {error}.") from None
        self._check(issuer, metadata)
        return metadata

    def _check(self, issuer: str, metadata: Metadata) -> None:
        """A description must be the issuer's own, or any service could speak for any other."""
        every_tenant = issuer.replace("/organizations/", f"/{_ANY_TENANT}/")
        if metadata.issuer not in (issuer, every_tenant):
            raise OutsideFailed(
                f"The service calls itself {metadata.issuer[:200]}, not {issuer}. Enter the issuer exactly as it does."
            )
        if "code" not in metadata.response_types_supported:
            raise OutsideFailed("The service does not offer the authorization code flow, the only one used here.")
        for url in (metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri):
            self._checked(url)
        if metadata.userinfo_endpoint:
            self._checked(metadata.userinfo_endpoint)

    def _checked(self, url: str) -> None:
        try:
            self._outside.checked(url)
        except AddressRefused as error:
            raise OutsideFailed(f"The service names an address that is not called. {error.detail}") from error
