"""Bell schedules as an administrator types them."""

from datetime import time

import pytest

from corridor.base.ids import new_id
from corridor.campus.bells import PeriodDraft, Schedule, ScheduleDraft, UnfitSchedule, checked
from corridor.campus.model import Period

WEEK = (1, 2, 3, 4, 5)
FIRST = PeriodDraft("1", "08:00", "08:50")
SECOND = PeriodDraft("2", "08:55", "09:45")
OTHER = Schedule(new_id(), "Regular day", WEEK, False, (Period("1", time(8), time(9)),))


def draft(*periods: PeriodDraft, name: str = "Early release", days: tuple[int, ...] = WEEK) -> ScheduleDraft:
    return ScheduleDraft(name, days, periods)


def problems(wanted: ScheduleDraft, *others: Schedule) -> dict[str, str]:
    with pytest.raises(UnfitSchedule) as caught:
        checked(wanted, others)
    return caught.value.problems


def test_periods_come_in_the_order_of_their_times() -> None:
    assert checked(draft(SECOND, FIRST), []) == [
        Period("1", time(8), time(8, 50)),
        Period("2", time(8, 55), time(9, 45)),
    ]


def test_one_period_may_begin_when_another_ends() -> None:
    assert len(checked(draft(FIRST, PeriodDraft("Lunch", "08:50", "09:20")), [])) == 2


def test_a_schedule_needs_a_name_of_its_own() -> None:
    assert set(problems(draft(FIRST, name=" "))) == {"name"}
    assert "Regular day" in problems(draft(FIRST, name="REGULAR DAY", days=(6,)), OTHER)["name"]


def test_a_weekday_has_one_schedule() -> None:
    assert problems(draft(FIRST, days=(5, 6)), OTHER)["days"].startswith("Friday already has")
    assert set(problems(draft(FIRST, days=(8,)))) == {"days"}


def test_a_schedule_may_hold_on_no_weekday_so_that_only_the_calendar_chooses_it() -> None:
    assert checked(draft(FIRST, days=()), [OTHER]) == [Period("1", time(8), time(8, 50))]


@pytest.mark.parametrize("name", ["No school", "NONE", " closed "])
def test_no_schedule_is_named_like_a_day_without_school(name: str) -> None:
    assert set(problems(draft(FIRST, name=name))) == {"name"}


def test_times_are_read_as_people_write_them() -> None:
    afternoon = PeriodDraft("7", "1:05 PM", "1:50 p.m.")
    assert checked(draft(PeriodDraft("1", "8:00", "8.50 am"), afternoon), []) == [
        Period("1", time(8), time(8, 50)),
        Period("7", time(13, 5), time(13, 50)),
    ]


def test_a_schedule_needs_periods() -> None:
    assert set(problems(draft())) == {"periods"}


@pytest.mark.parametrize(
    ("period", "field"),
    [
        (PeriodDraft("", "10:00", "10:30"), "period-1-name"),
        (PeriodDraft("3", "", "10:30"), "period-1-starts_at"),
        (PeriodDraft("3", "10:00", "half past"), "period-1-ends_at"),
        (PeriodDraft("3", "10:00+02:00", "10:30"), "period-1-starts_at"),
        (PeriodDraft("3", "10:30", "10:00"), "period-1-ends_at"),
        (PeriodDraft("3", "10:30", "10:30"), "period-1-ends_at"),
        (PeriodDraft("3", "08:40", "09:10"), "period-1-starts_at"),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field(period: PeriodDraft, field: str) -> None:
    assert set(problems(draft(FIRST, period))) == {field}


def test_two_periods_of_one_name_are_both_marked() -> None:
    found = problems(draft(FIRST, PeriodDraft("1", "09:00", "09:30")))
    assert set(found) == {"period-0-name", "period-1-name"}


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert set(problems(draft(PeriodDraft("", "", ""), name="", days=(0,)))) == {
        "name",
        "days",
        "period-0-name",
        "period-0-starts_at",
        "period-0-ends_at",
    }
