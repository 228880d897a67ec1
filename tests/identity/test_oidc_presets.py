"""What each service says of its users, as recorded, and what is made of it."""

from typing import Any

import pytest

from corridor.base.errors import InvalidInput
from corridor.identity.oidc_presets import (
    PRESETS,
    MatchBy,
    PresetName,
    SignOnRefused,
    check_organization,
    check_organizations,
    subject_of,
    value_to_match,
)

TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"

GOOGLE: dict[str, Any] = {
    "iss": "https://accounts.google.com",
    "azp": "4071.apps.googleusercontent.com",
    "aud": "4071.apps.googleusercontent.com",
    "sub": "110169484474386276334",
    "hd": "school.example",
    "email": "ana.ruiz@school.example",
    "email_verified": True,
    "at_hash": "HK6E_P6Dh8Y93mRNtsDB1Q",
    "iat": 1796128000,
    "exp": 1796131600,
}
MICROSOFT: dict[str, Any] = {
    "aud": "6cb04018-a3f5-46a7-b995-940c78f5aef3",
    "iss": f"https://login.microsoftonline.com/{TENANT}/v2.0",
    "iat": 1796128000,
    "nbf": 1796128000,
    "exp": 1796131900,
    "name": "Ana Ruiz",
    "oid": "690222be-ff1a-4d56-abd1-7e4f7d38e474",
    "preferred_username": "Ana.Ruiz@school.example",
    "sub": "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ",
    "tid": TENANT,
    "ver": "2.0",
}
CLASSLINK: dict[str, Any] = {
    "iss": "https://launchpad.classlink.com",
    "sub": "8731",
    "email": "ana.ruiz@school.example",
    "email_verified": True,
    "preferred_username": "aruiz",
    "classLink_tenant_id": 2284,
    "classLink_sourcedId": "S-1001",
}
CLASSLINK_INFO: dict[str, Any] = {
    "UserId": 8731,
    "TenantId": 2284,
    "LoginId": "aruiz",
    "Email": "ana.ruiz@school.example",
    "Role": "Student",
    "SourcedId": "S-1001",
    "iss": "https://launchpad.classlink.com",
    "sub": "8731",
}
CLEVER: dict[str, Any] = {
    "iss": "https://clever.com",
    "sub": "58da8c65d7dc0ca06800012a",
    "user_id": "58da8c6b894273be680001fc",
    "multi_role_user_id": "58da8c65d7dc0ca06800012a",
    "user_type": "student",
    "district": "58da8a43cc70ab00017a1a87",
    "email": "ana.ruiz@school.example",
    "email_verified": True,
}
OTHER: dict[str, Any] = {"iss": "https://login.school.example", "sub": "u-1", "sourced_id": "S-1001"}

SUBJECTS = [
    (PresetName.GOOGLE, GOOGLE, "https://accounts.google.com 110169484474386276334"),
    (PresetName.MICROSOFT, MICROSOFT, f"{TENANT} 690222be-ff1a-4d56-abd1-7e4f7d38e474"),
    (PresetName.CLASSLINK, CLASSLINK, "2284 S-1001"),
    (PresetName.CLASSLINK, CLASSLINK_INFO, "2284 S-1001"),
    (PresetName.CLEVER, CLEVER, "https://clever.com 58da8c65d7dc0ca06800012a"),
    (PresetName.OTHER, OTHER, "https://login.school.example u-1"),
]


@pytest.mark.parametrize(("name", "claims", "subject"), SUBJECTS)
def test_the_key_lasts_and_does_not_hang_on_the_email(name: PresetName, claims: dict[str, Any], subject: str) -> None:
    assert subject_of(PRESETS[name], claims) == subject
    moved = claims | dict.fromkeys(("email", "Email", "preferred_username", "LoginId"), "principal@school.example")
    assert subject_of(PRESETS[name], moved) == subject


@pytest.mark.parametrize(
    ("name", "claims", "missing"),
    [
        (PresetName.GOOGLE, GOOGLE, "sub"),
        (PresetName.MICROSOFT, MICROSOFT, "oid"),
        (PresetName.MICROSOFT, MICROSOFT, "tid"),
        (PresetName.CLASSLINK, CLASSLINK, "classLink_sourcedId"),
        (PresetName.CLASSLINK, CLASSLINK_INFO, "TenantId"),
        (PresetName.CLEVER, CLEVER, "sub"),
    ],
)
@pytest.mark.parametrize("value", [None, "", "  ", ["a"], {}, True, "x" * 400, "a\x00b"])
def test_without_a_part_of_the_key_nobody_gets_in(
    name: PresetName, claims: dict[str, Any], missing: str, value: object
) -> None:
    with pytest.raises(SignOnRefused, match="is missing"):
        subject_of(PRESETS[name], claims | {missing: value})


@pytest.mark.parametrize(
    ("name", "claims", "allowed", "claim", "wrong"),
    [
        (PresetName.GOOGLE, GOOGLE, "school.example", "hd", "evil.example"),
        (PresetName.MICROSOFT, MICROSOFT, TENANT, "tid", "9188040d-6c67-4c5b-b112-36a304b66dad"),
        (PresetName.CLASSLINK, CLASSLINK, "2284", "classLink_tenant_id", 2285),
        (PresetName.CLASSLINK, CLASSLINK_INFO, "2284", "TenantId", "22840"),
        (PresetName.CLEVER, CLEVER, "58da8a43cc70ab00017a1a87", "district", "4fd43cc56d11340000000005"),
    ],
)
def test_only_users_of_an_allowed_organization_pass(
    name: PresetName, claims: dict[str, Any], allowed: str, claim: str, wrong: object
) -> None:
    check_organization(PRESETS[name], [allowed], claims)
    for value in (wrong, None, "", [allowed], {"a": allowed}, True):
        with pytest.raises(SignOnRefused, match="not your school's"):
            check_organization(PRESETS[name], [allowed], claims | {claim: value})


def test_google_accounts_without_a_domain_are_nobody_s() -> None:
    """A private Google account may have any e-mail address, the school's among them; it has no `hd`."""
    private = {key: value for key, value in GOOGLE.items() if key != "hd"}
    with pytest.raises(SignOnRefused):
        check_organization(PRESETS[PresetName.GOOGLE], ["school.example"], private)


def test_a_domain_is_the_same_in_capitals() -> None:
    check_organization(PRESETS[PresetName.GOOGLE], ["school.example"], GOOGLE | {"hd": "School.Example"})


MATCHES = [
    (PresetName.GOOGLE, GOOGLE, MatchBy.EMAIL, "ana.ruiz@school.example"),
    (PresetName.MICROSOFT, MICROSOFT, MatchBy.EMAIL, "Ana.Ruiz@school.example"),
    (PresetName.MICROSOFT, MICROSOFT, MatchBy.USERNAME, "Ana.Ruiz@school.example"),
    (PresetName.CLASSLINK, CLASSLINK, MatchBy.SOURCE_ID, "S-1001"),
    (PresetName.CLASSLINK, CLASSLINK_INFO, MatchBy.SOURCE_ID, "S-1001"),
    (PresetName.CLASSLINK, CLASSLINK, MatchBy.EMAIL, "ana.ruiz@school.example"),
    (PresetName.CLASSLINK, CLASSLINK_INFO, MatchBy.USERNAME, "aruiz"),
    (PresetName.CLEVER, CLEVER, MatchBy.EMAIL, "ana.ruiz@school.example"),
    (PresetName.OTHER, OTHER, MatchBy.SOURCE_ID, "S-1001"),
]


@pytest.mark.parametrize(("name", "claims", "match_by", "value"), MATCHES)
def test_the_roster_is_searched_for_what_the_service_says(
    name: PresetName, claims: dict[str, Any], match_by: MatchBy, value: str
) -> None:
    preset = PRESETS[name]
    assert value_to_match(preset, match_by, preset.matches[match_by][0], claims) == value


def test_another_service_s_own_claim_is_read() -> None:
    claims = OTHER | {"https://school.example/student": "1001"}
    found = value_to_match(PRESETS[PresetName.OTHER], MatchBy.IDENTIFIER, "https://school.example/student", claims)
    assert found == "1001"


@pytest.mark.parametrize("verified", [False, None, "false", "yes", 1, "TRUE", []])
@pytest.mark.parametrize(
    ("name", "claims"),
    [(PresetName.GOOGLE, GOOGLE), (PresetName.CLASSLINK, CLASSLINK), (PresetName.CLEVER, CLEVER)],
)
def test_an_email_counts_only_when_the_service_vouches_for_it(
    name: PresetName, claims: dict[str, Any], verified: object
) -> None:
    unsure = claims | {"email_verified": verified}
    assert value_to_match(PRESETS[name], MatchBy.EMAIL, "email", unsure) is None


def test_a_microsoft_guest_s_name_from_elsewhere_finds_nobody() -> None:
    guest = MICROSOFT | {"idp": "https://sts.windows.net/9188040d-6c67-4c5b-b112-36a304b66dad/"}
    assert value_to_match(PRESETS[PresetName.MICROSOFT], MatchBy.EMAIL, "preferred_username", guest) is None
    member = MICROSOFT | {"idp": MICROSOFT["iss"]}
    assert value_to_match(PRESETS[PresetName.MICROSOFT], MatchBy.EMAIL, "preferred_username", member) is not None


def test_microsoft_s_free_email_claim_is_never_read() -> None:
    """Whoever runs a tenant may write anything into it."""
    forged = MICROSOFT | {"email": "principal@school.example", "email_verified": True}
    found = value_to_match(PRESETS[PresetName.MICROSOFT], MatchBy.EMAIL, "preferred_username", forged)
    assert found == "Ana.Ruiz@school.example"


def test_microsoft_is_asked_at_the_tenant_s_own_address() -> None:
    preset = PRESETS[PresetName.MICROSOFT]
    assert preset.issuer_for([TENANT], "") == MICROSOFT["iss"]
    several = preset.issuer_for([TENANT, "11111111-86f1-41af-91ab-2d7cd011db47"], "https://evil.example")
    assert several == "https://login.microsoftonline.com/organizations/v2.0"


@pytest.mark.parametrize("name", [PresetName.GOOGLE, PresetName.CLASSLINK, PresetName.CLEVER])
def test_nobody_moves_a_service_that_the_whole_world_knows(name: PresetName) -> None:
    assert PRESETS[name].issuer_for(["x"], "https://evil.example") == PRESETS[name].issuer


@pytest.mark.parametrize(
    ("name", "typed", "kept"),
    [
        (PresetName.GOOGLE, ["@School.Example ", "", "school.example"], ["school.example"]),
        (PresetName.MICROSOFT, [TENANT.upper()], [TENANT]),
        (PresetName.CLASSLINK, ["2284"], ["2284"]),
        (PresetName.OTHER, [], []),
    ],
)
def test_organizations_are_kept_in_one_spelling(name: PresetName, typed: list[str], kept: list[str]) -> None:
    assert check_organizations(PRESETS[name], typed) == kept


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        (PresetName.GOOGLE, []),
        (PresetName.GOOGLE, ["*"]),
        (PresetName.GOOGLE, ["school"]),
        (PresetName.GOOGLE, ["https://school.example"]),
        (PresetName.MICROSOFT, ["", " "]),
        (PresetName.MICROSOFT, ["common"]),
        (PresetName.MICROSOFT, ["school.onmicrosoft.com"]),
        (PresetName.CLASSLINK, ["a b"]),
        (PresetName.CLEVER, []),
        (PresetName.OTHER, ["school.example"]),
    ],
)
def test_organizations_that_cannot_be_right_are_refused(name: PresetName, typed: list[str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_organizations(PRESETS[name], typed)
    assert refused.value.extra["field"] == "allowed"
