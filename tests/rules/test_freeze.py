"""Nobody may start a pass: an emergency, or a drill."""

from corridor.day.policy import Freeze
from corridor.day.words import Channel
from corridor.passes.commands import ApprovePass, ReturnPass
from tests.day_state import LIBRARY, SCHOOL, STUDENTS, TEACHER, Day, accommodation, make_state, reason, rule

ANA, BEN = STUDENTS[:2]
FREEZE = rule("freeze")


def frozen(note: str | None = None) -> Day:
    day = Day()
    day.keep(Freeze(SCHOOL, day.now, note))
    return day


def test_passes_go_on_as_long_as_nothing_is_on_hold() -> None:
    assert reason(Day(), FREEZE) is None


def test_nobody_starts_a_pass_while_all_are_on_hold() -> None:
    day = frozen("Fire drill")
    for channel in Channel:
        found = reason(day, FREEZE, channel=channel)
        assert found is not None
        assert found.code == "freeze"
        assert found.message == "All passes are on hold. Stay where you are."
        assert found.staff_message == "All passes are on hold in the whole school (Fire drill)."
        assert found.allowed_at is None


def test_what_is_on_hold_without_a_note_says_nothing_of_why() -> None:
    found = reason(frozen(), FREEZE)
    assert found is not None
    assert found.staff_message == "All passes are on hold in the whole school."


def test_a_request_from_before_is_not_approved_either() -> None:
    day = Day()
    asked = day.requested(ANA)
    day.keep(Freeze(SCHOOL, day.now))
    assert day.submit(ApprovePass(asked.id, TEACHER)).refused


def test_whoever_is_out_may_come_back() -> None:
    day = Day()
    out = day.issue(ANA)
    day.keep(Freeze(SCHOOL, day.now))
    day.submit(ReturnPass(out.id, ANA))
    assert not day.state.passes


def test_passes_go_on_once_the_hold_is_over() -> None:
    day = frozen()
    day.drop("freeze", SCHOOL)
    assert reason(day, FREEZE) is None


def test_no_accommodation_exempts_anyone() -> None:
    special = accommodation(ANA, exempt=frozenset({"freeze"}))
    day = Day(make_state(accommodations=[special]))
    day.keep(Freeze(SCHOOL, day.now))
    assert reason(day, FREEZE, student_id=ANA, destination_id=LIBRARY)
