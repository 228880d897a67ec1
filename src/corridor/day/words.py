"""The closed vocabularies that passes and policies share."""

from enum import StrEnum


class Channel(StrEnum):
    """The way a pass was asked for. A summons is a call from the destination, an appointment a pass for later."""

    STUDENT = "student"
    STAFF = "staff"
    KIOSK = "kiosk"
    APPOINTMENT = "appointment"
    SUMMONS = "summons"


SELF_SERVICE = frozenset({Channel.STUDENT, Channel.KIOSK})
"""The channels on which students ask for themselves."""


class Effect(StrEnum):
    """What a rule does to a request, from the mildest to the strongest."""

    ALLOW = "allow"
    WARN = "warn"
    NEEDS_STAFF = "needs_staff"
    WAIT = "wait"
    REFUSE = "refuse"


class Level(StrEnum):
    """Who has set a rule. A school cannot change what the district has set, only add to it."""

    DISTRICT = "district"
    SCHOOL = "school"
