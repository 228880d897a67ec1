"""Signing in with a service outside: OpenID Connect's authorization code flow with PKCE (RFC 7636, 9700).

What we ask is remembered by the browser that asks, in a cookie that only we can read: an answer counts in that browser,
once, and for the service that was asked.
"""

import base64
import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from corridor.base.clock import Clock
from corridor.base.database import Database
from corridor.base.errors import Conflict, SetupError
from corridor.base.outside import Outside, OutsideFailed
from corridor.base.settings import Settings
from corridor.identity.buckets import Buckets
from corridor.identity.limits import network_of
from corridor.identity.oidc_discovery import Discovery, Metadata
from corridor.identity.oidc_matching import account_of
from corridor.identity.oidc_presets import (
    PRESETS,
    MatchBy,
    Preset,
    PresetName,
    SignOnRefused,
    check_organization,
    subject_of,
    value_to_match,
)
from corridor.identity.oidc_tokens import TokenRefused, UnknownKey, check_id_token
from corridor.identity.paths import own_path
from corridor.identity.provider_tables import SignInProvider, UsedState
from corridor.identity.providers import CALLBACK, Providers
from corridor.identity.service import IdentityService

LASTS = timedelta(minutes=15)
"""How long somebody may take at the service."""

MOST_IN_VAIN = 200
FORGIVEN_EVERY = timedelta(seconds=3)
"""How many questions a service may be asked in vain for one address, behind which may be a whole school: made-up codes
must not use up the service's patience with us."""

_NO_CIRCLE = timedelta(seconds=30)
_PURPOSE = "single sign-on"
_ERROR_WORD = re.compile(r"[a-z_]{1,40}")

log = structlog.get_logger(__name__)


class StaleSignOn(SignOnRefused):
    """An answer that this browser did not ask for, or asked for too long ago, or has brought before."""

    code = "stale_sign_on"

    def __init__(self, code: str) -> None:
        super().__init__(
            "This sign-in was not begun in this browser, or took too long, or was finished already. Start again. If "
            "that does not help, your browser may not keep cookies of this site: allow them.",
            code=code,
        )


class Pending(msgspec.Struct, frozen=True):
    """What the browser's cookie remembers of a sign-in under way, sealed. `restarted`: it was begun because an answer
    came that nobody had asked for."""

    key: str
    state: str
    nonce: str
    verifier: str
    callback: str
    next: str
    expires_at: datetime
    restarted: bool


class Departure(msgspec.Struct, frozen=True):
    """Where to send the browser, and the cookie to send along."""

    url: str
    cookie: str


class Arrived(msgspec.Struct, frozen=True):
    """What the service sent the browser back with."""

    code: str | None = None
    state: str | None = None
    iss: str | None = None
    error: str | None = None


class Vouched(msgspec.Struct, frozen=True):
    """Who came, and where they wanted to go."""

    account_id: UUID
    next: str


class SingleSignOn:
    """One a process."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        settings: Settings,
        identity: IdentityService,
        outside: Outside | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._identity = identity
        self._outside = outside or Outside(allow_loopback=settings.allow_loopback)
        self._discovery = Discovery(self._outside, clock)
        self._in_vain = Buckets(MOST_IN_VAIN, FORGIVEN_EVERY)
        self.providers = Providers(
            database, clock, lambda: identity.sealer, self._outside, self._discovery, identity.end_sessions
        )

    async def start(self, key: str, site: str, wanted: str, *, restarted: bool = False) -> Departure:
        """Begin a sign-in with the service of this key, to go on to `wanted`; `site` is our own address. Raises
        `NotFound` or `OutsideFailed`."""
        provider = await self.providers.by_key(key)
        metadata = await self._discovery.metadata(provider.issuer)
        pending = Pending(
            key=key,
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            callback=site + CALLBACK.format(key),
            next=own_path(wanted),
            expires_at=self._clock.now() + LASTS,
            restarted=restarted,
        )
        query = {
            "response_type": "code",
            "client_id": provider.client_id,
            "redirect_uri": pending.callback,
            "scope": PRESETS[PresetName(provider.preset)].scopes,
            "state": pending.state,
            "nonce": pending.nonce,
            "code_challenge": _challenge(pending.verifier),
            "code_challenge_method": "S256",
        } | _hints(provider)
        sealed = self._identity.sealer.seal(msgspec.json.encode(pending).decode(), _PURPOSE)
        joint = "&" if "?" in metadata.authorization_endpoint else "?"
        return Departure(metadata.authorization_endpoint + joint + urlencode(query), sealed.decode())

    def is_unasked(self, arrived: Arrived, cookie: str | None) -> bool:
        """Whether somebody comes from the service's own portal, of their own accord. What they bring is no proof that
        they themselves asked for it: we ask anew. Not twice, should a service lose our `state` every time."""
        if arrived.state or arrived.error:
            return False
        pending = self._pending(cookie)
        begun_at = pending.expires_at - LASTS if pending is not None and pending.restarted else None
        return begun_at is None or self._clock.now() - begun_at > _NO_CIRCLE

    async def finish(self, key: str, arrived: Arrived, cookie: str | None, address: str) -> Vouched:
        """Who it is that the service vouches for; `address` is where the browser is. Raises `SignOnRefused`,
        `TokenRefused`, `NotFound`, `OutsideFailed` or `TooManyAttempts`."""
        provider = await self.providers.by_key(key)
        network, now = network_of(address), self._clock.now()
        self._in_vain.check(network, now)
        try:
            pending = self._expected(key, arrived, cookie)
            await self._use_up(pending)
            if arrived.error or not arrived.code:
                raise _refusal_of(provider, arrived.error)
            claims = await self._ask(provider, pending, arrived)
            async with self._database.session() as session:
                account = await account_of(session, provider, claims, now)
        except IntegrityError:
            raise Conflict("Somebody else was signed in to this account at the same moment. Try again.") from None
        except SignOnRefused as error:
            log.warning("sign_on_refused", provider=key, reason=error.code)
            raise
        except (TokenRefused, OutsideFailed) as error:
            self._in_vain.count(network, now)
            log.warning("sign_on_failed", provider=key, reason=error.code)
            raise
        return Vouched(account.id, pending.next)

    def _pending(self, cookie: str | None) -> Pending | None:
        """What the cookie remembers, if it is ours."""
        if not cookie or not cookie.isascii():
            return None
        try:
            return msgspec.json.decode(self._identity.sealer.open(cookie.encode(), _PURPOSE), type=Pending)
        except (SetupError, msgspec.DecodeError):
            return None

    def _expected(self, key: str, arrived: Arrived, cookie: str | None) -> Pending:
        pending = self._pending(cookie)
        if pending is None:
            raise StaleSignOn("no_cookie")
        if pending.key != key or not hmac.compare_digest(pending.state.encode(), (arrived.state or "").encode()):
            raise StaleSignOn("state")
        if self._clock.now() >= pending.expires_at:
            raise StaleSignOn("too_late")
        return pending

    async def _use_up(self, pending: Pending) -> None:
        digest = hashlib.sha256(pending.state.encode()).digest()
        try:
            async with self._database.session() as session:
                await session.execute(delete(UsedState).where(UsedState.expires_at <= self._clock.now()))
                session.add(UsedState(state_hash=digest, expires_at=pending.expires_at))
        except IntegrityError:
            raise StaleSignOn("used") from None

    async def _ask(self, provider: SignInProvider, pending: Pending, arrived: Arrived) -> dict[str, Any]:
        """What the service says about the user, in exchange for the code."""
        preset = PRESETS[PresetName(provider.preset)]
        metadata = await self._discovery.metadata(provider.issuer)
        if arrived.iss is None and metadata.authorization_response_iss_parameter_supported:
            raise TokenRefused("iss_missing")
        if arrived.iss is not None and not metadata.may_answer(arrived.iss):
            raise TokenRefused("iss_of_another")
        tokens = await self._redeem(provider, metadata, pending, arrived.code or "")
        claims = await self._checked(provider, preset, pending, tokens)
        if not metadata.is_issuer(claims):
            raise TokenRefused("claim_iss")
        access_token = tokens.get("access_token")
        if metadata.userinfo_endpoint and isinstance(access_token, str) and _is_incomplete(provider, preset, claims):
            more = await self._user_info(metadata.userinfo_endpoint, access_token)
            same = {claims["sub"]} | ({None} if preset.name is PresetName.CLASSLINK else set())
            if more.get("sub") not in same:
                raise TokenRefused("userinfo_sub")
            claims = more | claims
        check_organization(preset, provider.allowed, claims)
        return claims

    async def _redeem(
        self, provider: SignInProvider, metadata: Metadata, pending: Pending, code: str
    ) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": pending.callback,
            "code_verifier": pending.verifier,
        }
        headers = {}
        secret = self.providers.secret_of(provider)
        if secret is not None and "client_secret_basic" in metadata.token_endpoint_auth_methods_supported:
            pair = f"{quote(provider.client_id, safe='')}:{quote(secret, safe='')}"
            headers["authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        else:
            form |= {"client_id": provider.client_id} | ({"client_secret": secret} if secret else {})
        answer = await self._outside.send("POST", metadata.token_endpoint, headers=headers, form=form)
        if answer.status == 200:
            return answer.json_object()
        error = answer.json_object().get("error") if answer.status in (400, 401) else None
        if error == "invalid_grant":
            raise TokenRefused("invalid_grant")
        word = error if isinstance(error, str) and _ERROR_WORD.fullmatch(error) else f"status {answer.status}"
        raise OutsideFailed(
            f"{provider.name} did not take our question ({word}). Whoever looks after Corridor in your district should "
            "check the client id, the client secret and the redirect address."
        )

    async def _checked(
        self, provider: SignInProvider, preset: Preset, pending: Pending, tokens: dict[str, Any]
    ) -> dict[str, Any]:
        """The claims of the ID token; with new keys, should it be signed with one that we have not seen."""
        token, access_token = tokens.get("id_token"), tokens.get("access_token")
        if not isinstance(token, str):
            raise TokenRefused("no_id_token")
        for again in (False, True):
            try:
                return check_id_token(
                    token,
                    await self._discovery.keys(provider.issuer, again=again),
                    client_id=provider.client_id,
                    nonce=pending.nonce,
                    nonce_echoed=preset.nonce_echoed,
                    access_token=access_token if isinstance(access_token, str) else None,
                    now=self._clock.now(),
                )
            except UnknownKey:
                continue
        raise TokenRefused("unknown_key")

    async def _user_info(self, url: str, access_token: str) -> dict[str, Any]:
        answer = await self._outside.send("GET", url, headers={"authorization": f"Bearer {access_token}"})
        if answer.status != 200:
            raise OutsideFailed(f"The service did not say who you are: it answered {answer.status}. Try again.")
        return answer.json_object()


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _hints(provider: SignInProvider) -> dict[str, str]:
    """Tells the service whose log-in page to show. What comes back is checked all the same."""
    if provider.preset == PresetName.GOOGLE:
        return {"hd": provider.allowed[0] if len(provider.allowed) == 1 else "*"}
    if provider.preset == PresetName.CLEVER and len(provider.allowed) == 1:
        return {"district_id": provider.allowed[0]}
    return {}


def _is_incomplete(provider: SignInProvider, preset: Preset, claims: dict[str, Any]) -> bool:
    """Whether the ID token lacks something that we look at."""
    try:
        check_organization(preset, provider.allowed, claims)
        subject_of(preset, claims)
    except SignOnRefused:
        return True
    return value_to_match(preset, MatchBy(provider.match_by), provider.match_claim, claims) is None


def _refusal_of(provider: SignInProvider, error: str | None) -> SignOnRefused:
    if error == "access_denied":
        return SignOnRefused(f"The sign-in at {provider.name} was cancelled. Nothing has happened.", code="cancelled")
    word = f" ({error})" if error and _ERROR_WORD.fullmatch(error) else ""
    return SignOnRefused(
        f"{provider.name} could not sign you in{word}. Try again. If it happens again, tell whoever looks after "
        "Corridor in your district.",
        code="error_there",
    )
