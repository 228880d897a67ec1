"""Passkeys (WebAuthn, level 2): made for an account on one site, and shown there to sign in.

A challenge is given to one browser for one use and is taken once.
"""

import ipaddress
import json
import secrets
import struct
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

import webauthn
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from webauthn.helpers import options_to_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.parse_authentication_credential_json import parse_authentication_credential_json
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from corridor.base.errors import Conflict, InvalidInput, NotFound, NotSignedIn
from corridor.base.ids import new_id
from corridor.base.text import one_line
from corridor.identity.second_step import ISSUER
from corridor.identity.sessions import digest
from corridor.identity.sign_in_tables import Passkey, PasskeyChallenge
from corridor.identity.tables import Account

MOST_PASSKEYS = 20
_LONGEST_NAME = 60
_LASTS = timedelta(minutes=5)
_CHALLENGE_BYTES = 32
_UNREADABLE = (
    WebAuthnException,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    RecursionError,
    struct.error,
)

REGISTER, SECOND_STEP, ALONE = "register", "second_step", "alone"


class PasskeyRefused(NotSignedIn):
    code = "passkey_refused"


class Site(NamedTuple):
    """Where passkeys are used: `rp_id` is the host's name, `origin` the address that the browser shows."""

    rp_id: str
    origin: str


def site_at(origin: str) -> Site | None:
    """The site of an address such as https://corridor.example; `None` where browsers know no passkeys, which is at a
    bare IP address."""
    host = urlsplit(origin).hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return Site(host, origin.rstrip("/").lower()) if host else None
    return None


async def ask_to_register(
    session: AsyncSession, site: Site, account: Account, name: str, browser: str, now: datetime, *, alone: bool
) -> str:
    """The options, as JSON, for making a passkey; `alone`: one that signs in by itself."""
    known = await passkeys_of(session, account.id)
    if len(known) >= MOST_PASSKEYS:
        raise Conflict(f"There are {MOST_PASSKEYS} passkeys already. Remove one that is not used any more.")
    wanted = ResidentKeyRequirement.REQUIRED if alone else ResidentKeyRequirement.DISCOURAGED
    checks = UserVerificationRequirement.REQUIRED if alone else UserVerificationRequirement.PREFERRED
    options = webauthn.generate_registration_options(
        rp_id=site.rp_id,
        rp_name=ISSUER,
        user_id=account.id.bytes,
        user_name=account.username,
        user_display_name=name,
        challenge=await _challenge(session, REGISTER, browser, account.id, now),
        authenticator_selection=AuthenticatorSelectionCriteria(resident_key=wanted, user_verification=checks),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=passkey.credential_id) for passkey in known],
    )
    return options_to_json(options)


async def register(
    session: AsyncSession,
    site: Site,
    account_id: UUID,
    credential: str,
    name: str,
    browser: str,
    now: datetime,
    *,
    alone: bool,
) -> Passkey:
    """Keep a passkey that the browser has made. Raises `InvalidInput` for an answer that does not fit."""
    name = one_line(name) or "Passkey"
    if len(name) > _LONGEST_NAME:
        raise InvalidInput(f"The name has {len(name)} characters; at most {_LONGEST_NAME} are possible.", field="name")
    try:
        challenge = _challenge_in(json.loads(credential)["response"]["clientDataJSON"])
        await _take(session, challenge, REGISTER, browser, account_id, now)
        made = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            require_user_verification=alone,
        )
    except _UNREADABLE as error:
        raise InvalidInput("The passkey could not be made sure of. Try again.") from error
    taken = select(Passkey.id).where(Passkey.credential_id == made.credential_id)
    if await session.scalar(taken):
        raise Conflict("This passkey is in use already.")
    row = Passkey(
        id=new_id(),
        account_id=account_id,
        name=name,
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        site=site.rp_id,
        alone=alone,
        created_at=now,
    )
    session.add(row)
    return row


async def ask_to_show(session: AsyncSession, site: Site, browser: str, now: datetime, account_id: UUID | None) -> str:
    """The options, as JSON, for showing a passkey: one of this account, or, without one, any that signs in alone."""
    purpose, known = ALONE, list[Passkey]()
    if account_id is not None:
        purpose = SECOND_STEP
        known = [passkey for passkey in await passkeys_of(session, account_id) if passkey.site == site.rp_id]
        if not known:
            raise InvalidInput("Your passkeys were made for another address of Corridor. Use another way.")
    options = webauthn.generate_authentication_options(
        rp_id=site.rp_id,
        challenge=await _challenge(session, purpose, browser, account_id, now),
        allow_credentials=[PublicKeyCredentialDescriptor(id=passkey.credential_id) for passkey in known],
        user_verification=UserVerificationRequirement.PREFERRED if known else UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


async def show(
    session: AsyncSession, site: Site, credential: str, browser: str, now: datetime, account_id: UUID | None
) -> Passkey:
    """The passkey that the browser has shown, in answer to `ask_to_show` of the same account.

    Raises `PasskeyRefused` for one that is unknown, that does not sign in alone where it should, or whose answer does
    not fit.
    """
    alone = account_id is None
    try:
        shown = parse_authentication_credential_json(credential)
        challenge = _challenge_in(json.loads(credential)["response"]["clientDataJSON"])
        await _take(session, challenge, ALONE if alone else SECOND_STEP, browser, account_id, now)
        passkey = await session.scalar(select(Passkey).where(Passkey.credential_id == shown.raw_id).with_for_update())
        if passkey is None or (account_id is not None and passkey.account_id != account_id):
            raise PasskeyRefused("This passkey is not known here. Use another way to sign in.")
        if alone and not passkey.alone:
            raise PasskeyRefused("This passkey is for the second step only. Sign in with your password first.")
        handle = shown.response.user_handle
        if alone and handle != passkey.account_id.bytes:
            raise PasskeyRefused("This passkey belongs to another account.")
        verified = webauthn.verify_authentication_response(
            credential=shown,
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=alone,
        )
    except _UNREADABLE as error:
        raise PasskeyRefused("The passkey could not be made sure of. Try again, or use another way.") from error
    passkey.sign_count, passkey.last_used_at = verified.new_sign_count, now
    return passkey


async def passkeys_of(session: AsyncSession, account_id: UUID) -> list[Passkey]:
    rows = await session.scalars(select(Passkey).where(Passkey.account_id == account_id).order_by(Passkey.id))
    return list(rows.all())


async def remove_passkey(session: AsyncSession, account_id: UUID, passkey_id: UUID) -> None:
    """Raises `NotFound` for one that is not this account's."""
    gone = await session.execute(
        delete(Passkey).where(Passkey.id == passkey_id, Passkey.account_id == account_id).returning(Passkey.id)
    )
    if gone.first() is None:
        raise NotFound("There is no such passkey.")


async def _challenge(
    session: AsyncSession, purpose: str, browser: str, account_id: UUID | None, now: datetime
) -> bytes:
    await session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.expires_at <= now))
    challenge = secrets.token_bytes(_CHALLENGE_BYTES)
    session.add(
        PasskeyChallenge(
            challenge=challenge,
            purpose=purpose,
            browser_hash=digest(browser),
            account_id=account_id,
            expires_at=now + _LASTS,
        )
    )
    return challenge


async def _take(
    session: AsyncSession, challenge: bytes, purpose: str, browser: str, account_id: UUID | None, now: datetime
) -> None:
    taken = await session.execute(
        delete(PasskeyChallenge)
        .where(
            PasskeyChallenge.challenge == challenge,
            PasskeyChallenge.purpose == purpose,
            PasskeyChallenge.browser_hash == digest(browser),
            PasskeyChallenge.account_id.is_not_distinct_from(account_id),
            PasskeyChallenge.expires_at > now,
        )
        .returning(PasskeyChallenge.challenge)
    )
    if taken.first() is None:
        raise PasskeyRefused("This took too long, or was asked for in another window. Try again.")


def _challenge_in(client_data: str) -> bytes:
    """The challenge that the browser says it answers. What it says is made sure of afterwards."""
    said = json.loads(webauthn.base64url_to_bytes(client_data))
    return webauthn.base64url_to_bytes(said["challenge"])
