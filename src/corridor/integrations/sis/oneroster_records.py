"""One OneRoster row into one roster record."""

from collections.abc import Callable

from corridor.campus.roster.records import (
    CourseRecord,
    EnrollmentRecord,
    GoneRecord,
    Kind,
    OrgRecord,
    PersonRecord,
    Record,
    Role,
    RoleRecord,
    SectionRecord,
    TermRecord,
)
from corridor.integrations.sis import oneroster_values as values
from corridor.integrations.sis.oneroster_rows import Rejected, Row

_ORG_TYPES = {name.casefold(): name for name in ("department", "school", "district", "local", "state", "national")}
_SESSION_TYPES = {name.casefold(): name for name in ("gradingPeriod", "semester", "schoolYear", "term")}
_CLASS_TYPES = ("homeroom", "scheduled")


def record(row: Row, kind: Kind, *, inline_roles: bool) -> Record:
    """Raises `Rejected` when the row cannot be taken. `inline_roles`: users.csv says the roles, as in version 1.1."""
    source_id = row.required("sourcedId")
    gone = values.standing(row) is values.Standing.GONE
    if gone and kind is not Kind.MEMBERSHIPS:
        return GoneRecord(
            source_id=source_id, file=row.header.spec.name, line=row.line, modified_at=values.modified_at(row)
        )
    match kind:
        case Kind.PEOPLE:
            return _person(row, source_id, inline_roles)
        case Kind.MEMBERSHIPS:
            return _role(row, source_id, gone)
        case _:
            return _RECORDS[kind](row, source_id)


def _org(row: Row, source_id: str) -> OrgRecord:
    written = row.required("type")
    return OrgRecord(
        source_id=source_id,
        file=row.header.spec.name,
        line=row.line,
        modified_at=values.modified_at(row),
        name=row.required("name"),
        type=_ORG_TYPES.get(written.casefold(), written),
        identifier=row.text("identifier"),
    )


def _term(row: Row, source_id: str) -> TermRecord:
    written = row.required("type")
    kind = _SESSION_TYPES.get(written.casefold())
    if kind is None:
        row.quirk(
            "session_type",
            "type",
            written,
            "OneRoster has no such type of session; it was read as a term.",
            f"Write one of {', '.join(_SESSION_TYPES.values())}.",
        )
        kind = "term"
    starts_on = values.required_date(row, "startDate")
    ends_on = values.required_date(row, "endDate")
    if ends_on < starts_on:
        raise Rejected(
            "dates_reversed",
            "The term ends before it starts.",
            "Correct startDate or endDate.",
            field="endDate",
            value=f"{starts_on} to {ends_on}",
        )
    return TermRecord(
        source_id=source_id,
        file=row.header.spec.name,
        line=row.line,
        modified_at=values.modified_at(row),
        title=row.required("title"),
        kind=kind,
        starts_on=starts_on,
        ends_on=ends_on,
        parent=row.text("parentSourcedId"),
        school_year=row.text("schoolYear"),
    )


def _course(row: Row, source_id: str) -> CourseRecord:
    return CourseRecord(
        source_id=source_id,
        file=row.header.spec.name,
        line=row.line,
        modified_at=values.modified_at(row),
        title=row.required("title"),
        code=row.text("courseCode"),
        org=row.text("orgSourcedId"),
    )


def _person(row: Row, source_id: str, inline_roles: bool) -> PersonRecord:
    values.check_short_user(row)
    given_name, family_name = row.text("givenName"), row.text("familyName")
    if given_name is None and family_name is None:
        raise Rejected(
            "missing_value", "Both names are blank.", "Fill in givenName and familyName.", field="familyName"
        )
    if given_name is None or family_name is None:
        row.quirk(
            "one_name",
            "givenName" if given_name is None else "familyName",
            None,
            "One of the two names is blank; the person was taken with the other.",
            "Fill it in, if there is one.",
        )
    return PersonRecord(
        source_id=source_id,
        file=row.header.spec.name,
        line=row.line,
        modified_at=values.modified_at(row),
        given_name=given_name or "",
        middle_name=row.text("middleName"),
        family_name=family_name or "",
        preferred_given_name=row.text("preferredGivenName"),
        preferred_family_name=row.text("preferredFamilyName"),
        pronouns=row.text("pronouns"),
        identifier=row.text("identifier"),
        username=row.text("username"),
        email=values.email(row),
        phone=row.text("phone") or row.text("sms"),
        grade=values.grade(row),
        may_sign_in=values.flag(row, "enabledUser", default=True),
        primary_org=row.text("primaryOrgSourcedId"),
        roles=_inline_roles(row) if inline_roles else None,
        agents=values.items(row, "agentSourcedIds"),
    )


def _inline_roles(row: Row) -> tuple[Role, ...]:
    """The one role at each organisation; the first counts as the person's main one."""
    role = values.role(row, "role")
    orgs = values.items(row, "orgSourcedIds")
    if not orgs:
        row.quirk("no_school", "orgSourcedIds", None, "The person belongs to no school.", "Fill in orgSourcedIds.")
    return tuple(Role(org, role, index == 0) for index, org in enumerate(orgs))


def _role(row: Row, source_id: str, gone: bool) -> RoleRecord:
    return RoleRecord(
        source_id=source_id,
        file=row.header.spec.name,
        line=row.line,
        modified_at=values.modified_at(row),
        person=row.required("userSourcedId"),
        org=row.required("orgSourcedId"),
        role=values.role(row, "role"),
        is_primary=(row.text("roleType") or "primary").casefold() != "secondary",
        begins_on=values.date_or_none(row, "beginDate"),
        ends_on=values.date_or_none(row, "endDate"),
        gone=gone,
    )


def _section(row: Row, source_id: str) -> SectionRecord:
    written = row.text("classType")
    kind = (written or "scheduled").casefold()
    if kind not in _CLASS_TYPES:
        row.quirk(
            "class_type",
            "classType",
            written,
            "OneRoster has no such type of class; it was read as scheduled.",
            "Write homeroom or scheduled.",
        )
        kind = "scheduled"
    return SectionRecord(
        source_id=source_id,
        file=row.header.spec.name,
        line=row.line,
        modified_at=values.modified_at(row),
        title=row.required("title"),
        school=row.required("schoolSourcedId"),
        kind=kind,
        code=row.text("classCode"),
        course=row.text("courseSourcedId"),
        terms=values.items(row, "termSourcedIds"),
        meetings=values.meetings(row),
    )


def _enrollment(row: Row, source_id: str) -> EnrollmentRecord:
    return EnrollmentRecord(
        source_id=source_id,
        file=row.header.spec.name,
        line=row.line,
        modified_at=values.modified_at(row),
        section=row.required("classSourcedId"),
        person=row.required("userSourcedId"),
        role=values.role(row, "role"),
        is_primary=values.flag(row, "primary", default=False),
        begins_on=values.date_or_none(row, "beginDate"),
        ends_on=values.date_or_none(row, "endDate"),
    )


_RECORDS: dict[Kind, Callable[[Row, str], Record]] = {
    Kind.SCHOOLS: _org,
    Kind.TERMS: _term,
    Kind.COURSES: _course,
    Kind.SECTIONS: _section,
    Kind.ENROLLMENTS: _enrollment,
}
