"""The kinds of record that are kept for a time, and how their times hang together. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from corridor.base.errors import InvalidInput
from corridor.campus.model import Campus
from corridor.campus.timetable import local, midnight, term_span, week_of


class Kind(StrEnum):
    REASON = "reason"
    PASS = "pass"
    REFUSAL = "refusal"
    APPOINTMENT = "appointment"
    AWAY = "away"
    DECISION = "decision"
    ACCESS_LOG = "access_log"
    AUDIT = "audit"
    ACCOUNT = "account"
    PERSON = "person"
    SESSION = "session"
    ANSWER = "answer"
    MAIL = "mail"
    IMPORT = "import"


class Keeping(NamedTuple):
    """`title` names the records, `goes` says what is done to them once they have been kept `days`, and `unit` counts
    them. `usual`, `shortest` and `longest` are days; it is kept no longer than `within` and no shorter than
    `beyond`."""

    kind: Kind
    title: str
    goes: str
    unit: str
    usual: int
    shortest: int = 1
    longest: int = 3650
    within: Kind | None = None
    beyond: Kind | None = None


KEEPINGS: Mapping[Kind, Keeping] = {
    each.kind: each
    for each in (
        Keeping(
            Kind.PASS,
            "Passes",
            "who the student was is forgotten; time, place, type and how it ended stay, so that counts do not change",
            "passes",
            365,
            shortest=30,
        ),
        Keeping(
            Kind.REASON,
            "What people wrote on passes",
            "the reasons that students and staff wrote are forgotten; the pass stays",
            "passes with a reason",
            90,
            within=Kind.PASS,
        ),
        Keeping(
            Kind.REFUSAL,
            "Passes that were not allowed",
            "who the student was is forgotten; time, place and the rule's reason stay",
            "refusals",
            180,
            within=Kind.PASS,
        ),
        Keeping(
            Kind.APPOINTMENT,
            "Appointments that are over",
            "they are removed, with whom they were for and any note",
            "appointments",
            180,
        ),
        Keeping(
            Kind.AWAY,
            "Absences, closed places and holds that are over",
            "they are removed, with any note",
            "entries",
            90,
        ),
        Keeping(
            Kind.DECISION,
            "Former rules, groups, accommodations and substitutes",
            "what no longer holds is removed; what holds stays",
            "former decisions",
            1095,
            shortest=30,
        ),
        Keeping(
            Kind.ACCESS_LOG,
            "Who looked at students' records",
            "the entries are removed; it is kept at least as long as the passes that were looked at",
            "entries",
            1095,
            shortest=30,
            beyond=Kind.PASS,
        ),
        Keeping(
            Kind.AUDIT,
            "What administrators changed",
            "what each change was is forgotten; that there was one, and when, stays",
            "changes",
            2190,
            shortest=365,
        ),
        Keeping(
            Kind.ACCOUNT,
            "Accounts of people who left",
            "nobody can sign in from the night after they leave; then account, PIN, badge and sessions are removed",
            "accounts",
            60,
            within=Kind.PERSON,
        ),
        Keeping(
            Kind.PERSON,
            "Names of people who left",
            "they leave the roster here, with classes and guardians, once no pass with their name is left",
            "people",
            400,
            shortest=30,
            beyond=Kind.PASS,
        ),
        Keeping(Kind.SESSION, "Sign-ins that have ended", "they are removed", "sign-ins", 30),
        Keeping(
            Kind.ANSWER,
            "Answers kept for requests that are sent twice",
            "they are removed",
            "answers",
            7,
            longest=90,
        ),
        Keeping(Kind.MAIL, "Mails that were sent", "they are removed", "mails", 30),
        Keeping(Kind.IMPORT, "Reports of roster imports", "they are removed", "reports", 180, shortest=7),
    )
}

Days = Mapping[Kind, int]
USUAL: Days = {kind: keeping.usual for kind, keeping in KEEPINGS.items()}


def checked(days: Days) -> Days:
    """Days for every kind, if they hang together. Raises `InvalidInput` naming the kind that does not fit."""
    whole = {**USUAL, **days}
    for kind, keeping in KEEPINGS.items():
        number = whole[kind]
        if not keeping.shortest <= number <= keeping.longest:
            raise InvalidInput(
                f"{keeping.title}: {number} days cannot be; choose from {keeping.shortest} to {keeping.longest}.",
                field=kind.value,
            )
        if keeping.within and number > whole[keeping.within]:
            raise InvalidInput(
                f"{keeping.title}: {number} days is longer than the {whole[keeping.within]} days of "
                f"'{KEEPINGS[keeping.within].title}', which they belong to.",
                field=kind.value,
            )
        if keeping.beyond and number < whole[keeping.beyond]:
            raise InvalidInput(
                f"{keeping.title}: {number} days is shorter than the {whole[keeping.beyond]} days of "
                f"'{KEEPINGS[keeping.beyond].title}', which they are about.",
                field=kind.value,
            )
    return whole


def limit(kind: Kind, days: Days, now: datetime) -> datetime:
    """What is older than this has been kept long enough."""
    return now - timedelta(days=days[kind])


def limits_at(days: Days, now: datetime, campus: Campus) -> Mapping[Kind, datetime]:
    """The same for a school: nothing of today goes, and passes stay while rules count them, which they do for the week
    and the term."""
    day = local(campus, now).date()
    found = {kind: min(limit(kind, days, now), midnight(campus, day)) for kind in Kind}
    counted = [midnight(campus, week_of(day))]
    if term := term_span(campus, day):
        counted.append(midnight(campus, term.begins_on))
    found[Kind.PASS] = min(found[Kind.PASS], *counted)
    return found
