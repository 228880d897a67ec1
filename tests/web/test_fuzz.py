"""The API keeps to its own description whatever it is sent: valid requests and broken ones, by Schemathesis."""

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.generation.case import Case
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from corridor.app import create_app
from corridor.base.clock import FixedClock, SystemClock
from corridor.base.database import Database
from corridor.base.ids import new_id
from corridor.base.postgres import EmbeddedPostgres
from corridor.base.settings import Settings
from corridor.identity.principal import Role
from corridor.identity.service import IdentityService
from corridor.web.openapi import describe_problems
from tests.processes import AppProcess
from tests.school import MORNING, TestSchool, make_school
from tests.web.kiosks import code_on

EXAMPLES = 40
# It never ends, and what it sends is tested in tests/live.
_STREAM = "GET /api/v1/schools/{school_id}/stream"
_CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)


def _describe() -> Any:
    app = create_app(Database("postgresql://"), SystemClock(), Settings(secret_key="for tests"))
    describe_problems(app)
    return schemathesis.openapi.from_dict(app.openapi_schema.to_schema())


_OPERATIONS = {found.ok().label: found.ok() for found in _describe().get_all_operations()}


class Target:
    """A running server, and the ids of what it has, by the name of the field that asks for them."""

    def __init__(self, url: str, token: str, known: Mapping[str, list[str]]) -> None:
        self.url = url
        self.token = token
        self.known = known

    def aim(self, case: Case[Any], data: st.DataObject) -> None:
        """Put ids of what is there in place of most made-up ones, so that requests get beyond "not found"."""
        for fields in (case.path_parameters, case.query, case.body):
            if isinstance(fields, dict):
                for name in sorted(self.known.keys() & fields.keys()):
                    if isinstance(fields[name], str) and data.draw(st.integers(0, 9)):
                        fields[name] = data.draw(st.sampled_from(self.known[name]))


@pytest.fixture(scope="module")
def target(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    name = f"fuzz_{new_id().hex}"
    url, data_dir = postgres.url(name), tmp_path_factory.mktemp("fuzz")
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE corridor_template STRATEGY file_copy")
    school, tokens = asyncio.run(_fill(url, data_dir))
    server = AppProcess(url, data_dir)
    yield Target(server.url, tokens[0], _ids(server.url, school, tokens))
    server.stop()
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def _fill(url: str, data_dir: Path) -> tuple[TestSchool, list[str]]:
    """A school, an administrator's token and a student's."""
    database = Database(url)
    school = await make_school(database, students=12)
    identity = IdentityService(database, FixedClock(MORNING), Settings(data_dir=data_dir, secret_key="for tests"))
    admin = await identity.create_token(name="fuzz", role=Role.DISTRICT_ADMIN)
    student = await identity.create_token(name="student", role=Role.STUDENT, person_id=school.students[0])
    await database.close()
    return school, [admin.secret, student.secret]


def _ids(url: str, school: TestSchool, tokens: list[str]) -> dict[str, list[str]]:
    """The ids to aim with, passes in every state among them."""
    passes = []
    with httpx.Client(base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {tokens[0]}"}) as admin:
        for number, verb in enumerate(["arrive", "depart", "return", "end", None, None], start=1):
            body = {"student_id": str(school.students[number]), "destination_id": str(school.nurse)}
            passes.append(admin.post(f"/schools/{school.id}/passes", json=body).json()["id"])
            if verb:
                assert admin.post(f"/passes/{passes[-1]}/{verb}").status_code == 200
        for verb in ("deny", "cancel", None):
            mine = {"Authorization": f"Bearer {tokens[1]}"}
            body = {"destination_id": str(school.library)}
            passes.append(admin.post(f"/schools/{school.id}/passes", json=body, headers=mine).json()["id"])
            if verb:
                assert admin.post(f"/passes/{passes[-1]}/{verb}").status_code == 200
        types = admin.get(f"/schools/{school.id}/pass-types").json()["items"]
        rules = admin.get(f"/schools/{school.id}/rules").json()["items"]
        cap = {"kind": "hallway_cap", "params": {"most": 5000}}
        rules += [admin.post("/district/rules", json=cap).json()]
        spare = admin.post("/tokens", json={"name": "spare", "role": "teacher"}).json()["id"]
        clients = [admin.post("/oauth-clients", json={"name": name}).json()["id"] for name in ("one", "two")]
        code = code_on(httpx.get(f"{url}/kiosk"))
        pairing = {"code": code, "name": "Door", "location_id": str(school.room_204)}
        device = admin.post(f"/schools/{school.id}/devices", json=pairing).json()["id"]
        badges = f"/schools/{school.id}/students/{school.students[0]}/badges"
        badge = admin.post(badges, json={"number": "04A1B2C3"}).json()["badges"][0]["id"]
        service = {"name": "Service", "issuer": "https://login.invalid", "client_id": "corridor"}
        provider = admin.post("/sign-in/providers", json=service).json()["id"]
    places = [str(place) for place in (school.restroom, school.nurse, school.library, school.room_204)]
    students = [str(student) for student in school.students]
    return {
        "school_id": [str(school.id)],
        "pass_id": passes,
        "student_id": students,
        "person_id": [*students, *map(str, school.teachers)],
        "destination_id": places,
        "origin_id": places,
        "location_id": places,
        "pass_type_id": [each["id"] for each in types],
        "rule_id": [each["id"] for each in rules],
        "token_id": [spare],
        "client_id": clients,
        "device_id": [device],
        "badge_id": [badge],
        "provider_id": [provider],
    }


def _kinds_of_requests() -> list[tuple[str, GenerationMode]]:
    """Valid ones for every operation, and broken ones where there is something to break."""
    labels = sorted(_OPERATIONS.keys() - {_STREAM})
    breakable = [label for label in labels if not label.startswith(("GET /health/", "GET /metrics"))]
    return [
        *((label, GenerationMode.POSITIVE) for label in labels),
        *((label, GenerationMode.NEGATIVE) for label in breakable),
    ]


@pytest.mark.parametrize(("operation", "mode"), _kinds_of_requests())
def test_an_operation_keeps_to_its_description(target: Target, operation: str, mode: GenerationMode) -> None:
    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=_OPERATIONS[operation].as_strategy(mode), data=st.data())
    def send(case: Case[Any], data: st.DataObject) -> None:
        target.aim(case, data)
        headers = {"Authorization": f"Bearer {target.token}"}
        case.call_and_validate(base_url=target.url, headers=headers, checks=list(_CHECKS))

    send()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"name": "\xff", "kind": "gym"}', 400),
        (b'{"name": "\\ud800", "kind": "gym"}', 400),
        (b"[" * 100_000, 400),
        (b"", 400),
        (b"null", 400),
        (b'{"name": "\\u0000", "kind": "gym"}', 422),
        (b'{"name": "a\\u0000b", "kind": "gym", "capacity": 99999999999999999999}', 422),
        (b'{"name": "Gym\\u0000\\n 2 ", "kind": "gym"}', 201),
    ],
)
def test_a_body_that_is_hardly_json_is_answered_with_a_problem(target: Target, body: bytes, status: int) -> None:
    path = f"/api/v1/schools/{target.known['school_id'][0]}/locations"
    headers = {"Authorization": f"Bearer {target.token}", "Content-Type": "application/json"}
    answer = httpx.post(f"{target.url}{path}", content=body, headers=headers)
    assert answer.status_code == status, answer.text
    if status == 201:
        assert answer.json()["name"] == "Gym 2"


@pytest.mark.parametrize("text", ["for a drink", "\u0000", "a\u0000b", "line\nbreak", "\u202e\U0001f6bd"])
def test_any_text_is_fit_for_a_reason(target: Target, text: str) -> None:
    headers = {"Authorization": f"Bearer {target.token}"}
    known = target.known
    with httpx.Client(base_url=f"{target.url}/api/v1", headers=headers) as client:
        # What was sent before may have put passes on hold, marked the student as away and closed the place.
        client.delete(f"/schools/{known['school_id'][0]}/freeze")
        client.delete(f"/schools/{known['school_id'][0]}/students/{known['student_id'][9]}/absence")
        client.delete(f"/locations/{known['destination_id'][1]}/closure")
        body = {"student_id": known["student_id"][9], "destination_id": known["destination_id"][1], "reason": text}
        answer = client.post(f"/schools/{known['school_id'][0]}/passes", json=body)
        assert answer.status_code == 201, answer.text
        assert client.post(f"/passes/{answer.json()['id']}/end").status_code == 200


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-14:00", "2000-01-01T00:00:00Z", "2030-01-01T00:00:00"])
def test_a_token_expires_at_an_instant_that_can_be_read_back(target: Target, text: str) -> None:
    headers = {"Authorization": f"Bearer {target.token}"}
    body = {"name": "for ever", "role": "district_admin", "expires_at": text}
    assert httpx.post(f"{target.url}/api/v1/tokens", json=body, headers=headers).status_code == 422
    assert httpx.get(f"{target.url}/api/v1/tokens", headers=headers).status_code == 200
