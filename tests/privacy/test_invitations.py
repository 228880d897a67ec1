"""A letter makes one guardian, once: whoever guesses, waits or comes twice does not get in."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select, text

from corridor.base.errors import NotFound, NotPermitted
from corridor.base.ids import new_id
from corridor.campus.tables import Guardianship
from corridor.identity.principal import Principal, Role
from corridor.privacy.family_guardians import WRONG_CODES, allow_guardianship, end_guardianship, guardians_of
from corridor.privacy.family_tables import Invitation
from corridor.privacy.invitations import MOST_TRIES, Letter, Wanted, make_invitations, new_code, revoke_invitations
from tests.privacy.family import add_guardian, give_identifiers
from tests.web.visitor import PASSWORD, Visitor, browser, form_token, words
from tests.world import World


@pytest.fixture(autouse=True)
async def known(world: World) -> None:
    await give_identifiers(world)


def office(world: World, **changes: Any) -> Principal:
    fields: dict[str, Any] = {
        "id": new_id(),
        "kind": "account",
        "role": Role.FRONT_OFFICE,
        "name": "Office",
        "school_ids": frozenset({world.school.id}),
    }
    return Principal(**(fields | changes))


async def invite(world: World, number: int = 0, *, guardian_id: UUID | None = None, days: int = 30) -> Letter:
    services = world.services
    wanted = [Wanted(world.school.students[number], guardian_id)]
    now = world.clock.now()
    made = await make_invitations(world.database, services.settings, now, office(world), world.school.id, wanted, days)
    return made[0]


async def join(visitor: Visitor, code: str, **form: Any) -> httpx.Response:
    page = await visitor.get("/families/join")
    typed: dict[str, Any] = {
        "code": code,
        "identifier": "1000",
        "given_name": "Maria",
        "family_name": "Example",
        "username": "maria@example.org",
        "password": PASSWORD,
        "again": PASSWORD,
    }
    return await visitor.post("/families/join", **(typed | form | {"_csrf": form_token(page)}))


async def sign_in(visitor: Visitor, username: str = "maria@example.org") -> None:
    page = await visitor.get("/sign-in")
    answer = await visitor.post("/sign-in", _csrf=form_token(page), username=username, password=PASSWORD)
    assert answer.status_code == 303, answer.text


async def pairs(world: World) -> list[tuple[UUID, bool]]:
    async with world.database.session() as session:
        rows = await session.execute(select(Guardianship.student_id, Guardianship.active))
        return [(row[0], row[1]) for row in rows]


async def test_a_code_makes_an_account_that_sees_the_child_and_nobody_else(world: World) -> None:
    letter = await invite(world)
    async with browser(world) as visitor:
        answer = await join(visitor, letter.code.lower().replace("-", " "))
        assert answer.status_code == 200, words(answer)
        await sign_in(visitor)
        page = words(await visitor.get("/family"))
        assert "Student00 Example" in page
        assert "Student01" not in page
        assert (await visitor.get(f"/family/{world.school.students[0]}")).status_code == 200
        assert (await visitor.get(f"/family/{world.school.students[1]}")).status_code == 404
    assert await pairs(world) == [(world.school.students[0], True)]
    assert await audited(world, "guardian.joined") == 1


async def audited(world: World, what: str) -> int:
    async with world.database.session() as session:
        found = await session.scalar(
            text("SELECT count(*) FROM ledger_event WHERE body ->> 'what' = :what"), {"what": what}
        )
        return int(found or 0)


async def test_a_code_is_good_once(world: World) -> None:
    letter = await invite(world)
    async with browser(world) as one, browser(world) as two:
        assert (await join(one, letter.code)).status_code == 200
        again = await join(two, letter.code, username="somebody.else")
        assert again.status_code == 422
        assert "used already" in words(again)
    assert len(await pairs(world)) == 1


async def test_a_code_expires_and_can_be_revoked(world: World) -> None:
    old, revoked = await invite(world, days=1), await invite(world, days=30)
    await revoke_invitations(world.database, world.clock.now(), office(world), world.school.id, [revoked.id])
    world.clock.advance(timedelta(days=1))
    async with browser(world) as visitor:
        for letter in (old, revoked):
            answer = await join(visitor, letter.code)
            assert answer.status_code == 422
            assert "no longer good" in words(answer)
    assert await pairs(world) == []


async def test_the_student_id_must_go_with_the_code_and_cannot_be_guessed(world: World) -> None:
    letter = await invite(world)
    async with browser(world) as visitor:
        for guess in range(MOST_TRIES):
            answer = await join(visitor, letter.code, identifier=str(2000 + guess))
            assert answer.status_code == 422
            assert "do not go together" in words(answer)
        locked = await join(visitor, letter.code)
        assert locked.status_code == 422
        assert "no longer good" in words(locked)
    assert await pairs(world) == []


async def test_codes_cannot_be_tried_one_after_the_other(world: World) -> None:
    letter = await invite(world)
    async with browser(world) as visitor:
        for _ in range(WRONG_CODES):
            assert (await join(visitor, new_code())).status_code == 422
        shut_out = await join(visitor, letter.code)
        assert shut_out.status_code == 429
        assert await pairs(world) == []
        world.clock.advance(timedelta(minutes=2))
        assert (await join(visitor, letter.code)).status_code == 200


async def test_what_is_typed_must_make_sense_and_uses_nothing_up(world: World) -> None:
    letter = await invite(world)
    async with browser(world) as visitor:
        for wrong, said in (
            ({"password": "short", "again": "short"}, "at least 10 characters"),
            ({"again": "another password"}, "not the same"),
            ({"username": "two words"}, "without spaces"),
            ({"given_name": " "}, "given name"),
        ):
            answer = await join(visitor, letter.code, **wrong)
            assert answer.status_code == 422
            assert said in words(answer)
            assert "<p>" not in words(answer)
        assert (await join(visitor, letter.code)).status_code == 200


async def test_errors_are_told_in_spanish_to_who_reads_spanish(world: World) -> None:
    async with browser(world) as visitor:
        await visitor.get("/families/join", language="es")
        answer = await join(visitor, "NOPE")
        assert "Nadie tiene este código" in words(answer)


async def test_without_the_forms_token_nothing_is_done(world: World) -> None:
    letter = await invite(world)
    async with browser(world) as visitor:
        await visitor.get("/families/join")
        answer = await visitor.post("/families/join", code=letter.code, identifier="1000")
        assert answer.status_code == 403
    assert await pairs(world) == []


async def test_a_username_that_is_taken_is_not_taken_over(world: World) -> None:
    first, second = await invite(world, 0), await invite(world, 1)
    async with browser(world) as visitor:
        assert (await join(visitor, first.code)).status_code == 200
        answer = await join(
            visitor, second.code, identifier="1001", password="another password", again="another password"
        )
        assert answer.status_code == 409
        assert "sign in first" in words(answer)
    assert len(await pairs(world)) == 1


async def test_a_guardian_with_an_account_adds_a_child(world: World) -> None:
    first, second = await invite(world, 0), await invite(world, 1)
    async with browser(world) as visitor:
        await join(visitor, first.code)
        await sign_in(visitor)
        page = await visitor.get("/family/add")
        wrong = await visitor.post("/family/add", _csrf=form_token(page), code=second.code, identifier="1000")
        assert wrong.status_code == 422
        right = await visitor.post("/family/add", _csrf=form_token(page), code=second.code, identifier="1001")
        assert right.status_code == 303
        assert "Student01 Example" in words(await visitor.get("/family"))


async def test_a_letter_for_a_guardian_of_the_roster_is_theirs(world: World) -> None:
    guardian_id = await add_guardian(world, 0, 2, name="Rosa")
    letter = await invite(world, 0, guardian_id=guardian_id)
    assert letter.guardian_name == "Rosa Example"
    async with browser(world) as visitor:
        assert (await join(visitor, letter.code)).status_code == 200
        await sign_in(visitor)
        page = words(await visitor.get("/family"))
    assert "Student00" in page
    assert "Student02" in page


async def test_ending_it_ends_the_access_at_once(world: World) -> None:
    letter = await invite(world)
    async with browser(world) as visitor:
        await join(visitor, letter.code)
        await sign_in(visitor)
        assert (await visitor.get(f"/family/{world.school.students[0]}")).status_code == 200
        [row] = await guardians_of(world.database, office(world), world.school.id, limit=10)
        assert row.has_account
        await end_guardianship(world.services.identity, office(world), world.school.id, row.guardian_id, row.student_id)
        assert (await visitor.get(f"/family/{world.school.students[0]}")).status_code == 303
        await sign_in(visitor)
        assert (await visitor.get(f"/family/{world.school.students[0]}")).status_code == 404

        other = await invite(world)
        page = await visitor.get("/family/add")
        back = await visitor.post("/family/add", _csrf=form_token(page), code=other.code, identifier="1000")
        assert back.status_code == 409

        await allow_guardianship(
            world.services.identity, office(world), world.school.id, row.guardian_id, row.student_id
        )
        assert (await visitor.get(f"/family/{world.school.students[0]}")).status_code == 200
    assert await audited(world, "guardianship.ended") == 1
    assert await audited(world, "guardianship.allowed") == 1


async def test_only_staff_of_the_school_invite(world: World) -> None:
    wanted = [Wanted(world.school.students[0])]
    settings, now = world.services.settings, world.clock.now()
    for role in (Role.TEACHER, Role.GUARDIAN, Role.STUDENT, Role.HALL_MONITOR):
        with pytest.raises(NotPermitted):
            await make_invitations(world.database, settings, now, office(world, role=role), world.school.id, wanted, 9)
    elsewhere = office(world, school_ids=frozenset({new_id()}))
    with pytest.raises(NotFound):
        await make_invitations(world.database, settings, now, elsewhere, world.school.id, wanted, 9)
    with pytest.raises(NotFound):
        await make_invitations(world.database, settings, now, office(world), world.school.id, [Wanted(new_id())], 9)


async def test_the_code_is_nowhere_in_the_database(world: World) -> None:
    letter = await invite(world)
    async with world.database.session() as session:
        kept = await session.scalar(select(Invitation.code_hash))
        events = await session.scalar(text("SELECT string_agg(body::text, '') FROM ledger_event"))
    assert kept
    plain = letter.code.replace("-", "")
    assert plain.encode() not in kept
    assert letter.code not in (events or "")
    assert letter.code not in repr(letter)
