"""What a student's record says of where they are and of their passes, and who is out for an emergency: in memory."""

from datetime import timedelta

import pytest

from corridor.day.policy import Absence
from corridor.day.state import Pass
from corridor.ledger.words import Command
from corridor.passes.commands import ArriveOnPass, DepartOnPass, EndPass, ReturnPass
from corridor.passes.masking import MASK, Eyes
from corridor.policy.sight import EVERYONE, NOBODY
from corridor.privacy.out_now import out_now
from corridor.privacy.record import absence_of, days_of, lessons, where_now
from tests.day_state import LIBRARY, NURSE, SEES_ALL, STUDENTS, TEACHER, Day

NO_HEALTH = Eyes(EVERYONE, NOBODY, frozenset({NURSE}))
SEES_NOBODY = Eyes(NOBODY, NOBODY, frozenset())


@pytest.fixture
def day() -> Day:
    return Day()


def where(day: Day, eyes: Eyes = SEES_ALL) -> str:
    return where_now(day.state, eyes, day.state.campus.students[STUDENTS[0]], day.now).words


def move(day: Day, pass_: Pass, *commands: type[Command]) -> None:
    for command in commands:
        day.later(minutes=1)
        day.submit(command(pass_.id, TEACHER))


def said(day: Day, eyes: Eyes = SEES_ALL) -> list[tuple[str, str, int | None]]:
    passes = [*day.state.closed.values(), *day.state.passes.values()]
    return [
        (line.place, line.said, line.minutes)
        for each in days_of(day.state, list(map(eyes.shown, passes)))
        for line in each.passes
    ]


def test_a_student_is_followed_from_class_and_back(day: Day) -> None:
    assert where(day) == "should be in 204 (Algebra)"
    pass_ = day.issue(destination_id=LIBRARY)
    assert where(day) == "should be in 204 (Algebra), is on the way from 204 to Library"
    move(day, pass_, ArriveOnPass)
    assert where(day) == "should be in 204 (Algebra), is at Library"
    move(day, pass_, DepartOnPass)
    assert where(day) == "should be in 204 (Algebra), is on the way back from Library"
    assert said(day) == [("Library", "on the way back", None)]
    move(day, pass_, ReturnPass)
    assert where(day) == "should be in 204 (Algebra)"
    assert said(day) == [("Library", "back", 3)]


def test_nobody_learns_of_a_nurse_or_of_a_pass_that_is_not_theirs_to_see(day: Day) -> None:
    day.issue(destination_id=NURSE)
    assert where(day, NO_HEALTH) == f"should be in 204 (Algebra), is on the way from 204 to {MASK}"
    assert said(day, NO_HEALTH) == [(MASK, "on the way", None)]
    assert where(day, SEES_NOBODY) == "should be in 204 (Algebra)"


def test_time_that_nobody_measured_is_not_told_as_time_out(day: Day) -> None:
    pass_ = day.issue(destination_id=LIBRARY)
    move(day, pass_, EndPass)
    assert said(day) == [("Library", "ended by staff", None)]


def test_who_is_away_now_and_who_will_be(day: Day) -> None:
    day.keep(Absence(STUDENTS[0], day.now + timedelta(hours=1), None, "Dentist"))
    away = absence_of(day.state, STUDENTS[0], day.now)
    assert away is not None
    assert (away.since, away.note) == (day.now + timedelta(hours=1), "Dentist")
    assert where(day) == "should be in 204 (Algebra)"
    day.later(hours=1)
    assert where(day) == "is marked as away"
    assert absence_of(day.state, STUDENTS[1], day.now) is None


def test_today_by_the_bells(day: Day) -> None:
    shown = [(each.period, each.title, each.room, each.now) for each in lessons(day.state, STUDENTS[0], day.now)]
    assert shown == [("1", "Algebra", "204", True), ("2", "Art", "110", False), ("3", None, None, False)]
    assert lessons(day.state, STUDENTS[0], day.now + timedelta(days=4)) == ()


def test_an_emergencys_list_has_everyone_who_is_out_and_nobody_else(day: Day) -> None:
    assert out_now(day.state, day.now, unmasked=False).summary == "Nobody is out."
    library, nurse = day.issue(STUDENTS[0], LIBRARY), day.issue(STUDENTS[1], NURSE)
    move(day, library, ArriveOnPass)
    masked, unmasked = (out_now(day.state, day.now, unmasked=each) for each in (False, True))
    assert [row.where for row in masked.rows] == [f"On the way from 204 to {MASK}", "At Library"]
    assert [row.where for row in unmasked.rows] == ["At Library", "On the way from 204 to Nurse"]
    assert (masked.masked, unmasked.masked) == (True, False)
    assert set(masked.student_ids) == {library.student_id, nurse.student_id}
    move(day, library, DepartOnPass)
    assert "On the way back from Library to 204" in {
        row.where for row in out_now(day.state, day.now, unmasked=True).rows
    }
    move(day, library, ReturnPass)
    assert out_now(day.state, day.now, unmasked=True).summary == "1 student is out."
