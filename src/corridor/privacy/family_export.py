"""Everything that is kept on a student at a school, for whoever has the right to see the whole record."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from corridor.base.database import Database
from corridor.base.errors import NotFound
from corridor.day.state import EndedHow, SchoolState, Status
from corridor.identity.names import names_of
from corridor.passes.load import PASS_COLUMNS, pass_from_row
from corridor.privacy.corrections import Correction, corrections_of
from corridor.privacy.requests_state import RecordsRequest, RequestKind, RequestStatus
from corridor.privacy.state import RecordsState
from corridor.privacy.who_looked import LookFilter, who_looked
from corridor.rules.kinds import KINDS
from corridor.rules.limit import seconds_out

_MOST_LOOKS = 20_000
_PERSON = """
    SELECT given_name, middle_name, family_name, preferred_given_name, preferred_family_name, pronouns, identifier,
           username, email, phone, grade FROM person WHERE id = %(student)s"""
_GUARDIANS = """
    SELECT concat_ws(' ', p.given_name, p.family_name) AS name, g.guardian_says OR g.student_says AS from_roster,
           g.invited, g.barred AS ended_by_school
    FROM guardianship g JOIN person p ON p.id = g.guardian_id
    WHERE g.student_id = %(student)s AND (g.active OR g.barred) ORDER BY 1"""
_CLASSES = """
    SELECT s.title, e.begins_on, e.ends_on, e.active FROM enrollment e JOIN section s ON s.id = e.section_id
    WHERE e.person_id = %(student)s AND s.school_id = %(school)s ORDER BY s.title, s.id"""
_PASSES = f"SELECT {PASS_COLUMNS} FROM pass WHERE student_id = %(student)s AND school_id = %(school)s ORDER BY seq"  # noqa: S608
_REFUSALS = """
    SELECT at, destination_id, channel, codes FROM refusal
    WHERE student_id = %(student)s AND school_id = %(school)s ORDER BY at, seq"""
_DECISIONS = """
    SELECT kind, body, active, changed_at FROM policy
    WHERE school_id = %(school)s AND kind IN ('appointment', 'accommodation', 'absence', 'group')
      AND (body ->> 'student_id' = %(text)s OR (kind = 'absence' AND id = %(student)s)
           OR body -> 'student_ids' ? %(text)s)
    ORDER BY kind, changed_at NULLS FIRST, id"""
_ACCOUNTS = """
    SELECT username, role, status, created_at, password_changed_at FROM account
    WHERE person_id = %(student)s ORDER BY created_at"""
_BADGES = "SELECT kind, assigned_at, withdrawn_at FROM badge WHERE student_id = %(student)s ORDER BY assigned_at"
_PIN = "SELECT set_at FROM student_pin WHERE student_id = %(student)s"


class PassRecord(msgspec.Struct, frozen=True):
    """A pass with the names of its places and people. `seconds` are those that count as out of class."""

    id: UUID
    pass_type: str
    origin: str | None
    destination: str
    class_left: str | None
    channel: str
    status: Status
    minutes_given: int
    requested_at: datetime
    requested_by: str | None
    decided_by: str | None
    started_at: datetime | None
    due_at: datetime | None
    arrived_at: datetime | None
    departed_at: datetime | None
    ended_at: datetime | None
    ended_by: str | None
    ended_how: EndedHow | None
    seconds: int
    went_over: bool
    reason: str | None
    deny_reason: str | None
    rules_lifted: tuple[str, ...]
    lift_reason: str | None


class RefusalRecord(msgspec.Struct, frozen=True):
    at: datetime
    destination: str
    channel: str
    rules: tuple[str, ...]


class LookRecord(msgspec.Struct, frozen=True):
    """Somebody looked at the record, or was given it in an emergency."""

    at: datetime
    who: str
    role: str
    kind: str
    what: str
    students: int
    why: str | None
    given_to: str | None


class RequestRecord(msgspec.Struct, frozen=True):
    """A family's request; one to amend is the statement that stays with the record."""

    kind: RequestKind
    status: RequestStatus
    asked_at: datetime
    asked_by: str | None
    about_pass: UUID | None
    words: str | None
    answered_at: datetime | None
    answer: str | None


class StudentRecord(msgspec.Struct, frozen=True):
    """The whole record, in the order in which it is read."""

    school: str
    time_zone: str
    made_at: datetime
    student: Mapping[str, Any]
    guardians: Sequence[Mapping[str, Any]]
    classes: Sequence[Mapping[str, Any]]
    statements: Sequence[RequestRecord]
    corrections: Sequence[Correction]
    requests: Sequence[RequestRecord]
    passes: Sequence[PassRecord]
    refusals: Sequence[RefusalRecord]
    appointments: Sequence[Mapping[str, Any]]
    accommodations: Sequence[Mapping[str, Any]]
    groups: Sequence[Mapping[str, Any]]
    absences: Sequence[Mapping[str, Any]]
    rules_about_the_student: Sequence[str]
    accounts: Sequence[Mapping[str, Any]]
    badges: Sequence[Mapping[str, Any]]
    kiosk_pin_set_at: datetime | None
    looks: Sequence[LookRecord]

    @property
    def name(self) -> str:
        known = self.student
        given = known["preferred_given_name"] or known["given_name"]
        return f"{given} {known['preferred_family_name'] or known['family_name']}"


async def whole_record(
    database: Database, state: SchoolState, records: RecordsState, student_id: UUID, now: datetime
) -> StudentRecord:
    """Everything on the student at this school. Who may ask is the caller's to check. Raises `NotFound`."""
    school = state.campus.school
    async with database.raw() as connection:
        values = {"student": student_id, "school": school.id, "text": str(student_id)}
        found = await _rows(connection, _PERSON, values)
        if not found:
            raise NotFound("There is no such student.")
        passes = [
            pass_from_row(row) for row in await (await connection.execute(_PASSES, values, binary=True)).fetchall()
        ]
        requests = [each for each in records.requests.values() if each.student_id == student_id]
        actors = {id for each in passes for id in (each.requested_by, each.decided_by, each.ended_by) if id}
        names = await names_of(connection, actors | {each.asked_by for each in requests})
        places = _Places(state)
        decisions = await _rows(connection, _DECISIONS, values)
        looks = await who_looked(
            connection, [school.id], LookFilter(student_id=student_id), _MOST_LOOKS, addresses=False
        )
        told = [_request(each, names) for each in requests]
        pins = await _rows(connection, _PIN, values)
        return StudentRecord(
            school=school.name,
            time_zone=school.time_zone,
            made_at=now,
            student=found[0],
            guardians=await _rows(connection, _GUARDIANS, values),
            classes=await _rows(connection, _CLASSES, values),
            statements=[each for each, raw in zip(told, requests, strict=True) if raw.is_statement],
            corrections=[
                _with_places(each, places) for each in await corrections_of(connection, school.id, student_id)
            ],
            requests=[each for each, raw in zip(told, requests, strict=True) if not raw.is_statement],
            passes=[_pass(each, state, places, names) for each in passes],
            refusals=[
                RefusalRecord(row["at"], places.named(row["destination_id"]), row["channel"], tuple(row["codes"]))
                for row in await _rows(connection, _REFUSALS, values)
            ],
            appointments=[
                _decision(row, places, "destination_id") for row in decisions if row["kind"] == "appointment"
            ],
            accommodations=[_decision(row, places) for row in decisions if row["kind"] == "accommodation"],
            groups=[_decision(row, places) for row in decisions if row["kind"] == "group"],
            absences=[_decision(row, places) for row in decisions if row["kind"] == "absence"],
            rules_about_the_student=_rules(state, student_id),
            accounts=await _rows(connection, _ACCOUNTS, values),
            badges=await _rows(connection, _BADGES, values),
            kiosk_pin_set_at=pins[0]["set_at"] if pins else None,
            looks=[
                LookRecord(
                    each.at,
                    each.viewer_name,
                    each.viewer_role,
                    each.kind,
                    each.what,
                    each.number,
                    each.why,
                    each.parties,
                )
                for each in looks.items
            ],
        )


def as_json(record: StudentRecord) -> bytes:
    return msgspec.json.format(msgspec.json.encode(record), indent=2)


class _Places:
    def __init__(self, state: SchoolState) -> None:
        self._locations = state.campus.locations

    def named(self, id: UUID | None) -> str:
        place = self._locations.get(id) if id else None
        return place.name if place else "a place that is no more"


async def _rows(connection: psycopg.AsyncConnection[Any], sql: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    cursor = await connection.execute(sql, values)
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in await cursor.fetchall()]


def _pass(pass_: Any, state: SchoolState, places: _Places, names: Mapping[UUID, str]) -> PassRecord:
    pass_type = state.pass_types.get(pass_.pass_type_id)
    section = state.campus.sections.get(pass_.section_id) if pass_.section_id else None
    return PassRecord(
        id=pass_.id,
        pass_type=pass_type.name if pass_type else "a type that is no more",
        origin=places.named(pass_.origin_id) if pass_.origin_id else None,
        destination=places.named(pass_.destination_id),
        class_left=section.title if section else None,
        channel=pass_.channel,
        status=pass_.status,
        minutes_given=pass_.minutes,
        requested_at=pass_.requested_at,
        requested_by=names.get(pass_.requested_by),
        decided_by=names.get(pass_.decided_by),
        started_at=pass_.started_at,
        due_at=pass_.due_at,
        arrived_at=pass_.arrived_at,
        departed_at=pass_.departed_at,
        ended_at=pass_.ended_at,
        ended_by=names.get(pass_.ended_by),
        ended_how=pass_.ended_how,
        seconds=seconds_out(pass_),
        went_over=pass_.overdue,
        reason=pass_.reason,
        deny_reason=pass_.deny_reason,
        rules_lifted=pass_.lifted,
        lift_reason=pass_.lift_reason,
    )


_OTHERS = frozenset({"student_ids", "student_id", "id", "made_by", "group_id", "pass_type_id", "pass_type_ids"})
"""What of a decision is about other students, or says nothing to whoever reads it."""


def _decision(row: Mapping[str, Any], places: _Places, place: str = "") -> dict[str, Any]:
    body = {name: value for name, value in row["body"].items() if name not in _OTHERS}
    if place in body:
        body["place"] = places.named(UUID(body.pop(place)))
    return {**body, "holds": row["active"], "set_at": row["changed_at"]}


def _with_places(correction: Correction, places: _Places) -> Correction:
    """With a place's name for its id."""

    def named(values: dict[str, Any]) -> dict[str, Any]:
        known = {name: value for name, value in values.items() if name != "destination_id"}
        return known | ({"destination": places.named(values["destination_id"])} if len(known) < len(values) else {})

    return msgspec.structs.replace(correction, before=named(correction.before), after=named(correction.after))


def _request(request: RecordsRequest, names: Mapping[UUID, str]) -> RequestRecord:
    return RequestRecord(
        kind=request.kind,
        status=request.status,
        asked_at=request.asked_at,
        asked_by=names.get(request.asked_by),
        about_pass=request.about_id,
        words=request.words,
        answered_at=request.answered_at,
        answer=request.answer,
    )


def _rules(state: SchoolState, student_id: UUID) -> list[str]:
    """The kinds of the rules that name the student, without anybody else's name."""
    mine = [
        rule
        for rule in state.rules
        if student_id in rule.scope.student_ids or student_id in getattr(rule.params, "student_ids", ())
    ]
    return [KINDS[rule.text.kind].title for rule in mine]
