"""What is around every page: where it leads, what it tells the browser, what it says when something is wrong."""

from pathlib import Path

import pytest

from corridor.base.errors import SetupError
from corridor.identity.principal import Role
from corridor.web.assets import Assets
from tests.web.visitor import browser, form_token, sign_in_as_student, student, visitor, words
from tests.world import World


async def test_a_stranger_is_sent_to_sign_in_and_back_afterwards(world: World) -> None:
    async with browser(world) as stranger:
        answer = await stranger.get("/student")
        assert answer.status_code == 303
        assert answer.headers["location"] == "/sign-in?next=/student"


async def test_htmx_is_told_to_take_the_whole_page_to_sign_in(world: World) -> None:
    async with browser(world) as stranger:
        answer = await stranger.get("/student", part=True)
        assert answer.headers["hx-redirect"].startswith("/sign-in?next=")


@pytest.mark.parametrize(
    ("role", "home"),
    [
        (Role.STUDENT, "/student"),
        (Role.TEACHER, "/teacher"),
        (Role.HALL_MONITOR, "/board"),
        (Role.SCHOOL_ADMIN, "/board"),
    ],
)
async def test_each_role_has_a_home(world: World, role: Role, home: str) -> None:
    person = world.school.students[0] if role is Role.STUDENT else world.school.teachers[0]
    somebody = await visitor(world, role, person_id=person)
    answer = await somebody.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, home)


@pytest.mark.parametrize("path", ["/student", "/sign-in", "/static/manifest.json", "/nowhere", "/api/v1/schools"])
async def test_every_answer_forbids_what_is_not_ours(world: World, path: str) -> None:
    pupil = await student(world)
    answer = await pupil.get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_pages_are_not_kept_by_shared_computers(world: World) -> None:
    pupil = await student(world)
    assert (await pupil.get("/student")).headers["cache-control"] == "no-store"


async def test_pages_have_nothing_inline(world: World) -> None:
    pupil = await student(world)
    page = (await pupil.get("/student")).text
    assert "style=" not in page
    assert "<style" not in page
    assert page.count("<script") == page.count('<script type="module" src="/static/')


async def test_an_unknown_address_is_a_page_for_people_and_a_problem_for_programs(world: World) -> None:
    pupil = await student(world)
    page = await pupil.get("/nowhere")
    assert page.status_code == 404
    assert "There is nothing here" in words(page)
    problem = await pupil.get("/api/v1/nowhere")
    assert problem.headers["content-type"].startswith("application/problem+json")


async def test_a_page_out_of_reach_says_so(world: World) -> None:
    pupil = await student(world)
    page = await pupil.get("/board")
    assert page.status_code == 403
    assert "This is not yours to open" in words(page)


async def test_an_error_reaches_htmx_as_a_note_that_leaves_the_page_alone(world: World) -> None:
    pupil = await student(world)
    answer = await pupil.get("/student/to/00000000-0000-0000-0000-000000000000", part=True)
    assert answer.status_code == 404
    assert answer.headers["hx-retarget"] == "#toasts"
    assert "There is no such place" in words(answer)
    assert "<html" not in answer.text


async def test_a_fault_of_ours_shows_its_number_and_no_secrets(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fall(*_: object) -> None:
        raise RuntimeError("the secret is swordfish")

    pupil = await student(world)
    monkeypatch.setattr("corridor.passes.student_pages.view_student", fall)
    page = await pupil.get("/student")
    assert page.status_code == 500
    assert "Its number in the log is" in words(page)
    assert "swordfish" not in page.text


async def test_a_form_without_proof_is_refused(world: World) -> None:
    async with browser(world) as pupil:
        await sign_in_as_student(world, pupil)
        place = str(world.school.restroom)
        refused = await pupil.post("/student/passes", destination_id=place)
        assert refused.status_code == 403
        assert "This page is out of date" in words(refused)
        page = await pupil.get(f"/student/to/{place}")
        taken = await pupil.post("/student/passes", destination_id=place, _csrf=form_token(page))
        assert (taken.status_code, taken.headers["location"]) == (303, "/student")


async def test_signing_out_leads_to_the_sign_in_page(world: World) -> None:
    async with browser(world) as pupil:
        await sign_in_as_student(world, pupil)
        page = await pupil.get("/student")
        out = await pupil.post("/sign-out", _csrf=form_token(page))
        assert out.headers["location"] == "/sign-in"
        assert (await pupil.get("/student")).status_code == 303


async def test_the_top_bar_shows_the_school_and_its_time(world: World) -> None:
    pupil = await student(world)
    page = await pupil.get("/student")
    assert "Washington Middle School" in words(page)
    assert ">08:30</corridor-clock>" in page.text


async def test_assets_are_packed_and_kept_for_ever(world: World) -> None:
    pupil = await student(world)
    page = (await pupil.get("/student")).text
    script = page.split('<script type="module" src="')[1].split('"')[0]
    answer = await pupil.client.get(script, headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    plain = await pupil.client.get(script, headers={"accept-encoding": "identity"})
    assert plain.content == answer.content
    assert (await pupil.client.get("/static/../app.py")).status_code == 404


async def test_the_first_view_is_light(world: World) -> None:
    pupil = await student(world)
    page = await pupil.get("/student")
    sent = len(page.content)
    for url in {part.split('"')[0].split("#")[0] for part in page.text.split('"/static/')[1:]}:
        answer = await pupil.client.get(f"/static/{url}", headers={"accept-encoding": "gzip"})
        sent += int(answer.headers["content-length"])
    assert sent < 150_000


def test_a_front_end_that_is_not_built_is_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="Run `make assets`"):
        Assets(tmp_path).url("src/main.ts")


async def test_the_api_can_be_read_as_a_page(world: World) -> None:
    page = await world.client.get("/api/docs")
    assert page.status_code == 200
    assert "/api/v1/schools/{school_id}/passes" in words(page)
    assert 'id="PassInput"' in page.text
    assert page.text.count("<script") == 1
