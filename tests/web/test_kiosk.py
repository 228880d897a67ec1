"""A kiosk: paired by staff, used by students for themselves, and good for nothing else."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from litestar.routes import HTTPRoute
from sqlalchemy import text

from corridor.base.ids import new_id
from corridor.base.settings import Settings
from corridor.day.state import Pass, Status
from corridor.day.words import Channel
from corridor.identity.api import DEVICE_COOKIE, KIOSK_ROUTE, SESSION_COOKIE, needed_permissions
from corridor.identity.cache import LIFETIME
from corridor.identity.permissions import Action
from corridor.identity.principal import Role
from corridor.identity.service import IdentityService
from corridor.identity.turns import new_turn, sealed
from corridor.web.kiosk_cookies import PAIRING_COOKIE, TURN_COOKIE
from tests.web.kiosks import PIN, act, approve, code_on, give_pin, identify, kiosk, office, turn_on, type_in
from tests.web.visitor import Visitor, browser, form_token, sign_in_as_student, student, words
from tests.world import World


@pytest.fixture
async def at_204(world: World) -> AsyncIterator[Visitor]:
    async with kiosk(world) as visitor:
        yield visitor


async def open_passes(world: World) -> list[Pass]:
    return list((await world.services.ledger.state(world.school.id)).passes.values())


async def go_to_the_restroom(world: World, visitor: Visitor) -> Pass:
    page = await identify(world, visitor)
    answer = await act(visitor, page, "/kiosk/passes", destination_id=str(world.school.restroom))
    assert answer.status_code == 303, answer.text
    (made,) = await open_passes(world)
    return made


async def test_a_browser_shows_one_code_until_staff_approve_it(world: World) -> None:
    async with browser(world) as visitor:
        first = await visitor.get("/kiosk")
        assert code_on(first) == code_on(await visitor.get("/kiosk")), "one pending code a browser"
        cookie = first.headers["set-cookie"]
        assert all(word in cookie for word in ("HttpOnly", "Secure", "SameSite=lax", "Path=/kiosk"))
        assert (await visitor.get("/kiosk/pairing")).status_code == 204
        await approve(world, code_on(first))
        assert (await visitor.get("/kiosk/pairing")).status_code == 200
        paired = await visitor.get("/kiosk")
        assert (paired.status_code, paired.headers["location"]) == (303, "/kiosk")
        cookies = paired.headers.get_list("set-cookie")
        (given,) = [cookie for cookie in cookies if cookie.startswith(DEVICE_COOKIE)]
        assert all(word in given for word in ("HttpOnly", "Secure", "SameSite=lax", "Path=/kiosk", "Max-Age=34560000"))
        page = await visitor.get("/kiosk")
        assert "Who are you?" in words(page)
        assert "204" in words(page)
        assert PAIRING_COOKIE not in visitor.client.cookies


async def test_codes_are_made_of_letters_that_nobody_confuses(world: World) -> None:
    async with browser(world) as visitor:
        assert not set(code_on(await visitor.get("/kiosk"))) & set("AEIOUY01")


async def test_a_new_code_after_the_old_one_ran_out(world: World) -> None:
    async with browser(world) as visitor:
        first = code_on(await visitor.get("/kiosk"))
        world.clock.advance(timedelta(minutes=11))
        assert code_on(await visitor.get("/kiosk")) != first


async def test_one_address_gets_only_so_many_codes(world: World) -> None:
    statuses = set()
    for _ in range(42):
        async with browser(world) as visitor:
            answer = await visitor.get("/kiosk")
            statuses.add(answer.status_code)
            if answer.status_code == 429:
                assert int(answer.headers["retry-after"]) <= 60
    assert statuses == {200, 429}


async def test_the_cookie_is_fetched_by_the_browser_that_showed_the_code_and_once(world: World) -> None:
    async with browser(world) as shown, browser(world) as other:
        code = code_on(await shown.get("/kiosk"))
        await other.get("/kiosk")
        await approve(world, code)
        assert (await other.get("/kiosk")).status_code == 200, "the other one goes on showing its own code"
        pairing = shown.client.cookies[PAIRING_COOKIE]
        assert (await shown.get("/kiosk")).status_code == 303
    async with browser(world) as replayed:
        replayed.client.cookies.set(PAIRING_COOKIE, pairing)
        answer = await replayed.get("/kiosk")
        assert "Pair this kiosk" in words(answer)
        assert DEVICE_COOKIE not in replayed.client.cookies


@pytest.mark.parametrize("forged", ["x", "A" * 43, "", "ä"])
async def test_a_forged_cookie_is_no_kiosk(world: World, at_204: Visitor, forged: str) -> None:
    async with browser(world) as visitor:
        headers = {b"cookie": f"{DEVICE_COOKIE}={forged}".encode("latin-1")}
        answer = await visitor.client.get("/kiosk/turn", headers=headers)
        assert (answer.status_code, answer.headers["location"]) == (303, "/kiosk")
        assert "Pair this kiosk" in words(await visitor.client.get("/kiosk", headers=headers))


async def test_a_copied_cookie_ends_with_the_device(world: World, at_204: Visitor) -> None:
    async with browser(world) as copy:
        copy.client.cookies.set(DEVICE_COOKIE, at_204.client.cookies[DEVICE_COOKIE])
        assert "Who are you?" in words(await copy.get("/kiosk"))
        (row,) = await world.services.identity.devices.of_school(office(world), world.school.id)
        await world.services.identity.devices.revoke(office(world), row.device.id)
        assert "Pair this kiosk" in words(await copy.get("/kiosk"))
        assert (await copy.get("/kiosk/alive")).status_code == 303


async def test_another_process_refuses_a_revoked_device_within_seconds(world: World, at_204: Visitor) -> None:
    other = IdentityService(world.database, world.clock, Settings(secret_key="x"))
    cookie = at_204.client.cookies[DEVICE_COOKIE]
    device = await other.devices.by_cookie(cookie)
    assert device is not None
    assert (device.kind, device.location_id) == ("device", world.school.room_204)
    assert set(device.school_ids or ()) == {world.school.id}
    await world.services.identity.devices.revoke(office(world), device.id)
    world.clock.advance(LIFETIME)
    assert await other.devices.by_cookie(cookie) is None


async def test_a_kiosk_may_do_nothing_but_be_one(world: World, at_204: Visitor) -> None:
    """Every route of the application that is not for kiosks, or for anybody, refuses its cookie."""
    app = world.client._transport.app  # type: ignore[attr-defined]
    cookie, tried = at_204.client.cookies[DEVICE_COOKIE], 0
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for handler in route.route_handlers:
            actions = needed_permissions(handler)
            if actions is None or actions == KIOSK_ROUTE:
                continue
            path = "/" + "/".join(
                str(new_id()) if not isinstance(part, str) else part for part in route.path_components
            )
            for method in handler.http_methods:
                answer = await world.client.request(method, path, headers={"cookie": f"{DEVICE_COOKIE}={cookie}"})
                at_sign_in = answer.status_code == 303 and answer.headers["location"].startswith(
                    ("/sign-in", "/responder")
                )
                assert answer.status_code == 401 or at_sign_in, (method, path, answer.status_code)
                tried += 1
    assert tried > 150


async def test_kiosk_routes_know_the_device_and_others_the_session(world: World, at_204: Visitor) -> None:
    async with browser(world) as both:
        await sign_in_as_student(world, both)
        assert (await both.get("/student")).status_code == 200
        assert (await both.get("/kiosk/turn")).headers["location"] == "/kiosk", "a session is no device"
        both.client.cookies.set(DEVICE_COOKIE, at_204.client.cookies[DEVICE_COOKIE])
        await identify(world, both, 1)
        assert "Student01 Example" in words(await both.get("/kiosk/turn"))
        assert "Student00 Example" in words(await both.get("/student"))
        page = await both.get("/student")
        stolen = await both.post("/kiosk/done", _csrf=form_token(page))
        assert stolen.headers["location"] == "/kiosk?over=true", "a form of the session's pages does not fit the kiosk"


async def test_a_bearer_token_is_no_kiosk(world: World) -> None:
    visitor = await student(world)
    assert (await visitor.get("/kiosk/turn")).headers["location"] == "/kiosk"


async def test_id_and_pin_open_the_students_own_turn(world: World, at_204: Visitor) -> None:
    who = await give_pin(world)
    asked = await type_in(at_204, who=who)
    assert "Your PIN" in words(asked)
    answer = await at_204.post("/kiosk/identify", _csrf=form_token(asked), who=who, asked="pin", pin=PIN)
    assert (answer.status_code, answer.headers["location"]) == (303, "/kiosk/turn")
    assert "SameSite=strict" in answer.headers["set-cookie"]
    page = await at_204.get("/kiosk/turn")
    assert "Student00 Example" in words(page)
    assert "Where to?" in words(page)
    assert "Student01" not in page.text, "no names of others"


async def test_an_unknown_id_is_asked_for_its_pin_like_any(world: World, at_204: Visitor) -> None:
    assert "Your PIN" in words(await type_in(at_204, who="31415"))
    wrong = await type_in(at_204, who="31415", asked="pin", pin="9876")
    known = await type_in(at_204, who=await give_pin(world), asked="pin", pin="9876")
    assert (wrong.status_code, known.status_code) == (401, 401)
    assert "do not fit together" in words(known)
    assert words(wrong).replace("31415", "") == words(known).replace("7000", "")


async def test_a_pin_is_not_found_by_trying(world: World, at_204: Visitor) -> None:
    who = await give_pin(world)
    statuses = [(await type_in(at_204, who=who, asked="pin", pin=f"93{number:02}")).status_code for number in range(12)]
    assert statuses.count(401) <= 5
    assert statuses[-1] == 429
    right = await type_in(at_204, who=who, asked="pin", pin=PIN)
    assert right.status_code == 429, "the right one has to wait too"
    other = await give_pin(world, 1)
    assert (await type_in(at_204, who=other, asked="pin", pin=PIN)).status_code == 303, "others go on"
    world.clock.advance(timedelta(minutes=15))
    assert (await type_in(at_204, who=who, asked="pin", pin=PIN)).status_code == 303


async def test_a_new_pin_ends_the_wait(world: World, at_204: Visitor) -> None:
    who = await give_pin(world)
    for number in range(8):
        await type_in(at_204, who=who, asked="pin", pin=f"93{number:02}")
    world.clock.advance(timedelta(seconds=1))
    await give_pin(world, pin="8024")
    assert (await type_in(at_204, who=who, asked="pin", pin="8024")).status_code == 303


async def test_one_students_games_do_not_close_the_kiosk(world: World, at_204: Visitor) -> None:
    for number in range(15):
        for digits in ("9317", "9318"):
            await type_in(at_204, who=f"99{number:03}", asked="pin", pin=digits)
    other = await give_pin(world, 1)
    assert (await type_in(at_204, who=other, asked="pin", pin=PIN)).status_code == 303


async def test_the_demos_way_in_is_closed_elsewhere(world: World) -> None:
    async with browser(world) as visitor:
        page = await visitor.get("/sign-in")
        answer = await visitor.post("/kiosk/demo", _csrf=form_token(page))
        assert answer.status_code == 404
        assert DEVICE_COOKIE not in visitor.client.cookies


async def test_badge_numbers_are_not_found_by_trying(world: World, at_204: Visitor) -> None:
    answers = [await type_in(at_204, who=f"BADGE{number:05}") for number in range(30)]
    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) <= 15, "not for long"


async def test_a_student_of_another_school_is_nobody_here(world: World, at_204: Visitor) -> None:
    async with world.database.session() as session:
        await session.execute(
            text("UPDATE membership SET active = false WHERE person_id = :id"), {"id": world.school.students[0]}
        )
    credentials = world.services.identity.credentials
    await credentials.assign_badge(office(world), world.school.students[1], world.school.id, "04A1B2C3")
    answer = await type_in(at_204, who="04a1 b2c3\n")
    assert answer.headers.get("location") == "/kiosk/turn", "what a reader types may differ in case and space"
    async with world.database.session() as session:
        await session.execute(
            text("UPDATE membership SET active = false WHERE person_id = :id"), {"id": world.school.students[1]}
        )
    assert "Your PIN" in words(await type_in(at_204, who="04A1B2C3"))


async def test_a_pass_begins_in_the_kiosks_room_and_says_that_a_kiosk_made_it(world: World, at_204: Visitor) -> None:
    made = await go_to_the_restroom(world, at_204)
    assert made.channel is Channel.KIOSK
    assert made.origin_id == world.school.room_204
    assert made.requested_by == made.student_id == world.school.students[0]
    async with world.database.session() as session:
        body = (
            await session.execute(
                text("SELECT body FROM ledger_event WHERE body ->> 'pass_id' = :id"), {"id": str(made.id)}
            )
        ).scalar_one()
    assert body["channel"] == "kiosk"


async def test_rules_say_no_as_on_the_students_own_page(world: World, at_204: Visitor) -> None:
    admin = await world.caller(Role.SCHOOL_ADMIN, school_id=world.school.id)
    rule = {"kind": "cooldown", "params": {"minutes": 20}, "effect": "refuse"}
    assert (await admin.post(f"/schools/{world.school.id}/rules", rule)).status_code == 201
    made = await go_to_the_restroom(world, at_204)
    teacher = await world.teacher()
    if made.status is Status.REQUESTED:
        await teacher.post(f"/passes/{made.id}/approve")
    page = await at_204.get("/kiosk/turn")
    turn = turn_on(page)
    back = await act(at_204, page, f"/kiosk/passes/{made.id}/return")
    assert back.headers["location"] == "/kiosk/turn"
    page = await at_204.get("/kiosk/turn")
    assert "Welcome back" in words(page)
    assert "from 08:50" in words(page)
    form: dict[str, Any] = {"_csrf": form_token(page), "turn": turn, "destination_id": str(world.school.restroom)}
    again = await at_204.post("/kiosk/passes", **form)
    assert again.status_code == 409
    assert "08:50" in words(again), "it says from when"


async def test_back_again_ends_the_pass_as_returned(world: World, at_204: Visitor) -> None:
    made = await go_to_the_restroom(world, at_204)
    await (await world.teacher()).post(f"/passes/{made.id}/approve")
    page = await at_204.get("/kiosk/turn")
    assert "Back by" in words(page)
    await act(at_204, page, f"/kiosk/passes/{made.id}/return")
    state = await world.services.ledger.state(world.school.id)
    closed = state.closed[made.id]
    assert (closed.ended_how, closed.ended_by) == ("returned", world.school.students[0])


async def test_a_kiosk_at_the_destination_says_that_one_is_there(world: World) -> None:
    async with kiosk(world) as at_204, kiosk(world, world.school.library) as in_the_library:
        page = await identify(world, at_204)
        await act(at_204, page, "/kiosk/passes", destination_id=str(world.school.library))
        (made,) = await open_passes(world)
        await (await world.teacher()).post(f"/passes/{made.id}/approve")
        page = await identify(world, in_the_library)
        assert "I'm here" in words(page)
        await act(in_the_library, page, f"/kiosk/passes/{made.id}/arrive")
        assert (await open_passes(world))[0].leg == "at_destination"
        assert "I'm on my way back" in words(await in_the_library.get("/kiosk/turn"))


async def test_in_line_for_a_full_place(world: World, at_204: Visitor) -> None:
    teacher = await world.teacher()
    for number in (1, 2):
        body = {"student_id": str(world.school.students[number]), "destination_id": str(world.school.restroom)}
        assert (await teacher.post(f"/schools/{world.school.id}/passes", body)).status_code == 201
    page = await identify(world, at_204)
    assert "stand in line" in words(page)
    await act(at_204, page, "/kiosk/passes", destination_id=str(world.school.restroom))
    made = next(each for each in await open_passes(world) if each.student_id == world.school.students[0])
    if made.status is Status.REQUESTED:
        await teacher.post(f"/passes/{made.id}/approve")
    page = await at_204.get("/kiosk/turn")
    assert "1st in line" in words(page)
    await act(at_204, page, f"/kiosk/passes/{made.id}/cancel")
    assert "Where to?" in words(await at_204.get("/kiosk/turn"))


async def test_another_students_pass_is_not_to_be_had(world: World, at_204: Visitor) -> None:
    teacher = await world.teacher()
    body = {"student_id": str(world.school.students[1]), "destination_id": str(world.school.nurse)}
    theirs = (await teacher.post(f"/schools/{world.school.id}/passes", body)).json()["id"]
    page = await identify(world, at_204)
    for verb in ("return", "arrive", "depart", "cancel", "start"):
        answer = await act(at_204, page, f"/kiosk/passes/{theirs}/{verb}")
        assert answer.status_code == 404, verb
    (left,) = await open_passes(world)
    assert (str(left.id), left.status, left.leg) == (theirs, Status.ACTIVE, "outbound")


async def test_staff_verbs_are_not_a_kiosks(world: World, at_204: Visitor) -> None:
    made = await go_to_the_restroom(world, at_204)
    page = await at_204.get("/kiosk/turn")
    for verb in ("approve", "end", "extend", "deny"):
        assert (await act(at_204, page, f"/kiosk/passes/{made.id}/{verb}")).status_code == 404


async def over(visitor: Visitor, path: str = "/kiosk/turn") -> bool:
    location: str = (await visitor.get(path)).headers.get("location", "")
    return location == "/kiosk?over=true"


async def test_a_turn_is_over_after_a_while_and_when_one_is_done(world: World, at_204: Visitor) -> None:
    await identify(world, at_204)
    world.clock.advance(timedelta(seconds=40))
    assert not await over(at_204)
    world.clock.advance(timedelta(seconds=40))
    assert not await over(at_204), "using it keeps it going"
    world.clock.advance(timedelta(seconds=46))
    assert await over(at_204)
    page = await identify(world, at_204)
    done = await at_204.post("/kiosk/done", _csrf=form_token(page))
    assert done.headers["location"] == "/kiosk"
    assert await over(at_204)


async def test_a_turn_does_not_go_on_for_ever(world: World, at_204: Visitor) -> None:
    await identify(world, at_204)
    minutes = 0
    while not await over(at_204):
        world.clock.advance(timedelta(seconds=30))
        minutes += 1
        assert minutes < 12


async def test_the_start_page_forgets_whose_turn_it_was(world: World, at_204: Visitor) -> None:
    await identify(world, at_204)
    await at_204.get("/kiosk")
    assert await over(at_204)


async def test_a_turn_is_good_at_one_device_only(world: World, at_204: Visitor) -> None:
    await identify(world, at_204)
    async with kiosk(world, world.school.library) as elsewhere:
        elsewhere.client.cookies.set(TURN_COOKIE, at_204.client.cookies[TURN_COOKIE], path="/kiosk")
        assert await over(elsewhere)


async def test_a_turn_cannot_be_made_up(world: World, at_204: Visitor) -> None:
    token = at_204.client.cookies[DEVICE_COOKIE]
    device = await world.services.identity.devices.by_cookie(token)
    assert device is not None
    forged = sealed(new_turn(device.id, world.school.students[1], world.clock.now()), b"a guessed key", token)
    for text_ in (forged, "", "x", forged[:-8], "é"):
        answer = await at_204.client.get(
            "/kiosk/turn", headers={b"cookie": f"{DEVICE_COOKIE}={token}; {TURN_COOKIE}={text_}".encode()}
        )
        assert answer.headers.get("location") == "/kiosk?over=true"


async def test_a_form_of_the_one_before_does_nothing_for_the_next(world: World, at_204: Visitor) -> None:
    before = await identify(world, at_204, 0)
    await identify(world, at_204, 1)
    answer = await act(at_204, before, "/kiosk/passes", destination_id=str(world.school.restroom))
    assert answer.headers["location"] == "/kiosk?over=true"
    assert await open_passes(world) == []


async def test_a_post_without_the_page_s_token_or_from_elsewhere_is_refused(world: World, at_204: Visitor) -> None:
    page = await identify(world, at_204)
    body = {"turn": turn_on(page), "destination_id": str(world.school.restroom)}
    assert (await at_204.client.post("/kiosk/passes", data=body)).headers["location"] == "/kiosk?over=true"
    signed = body | {"_csrf": form_token(page)}
    elsewhere = await at_204.client.post(
        "/kiosk/passes", data=signed, headers={"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    )
    assert elsewhere.status_code == 403
    assert await open_passes(world) == []


async def test_a_kiosk_whose_room_is_out_of_use_says_so(world: World, at_204: Visitor) -> None:
    await identify(world, at_204)
    admin = await world.caller(Role.SCHOOL_ADMIN, school_id=world.school.id)
    assert (await admin.patch(f"/locations/{world.school.room_204}", {"active": False})).status_code == 200
    page = await at_204.get("/kiosk")
    assert "out of use" in words(page)
    assert await over(at_204)


async def test_a_closed_place_says_why_and_where_else(world: World, at_204: Visitor) -> None:
    page = await identify(world, at_204)
    offer = await at_204.get(f"/kiosk/to/{world.school.library}")
    assert "Library" in words(offer)
    assert (await at_204.get(f"/kiosk/to/{new_id()}")).status_code == 404
    assert (await at_204.get("/kiosk/rooms")).status_code == 200
    assert "110" in words(await at_204.get("/kiosk/rooms"))
    here = await act(at_204, page, "/kiosk/passes", destination_id=str(world.school.room_204))
    assert here.status_code == 422, "one is there already"


@pytest.mark.parametrize("path", ["/kiosk/turn", "/kiosk/rooms", f"/kiosk/to/{UUID(int=1)}"])
async def test_nobody_has_a_turn_without_saying_who_they_are(at_204: Visitor, path: str) -> None:
    assert await over(at_204, path)


async def test_the_kiosks_right_is_its_own(world: World) -> None:
    assert SESSION_COOKIE != DEVICE_COOKIE
    app = world.client._transport.app  # type: ignore[attr-defined]
    for route in app.routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else [route.route_handler]:
            actions = needed_permissions(handler)
            assert actions is None or Action.KIOSK_USE not in actions or route.path.startswith("/kiosk"), route.path
