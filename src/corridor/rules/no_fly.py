"""No passes at certain times: by the bells of the day, or by the clock."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from corridor.campus.timetable import midnight
from corridor.rules.kind import Kind, says
from corridor.rules.verdict import Case, Objection
from corridor.rules.windows import Window, ends_of

CODE = "no_fly"

_Minutes = Annotated[int, msgspec.Meta(ge=0, le=240)]


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In the first and last so many minutes of a period; between periods (`passing`); before the first bell and after
    the last, and on days without school (`outside`); in free `windows`; or all day."""

    first_minutes: Annotated[
        _Minutes, says("First minutes of a period", words="in the first {} minutes of a period")
    ] = 0
    last_minutes: Annotated[_Minutes, says("Last minutes of a period", words="in the last {} minutes of a period")] = 0
    passing: Annotated[bool, says("Between periods", words="between periods")] = False
    outside: Annotated[bool, says("Outside school hours", words="outside school hours")] = False
    whole_day: Annotated[bool, says("All day", words="all day", empty="at certain times", asks="at certain times")] = (
        False
    )
    windows: Annotated[tuple[Window, ...], says("From and to", words="from {}")] = ()


def judge(params: Params, case: Case) -> Objection | None:
    until = None
    # All day has no end of its own: the rule's dates and periods have.
    if not params.whole_day:
        until = max(_blocks(params, case), default=None)
        if until is None:
            return None
    return Objection(
        CODE, "No passes right now.", "Passes are closed at this time.", until, later="They open again {at}."
    )


def _blocks(params: Params, case: Case) -> Iterator[datetime]:
    """The ends of what blocks this instant."""
    now, campus = case.now, case.state.campus
    tomorrow = midnight(campus, now.day + timedelta(days=1))
    if now.span:
        opens = min(now.span.starts + timedelta(minutes=params.first_minutes), now.span.ends)
        if now.at < opens:
            yield opens
        if now.at >= now.span.ends - timedelta(minutes=params.last_minutes):
            yield now.span.ends
    elif now.passing:
        if params.passing and now.school_day:
            yield min(span.starts for span in now.school_day.spans if span.starts > now.at)
    elif params.outside:
        before = now.school_day is not None and now.at < now.school_day.opens
        yield now.school_day.opens if before and now.school_day else tomorrow
    yield from ends_of(params.windows, now, campus)


KIND = Kind(
    "no_fly",
    "No passes at these times",
    "No passes {what} {for_whom} {first_minutes,last_minutes,passing,outside,whole_day,windows} {when}.",
    Params,
    judge,
    about="Around the bells, between periods, or at times of your own. Students read when passes open again.",
)
