"""The public page "What we track and why": made from what is set, and of nobody."""

import msgspec
import pytest

from corridor.base.ids import new_id
from corridor.campus.words import LocationKind
from corridor.day.policy import Privacy, RuleText, Scope
from corridor.day.words import Effect
from corridor.ledger.words import Command
from corridor.policy.commands import Keep, SetPassType
from corridor.privacy.language import NAMES
from tests.web.visitor import Visitor, words
from tests.world import World


@pytest.fixture
def stranger(world: World) -> Visitor:
    return Visitor(world.client)


async def _decide(world: World, command: Command) -> None:
    answer = await world.services.ledger.submit(world.school.id, command)
    assert not answer.refused


async def _page(world: World, stranger: Visitor, language: str = "en") -> str:
    page = await stranger.get(f"/privacy/{world.school.id}", language=language)
    assert page.status_code == 200, page.text
    return words(page)


async def test_anybody_reads_it_in_both_languages(world: World, stranger: Visitor) -> None:
    for code in NAMES:
        page = await stranger.get(f"/privacy/{world.school.id}", language=code)
        assert page.status_code == 200, page.text
        assert f'<html lang="{code}"' in page.text
        assert page.headers["content-language"] == code
    assert "Lo que registramos y por qué" in await _page(world, stranger, "es")


async def test_the_chosen_language_stays(world: World, stranger: Visitor) -> None:
    chosen = await stranger.get(f"/privacy/{world.school.id}", language="es")
    assert chosen.cookies["corridor_language"] == "es"
    stranger.client.cookies.set("corridor_language", "es")
    assert '<html lang="es"' in (await stranger.get(f"/privacy/{world.school.id}")).text
    stranger.client.cookies.clear()


async def test_it_names_the_types_in_use_and_not_those_that_are_not(world: World, stranger: Visitor) -> None:
    assert "Library" in await _page(world, stranger)
    state = await world.services.ledger.state(world.school.id)
    library = next(each for each in state.pass_types.values() if each.name == "Library")

    await _decide(world, SetPassType(new_id(), msgspec.structs.replace(library, active=False)))

    page = await _page(world, stranger)
    assert "Kind Minutes, usually" in page
    assert "Library" not in page


async def test_a_new_rule_is_on_it_at_once(world: World, stranger: Visitor) -> None:
    await _decide(
        world,
        Keep(
            new_id(),
            RuleText(
                id=new_id(),
                kind="limit",
                params={"most": 3, "per": "day"},
                effect=Effect.NEEDS_STAFF,
                scope=Scope(grades=frozenset({"7"})),
            ),
        ),
    )
    assert "Students in grade 7 may take at most 3 passes a day. If so, a member of staff decides." in await _page(
        world, stranger
    )
    assert "Los estudiantes de grado 7 pueden usar como máximo 3 pases al día." in await _page(world, stranger, "es")


async def test_rules_about_single_students_are_counted_and_not_told(world: World, stranger: Visitor) -> None:
    one = frozenset({world.school.students[0]})
    rule = RuleText(id=new_id(), kind="no_travel", params={}, effect=Effect.REFUSE, scope=Scope(student_ids=one))
    await _decide(world, Keep(new_id(), rule))
    page = await _page(world, stranger)
    assert "One more rule is about single students" in page
    assert "Student00" not in page


async def test_the_schools_privacy_shows(world: World, stranger: Visitor) -> None:
    before = await _page(world, stranger)
    assert "passes of the students in their own classes" in before
    assert "Passes to and from the nurse are private" in before

    masked = frozenset({LocationKind.LIBRARY})
    await _decide(world, Keep(new_id(), Privacy(world.school.id, open_to_staff=True, masked=masked)))

    after = await _page(world, stranger)
    assert "Teachers passes of all students of the school" in after
    assert "Passes to and from the library are private" in after


async def test_what_is_kept_and_for_how_long_follows_the_settings(world: World, stranger: Visitor) -> None:
    assert "Passes one year" in await _page(world, stranger)
    async with world.database.raw() as connection:
        await connection.execute("INSERT INTO retention_setting (kind, days, changed_at) VALUES ('pass', 200, now())")
        await connection.commit()
    assert "Passes 200 days" in await _page(world, stranger)


async def test_kiosks_programs_and_sign_in_services_are_named_without_secrets(world: World, stranger: Visitor) -> None:
    before = await _page(world, stranger)
    assert "There are no kiosks" in before
    assert "No outside program" in before
    async with world.database.raw() as connection:
        await connection.execute(
            "INSERT INTO device (id, school_id, location_id, name, paired_at, user_agent, address) "
            "VALUES (%s, %s, %s, 'k', now(), '', '')",
            [new_id(), world.school.id, world.school.room_204],
        )
        await connection.execute(
            "INSERT INTO sign_in_provider (id, key, preset, name, issuer, client_id, allowed, match_by, match_claim, "
            "makes_accounts, enabled, created_at, changed_at) "
            "VALUES (%s, 'g', 'google', 'Google', 'https://x', 'secret-client', '{}', 'email', 'email', false, true, "
            "now(), now())",
            [new_id()],
        )
        await connection.commit()
    page = await _page(world, stranger)
    assert "There is one kiosk, where students enter their ID and a PIN, or show a badge: 204." in page
    assert "Google signs people in." in page
    assert "secret-client" not in page


async def test_a_school_that_is_not_there_has_no_page(stranger: Visitor) -> None:
    assert (await stranger.get(f"/privacy/{new_id()}")).status_code == 404
    assert (await stranger.get("/privacy/x")).status_code == 404


async def test_of_one_school_the_page_without_a_school_is_that_school_s(world: World, stranger: Visitor) -> None:
    assert "What a pass records" in words(await stranger.get("/privacy"))
