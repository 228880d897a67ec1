"""Whenever the demo is opened, wherever, a school day is on; and its time never runs backwards."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from corridor.base.clock import FixedClock
from corridor.demo.clock import LIVELY_AT, DemoClock, choose_shift, in_session

CHICAGO = ZoneInfo("America/Chicago")
ZONES = st.sampled_from(
    [
        ZoneInfo(name)
        for name in (
            "America/Chicago", "America/New_York", "America/Los_Angeles", "America/St_Johns", "Europe/Berlin",
            "Europe/Dublin", "Africa/Casablanca", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tokyo", "Australia/Lord_Howe",
            "Pacific/Auckland", "Pacific/Chatham", "Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC",
        )
    ]
)  # fmt: skip
INSTANTS = st.datetimes(datetime(2024, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
# The hours around the clock changes of the United States and Europe in 2026 and 2027.
CHANGES = st.sampled_from(
    [
        datetime(2026, 3, 8, 8, tzinfo=UTC),
        datetime(2026, 11, 1, 7, tzinfo=UTC),
        datetime(2027, 3, 14, 8, tzinfo=UTC),
        datetime(2026, 3, 29, 1, tzinfo=UTC),
        datetime(2026, 10, 25, 1, tzinfo=UTC),
    ]
)
NEAR_CHANGES = st.builds(
    lambda change, minutes: change + timedelta(minutes=minutes), CHANGES, st.integers(-3 * 24 * 60, 3 * 24 * 60)
)


def local(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of November 2026 in Chicago; the 24th is a Tuesday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=CHICAGO)


def shown(now: datetime, not_before: datetime | None = None) -> datetime:
    return (now + choose_shift(now, CHICAGO, not_before=not_before).shift).astimezone(CHICAGO)


@given(INSTANTS | NEAR_CHANGES, ZONES)
def test_the_shown_time_is_always_in_a_school_day(now: datetime, zone: ZoneInfo) -> None:
    chosen = choose_shift(now, zone)
    assert in_session((now + chosen.shift).astimezone(zone))
    assert chosen.shift <= timedelta(0)
    assert (chosen.shift == timedelta(0)) == in_session(now.astimezone(zone))


@given(INSTANTS | NEAR_CHANGES, ZONES)
def test_out_of_hours_it_is_the_lively_time_of_the_last_school_day(now: datetime, zone: ZoneInfo) -> None:
    chosen = choose_shift(now, zone)
    there = (now + chosen.shift).astimezone(zone)
    assert not chosen.shift or there.time() == LIVELY_AT


@given(INSTANTS | NEAR_CHANGES, ZONES, st.integers(-20 * 24 * 60, 20 * 24 * 60))
@example(datetime(2026, 11, 24, 22, 0, tzinfo=UTC), CHICAGO, 0)
def test_it_is_never_earlier_than_what_the_ledger_holds(now: datetime, zone: ZoneInfo, minutes: int) -> None:
    last = now + timedelta(minutes=minutes)
    chosen = choose_shift(now, zone, not_before=last)
    there = now + chosen.shift
    assert there >= last
    assert in_session(there.astimezone(zone))
    if there > max(last, now):
        assert there - last < timedelta(days=70)


@given(INSTANTS | NEAR_CHANGES, ZONES, st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 600)), max_size=6))
def test_start_after_start_goes_on(now: datetime, zone: ZoneInfo, starts: list[tuple[int, int]]) -> None:
    last: datetime | None = None
    for pause, minutes in starts:
        now += timedelta(minutes=pause)
        begins = now + choose_shift(now, zone, not_before=last).shift
        assert last is None or begins >= last
        now += timedelta(minutes=minutes)
        last = begins + timedelta(minutes=minutes)


def test_in_school_hours_it_is_the_real_time() -> None:
    assert shown(local(24, 11, 17)) == local(24, 11, 17)
    assert choose_shift(local(24, 11, 17), CHICAGO).sentence(local(24, 11, 17)) == (
        "Demo clock: it is Tuesday 11:17 in Quillwater, the real time."
    )


def test_at_night_it_is_that_days_morning_and_it_says_so() -> None:
    assert shown(local(24, 21)) == local(24, 10, 6)
    assert choose_shift(local(24, 21), CHICAGO).sentence(local(24, 21)) == (
        "Demo clock: it is shown as Tuesday 10:06 in Quillwater, because school is out right now."
    )


def test_before_school_it_is_the_day_before() -> None:
    assert shown(local(24, 6)) == local(23, 10, 6)


def test_on_a_weekend_it_is_friday() -> None:
    assert shown(local(22, 15)) == local(20, 10, 6)


def test_on_a_holiday_it_is_the_school_day_before() -> None:
    assert shown(local(26, 15)) == local(25, 10, 6)


def test_in_summer_it_is_the_end_of_the_school_year() -> None:
    now = datetime(2026, 7, 15, 11, tzinfo=CHICAGO)
    assert shown(now) == datetime(2026, 6, 19, 10, 6, tzinfo=CHICAGO)


def test_a_second_start_goes_on_where_the_first_one_ended() -> None:
    assert shown(local(24, 22), not_before=local(24, 10, 47)) == local(24, 10, 47)


def test_after_a_shown_day_is_over_comes_the_next() -> None:
    assert shown(local(27, 23), not_before=local(27, 15, 10)) == datetime(2026, 11, 30, 10, 6, tzinfo=CHICAGO)
    assert shown(local(24, 23), not_before=local(25, 7)) == local(25, 10, 6)


def test_a_demo_ahead_of_the_real_time_says_so() -> None:
    chosen = choose_shift(local(24, 11), CHICAGO, not_before=local(25, 13))
    assert local(24, 11) + chosen.shift == local(25, 13)
    assert chosen.sentence(local(24, 11)).endswith("because this demo has been shown up to there already.")


def test_a_held_clock_stands_still_and_then_runs_on() -> None:
    real = FixedClock(local(24, 21).astimezone(UTC))
    clock = DemoClock(choose_shift(real.now(), CHICAGO), real)
    clock.hold(local(24, 9, 41))
    real.advance(timedelta(seconds=3))
    assert clock.now() == local(24, 9, 41)
    assert clock.running_now() == local(24, 10, 6) + timedelta(seconds=3)
    clock.release()
    assert clock.now() == local(24, 10, 6) + timedelta(seconds=3)


def test_when_the_shown_day_is_over_the_clock_goes_on_to_the_next() -> None:
    real = FixedClock(local(24, 21).astimezone(UTC))
    clock = DemoClock(choose_shift(real.now(), CHICAGO), real)
    real.advance(timedelta(hours=1))
    clock.go_on()
    assert clock.local() == local(24, 11, 6)
    real.advance(timedelta(hours=4, minutes=10))
    clock.go_on()
    assert clock.local() == local(25, 10, 6)
    assert clock.sentence() == (
        "Demo clock: it is shown as Wednesday 10:06 in Quillwater, because school is out right now."
    )
