"""What is particular about each service that people sign in with: who may come, who they are for good, and what their
service calls the roster's fields. Pure: claims in, a fact or a refusal out."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from corridor.base.errors import CorridorError, InvalidInput

Claims = Mapping[str, Any]

_LONGEST_VALUE = 300
_MICROSOFT = "https://login.microsoftonline.com"


class SignOnRefused(CorridorError):
    """A service vouched for somebody whom we do not let in. `detail` says why and whom to ask; `code` is for the log.
    Neither tells anything about anybody else."""

    code = "sign_on_refused"
    status = 403


class PresetName(StrEnum):
    GOOGLE = "google"
    MICROSOFT = "microsoft"
    CLASSLINK = "classlink"
    CLEVER = "clever"
    OTHER = "other"


class MatchBy(StrEnum):
    """The roster's fields by which somebody is found who comes for the first time."""

    EMAIL = "email"
    SOURCE_ID = "source_id"
    IDENTIFIER = "identifier"
    USERNAME = "username"


class Preset(msgspec.Struct, frozen=True, kw_only=True):
    """`issuer` is empty where every installation has its own. `organization` are the claims that name the user's
    organization, of which the first that is there counts; `organization_words` is what the service calls it, and empty
    where users are of one organization anyway. `subject` are the claims that together are the user's lasting key.
    `matches` are the roster's fields that the service knows, with its claims for them, the best first. `nonce_echoed`
    is false where the service does not promise to give our nonce back."""

    name: PresetName
    title: str
    issuer: str
    scopes: str = "openid email profile"
    organization: tuple[str, ...] = ()
    organization_words: str = ""
    organization_example: str = ""
    subject: tuple[tuple[str, ...], ...] = (("iss",), ("sub",))
    matches: dict[MatchBy, tuple[str, ...]]
    nonce_echoed: bool = True

    def issuer_for(self, allowed: Sequence[str], typed: str) -> str:
        """The issuer to ask, which for Microsoft is the tenant's own, or that of all organizations for several."""
        if self.name is PresetName.MICROSOFT:
            tenant = allowed[0].lower() if len(allowed) == 1 else "organizations"
            return f"{_MICROSOFT}/{tenant}/v2.0"
        return self.issuer or typed


_TENANT = ("TenantId", "classLink_tenant_id")
_SOURCED_ID = ("SourcedId", "classLink_sourcedId")

PRESETS: dict[PresetName, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            name=PresetName.GOOGLE,
            title="Google",
            issuer="https://accounts.google.com",
            organization=("hd",),
            organization_words="Google Workspace domains",
            organization_example="students.school.example",
            matches={MatchBy.EMAIL: ("email",)},
        ),
        Preset(
            name=PresetName.MICROSOFT,
            title="Microsoft",
            issuer="",
            organization=("tid",),
            organization_words="tenant ids",
            organization_example="72f988bf-86f1-41af-91ab-2d7cd011db47",
            subject=(("tid",), ("oid",)),
            matches={MatchBy.EMAIL: ("preferred_username",), MatchBy.USERNAME: ("preferred_username",)},
        ),
        Preset(
            name=PresetName.CLASSLINK,
            title="ClassLink",
            issuer="https://launchpad.classlink.com",
            scopes="openid email profile oneroster",
            organization=_TENANT,
            organization_words="tenant ids",
            organization_example="2284",
            subject=(_TENANT, _SOURCED_ID),
            matches={
                MatchBy.SOURCE_ID: _SOURCED_ID,
                MatchBy.EMAIL: ("email", "Email"),
                MatchBy.USERNAME: ("LoginId", "preferred_username"),
            },
        ),
        Preset(
            name=PresetName.CLEVER,
            title="Clever",
            issuer="https://clever.com",
            organization=("district", "district_id"),
            organization_words="district ids",
            organization_example="4fd43cc56d11340000000005",
            matches={MatchBy.EMAIL: ("email",)},
            nonce_echoed=False,
        ),
        Preset(
            name=PresetName.OTHER,
            title="Another service",
            issuer="",
            matches={
                MatchBy.EMAIL: ("email",),
                MatchBy.USERNAME: ("preferred_username",),
                MatchBy.SOURCE_ID: ("sourced_id",),
                MatchBy.IDENTIFIER: ("identifier",),
            },
        ),
    )
}


def check_organizations(preset: Preset, allowed: Sequence[str]) -> list[str]:
    """The organizations as they are kept. Raises `InvalidInput` when one cannot be right, or when there is none where
    the service serves the whole world."""
    kept = list(dict.fromkeys(text.strip().lower().removeprefix("@") for text in allowed if text.strip()))
    if preset.organization and not kept:
        raise InvalidInput(
            f"Say which {preset.organization_words} may sign in: {preset.title} serves many others.", field="allowed"
        )
    if not preset.organization and kept:
        raise InvalidInput("This service has no organizations to choose from: leave them out.", field="allowed")
    for each in kept:
        if not _looks_right(preset, each):
            raise InvalidInput(
                f"'{each[:60]}' is none of the {preset.organization_words}, which look like "
                f"{preset.organization_example}.",
                field="allowed",
            )
    return kept


def _looks_right(preset: Preset, text: str) -> bool:
    if preset.name is PresetName.GOOGLE:
        return "." in text.strip(".") and all(letter.isalnum() or letter in ".-" for letter in text)
    if preset.name is PresetName.MICROSOFT:
        try:
            return str(UUID(text)) == text
        except ValueError:
            return False
    return text.isalnum() and len(text) <= _LONGEST_VALUE


def check_organization(preset: Preset, allowed: Sequence[str], claims: Claims) -> None:
    """Refuse whoever is of no organization that may sign in here. It is never enough that the service was asked for
    one. Raises `SignOnRefused`."""
    if not preset.organization:
        return
    organization = (_said(claims, preset.organization) or "").lower()
    if organization not in allowed:
        raise SignOnRefused(
            f"You are signed in to {preset.title} with an account that is not your school's. Sign out there, or choose "
            "your school account, and try again.",
            code="other_organization",
        )


def subject_of(preset: Preset, claims: Claims) -> str:
    """The user's lasting key with the service, never their e-mail address. Raises `SignOnRefused` when the service did
    not say it."""
    parts = [_said(claims, names) for names in preset.subject]
    if not all(parts):
        missing = " or ".join(next(names for names, part in zip(preset.subject, parts, strict=True) if not part))
        raise SignOnRefused(
            f"{preset.title} did not say who you are ({missing} is missing). Ask whoever looks after Corridor in your "
            f"district to check how {preset.title} is set up.",
            code="no_subject",
        )
    return " ".join(part for part in parts if part)


def value_to_match(preset: Preset, match_by: MatchBy, match_claim: str, claims: Claims) -> str | None:
    """What the service says for the roster's field; `None` when it says nothing, or an e-mail address that it does not
    vouch for."""
    names = preset.matches[match_by] if match_claim in preset.matches[match_by] else (match_claim,)
    value = _said(claims, names)
    if value is None or (match_by is MatchBy.EMAIL and not _email_is_vouched_for(preset, claims)):
        return None
    return value


def _email_is_vouched_for(preset: Preset, claims: Claims) -> bool:
    if preset.name is PresetName.MICROSOFT:
        # A tenant has proved that its users' domains are its own. A guest's name is of somewhere else.
        return claims.get("idp") in (None, claims.get("iss"))
    vouched = claims.get("email_verified")
    return vouched is True or vouched == "true"


def _said(claims: Claims, names: Sequence[str]) -> str | None:
    """The first of these claims that is there, as text."""
    for name in names:
        value = claims.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, str) and value.strip() and len(value) <= _LONGEST_VALUE and value.isprintable():
            return value.strip()
    return None
