"""ID tokens (OpenID Connect Core 1.0, section 3.1.3.7): read, checked against the service's keys and our own request.
Pure but for the arithmetic."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key, OctKey

from corridor.base.errors import CorridorError

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519")
"""Signatures with a service's own key. Never `none`, never one made with a secret that we hold ourselves."""

LEEWAY_SECONDS = 60
"""How far a service's clock may be from ours."""

_MOST_KEYS = 50
_HASHES = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512, "519": hashlib.sha512}


class TokenRefused(CorridorError):
    """What a service sent as proof is none. `code` is for the log."""

    code = "token_refused"
    status = 403

    def __init__(self, code: str) -> None:
        super().__init__(
            "The answer of the sign-in service did not fit what we asked. Try again. If it happens again, tell whoever "
            "looks after Corridor in your district.",
            code=code,
        )


class UnknownKey(TokenRefused):
    """The token is signed with a key that is none of those at hand: the service may have new ones."""


def read_keys(jwks: Mapping[str, Any]) -> list[Key]:
    """The public keys of a JWK set that sign. Those that cannot be read are left out."""
    listed = jwks.get("keys")
    keys: list[Key] = []
    for data in (listed if isinstance(listed, list) else [])[:_MOST_KEYS]:
        if not isinstance(data, dict) or data.get("kty") == "oct" or data.get("use", "sig") != "sig":
            continue
        try:
            key = JWKRegistry.import_key(data)
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if not isinstance(key, OctKey):
            keys.append(key)
    return keys


def check_id_token(
    token: str,
    keys: Iterable[Key],
    *,
    client_id: str,
    nonce: str,
    nonce_echoed: bool,
    access_token: str | None,
    now: datetime,
) -> dict[str, Any]:
    """The claims of an ID token that one of the keys has signed, for us, in answer to this request. Who issued it is
    left to the caller, who knows which issuers may. Raises `UnknownKey` or `TokenRefused`."""
    header, claims = _verified(token, list(keys))
    registry = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY_SECONDS,
        iss={"essential": True},
        sub={"essential": True},
        aud={"essential": True, "value": client_id},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        registry.validate(claims)
    except JoseError as error:
        raise TokenRefused(f"claim_{getattr(error, 'claim', error.error)}") from error
    _check_party(claims, client_id)
    _check_nonce(claims, nonce, echoed=nonce_echoed)
    if (
        access_token is not None
        and "at_hash" in claims
        and claims["at_hash"] != _half_hash(header["alg"], access_token)
    ):
        raise TokenRefused("claim_at_hash")
    return claims


def _verified(token: str, keys: list[Key]) -> tuple[dict[str, Any], dict[str, Any]]:
    registry = jws.JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    registry.max_header_length = 8192
    try:
        header = jws.extract_compact(token.encode(), registry=registry).headers()
        algorithm, kid = header.get("alg"), header.get("kid")
    except (JoseError, ValueError, TypeError) as error:
        raise TokenRefused("unreadable") from error
    if algorithm not in ALGORITHMS:
        raise TokenRefused("algorithm")
    candidates = [key for key in keys if kid is None or key.kid == kid]
    for key in candidates:
        try:
            decoded = jwt.decode(token, key, algorithms=ALGORITHMS, registry=registry)
        except (JoseError, ValueError, TypeError):
            continue
        return decoded.header, decoded.claims
    if not candidates:
        raise UnknownKey("unknown_key")
    raise TokenRefused("signature")


def _check_party(claims: dict[str, Any], client_id: str) -> None:
    """A token for several must say that it was made for us."""
    party = claims.get("azp")
    if party is None and isinstance(claims["aud"], list) and len(claims["aud"]) > 1:
        raise TokenRefused("claim_azp")
    if party is not None and party != client_id:
        raise TokenRefused("claim_azp")


def _check_nonce(claims: dict[str, Any], nonce: str, *, echoed: bool) -> None:
    said = claims.get("nonce")
    if said is None and not echoed:
        return
    if not isinstance(said, str) or not hmac.compare_digest(said.encode(), nonce.encode()):
        raise TokenRefused("claim_nonce")


def _half_hash(algorithm: str, value: str) -> str:
    digest = _HASHES[algorithm[-3:]](value.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
