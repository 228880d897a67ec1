"""A student may take so many passes, or be out for so long, in a span of time.

Passes that students asked for themselves count, from their start. A summons or an appointment never uses up a limit.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec

from corridor.campus.timetable import midnight, next_bell, term_span, week_of
from corridor.day.state import Outings, Pass, Tally
from corridor.day.words import SELF_SERVICE, Channel, Effect
from corridor.rules.kind import Kind, says
from corridor.rules.scope import covers, covers_pass
from corridor.rules.verdict import Case, Objection
from corridor.rules.words import counted

CODE = "limit"


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`most` passes, or minutes out, in a period (or the break until the next one, or midnight), local day, week from
    Monday or term. What staff issued counts only if `count_staff`."""

    most: Annotated[int, msgspec.Meta(ge=0, le=9999), says("How many")] = 6
    unit: Annotated[
        Literal["passes", "minutes"],
        says("What is counted", labels={"passes": "passes", "minutes": "minutes of passes"}),
    ] = "passes"
    per: Annotated[
        Literal["period", "day", "week", "term"],
        says("In how long", labels={"period": "a period", "day": "a day", "week": "a week", "term": "a term"}),
    ] = "day"
    count_staff: Annotated[
        bool,
        says(
            "Passes that staff issue",
            labels={False: ", not counting what staff issue", True: ", counting what staff issue"},
            unsaid=False,
        ),
    ] = False


def judge(params: Params, case: Case) -> Objection | None:
    found = _USED[params.per](params, case)
    if found is None:
        return None
    used, ends = found
    number = used.passes if params.unit == "passes" else used.seconds // 60
    if number < params.most:
        return None
    span = _SPANS[params.per]
    what = counted(params.most, "pass" if params.unit == "passes" else "minute")
    return Objection(
        CODE,
        f"You have used your {what} for {span}." if params.most else "You cannot take passes for this by yourself.",
        f"The student has used {number} of {what} for {span}.",
        # Nothing is ever allowed, but between terms no limit of a term holds.
        until=ends if params.most or params.per == "term" else None,
    )


def _in_period(params: Params, case: Case) -> tuple[Tally, datetime | None]:
    state, now = case.state, case.now
    if now.span:
        return _today(params, case, now.span.starts), now.span.ends
    rung = [span.ends for span in now.school_day.spans if span.ends <= now.at] if now.school_day else []
    since = max(rung, default=midnight(state.campus, now.day))
    ends = (next_bell(state.campus, now.at), midnight(state.campus, now.day + timedelta(days=1)))
    return _today(params, case, since), min(each for each in ends if each)


def _in_day(params: Params, case: Case) -> tuple[Tally, datetime | None]:
    campus, day = case.state.campus, case.now.day
    return _today(params, case, midnight(campus, day)), midnight(campus, day + timedelta(days=1))


def _in_week(params: Params, case: Case) -> tuple[Tally, datetime | None]:
    state, monday = case.state, week_of(case.now.day)
    tallies = state.week.get(case.ask.student.id, {}) if week_of(state.day) == monday else {}
    return _sum(params, case, tallies), midnight(state.campus, monday + timedelta(days=7))


def _in_term(params: Params, case: Case) -> tuple[Tally, datetime | None] | None:
    state, term = case.state, term_span(case.state.campus, case.now.day)
    if term is None:
        return None
    tallies = state.term.get(case.ask.student.id, {}) if term_span(state.campus, state.day) == term else {}
    return _sum(params, case, tallies), midnight(state.campus, term.ends_on + timedelta(days=1))


_USED = {"period": _in_period, "day": _in_day, "week": _in_week, "term": _in_term}
_SPANS = {"period": "this period", "day": "today", "week": "this week", "term": "this term"}


def _today(params: Params, case: Case, since: datetime) -> Tally:
    """Of the passes that the state remembers, which are at least today's."""
    state = case.state
    passes = seconds = 0
    for pass_id in state.of_student.get(case.ask.student.id, ()):
        taken = state.passes.get(pass_id) or state.closed[pass_id]
        if taken.started_at is None or taken.started_at < since or not _counts(params, taken.channel):
            continue
        if covers_pass(case.scope, taken, state):
            passes += 1
            seconds += seconds_out(taken)
    return Tally(passes, seconds)


def _sum(params: Params, case: Case, tallies: Mapping[Outings, Tally]) -> Tally:
    locations = case.state.campus.locations
    relevant: Iterable[Tally] = [
        tally
        for outings, tally in tallies.items()
        if _counts(params, outings.channel)
        and covers(case.scope, outings.pass_type_id, locations[outings.destination_id])
    ]
    return Tally(sum(tally.passes for tally in relevant), sum(tally.seconds for tally in relevant))


def _counts(params: Params, channel: Channel) -> bool:
    return channel in SELF_SERVICE or (params.count_staff and channel is Channel.STAFF)


def seconds_out(pass_: Pass) -> int:
    """How long an ended pass took. What nobody measured counts as at most the minutes it was given."""
    if pass_.started_at is None or pass_.ended_at is None:
        return 0
    seconds = (pass_.ended_at - pass_.started_at) // timedelta(seconds=1)
    return seconds if pass_.measured else min(seconds, pass_.minutes * 60)


KIND = Kind(
    "limit",
    "Limit",
    "{whom} may take {most} {unit} {what} {per}{count_staff} {when}.",
    Params,
    judge,
    effects=(Effect.NEEDS_STAFF, Effect.REFUSE, Effect.WARN),
    rivals=("unit", "per"),
    about="So many passes, or minutes out, in a period, a day, a week or a term.",
)
