"""The calendar's page over HTTP: a month, days and rotations, and files that are tried out before they count."""

import re
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest

from corridor.campus.bells import PeriodDraft, ScheduleDraft, read_schedules, write_schedule
from corridor.campus.calendar import read_calendar
from corridor.campus.model import CalendarDay
from corridor.identity.principal import Role
from tests.school import make_school
from tests.web.visitor import Visitor, visitor, words
from tests.world import World

PAGE = "/admin/calendar"
TUESDAY = date(2026, 10, 6)


async def admin(world: World) -> Visitor:
    return await visitor(world, Role.SCHOOL_ADMIN, school_id=world.school.id)


async def early_release(world: World) -> str:
    """A schedule that only the calendar gives."""
    draft = ScheduleDraft("Early release", (), (PeriodDraft("1", "8:00", "8:30"), PeriodDraft("2", "8:35", "9:00")))
    async with world.database.session() as session:
        made = await write_schedule(session, world.school.id, None, draft)
    await world.services.ledger.refresh(world.school.id)
    return str(made)


async def followed(visitor: Visitor, answer: httpx.Response) -> httpx.Response:
    """The page to which a form's answer leads."""
    there = httpx.URL(answer.headers["location"])
    query: dict[str, Any] = dict(there.params)
    return await visitor.get(there.path, **query)


async def calendar(world: World) -> dict[date, CalendarDay]:
    """As it is stored; the live day must have it so, too."""
    stored = (await read_calendar(world.database, world.school.id)).calendar
    assert (await world.services.ledger.state(world.school.id)).campus.calendar == stored
    return dict(stored)


def days(world: World, first: str, last: str = "", **fields: str) -> dict[str, Any]:
    return {"school": str(world.school.id), "first": first, "last": last, "schedule": "none"} | fields


def rotation(world: World, first: str, last: str, *names: str, **fields: Any) -> dict[str, Any]:
    cycles = {"cycle": [*names, ""], "cycle_schedule": ["" for _ in (*names, "")]}
    return {"school": str(world.school.id), "rotation": "1", "first": first, "last": last} | cycles | fields


async def upload(world: World, path: str, content: bytes, **fields: str) -> httpx.Response:
    made = await world.services.identity.create_token(name="up", role=Role.SCHOOL_ADMIN, school_id=world.school.id)
    return await world.client.post(
        path,
        data={"school": str(world.school.id)} | fields,
        files={"file": ("district calendar.ics", content)},
        headers={"authorization": f"Bearer {made.secret}", "accept": "text/html"},
    )


def kept(page: httpx.Response) -> str:
    """What the page's form sends along to be imported."""
    found = re.search(r"<textarea name=\"csv\"[^>]*>(.*?)</textarea>", page.text, re.DOTALL)
    assert found, words(page)
    return found.group(1)


async def test_the_month_shows_what_every_day_is(world: World) -> None:
    await early_release(world)
    mine = await admin(world)
    await mine.post(f"{PAGE}/days", **days(world, "2026-10-12", note="Columbus Day"))
    await mine.post(f"{PAGE}/rotation", **rotation(world, "2026-10-05", "2026-10-09", "A", "B"))
    page = await mine.get(PAGE)
    said = words(page)
    assert "October 2026" in said
    assert "Mon 5 A Regular" in said
    assert "Tue 6 today B Regular" in said
    assert "Mon 12 No school Columbus Day" in said
    assert "month=2026-09" in page.text
    assert "month=2026-11" in page.text
    assert "November 2026" in words(await mine.get(PAGE, month="2026-11"))


@pytest.mark.parametrize("query", [{"month": "never"}, {"month": "1999-12"}, {"day": "2026-13-40"}])
async def test_a_month_that_is_none_is_this_month(world: World, query: dict[str, Any]) -> None:
    assert "October 2026" in words(await (await admin(world)).get(PAGE, **query))


@pytest.mark.parametrize("month", ["2000-01", "2199-12"])
async def test_the_calendar_has_two_ends(world: World, month: str) -> None:
    assert (await (await admin(world)).get(PAGE, month=month)).status_code == 200


async def test_a_day_is_changed_where_it_stands(world: World) -> None:
    early, mine = await early_release(world), await admin(world)
    page = await mine.get(PAGE, day="2026-10-06")
    assert "Tuesday, October 6" in words(page)
    assert "that of its weekday (Regular)" in words(page)
    saved = await mine.post(f"{PAGE}/days", **days(world, "2026-10-06", schedule=early, cycle="A", note="Conferences"))
    assert saved.status_code == 303
    assert "1 day of the calendar is different now" in words(await followed(mine, saved))
    assert await calendar(world) == {TUESDAY: CalendarDay(UUID(early), "A", "Conferences")}
    assert 'value="Conferences"' in (await mine.get(PAGE, day="2026-10-06")).text
    again = await mine.post(f"{PAGE}/days", **days(world, "2026-10-06", schedule=early, cycle="A", note="Conferences"))
    assert "Nothing had to change" in words(await followed(mine, again))


async def test_whom_it_concerns_is_said_before_it_is_saved(world: World) -> None:
    mine = await admin(world)
    said = words(await mine.post(f"{PAGE}/affects", part=True, **days(world, "2026-10-05", "2026-10-11")))
    assert said == (
        "5 school days change. On all of them there is no school any more. "
        "Today is one of them: it counts as soon as it is saved. 1 of them is over; what happened then stays as it was."
    )
    turns = rotation(world, "2026-10-12", "2026-10-16", "A", "B")
    assert words(await mine.post(f"{PAGE}/affects", part=True, **turns)) == "5 school days change."
    wrong = await mine.post(f"{PAGE}/affects", part=True, **days(world, "2026-10-12", "2026-10-01"))
    assert (wrong.status_code, words(wrong)) == (200, "This is before the first day.")
    assert await calendar(world) == {}


async def test_a_rotation_is_set_and_taken_away(world: World) -> None:
    mine = await admin(world)
    await mine.post(f"{PAGE}/rotation", **rotation(world, "2026-10-05", "2026-10-07", "A", "B"))
    assert [day.cycle for _, day in sorted((await calendar(world)).items())] == ["A", "B", "A"]
    await mine.post(f"{PAGE}/rotation", **rotation(world, "2026-10-06", "2026-10-07", end="1"))
    assert list(await calendar(world)) == [date(2026, 10, 5)]


@pytest.mark.parametrize(
    ("form", "why"),
    [
        (("2026-10-12", "2026-10-01"), "This is before the first day."),
        (("", ""), "Choose a date."),
        (("soon", "later"), "Choose a date."),
    ],
)
async def test_days_that_do_not_fit_are_said_in_place(world: World, form: tuple[str, str], why: str) -> None:
    answer = await (await admin(world)).post(f"{PAGE}/days", **days(world, *form, note="Typed"))
    assert answer.status_code == 422
    assert why in words(answer)
    assert 'value="Typed"' in answer.text
    assert await calendar(world) == {}


async def test_a_schedule_or_rotation_that_does_not_fit_is_said_in_place(world: World) -> None:
    mine = await admin(world)
    odd = await mine.post(f"{PAGE}/days", **days(world, "2026-10-12", schedule=""))
    assert "Choose what these days are." in words(odd)
    gone = await mine.post(f"{PAGE}/days", **days(world, "2026-10-12", schedule=str(world.school.id)))
    assert "no such bell schedule" in words(gone)
    twice = await mine.post(f"{PAGE}/rotation", **rotation(world, "2026-10-12", "2026-10-16", "A", "A"))
    assert (twice.status_code, "Two days of the rotation are named A." in words(twice)) == (422, True)
    none = await mine.post(f"{PAGE}/rotation", **rotation(world, "2026-10-12", "2026-10-16"))
    assert "A rotation has 1 to 12 days" in words(none)


async def test_another_school_s_calendar_is_out_of_reach(world: World) -> None:
    other = await make_school(world.database, name="Lincoln", district_id=world.school.district_id)
    mine = await admin(world)
    theirs = days(world, "2026-10-12") | {"school": str(other.id)}
    for path in ("days", "rotation", "affects", "import"):
        assert (await mine.post(f"{PAGE}/{path}", **theirs)).status_code == 404
    for path in (PAGE, f"{PAGE}.csv", f"{PAGE}.ics", "/admin/bells.csv"):
        assert (await mine.get(path, school=str(other.id))).status_code == 404
    assert (await mine.post(f"{PAGE}/days", first="2026-10-12")).status_code == 404


async def test_a_teacher_does_not_change_the_calendar(world: World) -> None:
    teacher = await visitor(world, Role.TEACHER, person_id=world.school.teachers[0])
    assert (await teacher.get(PAGE)).status_code == 403
    assert (await teacher.post(f"{PAGE}/days", **days(world, "2026-10-12"))).status_code == 403


# Files

BREAK = b"""BEGIN:VCALENDAR\r\nVERSION:2.0\r
BEGIN:VEVENT\r\nSUMMARY:Fall break\r\nDTSTART;VALUE=DATE:20261008\r\nDTEND;VALUE=DATE:20261013\r\nEND:VEVENT\r
BEGIN:VEVENT\r\nSUMMARY:Book fair\r\nDTSTART;VALUE=DATE:20261014\r\nEND:VEVENT\r
BEGIN:VEVENT\r\nSUMMARY:PTA\r\nDTSTART:20261014T220000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"""


async def test_a_file_is_shown_before_it_counts(world: World) -> None:
    page = await upload(world, f"{PAGE}/upload", BREAK)
    said = words(page)
    assert "district calendar.ics" in said
    assert "It speaks of 3 days. 3 school days change. On all of them there is no school any more." in said
    assert "Thu, Oct 8, 2026 as usual No school: Fall break" in said
    assert "Not read: 2 events" in said
    assert "Book fair" in said
    assert await calendar(world) == {}
    mine = await admin(world)
    saved = await mine.post(f"{PAGE}/import", school=str(world.school.id), csv=kept(page))
    assert saved.status_code == 303
    assert {day.day for day in await calendar(world)} == {8, 9, 12}
    assert "It speaks of 3 days. Nothing changes" in words(await upload(world, f"{PAGE}/upload", BREAK))


async def test_a_file_may_replace_what_lies_between_its_days(world: World) -> None:
    mine = await admin(world)
    await mine.post(f"{PAGE}/days", **days(world, "2026-10-07", note="Left alone"))
    await mine.post(f"{PAGE}/days", **days(world, "2026-10-09", note="Old"))
    content = b"date,schedule,cycle,note\r\n2026-10-08,no school,,New\r\n2026-10-12,no school,,New\r\n"
    added = await upload(world, f"{PAGE}/upload", content)
    assert "Old" not in words(added)
    page = await upload(world, f"{PAGE}/upload", content, replace="1")
    assert "Fri, Oct 9, 2026 No school: Old as usual" in words(page)
    await mine.post(f"{PAGE}/import", school=str(world.school.id), csv=kept(page))
    assert {day.day for day in await calendar(world)} == {7, 8, 12}


async def test_a_file_with_problems_changes_nothing_and_names_its_lines(world: World) -> None:
    for content in (b"date,schedule\r\n2026-10-08,Half day\r\nnever,\r\n", b"\xff\xfe"):
        answer = await upload(world, f"{PAGE}/upload", content)
        assert answer.status_code == 422
        assert "Nothing was changed" in words(answer)
    said = words(await upload(world, f"{PAGE}/upload", b"date,schedule\r\n2026-10-08,Half day\r\nnever,\r\n"))
    assert "the file has 2 problems" in said
    assert "Line 2: There is no bell schedule named 'Half day'" in said
    assert "Line 3: 'never' is no date" in said
    assert await calendar(world) == {}


async def test_a_form_without_a_file_or_with_an_old_one_is_told(world: World) -> None:
    mine = await admin(world)
    assert "Choose a file first." in words(await mine.post(f"{PAGE}/upload", school=str(world.school.id)))
    old = await mine.post(f"{PAGE}/import", school=str(world.school.id), csv="date,schedule\n2026-10-08,Gone\n")
    assert (old.status_code, "Nothing was changed" in words(old)) == (422, True)


async def test_a_file_about_something_else_says_so(world: World) -> None:
    content = BREAK.replace(b"Fall break", b"Drama club")
    assert "Nothing in it is about the school day" in words(await upload(world, f"{PAGE}/upload", content))


async def test_the_calendar_can_be_taken_away_as_a_file(world: World) -> None:
    mine = await admin(world)
    await mine.post(f"{PAGE}/days", **days(world, "2026-10-12", note="Columbus Day"))
    school: dict[str, Any] = {"school": str(world.school.id)}
    table = await mine.get(f"{PAGE}.csv", **school)
    assert table.headers["content-type"].startswith("text/csv")
    assert "2026-10-12,no school,,Columbus Day" in table.text
    events = await mine.get(f"{PAGE}.ics", **school)
    assert events.headers["content-type"].startswith("text/calendar")
    assert "SUMMARY:No school: Columbus Day" in events.text
    assert "DTSTART;TZID=America/New_York:20261006T080000" not in events.text
    periods = await mine.get(f"{PAGE}.ics", **school, periods="true")
    assert "DTSTART;TZID=America/New_York:20261006T080000" in periods.text


async def test_bell_schedules_are_shown_before_they_are_imported(world: World) -> None:
    mine = await admin(world)
    table = (await mine.get("/admin/bells.csv", school=str(world.school.id))).text
    assert "Regular,Mon Tue Wed Thu Fri,1,08:00,09:00" in table
    content = table.replace("08:00,09:00", "8:05 AM,9:00 AM") + "Assembly,,1,8:00,8:30\r\n"
    page = await upload(world, "/admin/bells/upload", content.encode())
    said = words(page)
    assert "2 of 2 schedules are different." in said
    assert "Assembly new days of the calendar 1 08:00 08:30" in said
    assert len(await read_schedules(world.database, world.school.id)) == 1
    saved = await mine.post("/admin/bells/import", school=str(world.school.id), csv=kept(page))
    assert saved.status_code == 303
    assembly, regular = await read_schedules(world.database, world.school.id)
    assert (assembly.name, assembly.days) == ("Assembly", ())
    assert f"{regular.periods[0].starts_at}" == "08:05:00"
    assert "just so" in words(await upload(world, "/admin/bells/upload", content.encode()))


async def test_bell_schedules_with_problems_change_nothing(world: World) -> None:
    answer = await upload(world, "/admin/bells/upload", b"schedule,period,starts_at,ends_at\nNew,1,9:00,8:00\n")
    assert (answer.status_code, "Line 2: This is not after the start." in words(answer)) == (422, True)
    mine = await admin(world)
    old = await mine.post("/admin/bells/import", school=str(world.school.id), csv="")
    assert (old.status_code, "the file is empty" in words(old).lower()) == (422, True)
    assert len(await read_schedules(world.database, world.school.id)) == 1


async def test_removing_a_schedule_of_the_calendar_says_what_becomes_of_its_days(world: World) -> None:
    early, mine = await early_release(world), await admin(world)
    await mine.post(f"{PAGE}/days", **days(world, "2026-10-06", "2026-10-07", schedule=early))
    page = await mine.get("/admin/bells")
    assert "The calendar gives it to 2 days, which are as usual then." in words(page)
    refused = await mine.post(f"/admin/bells/{early}/remove", school=str(world.school.id))
    assert refused.status_code == 409
    removed = await mine.post(f"/admin/bells/{early}/remove", school=str(world.school.id), days_as_usual="1")
    assert removed.status_code == 303
    assert await calendar(world) == {}


async def test_calendar_programs_subscribe_without_signing_in(world: World) -> None:
    mine = await admin(world)
    await mine.post(f"{PAGE}/days", **days(world, "2026-10-12", note="Columbus Day"))
    found = re.search(r'value="http://test(/calendars/[^"]+\.ics)"', (await mine.get(PAGE)).text)
    assert found
    feed = await world.client.get(found[1])
    assert (feed.status_code, feed.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    assert "SUMMARY:No school: Columbus Day" in feed.text
    assert "DTSTART;TZID" in (await world.client.get(found[1], params={"periods": "true"})).text
    other = await make_school(world.database, name="Lincoln", district_id=world.school.district_id)
    for wrong in (found[1].replace(".ics", "0.ics"), found[1].replace(str(world.school.id), str(other.id))):
        assert (await world.client.get(wrong)).status_code == 404
