"""What students do with a pass is plausible, whatever chance says."""

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.demo.behaviour import HABITS, Place, Step, answer, choose_place, choose_reason, rest_of, take_turn, trip
from corridor.demo.bells import HIGH_SCHOOL
from corridor.demo.rhythm import MOST, BellRhythm, EvenRhythm

NOW = datetime(2026, 11, 24, 16, 10, tzinfo=UTC)
RANDOMS = st.integers(0, 2**32).map(Random)
PLACES = {kind: [Place(f"{kind} {number}", kind, 2) for number in range(3)] for kind in HABITS}
CHICAGO = BellRhythm(HIGH_SCHOOL, ZoneInfo("America/Chicago"))


def chicago(day: int, hour: int, minute: int) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZoneInfo("America/Chicago"))


@given(RANDOMS, st.sampled_from(list(HABITS)), st.integers(1, 60), st.none() | st.integers(-5, 40))
def test_a_trip_is_a_possible_one(random: Random, kind: str, minutes: int, bell: int | None) -> None:
    rings = None if bell is None else NOW + timedelta(minutes=bell)
    steps = trip(random, Place("place", kind), NOW, NOW + timedelta(minutes=minutes), rings)
    assert all(step.at >= NOW for step in steps)
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    verbs = [step.verb for step in steps]
    assert verbs[-1] in ("return", "end", "look")
    assert len(set(verbs)) == len(verbs)
    assert ("depart" not in verbs) or verbs.index("arrive") < verbs.index("depart")


@pytest.mark.parametrize(
    ("leg", "verbs"),
    [
        ("outbound", ["arrive", "depart", "return"]),
        ("at_destination", ["depart", "return"]),
        ("returning", ["return"]),
    ],
)
def test_of_a_trip_taken_over_only_what_is_left_is_done(leg: str, verbs: list[str]) -> None:
    began = NOW - timedelta(minutes=10)
    steps = [Step(began + timedelta(minutes=minute), verb) for minute, verb in enumerate(("arrive", "depart"))]
    left = rest_of([*steps, Step(NOW + timedelta(hours=1), "return")], Random(1), leg, NOW)
    assert [step.verb for step in left] == verbs
    assert all(NOW < step.at <= NOW + timedelta(minutes=1) for step in left[:-1])
    assert left[-1].at == NOW + timedelta(hours=1)


@given(RANDOMS, st.booleans())
def test_a_request_is_answered_once_and_slowly_where_a_person_may_answer(random: Random, slowly: bool) -> None:
    step = answer(random, NOW, slowly=slowly)
    assert step.verb in ("approve", "deny", "cancel", "look")
    assert step.at > NOW + timedelta(minutes=2 if slowly else 0)
    assert step.by_student == (step.verb == "cancel")


@given(RANDOMS)
def test_places_are_chosen_among_those_there_are(random: Random) -> None:
    assert choose_place(random, {}, {}) is None
    only = {"library": PLACES["library"]}
    assert choose_place(random, only, {}) in PLACES["library"]


def test_full_places_are_mostly_left_alone() -> None:
    full = {"restroom 0": 2, "restroom 1": 2}
    chosen = [choose_place(Random(seed), {"restroom": PLACES["restroom"]}, full) for seed in range(300)]
    assert 0.75 < sum(place is not None and place.id == "restroom 2" for place in chosen) / 300 < 0.98


def test_nobody_says_why_they_need_a_restroom() -> None:
    assert {choose_reason(Random(seed), "restroom") for seed in range(20)} == {""}
    assert {choose_reason(Random(seed), "nurse") for seed in range(40)} > {""}


def test_the_bell_calls_most_back() -> None:
    bell = NOW + timedelta(minutes=3)
    due = NOW + timedelta(minutes=20)
    ends = [trip(Random(seed), Place("place", "library"), NOW, due, bell)[-1].at for seed in range(300)]
    assert sum(end <= bell + timedelta(minutes=2) for end in ends) > 150


def test_passes_are_wanted_most_after_the_bell_and_never_at_night() -> None:
    after_bell, middle, passing = chicago(24, 9, 52), chicago(24, 10, 10), chicago(24, 10, 36)
    assert CHICAGO.demand(after_bell) == MOST > CHICAGO.demand(middle) == 1 > CHICAGO.demand(passing) > 0
    assert CHICAGO.demand(chicago(24, 22, 0)) == CHICAGO.demand(chicago(28, 10, 10)) == 0
    assert 0 < CHICAGO.demand(chicago(24, 11, 40)) < 1


def test_the_next_bell_ends_the_class_under_way() -> None:
    assert CHICAGO.next_bell(chicago(24, 10, 10)) == chicago(24, 10, 34)
    assert CHICAGO.next_bell(chicago(24, 10, 36)) is None


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_without_known_bells_there_is_a_class_or_a_break(at: datetime) -> None:
    even = EvenRhythm()
    bell = even.next_bell(at)
    assert 0 < even.demand(at) <= MOST
    if bell is not None:
        assert at < bell <= at + timedelta(minutes=45)


@given(RANDOMS, st.booleans())
def test_a_student_in_line_goes_only_when_a_place_is_offered(random: Random, offered: bool) -> None:
    step = take_turn(random, NOW, offered=offered)
    assert step.at > NOW
    assert step.verb in (("start", "turn") if offered else ("turn", "cancel"))
