"""What rules are about, as pages group them."""

from typing import NamedTuple


class Topic(NamedTuple):
    """`kinds` are the kinds of rules about it."""

    title: str
    kinds: tuple[str, ...]


TOPICS = (
    Topic("How often", ("limit", "cooldown", "one_open_pass")),
    Topic("When", ("no_fly", "closed_hours")),
    Topic("How many at once", ("capacity_into", "capacity_out_of", "zone_cap", "hallway_cap")),
    Topic("Who", ("no_travel", "separation", "absent")),
    Topic("Where", ("closed_now", "staff_away", "members_only", "restricted_zone")),
    Topic("The whole school", ("freeze",)),
)
