"""Forged and misused proofs: a service that lies, or somebody between it and us, signs nobody in."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from corridor.base.clock import FixedClock
from corridor.base.database import Database
from corridor.base.errors import CorridorError
from corridor.base.outside import Outside, OutsideAnswer, OutsideFailed
from corridor.identity.limits import TooManyAttempts
from corridor.identity.oidc import FORGIVEN_EVERY, MOST_IN_VAIN, Arrived, SingleSignOn
from corridor.identity.oidc_discovery import ASKED_AGAIN_AFTER, KEPT_FOR, Metadata
from corridor.identity.oidc_presets import PresetName
from corridor.identity.oidc_tokens import LEEWAY_SECONDS, TokenRefused
from corridor.identity.principal import Role
from corridor.identity.providers import ProviderWish
from corridor.identity.service import IdentityService
from corridor.identity.tables import Account
from tests.identity.conftest import START, Campus
from tests.identity.openid import ADMIN, CLIENT_ID, ORGANIZATION, SITE, asked

ISSUER = "https://login.school.example"
KEY = RSAKey.generate_key(2048, {"kid": "k1"}, auto_kid=False)
ANOTHER_KEY = RSAKey.generate_key(2048, {"kid": "k2"}, auto_kid=False)
NOW = int(START.timestamp())


class FakeService(Outside):
    """A service that answers whatever a test wants. `calls` counts what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.description: dict[str, Any] = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/auth",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
            "userinfo_endpoint": f"{ISSUER}/me",
            "response_types_supported": ["code"],
        }
        self.keys = KeySet([KEY]).as_dict()
        self.token: Any = None
        self.info: dict[str, Any] = {}
        self.calls: list[str] = []
        self.forms: list[dict[str, str]] = []

    async def send(self, method: str, url: str, **options: Any) -> OutsideAnswer:
        self.calls.append(url.removeprefix(ISSUER))
        self.forms.append(dict(options.get("form") or {}))
        answers: dict[str, Any] = {
            f"{ISSUER}/.well-known/openid-configuration": self.description,
            f"{ISSUER}/keys": self.keys,
            f"{ISSUER}/token": {"access_token": "at", "token_type": "Bearer", "id_token": self.token},
            f"{ISSUER}/me": self.info,
        }
        found = answers.get(url)
        return OutsideAnswer(url, 200 if found else 404, {}, json.dumps(found or {}).encode())


class Elsewhere(FakeService):
    """The same service at another address."""

    def __init__(self, service: FakeService, address: str) -> None:
        super().__init__()
        self._service = service
        self._address = address

    async def send(self, method: str, url: str, **options: Any) -> OutsideAnswer:
        return await self._service.send(method, url.replace(self._address, ISSUER), **options)


class SignIn:
    """A sign-in under way: the browser is at the service."""

    def __init__(self, sign_on: SingleSignOn, service: FakeService) -> None:
        self.sign_on = sign_on
        self.service = service
        self.address = "203.0.113.7"
        self.cookie = ""
        self.nonce = ""
        self.state = ""

    async def begin(self) -> None:
        departure = await self.sign_on.start("other", SITE, "/")
        self.cookie = departure.cookie
        query = asked(departure.url)
        self.nonce, self.state = query["nonce"], query["state"]

    def claims(self, **other: Any) -> dict[str, Any]:
        base = {"iss": ISSUER, "sub": "u-1", "aud": CLIENT_ID, "iat": NOW, "exp": NOW + 600, "nonce": self.nonce}
        said = base | {"email": "ana.ruiz@x.example", "email_verified": True} | other
        return {name: value for name, value in said.items() if value is not None}

    async def finish(self, token: Any) -> Any:
        self.service.token = token
        return await self.sign_on.finish("other", Arrived("code", self.state), self.cookie, self.address)


def signed(claims: dict[str, Any], key: Any = KEY, algorithm: str = "RS256", **header: Any) -> str:
    kid = {"kid": key.kid} if key.kid else {}
    return jwt.encode({"alg": algorithm} | kid | header, claims, key, algorithms=[algorithm])


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.fixture
async def ana(identity: IdentityService, campus: Campus) -> Account:
    return await identity.create_account(role=Role.STUDENT, person="s-1")


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def sign_on(database: Database, clock: FixedClock, identity: IdentityService, service: FakeService) -> SingleSignOn:
    return SingleSignOn(database, clock, identity.settings, identity, service)


@pytest.fixture
async def under_way(sign_on: SingleSignOn, service: FakeService, ana: Account) -> SignIn:
    wish = ProviderWish(issuer=ISSUER, client_id=CLIENT_ID, client_secret="s")
    await sign_on.providers.add(wish, ADMIN)
    started = SignIn(sign_on, service)
    await started.begin()
    return started


async def test_an_honest_token_signs_in(under_way: SignIn, ana: Account) -> None:
    assert (await under_way.finish(signed(under_way.claims()))).account_id == ana.id


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"iss": "https://evil.example"}, "claim_iss"),
        ({"iss": ISSUER + "/"}, "claim_iss"),
        ({"iss": None}, "claim_iss"),
        ({"iss": ["https://login.school.example"]}, "claim_iss"),
        ({"aud": "another-client"}, "claim_aud"),
        ({"aud": ["another-client"]}, "claim_aud"),
        ({"aud": None}, "claim_aud"),
        ({"aud": [CLIENT_ID, "another-client"]}, "claim_azp"),
        ({"aud": [CLIENT_ID, "another-client"], "azp": "another-client"}, "claim_azp"),
        ({"azp": "another-client"}, "claim_azp"),
        ({"exp": NOW - LEEWAY_SECONDS}, "claim_exp"),
        ({"exp": None}, "claim_exp"),
        ({"exp": "never"}, "claim_exp"),
        ({"exp": float("nan")}, "claim_exp"),
        ({"iat": NOW + LEEWAY_SECONDS + 1}, "claim_iat"),
        ({"nbf": NOW + LEEWAY_SECONDS + 1}, "claim_nbf"),
        ({"nonce": None}, "claim_nonce"),
        ({"nonce": "of another sign-in"}, "claim_nonce"),
        ({"nonce": ["x"]}, "claim_nonce"),
        ({"sub": None}, "claim_sub"),
        ({"sub": 7}, "claim_sub"),
        ({"at_hash": "of another token"}, "claim_at_hash"),
    ],
)
async def test_a_token_that_was_not_made_for_this_is_refused(
    under_way: SignIn, claims: dict[str, Any], why: str
) -> None:
    with pytest.raises(CorridorError) as refused:
        await under_way.finish(signed(under_way.claims(**claims)))
    assert (refused.value.code, refused.value.status) == (why, 403)


async def test_a_token_for_several_that_names_us_as_its_party_is_taken(under_way: SignIn) -> None:
    assert await under_way.finish(signed(under_way.claims(aud=[CLIENT_ID, "another"], azp=CLIENT_ID)))


async def test_a_right_hash_of_the_access_token_is_taken(under_way: SignIn) -> None:
    half = base64.urlsafe_b64encode(hashlib.sha256(b"at").digest()[:16]).rstrip(b"=").decode()
    assert await under_way.finish(signed(under_way.claims(at_hash=half)))


@pytest.mark.parametrize("spelling", ["none", "None", "NONE", "nOnE", ""])
@pytest.mark.parametrize("signature", ["", "AAAA"])
async def test_an_unsigned_token_is_refused(under_way: SignIn, spelling: str, signature: str) -> None:
    token = f"{part({'alg': spelling, 'typ': 'JWT'})}.{part(under_way.claims())}.{signature}"
    with pytest.raises(CorridorError) as refused:
        await under_way.finish(token)
    assert refused.value.status == 403


async def test_a_tampered_token_is_refused(under_way: SignIn) -> None:
    header, _, signature = signed(under_way.claims()).split(".")
    with pytest.raises(CorridorError) as refused:
        await under_way.finish(f"{header}.{part(under_way.claims(sub='somebody else'))}.{signature}")
    assert refused.value.code == "signature"


async def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(under_way: SignIn) -> None:
    """The algorithm confusion of old: the public key is known to all."""
    text = f"{part({'alg': 'HS256', 'kid': 'k1'})}.{part(under_way.claims())}"
    mac = hmac.digest(KEY.as_pem(private=False), text.encode(), "sha256")
    with pytest.raises(CorridorError) as refused:
        await under_way.finish(f"{text}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}")
    assert refused.value.code == "algorithm"


@pytest.mark.parametrize("secret", ["s", CLIENT_ID])
async def test_a_token_signed_with_the_client_secret_is_refused(under_way: SignIn, secret: str) -> None:
    with pytest.raises(CorridorError):
        await under_way.finish(signed(under_way.claims(), OctKey.import_key(secret.encode() * 32), "HS256"))


@pytest.mark.parametrize("header", [{"jwk": ANOTHER_KEY.as_dict(private=False)}, {"jku": "https://evil.example/keys"}])
async def test_a_key_that_the_token_brings_along_is_not_trusted(under_way: SignIn, header: dict[str, Any]) -> None:
    forged = signed(under_way.claims(), ANOTHER_KEY, **header, kid="k1")
    with pytest.raises(CorridorError) as refused:
        await under_way.finish(forged)
    assert refused.value.code == "signature"
    assert not any("evil" in call for call in under_way.service.calls)


@pytest.mark.parametrize("token", [None, "", "x", "a.b", "a.b.c", "a.b.c.d.e", "....", 7, {"a": 1}, "é.é.é"])
async def test_what_is_no_token_is_refused(under_way: SignIn, token: Any) -> None:
    with pytest.raises(CorridorError) as refused:
        await under_way.finish(token)
    assert refused.value.status == 403


async def test_a_service_without_key_names_is_understood(under_way: SignIn) -> None:
    first, second = RSAKey.generate_key(2048), ECKey.generate_key("P-256")
    under_way.service.keys = {"keys": [KEY.as_dict(private=False), second.as_dict(private=False)]}
    with pytest.raises(CorridorError):
        await under_way.finish(jwt.encode({"alg": "RS256"}, under_way.claims(), first))
    await under_way.begin()
    assert await under_way.finish(jwt.encode({"alg": "ES256"}, under_way.claims(), second))


async def test_keys_that_cannot_be_read_do_not_stand_in_the_way(under_way: SignIn) -> None:
    odd: list[Any] = [{"kty": "AKP", "kid": "q"}, {"kty": "RSA", "n": "?"}, "x", {"kty": "oct", "k": "c2VjcmV0"}, {}]
    under_way.service.keys = {"keys": [*odd, KEY.as_dict(private=False)]}
    assert await under_way.finish(signed(under_way.claims()))


async def test_an_unknown_key_is_looked_up_once_and_then_not_for_a_while(
    under_way: SignIn, clock: FixedClock, service: FakeService
) -> None:
    """Whoever sends made-up key names must not make us a hammer."""
    assert await under_way.finish(signed(under_way.claims()))
    clock.advance(ASKED_AGAIN_AFTER)
    for _ in range(3):
        await under_way.begin()
        with pytest.raises(CorridorError) as refused:
            await under_way.finish(signed(under_way.claims(), ANOTHER_KEY))
        assert refused.value.code == "unknown_key"
    assert service.calls.count("/keys") == 2


async def test_new_keys_are_found(under_way: SignIn, clock: FixedClock, service: FakeService) -> None:
    assert await under_way.finish(signed(under_way.claims()))
    service.keys = KeySet([ANOTHER_KEY]).as_dict()
    clock.advance(ASKED_AGAIN_AFTER)
    await under_way.begin()
    assert await under_way.finish(signed(under_way.claims(), ANOTHER_KEY))


async def test_a_withdrawn_key_is_forgotten(under_way: SignIn, clock: FixedClock, service: FakeService) -> None:
    assert await under_way.finish(signed(under_way.claims()))
    service.keys = KeySet([ANOTHER_KEY]).as_dict()
    clock.advance(KEPT_FOR)
    await under_way.begin()
    with pytest.raises(CorridorError):
        await under_way.finish(signed(under_way.claims(iat=NOW, exp=NOW + 9999)))


async def test_the_description_is_asked_for_once_an_hour(
    under_way: SignIn, clock: FixedClock, service: FakeService
) -> None:
    asked_for = "/.well-known/openid-configuration"
    await under_way.begin()
    assert service.calls.count(asked_for) == 1
    clock.advance(KEPT_FOR)
    await under_way.begin()
    assert service.calls.count(asked_for) == 2


async def test_the_verifier_and_the_redirect_address_go_along_with_the_code(under_way: SignIn) -> None:
    await under_way.finish(signed(under_way.claims()))
    form = under_way.service.forms[under_way.service.calls.index("/token")]
    assert form["redirect_uri"] == f"{SITE}/sign-in/with/other/callback"
    assert (form["grant_type"], form["code"]) == ("authorization_code", "code")
    assert len(form["code_verifier"]) >= 43
    assert "client_secret" not in form, "it goes into the header"


async def test_further_claims_about_somebody_else_are_refused(under_way: SignIn) -> None:
    for info in ({"sub": "u-2"}, {}):
        await under_way.begin()
        under_way.service.info = info | {"email": "ana.ruiz@x.example", "email_verified": True}
        with pytest.raises(CorridorError) as refused:
            await under_way.finish(signed(under_way.claims(email=None, email_verified=None)))
        assert refused.value.code == "userinfo_sub"


async def test_further_claims_do_not_overrule_signed_ones(under_way: SignIn) -> None:
    under_way.service.info = {"sub": "u-1", "email": "ana.ruiz@x.example", "email_verified": True}
    with pytest.raises(CorridorError) as refused:
        await under_way.finish(signed(under_way.claims(email_verified=False)))
    assert refused.value.code == "nothing_to_match"


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://evil.example"},
        {"issuer": ISSUER + "/"},
        {"token_endpoint": "https://169.254.169.254/token"},
        {"token_endpoint": "http://login.school.example/token"},
        {"jwks_uri": "https://localhost/keys"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"userinfo_endpoint": "https://10.0.0.1/me"},
        {"response_types_supported": ["id_token"]},
        {"token_endpoint": None},
        {"token_endpoint": ["https://login.school.example/token"]},
    ],
)
async def test_a_description_that_is_another_s_or_leads_inside_is_refused(
    under_way: SignIn, clock: FixedClock, service: FakeService, change: dict[str, Any]
) -> None:
    service.description |= change
    clock.advance(KEPT_FOR)
    with pytest.raises(OutsideFailed):
        await under_way.begin()
    (row,) = await under_way.sign_on.providers.all()
    assert not (await under_way.sign_on.providers.test(row)).ok


@pytest.mark.parametrize("cookie", [None, "", "x", "gAAAAA==", "é", "a" * 5000])
async def test_a_cookie_that_is_not_ours_is_none(under_way: SignIn, cookie: str | None) -> None:
    under_way.cookie = cookie  # type: ignore[assignment]
    with pytest.raises(CorridorError) as refused:
        await under_way.finish(signed(under_way.claims()))
    assert refused.value.code == "no_cookie"


async def test_a_cookie_sealed_for_something_else_is_none(under_way: SignIn, identity: IdentityService) -> None:
    under_way.cookie = identity.sealer.seal("{}", "totp").decode()
    with pytest.raises(CorridorError) as refused:
        await under_way.finish(signed(under_way.claims()))
    assert refused.value.code == "no_cookie"


async def test_a_service_of_many_districts_does_not_take_one_district_s_word_for_another(
    database: Database, clock: FixedClock, identity: IdentityService, service: FakeService, ana: Account
) -> None:
    """Microsoft's keys are those of all tenants: a token must be issued by the tenant that it names."""
    ours, theirs = ORGANIZATION[PresetName.MICROSOFT][0], "11111111-86f1-41af-91ab-2d7cd011db47"
    microsoft = "https://login.microsoftonline.com"
    service.description["issuer"] = microsoft + "/{tenantid}/v2.0"
    all_tenants = Elsewhere(service, f"{microsoft}/organizations/v2.0")
    sign_on = SingleSignOn(database, clock, identity.settings, identity, all_tenants)
    second = "22222222-86f1-41af-91ab-2d7cd011db47"
    wish = ProviderWish(
        preset=PresetName.MICROSOFT, key="other", client_id=CLIENT_ID, client_secret="s", allowed=[ours, second]
    )
    await sign_on.providers.add(wish, ADMIN)
    under_way = SignIn(sign_on, service)
    for issuer, tenant, passes in ((theirs, ours, False), (theirs, theirs, False), (ours, ours, True)):
        await under_way.begin()
        claims = under_way.claims(
            iss=f"{microsoft}/{issuer}/v2.0", tid=tenant, oid="o-1", preferred_username="ana.ruiz@x.example"
        )
        if passes:
            assert (await under_way.finish(signed(claims))).account_id == ana.id
        else:
            with pytest.raises(CorridorError):
                await under_way.finish(signed(claims))


@pytest.mark.parametrize(
    ("issuer", "answer", "may"),
    [
        (ISSUER, ISSUER, True),
        (ISSUER, ISSUER + "/", False),
        (ISSUER, "https://evil.example", False),
        ("https://a.example/{tenantid}/v2.0", "https://a.example/t-1/v2.0", True),
        ("https://a.example/{tenantid}/v2.0", "https://evil.example/t-1/v2.0", False),
    ],
)
def test_whose_an_answer_may_be(issuer: str, answer: str, may: bool) -> None:
    metadata = Metadata(issuer=issuer, authorization_endpoint="", token_endpoint="", jwks_uri="")
    assert metadata.may_answer(answer) == may


async def test_clever_need_not_give_our_nonce_back_but_must_not_give_another(
    database: Database, clock: FixedClock, identity: IdentityService, service: FakeService, ana: Account
) -> None:
    wish = ProviderWish(
        preset=PresetName.CLEVER,
        key="other",
        client_id=CLIENT_ID,
        client_secret="s",
        allowed=ORGANIZATION[PresetName.CLEVER],
    )
    clever = "https://clever.com"
    service.description |= {"issuer": clever}

    sign_on = SingleSignOn(database, clock, identity.settings, identity, Elsewhere(service, clever))
    await sign_on.providers.add(wish, ADMIN)
    under_way = SignIn(sign_on, service)
    for nonce, passes in (("another", False), (None, True)):
        await under_way.begin()
        claims = under_way.claims(iss=clever, nonce=nonce, district=wish.allowed[0])
        if passes:
            assert (await under_way.finish(signed(claims))).account_id == ana.id
        else:
            with pytest.raises(CorridorError):
                await under_way.finish(signed(claims))


async def test_an_answer_is_good_for_some_time_only(under_way: SignIn, clock: FixedClock) -> None:
    clock.advance(timedelta(minutes=15))
    with pytest.raises(CorridorError) as refused:
        await under_way.finish(signed(under_way.claims(exp=NOW + 9999)))
    assert refused.value.code == "too_late"


async def test_made_up_codes_do_not_use_up_the_service_s_patience(
    under_way: SignIn, clock: FixedClock, service: FakeService
) -> None:
    for _ in range(MOST_IN_VAIN):
        await under_way.begin()
        with pytest.raises(TokenRefused):
            await under_way.finish("made up")
    asked_before = service.calls.count("/token")
    await under_way.begin()
    with pytest.raises(TooManyAttempts):
        await under_way.finish(signed(under_way.claims()))
    assert service.calls.count("/token") == asked_before
    under_way.address = "198.51.100.9"
    assert await under_way.finish(signed(under_way.claims())), "others are not kept out"
    under_way.address = "203.0.113.7"
    clock.advance(FORGIVEN_EVERY)
    await under_way.begin()
    assert await under_way.finish(signed(under_way.claims()))
