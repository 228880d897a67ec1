"""A few words for what staff lifted. Pure."""

from collections.abc import Iterable

_WORDS: dict[str, str | None] = {
    "absent": "absent",
    "closed": "{place} closed",
    "closed_hours": "{place} closed",
    "cooldown": "just out",
    "freeze": "passes on hold",
    "full": "{place} full",
    "hallways_full": "hallways full",
    "limit": "limit",
    "members_only": "members only",
    "no_fly": "no passes at this time",
    "no_travel": "not to travel",
    "one_open_pass": "another pass",
    "restricted_zone": "restricted area",
    "separation": None,
    "staff_away": "nobody there",
    "too_many_out": "too many out",
    "zone_full": "area full",
}
"""By reason code; None: it is private, and not for boards that others may see over a shoulder."""


def overridden(lifted: Iterable[str], place: str) -> str:
    """What staff lifted for a pass to this place, such as "Overridden: Restroom A full"; empty for nothing."""
    codes = tuple(lifted)
    words = [said.format(place=place) for code in codes if (said := _WORDS.get(code))]
    if not codes:
        return ""
    return "Overridden" + (": " + ", ".join(dict.fromkeys(words)) if words else "")
