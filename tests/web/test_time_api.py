"""Time at school over HTTP: what time it is, bell schedules, the calendar, and both as files."""

from typing import Any

import pytest

from corridor.base.ids import new_id
from corridor.identity.principal import Role
from tests.school import make_school
from tests.world import Api, World

ASSEMBLY = {"name": "Assembly", "periods": [{"name": "1", "starts_at": "8:05 AM", "ends_at": "8:30 AM"}]}


async def admin(world: World) -> Api:
    return await world.caller(Role.SCHOOL_ADMIN, school_id=world.school.id)


def at(world: World, rest: str) -> str:
    return f"/schools/{world.school.id}/{rest}"


async def send(world: World, api: Api, method: str, path: str, body: Any = None, **query: Any) -> Any:
    return await world.client.request(
        method, f"/api/v1/schools/{world.school.id}/{path}", json=body, params=query, headers=api.headers
    )


async def send_file(world: World, api: Api, path: str, content: str, **query: Any) -> Any:
    headers = api.headers | {"content-type": "text/csv"}
    url = f"/api/v1/schools/{world.school.id}/{path}"
    return await world.client.post(url, content=content.encode(), params=query, headers=headers)


# What time it is


async def test_the_time_says_period_schedule_and_bells(world: World) -> None:
    teacher = await world.teacher()
    now = (await teacher.get(at(world, "time"))).json()
    assert now["date"] == "2026-10-06"
    assert (now["school"], now["schedule"], now["cycle"], now["passing"], now["place"]) == (
        True,
        "Regular",
        None,
        False,
        None,
    )
    assert now["period"] == {"name": "1", "starts_at": "2026-10-06T12:00:00Z", "ends_at": "2026-10-06T13:00:00Z"}
    assert (now["day_ends_at"], now["next_bell_at"]) == ("2026-10-06T15:00:00Z", "2026-10-06T13:00:00Z")
    assert now["term"] == {"begins_on": "2026-08-01", "ends_on": "2027-06-30"}
    saturday = (await teacher.get(at(world, "time"), at="2026-10-10T10:00:00-04:00")).json()
    assert (saturday["school"], saturday["period"], saturday["day_ends_at"]) == (False, None, None)
    assert saturday["next_bell_at"] == "2026-10-12T12:00:00Z"


@pytest.mark.parametrize("instant", ["2026-10-06T08:30:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
async def test_an_instant_has_an_offset_and_a_year_of_ours(world: World, instant: str) -> None:
    answer = await (await world.teacher()).get(at(world, "time"), at=instant)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


async def test_the_timetable_says_where_a_student_is(world: World) -> None:
    teacher = await world.teacher()
    student = world.school.students[0]
    place = (await teacher.get(at(world, "time"), student_id=str(student))).json()["place"]
    assert (place["section"], place["location"]) == ("Algebra", "204")
    free = await teacher.get(at(world, "time"), student_id=str(student), at="2026-10-06T10:30:00-04:00")
    assert free.json()["place"] is None
    assert (await teacher.get(at(world, "time"), student_id=str(new_id()))).status_code == 404


async def test_students_ask_for_themselves_and_guardians_for_nobody(world: World) -> None:
    mine, theirs = world.school.students[:2]
    student = await world.student()
    assert (await student.get(at(world, "time"), student_id=str(mine))).json()["place"]["section"] == "Algebra"
    assert (await student.get(at(world, "time"), student_id=str(theirs))).status_code == 404
    assert (await student.get(at(world, "time"))).status_code == 200
    guardian = await world.caller(Role.GUARDIAN, person_id=world.school.teachers[1])
    assert (await guardian.get(at(world, "time"), student_id=str(mine))).status_code == 404


# Bell schedules


async def test_a_schedule_is_added_changed_and_removed(world: World) -> None:
    api = await admin(world)
    made = await send(world, api, "POST", "bell-schedules", ASSEMBLY)
    assert made.status_code == 201, made.text
    assert (made.json()["days"], made.json()["periods"][0]["starts_at"]) == ([], "08:05")
    path = f"bell-schedules/{made.json()['id']}"
    changed = await send(world, api, "PUT", path, ASSEMBLY | {"name": "Pep rally", "days": [6]})
    assert (changed.status_code, changed.json()["name"], changed.json()["days"]) == (200, "Pep rally", [6])
    listed = (await (await world.student()).get(at(world, "bell-schedules"))).json()["items"]
    assert [each["name"] for each in listed] == ["Pep rally", "Regular"]
    time = (await api.get(at(world, "time"), at="2026-10-10T08:10:00-04:00")).json()
    assert time["schedule"] == "Pep rally"
    assert (await send(world, api, "DELETE", path)).status_code == 204
    assert (await send(world, api, "DELETE", path)).status_code == 404


async def test_a_schedule_that_does_not_fit_says_all_that_is_wrong(world: World) -> None:
    body = {"name": "", "days": [1], "periods": [{"name": "1", "starts_at": "9:00", "ends_at": "8:00"}]}
    answer = await send(world, await admin(world), "POST", "bell-schedules", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "unfit_schedule")
    assert set(answer.json()["problems"]) == {"name", "days", "period-0-ends_at"}


async def test_a_schedule_that_the_calendar_gives_is_removed_only_on_purpose(world: World) -> None:
    api = await admin(world)
    schedule_id = (await send(world, api, "POST", "bell-schedules", ASSEMBLY)).json()["id"]
    await send(world, api, "PUT", "calendar", {"days": [{"date": "2026-10-07", "schedule_id": schedule_id}]})
    path = f"bell-schedules/{schedule_id}"
    refused = await send(world, api, "DELETE", path)
    assert (refused.status_code, refused.json()["code"], refused.json()["days"]) == (409, "schedule_in_use", 1)
    assert (await send(world, api, "DELETE", path, days_as_usual="true")).status_code == 204
    [day] = (await api.get(at(world, "calendar"), **{"from": "2026-10-07", "to": "2026-10-07"})).json()["items"]
    assert (day["schedule"], day["special"]) == ("Regular", False)


# The calendar


async def test_days_are_set_shown_and_cleared(world: World) -> None:
    api = await admin(world)
    days = [
        {"date": "2026-10-07", "cycle": "A", "note": "Picture day"},
        {"date": "2026-10-08", "school": False, "note": "Holiday"},
    ]
    changed = await send(world, api, "PUT", "calendar", {"days": days})
    assert [day["date"] for day in changed.json()["items"]] == ["2026-10-07", "2026-10-08"]
    span = {"from": "2026-10-07", "to": "2026-10-10"}
    shown = (await (await world.student()).get(at(world, "calendar"), **span)).json()["items"]
    assert [(day["school"], day["schedule"], day["cycle"], day["note"], day["special"]) for day in shown] == [
        (True, "Regular", "A", "Picture day", False),
        (False, None, None, "Holiday", True),
        (True, "Regular", None, None, False),
        (False, None, None, None, False),
    ]
    cleared = await send(world, api, "DELETE", "calendar", **span)
    assert [day["date"] for day in cleared.json()["items"]] == ["2026-10-07", "2026-10-08"]
    assert (await send(world, api, "DELETE", "calendar", **span)).json()["items"] == []


async def test_the_calendar_is_shown_from_today_for_a_month(world: World) -> None:
    items = (await (await world.teacher()).get(at(world, "calendar"))).json()["items"]
    assert (items[0]["date"], items[-1]["date"]) == ("2026-10-06", "2026-11-06")


@pytest.mark.parametrize(
    ("span", "field"),
    [
        ({"from": "2026-10-07", "to": "2026-10-01"}, "to"),
        ({"from": "2026-10-07", "to": "2036-10-01"}, "to"),
        ({"from": "1000-01-01"}, "from"),
        ({"from": "9999-12-31"}, "from"),
    ],
)
async def test_a_span_has_an_end_within_reach(world: World, span: dict[str, str], field: str) -> None:
    answer = await (await world.teacher()).get(at(world, "calendar"), **span)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_days_that_do_not_fit_are_named(world: World) -> None:
    days = [
        {"date": "2026-10-07", "schedule_id": str(new_id())},
        {"date": "2026-10-08", "school": False, "cycle": "A"},
        {"date": "0001-01-01", "cycle": "C" * 21},
    ]
    answer = await send(world, await admin(world), "PUT", "calendar", {"days": days})
    assert (answer.status_code, answer.json()["code"]) == (422, "unfit_calendar")
    assert set(answer.json()["problems"]) == {"days[0].schedule_id", "days[1].school", "days[2].date"}
    twice = {"days": [{"date": "2026-10-07"}, {"date": "2026-10-07"}]}
    assert (await send(world, await admin(world), "PUT", "calendar", twice)).json()["field"] == "days"


async def test_a_rotation_is_set_and_taken_away(world: World) -> None:
    api = await admin(world)
    span = {"first": "2026-10-07", "last": "2026-10-12"}
    answer = await send(world, api, "PUT", "calendar/rotation", span | {"cycles": [{"name": "A"}, {"name": "B"}]})
    assert [day["cycle"] for day in answer.json()["items"]] == ["A", "B", "A", "B"]
    time = (await api.get(at(world, "time"), at="2026-10-08T08:10:00-04:00")).json()
    assert time["cycle"] == "B"
    ended = await send(world, api, "PUT", "calendar/rotation", span | {"cycles": []})
    assert len(ended.json()["items"]) == 4


# Files


async def test_bell_schedules_travel_as_csv(world: World) -> None:
    api = await admin(world)
    table = await api.get(at(world, "bell-schedules.csv"))
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    content = table.text + "Assembly,,1,8:00,8:30\r\n"
    tried = await send_file(world, api, "bell-schedules/import", content, dry_run="true")
    assert tried.json() == {
        "schedules": [{"name": "Regular", "what": "unchanged"}, {"name": "Assembly", "what": "added"}]
    }
    assert len((await api.get(at(world, "bell-schedules"))).json()["items"]) == 1
    assert (await send_file(world, api, "bell-schedules/import", content)).json() == tried.json()
    assert len((await api.get(at(world, "bell-schedules"))).json()["items"]) == 2
    wrong = await send_file(world, api, "bell-schedules/import", "schedule,period,starts_at,ends_at\nNew,1,x,9:00\n")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "unfit_file")
    assert [(each["line"], each["field"]) for each in wrong.json()["problems"]] == [(2, "starts_at")]


async def test_the_calendar_travels_as_csv_and_icalendar(world: World) -> None:
    api = await admin(world)
    content = "date,schedule,cycle,note\n2026-10-07,,A,\n2026-10-08,no school,,Fall break\n"
    tried = (await send_file(world, api, "calendar/import", content, dry_run="true")).json()
    assert (tried["found"], tried["effects"]) == (2, "2 school days change. On 1 of them there is no school any more.")
    assert tried["changed"][1] == {"date": "2026-10-08", "before": "", "after": "No school: Fall break"}
    assert "Fall break" not in (await api.get(at(world, "calendar.csv"))).text
    assert (await send_file(world, api, "calendar/import", content)).json() == tried
    assert (await api.get(at(world, "calendar.csv"))).text.splitlines()[1:] == [
        "2026-10-07,,A,",
        "2026-10-08,no school,,Fall break",
    ]
    events = await (await world.student()).get(at(world, "calendar.ics"))
    assert events.headers["content-type"] == "text/calendar; charset=utf-8"
    assert "SUMMARY:A day" in events.text
    again = (await send_file(world, api, "calendar/import", events.text)).json()
    assert (again["found"], again["changed"]) == (2, [])
    periods = await api.get(at(world, "calendar.ics"), periods="true")
    assert "DTSTART;TZID=America/New_York:20261007T080000" in periods.text
    replaced = await send_file(
        world, api, "calendar/import", "date,schedule\n2026-10-06,\n2026-10-09,\n", replace="true"
    )
    assert [day["after"] for day in replaced.json()["changed"]] == ["", ""]
    wrong = await send_file(world, api, "calendar/import", "BEGIN:VCALENDAR\n")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "unfit_file")


# Who may


async def test_only_administrators_write(world: World) -> None:
    teacher = await world.teacher()
    calls: list[tuple[str, str, Any]] = [
        ("POST", "bell-schedules", ASSEMBLY),
        ("PUT", f"bell-schedules/{new_id()}", ASSEMBLY),
        ("DELETE", f"bell-schedules/{new_id()}", None),
        ("PUT", "calendar", {"days": []}),
        ("PUT", "calendar/rotation", {"first": "2026-10-07", "last": "2026-10-07", "cycles": []}),
        ("POST", "bell-schedules/import", None),
        ("POST", "calendar/import", None),
    ]
    for method, path, body in calls:
        assert (await send(world, teacher, method, path, body)).status_code == 403, path
    cleared = await send(world, teacher, "DELETE", "calendar", **{"from": "2026-10-07", "to": "2026-10-07"})
    assert cleared.status_code == 403


async def test_another_school_is_out_of_reach(world: World) -> None:
    other = await make_school(world.database, name="Lincoln", district_id=world.school.district_id)
    api = await admin(world)
    for path in ("time", "bell-schedules", "calendar", "calendar.ics", "calendar.csv", "bell-schedules.csv"):
        assert (await api.get(f"/schools/{other.id}/{path}")).status_code == 404, path
    url = f"/api/v1/schools/{other.id}/calendar"
    written = await world.client.put(url, json={"days": [{"date": "2026-10-07"}]}, headers=api.headers)
    assert written.status_code == 404


async def test_a_school_that_is_not_there_is_not_found_by_those_who_reach_all(world: World) -> None:
    api = await world.caller(Role.DISTRICT_ADMIN)
    nowhere = f"/api/v1/schools/{new_id()}"
    day = {"days": [{"date": "2026-10-07", "cycle": "A"}]}
    for method, path, body in (
        ("GET", "bell-schedules", None),
        ("GET", "calendar.csv", None),
        ("POST", "bell-schedules", ASSEMBLY),
        ("PUT", "calendar", day),
        ("POST", "calendar/import", None),
    ):
        answer = await world.client.request(method, f"{nowhere}/{path}", json=body, headers=api.headers)
        assert answer.status_code == 404, path
