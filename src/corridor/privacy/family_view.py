"""A child's passes as a letter tells them: today, week by week, and one by one. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol
from uuid import UUID

import msgspec

from corridor.appointments.agenda import agenda
from corridor.campus.timetable import local, midnight, week_of
from corridor.day.state import EndedHow, Pass, SchoolState, Status
from corridor.identity.access import Look
from corridor.privacy.language import Language
from corridor.privacy.requests_state import RecordsRequest
from corridor.privacy.who_looked import DISCLOSURE, Entry
from corridor.rules.limit import seconds_out

WEEKS = 8
"""How many weeks back the letter goes."""

AHEAD = 14
"""How many days ahead it tells of appointments."""


class HasEnd(Protocol):
    """A pass, or what is told of one."""

    @property
    def status(self) -> Status: ...
    @property
    def ended_how(self) -> EndedHow | None: ...


class Line(msgspec.Struct, frozen=True):
    """A pass in the list. `minutes` are those it took, null when it never began or is not over. `statements` are what
    the family says about it."""

    id: UUID
    at: str
    place: str
    minutes: str | None
    how: str
    statements: Sequence[RecordsRequest] = ()


class Day(msgspec.Struct, frozen=True):
    day: str
    lines: Sequence[Line]


class Week(msgspec.Struct, frozen=True):
    """A week with school days in it, and a sentence about it."""

    title: str
    told: str
    days: Sequence[Day]


class Letter(msgspec.Struct, frozen=True):
    """What is told of one child. `now` is a sentence on a pass under way, null when there is none."""

    now: str | None
    today: str
    weeks: Sequence[Week]
    appointments: Sequence[str]


def first_day(state: SchoolState, now: datetime) -> datetime:
    """From when on the letter tells."""
    monday = week_of(local(state.campus, now).date())
    return midnight(state.campus, monday - timedelta(weeks=WEEKS - 1))


def letter(
    state: SchoolState,
    student_id: UUID,
    given_name: str,
    passes: Sequence[Pass],
    statements: Iterable[RecordsRequest],
    now: datetime,
    language: Language,
) -> Letter:
    """What there is to tell; `passes` are the child's since `first_day`, the newest first."""
    today = local(state.campus, now).date()
    about: dict[UUID, list[RecordsRequest]] = {}
    for each in statements:
        if each.about_id:
            about.setdefault(each.about_id, []).append(each)
    by_week: dict[date, list[Pass]] = {week_of(today): []}
    for pass_ in passes:
        by_week.setdefault(week_of(_day(state, pass_)), []).append(pass_)
    out = next((pass_ for pass_ in passes if pass_.status is Status.ACTIVE), None)
    return Letter(
        now=_now(state, given_name, out, now, language) if out else None,
        today=_today(given_name, [pass_ for pass_ in passes if _day(state, pass_) == today], language),
        weeks=[
            _week(state, monday, some, about, today, language) for monday, some in sorted(by_week.items(), reverse=True)
        ],
        appointments=_appointments(state, student_id, today, language),
    )


def minutes_in(seconds: int, language: Language) -> str:
    """Such as "7 minutes", rounded, and never none."""
    return language.count("one minute", "%(num)s minutes", max(1, round(seconds / 60)))


def how_it_went(pass_: HasEnd, language: Language) -> str:
    """How a pass ended, or that it never began, in a few words."""
    return language.say(ENDED[pass_.ended_how] if pass_.ended_how else _STATUS[pass_.status])


def looked_words(entry: Entry, language: Language) -> str:
    """What somebody did with the record, such as "saw the record"."""
    match entry.kind:
        case Look.RECORD.value:
            return language.say("saw the record")
        case Look.EXPORT.value:
            return language.say("took a copy of the record")
        case kind if kind == DISCLOSURE:
            return language.say(
                "was given, in an emergency, who was out of class and where; the threat was: %(threat)s. Received by: "
                "%(parties)s",
                threat=entry.why or "",
                parties=entry.parties or "",
            )
        case _:
            return language.count(
                "saw a list with this student on it",
                "saw a list of %(num)s students, with this one on it",
                max(entry.number, 1),
            )


def role_words(role: str, language: Language) -> str:
    return language.say(_ROLES.get(role, role))


def _day(state: SchoolState, pass_: Pass) -> date:
    return local(state.campus, pass_.started_at or pass_.requested_at).date()


def _now(state: SchoolState, given_name: str, pass_: Pass, now: datetime, language: Language) -> str:
    assert pass_.started_at
    assert pass_.due_at
    values = {
        "name": given_name,
        "place": _place(state, pass_.destination_id, language),
        "since": f"{local(state.campus, pass_.started_at):%H:%M}",
        "due": f"{local(state.campus, pass_.due_at):%H:%M}",
    }
    if now > pass_.due_at:
        return language.say(
            "%(name)s is out at this moment: to %(place)s since %(since)s, until %(due)s at first.", **values
        )
    return language.say("%(name)s is out at this moment: to %(place)s since %(since)s, back by %(due)s.", **values)


def _today(given_name: str, passes: Sequence[Pass], language: Language) -> str:
    begun = [pass_ for pass_ in passes if pass_.started_at]
    if not begun:
        return language.say("%(name)s has not left class on a pass today.", name=given_name)
    time = minutes_in(sum(map(seconds_out, _over(begun))), language)
    return language.count(
        "%(name)s left class on a pass once today, for %(time)s in all.",
        "%(name)s left class on a pass %(num)s times today, for %(time)s in all.",
        len(begun),
        name=given_name,
        time=time if _over(begun) else language.say("a time that is not over yet"),
    )


def _week(
    state: SchoolState,
    monday: date,
    passes: Sequence[Pass],
    about: Mapping[UUID, Sequence[RecordsRequest]],
    today: date,
    language: Language,
) -> Week:
    begun = [pass_ for pass_ in passes if pass_.started_at]
    over = _over(begun)
    if begun:
        told = language.count(
            "One pass, %(time)s out of class.",
            "%(num)s passes, %(time)s out of class.",
            len(begun),
            time=minutes_in(sum(map(seconds_out, over)), language) if over else language.say("not over yet"),
        )
    else:
        told = language.say("No passes.")
    guessed = sum(not pass_.measured for pass_ in over)
    if guessed:
        told += " " + language.count(
            "For one of them nobody noted the return; of it, at most the minutes that it was given count.",
            "For %(num)s of them nobody noted the return; of these, at most the minutes that they were given count.",
            guessed,
        )
    by_day: dict[date, list[Line]] = {}
    for pass_ in passes:
        by_day.setdefault(_day(state, pass_), []).append(one_line(state, pass_, language, about.get(pass_.id, ())))
    return Week(
        title=_week_title(monday, today, language),
        told=told,
        days=[Day(language.day(day), lines) for day, lines in by_day.items()],
    )


def _week_title(monday: date, today: date, language: Language) -> str:
    weeks = (week_of(today) - monday).days // 7
    if weeks == 0:
        return language.say("This week")
    if weeks == 1:
        return language.say("Last week")
    return language.say("The week of %(date)s", date=language.date(monday))


def _over(passes: Iterable[Pass]) -> list[Pass]:
    return [pass_ for pass_ in passes if pass_.status is Status.ENDED]


def one_line(state: SchoolState, pass_: Pass, language: Language, statements: Sequence[RecordsRequest] = ()) -> Line:
    """A pass in a few words."""
    over = pass_.status is Status.ENDED and pass_.started_at
    return Line(
        id=pass_.id,
        at=f"{local(state.campus, pass_.started_at or pass_.requested_at):%H:%M}",
        place=_place(state, pass_.destination_id, language),
        minutes=minutes_in(seconds_out(pass_), language) if over else None,
        how=how_it_went(pass_, language),
        statements=statements,
    )


def _place(state: SchoolState, location_id: UUID, language: Language) -> str:
    place = state.campus.locations.get(location_id)
    return place.name if place else language.say("a place that is no more")


def _appointments(state: SchoolState, student_id: UUID, today: date, language: Language) -> list[str]:
    told = []
    for entry in agenda(state, today, AHEAD, student_id=student_id):
        here = local(state.campus, entry.at)
        told.append(
            language.say(
                "%(day)s at %(time)s: %(place)s, %(minutes)s.",
                day=language.day(here.date()),
                time=f"{here:%H:%M}",
                place=_place(state, entry.destination_id, language),
                minutes=language.count("one minute", "%(num)s minutes", entry.minutes),
            )
        )
    return told


ENDED: Mapping[EndedHow, str] = {
    EndedHow.RETURNED: "back in class",
    EndedHow.ARRIVED: "arrived",
    EndedHow.AUTO: "ended by itself; nobody noted the return",
    EndedHow.STAFF: "ended by a member of staff",
    EndedHow.DAY_END: "ended with the school day; nobody noted the return",
}
_STATUS: Mapping[Status, str] = {
    Status.REQUESTED: "asked for, no answer yet",
    Status.WAITING: "waits in line",
    Status.SCHEDULED: "is planned",
    Status.ACTIVE: "not over yet",
    Status.ENDED: "over",
    Status.DENIED: "asked for, not approved",
    Status.CANCELLED: "called off",
    Status.LAPSED: "asked for, nobody answered in time",
}
_ROLES: Mapping[str, str] = {
    "student": "student",
    "guardian": "guardian",
    "teacher": "teacher",
    "substitute": "substitute teacher",
    "destination_staff": "nurse, counselor or other staff",
    "hall_monitor": "hall monitor",
    "front_office": "front office",
    "school_admin": "administrator of the school",
    "district_admin": "administrator of the district",
    "integration": "a program of the district",
    "kiosk": "kiosk",
    "first_responder": "emergency services",
}
