"""Families' requests: asked, worked on, answered, and on the ledger."""

import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pypdf
import pytest

from corridor.base.errors import Conflict, CorridorError, InvalidInput, NotFound
from corridor.base.ids import new_id
from corridor.identity.principal import Role
from corridor.ledger.verify import verify
from corridor.privacy.requests_commands import AnswerRequest, AskAboutRecord, NoteOnRequest, WithdrawRequest
from corridor.privacy.requests_decide import LONGEST, MOST_OPEN
from corridor.privacy.requests_state import RecordsRequest, RequestKind, RequestStatus
from corridor.privacy.room import make_records_decider, make_records_rebuild
from corridor.privacy.state import stream_of
from tests.privacy.family import add_guardian, give_identifiers, guardian, pass_taken
from tests.web.visitor import visitor, words
from tests.world import World

GUARDIAN, STAFF = new_id(), new_id()


async def ask(world: World, kind: RequestKind = RequestKind.AMEND, *, number: int = 0, **changes: Any) -> UUID:
    fields: dict[str, Any] = {
        "request_id": new_id(),
        "by": GUARDIAN,
        "student_id": world.school.students[number],
        "kind": kind,
        "words": "She was back at ten.",
    }
    command = AskAboutRecord(**(fields | changes))
    await world.services.records.record(world.school.id, command)
    return command.request_id


async def answer(world: World, id: UUID, status: RequestStatus, words: str | None = None) -> None:
    command = AnswerRequest(request_id=id, by=STAFF, status=status, answer=words)
    await world.services.records.record(world.school.id, command)


async def found(world: World, id: UUID) -> RecordsRequest:
    return (await world.services.records.now_of(world.school.id)).requests[id]


async def test_a_request_is_due_in_45_days_and_holds_the_record(world: World) -> None:
    id = await ask(world, RequestKind.INSPECT, words=None)
    request = await found(world, id)
    assert request.due_at - request.asked_at == timedelta(days=45)
    state = await world.services.records.now_of(world.school.id)
    assert state.held(world.school.students[0])
    assert not state.held(world.school.students[1])

    await answer(world, id, RequestStatus.DELIVERED)

    assert not (await world.services.records.now_of(world.school.id)).held(world.school.students[0])


async def test_a_statement_stays_whatever_the_school_says(world: World) -> None:
    for status in (RequestStatus.ACCEPTED, RequestStatus.DECLINED):
        await answer(world, await ask(world), status, "We looked.")
    withdrawn = await ask(world)
    await world.services.records.record(world.school.id, WithdrawRequest(request_id=withdrawn, by=GUARDIAN))
    state = await world.services.records.now_of(world.school.id)
    assert len(state.statements_on(world.school.students[0])) == 2
    assert state.statements_on(world.school.students[1]) == []


@pytest.mark.parametrize(
    ("kind", "changes", "error"),
    [
        (RequestKind.AMEND, {"words": "  "}, InvalidInput),
        (RequestKind.RESTRICT, {"words": None}, InvalidInput),
        (RequestKind.AMEND, {"words": "x" * (LONGEST + 1)}, InvalidInput),
        (RequestKind.AMEND, {"words": "a\0b"}, InvalidInput),
    ],
)
async def test_what_makes_no_sense_is_not_taken(
    world: World, kind: RequestKind, changes: Any, error: type[CorridorError]
) -> None:
    with pytest.raises(error):
        await ask(world, kind, **changes)


async def test_the_record_is_asked_for_once_at_a_time_and_requests_do_not_pile_up(world: World) -> None:
    await ask(world, RequestKind.INSPECT)
    with pytest.raises(Conflict):
        await ask(world, RequestKind.INSPECT)
    await ask(world, RequestKind.INSPECT, by=new_id())
    await ask(world, RequestKind.INSPECT, number=1)
    for _ in range(MOST_OPEN - 2):
        await ask(world)
    with pytest.raises(Conflict, match="many open requests"):
        await ask(world)


async def test_staff_answer_once_and_with_what_fits(world: World) -> None:
    inspect, amend = await ask(world, RequestKind.INSPECT), await ask(world)
    with pytest.raises(InvalidInput):
        await answer(world, inspect, RequestStatus.DECLINED, "No.")
    with pytest.raises(InvalidInput):
        await answer(world, amend, RequestStatus.DELIVERED)
    with pytest.raises(InvalidInput, match="Write why"):
        await answer(world, amend, RequestStatus.DECLINED, " ")
    await answer(world, amend, RequestStatus.DECLINED, "The clock was right.")
    with pytest.raises(Conflict):
        await answer(world, amend, RequestStatus.ACCEPTED)
    with pytest.raises(NotFound):
        await answer(world, new_id(), RequestStatus.ACCEPTED)
    request = await found(world, amend)
    assert (request.status, request.answer, request.answered_by) == (
        RequestStatus.DECLINED,
        "The clock was right.",
        STAFF,
    )


async def test_only_who_asked_takes_it_back(world: World) -> None:
    id = await ask(world)
    with pytest.raises(NotFound):
        await world.services.records.record(world.school.id, WithdrawRequest(request_id=id, by=new_id()))
    await world.services.records.record(world.school.id, WithdrawRequest(request_id=id, by=GUARDIAN))
    assert (await found(world, id)).status is RequestStatus.WITHDRAWN


async def test_notes_are_kept(world: World) -> None:
    id = await ask(world)
    records = world.services.records
    await records.record(world.school.id, NoteOnRequest(request_id=id, by=STAFF, words="Called the teacher."))
    with pytest.raises(InvalidInput):
        await records.record(world.school.id, NoteOnRequest(request_id=id, by=STAFF, words=""))
    assert [note.words for note in (await found(world, id)).notes] == ["Called the teacher."]


async def test_the_state_by_events_is_the_one_of_the_tables_and_the_ledger_verifies(world: World) -> None:
    first, second = await ask(world), await ask(world, RequestKind.RESTRICT, number=1)
    records = world.services.records
    await records.record(world.school.id, NoteOnRequest(request_id=first, by=STAFF, words="A note."))
    await answer(world, first, RequestStatus.ACCEPTED, "Yes.")
    await records.record(world.school.id, WithdrawRequest(request_id=second, by=GUARDIAN))
    evolved = await records.now_of(world.school.id)
    decider = make_records_decider()
    async with world.database.raw() as connection:
        loaded = await decider.load(connection, stream_of(world.school.id), evolved.as_of)
    assert loaded == evolved
    finding = await verify(
        world.database,
        decider.kinds,
        make_records_rebuild(world.school.id),
        stream_of(world.school.id),
        rows_of=world.school.id,
    )
    assert finding.clean, finding
    async with world.database.raw() as connection:
        await connection.execute("UPDATE records_request SET words = 'Another.' WHERE id = %s", [first])
        await connection.commit()
    assert not (
        await verify(
            world.database,
            decider.kinds,
            make_records_rebuild(world.school.id),
            stream_of(world.school.id),
            rows_of=world.school.id,
        )
    ).clean


async def test_a_family_asks_on_its_page_and_takes_the_record_when_it_is_delivered(world: World) -> None:
    await give_identifiers(world)
    pass_id = await pass_taken(world, 0)
    await pass_taken(world, 1)
    guardian_id = await add_guardian(world, 0)
    maria = await visitor(world, Role.GUARDIAN, person_id=guardian_id)
    child = world.school.students[0]
    forms: list[dict[str, Any]] = [
        {"kind": "inspect"},
        {"kind": "amend", "about": pass_id, "words": "It was 6 minutes."},
    ]
    for form in forms:
        assert (await maria.post(f"/family/{child}/requests", **form)).status_code == 303
    state = await world.services.records.now_of(world.school.id)
    inspect, amend = state.requests.values()
    assert (inspect.asked_by, str(amend.about_id)) == (guardian_id, pass_id)
    page = words(await maria.get(f"/family/{child}"))
    assert "The family's statement: It was 6 minutes." in page
    assert "The school answers by November 20, 2026" in page
    here = f"/family/{child}/requests/{inspect.id}"
    assert (await maria.get(f"{here}/record.json")).status_code == 404

    await answer(world, inspect.id, RequestStatus.DELIVERED)

    other = await guardian(world, 0)
    assert (await other.get(f"{here}/record.json")).status_code == 404
    taken = await maria.get(f"{here}/record.json")
    assert taken.status_code == 200
    record = msgspec.json.decode(taken.content)
    assert record["student"]["identifier"] == "1000"
    assert [each["id"] for each in record["passes"]] == [pass_id]
    assert record["passes"][0]["seconds"] == 420
    assert record["statements"][0]["words"] == "It was 6 minutes."
    assert "Student01" not in taken.text

    for language, said in (("en", "The record of Student00 Example"), ("es", "El expediente de Student00 Example")):
        printed = await maria.get(f"{here}/record.pdf", language=language)
        assert printed.headers["content-type"] == "application/pdf"
        document = pypdf.PdfReader(io.BytesIO(printed.content))
        text = " ".join("\n".join(page.extract_text() for page in document.pages).split())
        assert said in text
        assert "It was 6 minutes." in text
        assert document.metadata is not None
        assert document.metadata.title == said
        assert "Student01" not in text


async def test_a_request_cannot_be_about_another_s_child_or_pass(world: World) -> None:
    others = await pass_taken(world, 1)
    maria = await guardian(world, 0)
    one, two = world.school.students[:2]
    forms: list[tuple[UUID, dict[str, Any]]] = [
        (two, {"kind": "inspect"}),
        (one, {"kind": "amend", "about": others, "words": "x"}),
        (one, {"kind": "inspect", "school": str(new_id())}),
        (one, {"kind": "inspect", "school": "x"}),
    ]
    for child, form in forms:
        assert (await maria.post(f"/family/{child}/requests", **form)).status_code == 404
    assert (await maria.post(f"/family/{one}/requests", kind="nonsense")).status_code == 422
    assert (await world.services.records.now_of(world.school.id)).requests == {}


async def test_a_second_guardian_does_not_take_back_what_the_first_asked(world: World) -> None:
    maria, pedro = await guardian(world, 0), await guardian(world, 0)
    child = world.school.students[0]
    assert (await maria.post(f"/family/{child}/requests", kind="amend", words="x")).status_code == 303
    [id] = (await world.services.records.now_of(world.school.id)).requests
    assert (await pedro.post(f"/family/{child}/requests/{id}/withdraw")).status_code == 404
    assert (await maria.post(f"/family/{child}/requests/{id}/withdraw")).status_code == 303
    assert "You took this back." in words(await maria.get(f"/family/{child}"))
