"""What every page of the administration has around it: where one can go, for which school."""

from typing import Any

import msgspec

from corridor.identity.permissions import Action, Scope, scope_of
from corridor.identity.principal import Principal
from corridor.passes.api import PassRequest
from corridor.passes.pages import SchoolChoice


class Place(msgspec.Struct, frozen=True):
    """A page of the administration. `of_school`: it shows one school at a time. `actions`: it is for whoever may do one
    of them."""

    path: str
    words: str
    icon: str
    of_school: bool = True
    actions: tuple[Action, ...] = (Action.LOCATION_CHANGE,)


class SchoolForm(msgspec.Struct):
    """What every form of a page says of itself: the id of the school that it is about."""

    school: str = ""


class Group(msgspec.Struct, frozen=True):
    """Pages that belong together. One that has a single page is that page."""

    words: str
    icon: str
    places: tuple[Place, ...]


_GROUPS = (
    Group(
        "Overview",
        "list",
        (Place("/admin", "Overview", "list", of_school=False),),
    ),
    Group(
        "Today",
        "today",
        (Place("/admin/today", "Today", "today", actions=(Action.ABSENCE_CHANGE, Action.FREEZE_CHANGE)),),
    ),
    Group(
        "Passes",
        "pass",
        (
            Place("/admin/rules", "Rules", "rules", actions=(Action.RULE_VIEW,)),
            Place("/admin/pass-types", "Passes", "pass", actions=(Action.PASS_TYPE_CHANGE,)),
            Place("/admin/district-rules", "District rules", "lock", of_school=False, actions=(Action.RULE_CHANGE,)),
            Place("/admin/groups", "Groups", "class", actions=(Action.GROUP_VIEW,)),
            Place("/admin/accommodations", "Accommodations", "key", actions=(Action.ACCOMMODATION_VIEW,)),
        ),
    ),
    Group(
        "School",
        "map-pin",
        (
            Place("/admin/locations", "Locations", "map-pin"),
            Place("/admin/bells", "Bell times", "clock"),
            Place("/admin/calendar", "Calendar", "calendar", actions=(Action.BELLS_CHANGE,)),
            Place("/admin/delegates", "Substitutes", "user", actions=(Action.DELEGATION_CHANGE,)),
            Place("/admin/sharing", "Who sees what", "here"),
            Place("/admin/import", "Roster", "upload", of_school=False),
        ),
    ),
    Group(
        "Access",
        "key",
        (
            Place("/admin/accounts", "Accounts", "user", actions=(Action.ACCOUNT_MANAGE,)),
            Place("/admin/devices", "Kiosks", "wall", actions=(Action.DEVICE_MANAGE,)),
            Place("/admin/credentials", "PINs and badges", "badge", actions=(Action.CREDENTIAL_CHANGE,)),
            Place("/admin/tokens", "Programs", "code", of_school=False, actions=(Action.TOKEN_MANAGE,)),
            Place("/admin/sign-in", "Signing in", "lock", of_school=False, actions=(Action.SIGN_IN_CHANGE,)),
            Place("/admin/single-sign-on", "Single sign-on", "key", of_school=False, actions=(Action.SIGN_IN_CHANGE,)),
            Place("/admin/mail", "Mail", "mail", of_school=False, actions=(Action.SIGN_IN_CHANGE,)),
        ),
    ),
    Group(
        "Privacy",
        "eye",
        (
            Place("/admin/families", "Families", "family", actions=(Action.FAMILY_INVITE,)),
            Place("/admin/records-requests", "Records requests", "file", actions=(Action.RECORDS_ANSWER,)),
            Place("/admin/access-log", "Who looked", "eye", actions=(Action.ACCESS_LOG_VIEW,)),
            Place("/admin/disclosures", "Disclosures", "siren", actions=(Action.DISCLOSURE_MAKE,)),
            Place("/admin/legal-holds", "Legal holds", "archive", actions=(Action.LEGAL_HOLD_CHANGE,)),
            Place("/admin/retention", "Retention", "trash", of_school=False, actions=(Action.RETENTION_CHANGE,)),
            Place("/admin/audit", "Changes", "history", of_school=False, actions=(Action.AUDIT_VIEW,)),
        ),
    ),
)
_OF_DISTRICT = (
    "/admin/import",
    "/admin/retention",
    "/admin/district-rules",
    "/admin/sign-in",
    "/admin/single-sign-on",
    "/admin/mail",
)


def may_import(principal: Principal) -> bool:
    """Whether the principal may import the district's roster."""
    return scope_of(principal, Action.ROSTER_IMPORT) is Scope.DISTRICT and principal.school_ids is None


def frame(request: PassRequest, choice: SchoolChoice | None, path: str) -> dict[str, Any]:
    """The context of the frame around the page `path`. Without a choice of schools the page is the whole district's."""
    may = may_import(request.user)
    groups = [Group(group.words, group.icon, _shown(request.user, group, may)) for group in _GROUPS]
    here = next(place for group in groups for place in group.places if place.path == path)
    context: dict[str, Any] = {
        "groups_of_settings": [group for group in groups if group.places],
        "here": here,
        "may_import": may,
        "all_schools": choice.all if choice else [],
    }
    if choice and (here.of_school or len(choice.all) == 1):
        context["school"] = choice.school
    return context


def _shown(principal: Principal, group: Group, may_import: bool) -> tuple[Place, ...]:
    return tuple(
        place for place in group.places if (may_import or place.path not in _OF_DISTRICT) and _may_see(principal, place)
    )


def _may_see(principal: Principal, place: Place) -> bool:
    return any(scope_of(principal, action) for action in place.actions)
