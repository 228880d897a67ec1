"""What is put on record, in memory: looks, disclosures and holds, and what of them is refused."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from corridor.base.errors import Conflict, InvalidInput, NotFound
from corridor.base.ids import new_id
from corridor.identity.access import Look
from corridor.ledger.words import Command, Event, Recorded
from corridor.privacy.commands import Form, LiftHold, MakeDisclosure, PlaceHold, RecordLook
from corridor.privacy.decide import LONGEST_WORDS, MOST_NAMED
from corridor.privacy.events import DisclosureMade, HoldLifted, HoldPlaced, RecordLooked
from corridor.privacy.room import make_records_decider
from corridor.privacy.state import SAME_LOOK, RecordsState
from tests.school import MORNING

STUDENTS = tuple(new_id() for _ in range(4))
STAFF, LINK, SCHOOL = new_id(), new_id(), new_id()
DECIDER = make_records_decider()


class Records:
    """One school's records, in memory."""

    def __init__(self) -> None:
        self.state = RecordsState(SCHOOL, MORNING)
        self.now = MORNING
        self.seq = 0

    def record(self, command: Command) -> Sequence[Event]:
        decision = DECIDER.decide(self.state, command, self.now)
        draft = DECIDER.draft(self.state)
        before = (self.state.recent.copy(), self.state.holds.copy())
        for event in decision.events:
            self.seq += 1
            draft = DECIDER.evolve(draft, Recorded(SCHOOL, self.seq, self.now, event.kind, event, new_id()))
        assert (self.state.recent, self.state.holds) == before, "a draft must not touch the committed state"
        self.state = draft
        return decision.events

    def look(self, *student_ids: UUID, look: Look = Look.RECORD, number: int = 0, what: str = "record") -> Any:
        command = RecordLook(
            viewer_id=STAFF,
            viewer_kind="account",
            viewer_role="teacher",
            person_id=None,
            what=what,
            look=look,
            student_ids=student_ids,
            number=number or len(student_ids),
            why=None,
            address="",
        )
        return [event.student_ids for event in self.record(command) if isinstance(event, RecordLooked)]

    def disclose(self, *student_ids: UUID, link_id: UUID | None = None, words: Mapping[str, str] = {}) -> Any:
        values: dict[str, Any] = {"threat": " Smoke ", "parties": "Engine 2", **words}
        command = MakeDisclosure(
            disclosure_id=new_id(),
            by=STAFF,
            by_kind="account",
            by_role="front_office",
            person_id=None,
            form=Form.LINK if link_id else Form.PDF,
            student_ids=student_ids,
            unmasked=False,
            link_id=link_id,
            **values,
        )
        return [event for event in self.record(command) if isinstance(event, DisclosureMade)]

    def place(self, student_id: UUID | None = None, reason: str = "Case 7") -> UUID:
        hold_id = new_id()
        (event,) = self.record(PlaceHold(hold_id=hold_id, by=STAFF, student_id=student_id, reason=reason))
        assert isinstance(event, HoldPlaced)
        return hold_id


@pytest.fixture
def records() -> Records:
    return Records()


def test_a_look_again_within_ten_minutes_leaves_nothing(records: Records) -> None:
    assert records.look(STUDENTS[0]) == [STUDENTS[:1]]
    records.now += SAME_LOOK - timedelta(microseconds=1)
    assert records.look(STUDENTS[0]) == []
    records.now += timedelta(microseconds=1)
    assert records.look(STUDENTS[0]) == [STUDENTS[:1]]


def test_looks_that_are_no_longer_recent_are_forgotten(records: Records) -> None:
    records.look(*STUDENTS)
    records.now += SAME_LOOK
    records.look(STUDENTS[0], what="pass")
    assert len(records.state.recent) == 1


def test_of_a_list_only_the_new_ones_are_named(records: Records) -> None:
    assert records.look(*STUDENTS[:2], look=Look.LIST) == [STUDENTS[:2]]
    assert records.look(*STUDENTS[:3], look=Look.LIST) == [STUDENTS[2:3]]


def test_nobody_of_a_long_list_is_named_and_everybody_of_a_copy(records: Records) -> None:
    many = tuple(new_id() for _ in range(MOST_NAMED + 1))
    assert records.look(*many, look=Look.LIST) == [()]
    assert records.look(*many, look=Look.LIST) == []
    for _ in range(2):
        assert records.look(*many, look=Look.EXPORT) == [many]


def test_an_empty_copy_is_recorded(records: Records) -> None:
    assert records.look(look=Look.EXPORT) == [()]


def test_every_file_is_a_disclosure_of_its_own(records: Records) -> None:
    for _ in range(2):
        (made,) = records.disclose(*STUDENTS)
        assert (made.student_ids, made.threat) == (STUDENTS, "Smoke")
    assert records.state.recent == {}


def test_a_link_discloses_whom_it_had_not_just_shown(records: Records) -> None:
    assert [made.student_ids for made in records.disclose(link_id=LINK)] == [()]
    assert records.disclose(link_id=LINK) == []
    assert [made.student_ids for made in records.disclose(*STUDENTS[:1], link_id=LINK)] == [STUDENTS[:1]]
    assert [made.student_ids for made in records.disclose(*STUDENTS[:2], link_id=LINK)] == [STUDENTS[1:2]]
    assert [made.student_ids for made in records.disclose(*STUDENTS[:1], link_id=new_id())] == [STUDENTS[:1]]
    records.now += SAME_LOOK
    assert [made.student_ids for made in records.disclose(*STUDENTS[:2], link_id=LINK)] == [STUDENTS[:2]]


@pytest.mark.parametrize("field", ["threat", "parties"])
@pytest.mark.parametrize("words", ["", "  ", "\0", "x" * (LONGEST_WORDS + 1)])
def test_nothing_is_disclosed_without_the_threat_and_the_parties(records: Records, field: str, words: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        records.disclose(*STUDENTS, words={field: words})
    assert refused.value.extra["field"] == field


def test_a_hold_stands_until_somebody_says_why_it_may_end(records: Records) -> None:
    hold_id = records.place(STUDENTS[0])
    assert (records.state.held(STUDENTS[0]), records.state.held(STUDENTS[1])) == (True, False)
    with pytest.raises(InvalidInput):
        records.record(LiftHold(hold_id=hold_id, by=STAFF, reason=" "))
    (lifted,) = records.record(LiftHold(hold_id=hold_id, by=STAFF, reason="Settled"))
    assert isinstance(lifted, HoldLifted)
    assert (lifted.hold.reason, lifted.reason) == ("Case 7", "Settled")
    assert not records.state.held(STUDENTS[0])
    with pytest.raises(NotFound):
        records.record(LiftHold(hold_id=hold_id, by=STAFF, reason="Again"))


def test_one_hold_at_a_time_for_each_student_and_one_for_the_school(records: Records) -> None:
    for student_id in (STUDENTS[0], None):
        records.place(student_id)
        with pytest.raises(Conflict):
            records.place(student_id)
    assert all(records.state.held(id) for id in STUDENTS)


def test_a_hold_needs_a_reason(records: Records) -> None:
    with pytest.raises(InvalidInput):
        records.place(STUDENTS[0], reason="")
