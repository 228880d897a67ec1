"""Laws of the import, tried on many small random rosters."""

from datetime import date

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from corridor.base.database import Database
from corridor.campus.roster.records import (
    CourseRecord,
    EnrollmentRecord,
    Kind,
    Mode,
    OrgRecord,
    PersonRecord,
    Record,
    SectionRecord,
    TermRecord,
)
from tests.campus.listed import (
    Listed,
    active_roster,
    course,
    empty,
    enrollment,
    load,
    org,
    person,
    section,
    term,
)

# Examples share a database and empty it themselves. Shrinking would take minutes of imports.
_FEW = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)


@st.composite
def rosters(draw: st.DrawFn, *, orphans: bool = True) -> list[Record]:
    """A roster whose identifiers, names and references overlap with those of the next one drawn.

    With `orphans` it also refers to what it does not hold.
    """

    def some(*values: str) -> list[str]:
        return draw(st.lists(st.sampled_from(values), unique=True)) if values else []

    def one(*values: str | None) -> str | None:
        return draw(st.sampled_from(values))

    def known(there: tuple[str, ...], here: list[str]) -> tuple[str, ...]:
        return there if orphans else tuple(here)

    district = ["d"] if draw(st.booleans()) else []
    schools, terms, courses = some("s1", "s2"), some("t1", "t2"), some("k1", "k2")
    people, sections = some("a", "b", "c", "d", "e"), some("x", "y", "z")
    orgs = known(("s1", "s2", "d"), schools + district)
    records: list[Record] = [org(id, "District", "district") for id in district]
    records += [org(id, name=f"Name {one('1', '2')}", identifier=one(None, "7", "8")) for id in schools]
    for id in terms:
        starts_on = date(2026, 8, draw(st.integers(1, 3)))
        records.append(term(id, starts_on=starts_on, parent=one(None, *known(("t1", "t9"), terms))))
    records += [course(id, title=f"Title {one('1', '2')}", org=one(None, *orgs)) for id in courses]
    for id in people:
        records.append(
            person(
                id,
                # Whoever changes between student and adult must be sent again with those who name them.
                one("student", "student", "teacher", "guardian") if orphans else "student" if id < "d" else "guardian",
                " ".join(some(*orgs)),
                given_name=f"Given {one('1', '2')}",
                identifier=one(None, "1", "2"),
                email=one(None, "x@y.z", "X@Y.Z"),
                agents=tuple(some(*known(("a", "b", "c", "d", "e"), people))),
            )
        )
    places = known(("s1", "s2"), schools)
    sections = sections if places else []
    for id in sections:
        records.append(
            section(
                id,
                " ".join(some("1", "2", "P3")),
                one(None, "204", "gym", "GYM"),
                title=f"Title {one('1', '2')}",
                school=one(*places) or "",
                course=one(None, *known(("k1", "k2"), courses)),
                terms=tuple(some(*known(("t1", "t2"), terms))),
            )
        )
    where, who = known(("x", "y", "z"), sections), known(("a", "b", "c", "d", "e"), people)
    for seat in some(*(f"{place} {someone}" for place in where for someone in who)):
        place, someone = seat.split()
        begins_on = draw(st.sampled_from([None, date(2026, 9, 1)]))
        records.append(enrollment(place, someone, one("student", "teacher") or "", begins_on=begins_on))
    return records


_KINDS: dict[type[Record], Kind] = {
    OrgRecord: Kind.SCHOOLS,
    TermRecord: Kind.TERMS,
    CourseRecord: Kind.COURSES,
    PersonRecord: Kind.PEOPLE,
    SectionRecord: Kind.SECTIONS,
    EnrollmentRecord: Kind.ENROLLMENTS,
}


def changes(before: list[Record], after: list[Record]) -> Listed:
    """What a source that keeps track of changes says of the way from one roster to the other."""
    old = {(type(record), record.source_id): record for record in before}
    new = {(type(record), record.source_id): record for record in after}
    gone: dict[Kind, list[str]] = {}
    for record_type, id in old.keys() - new.keys():
        gone.setdefault(_KINDS[record_type], []).append(id)
    changed = [record for key, record in new.items() if old.get(key) != record]
    return Listed(*changed, mode=Mode.DELTA, gone=gone)


@_FEW
@given(rosters(), rosters())
async def test_an_earlier_roster_leaves_no_trace_in_the_active_one(
    database: Database, first: list[Record], second: list[Record]
) -> None:
    await empty(database)
    await load(database, second)
    alone = await active_roster(database)

    await empty(database)
    await load(database, first)
    await load(database, second)
    assert await active_roster(database) == alone

    assert not (await load(database, second)).differs


@_FEW
@given(rosters(orphans=False), rosters(orphans=False))
async def test_the_changes_from_one_roster_to_another_lead_to_the_other(
    database: Database, first: list[Record], second: list[Record]
) -> None:
    await empty(database)
    await load(database, second)
    whole = await active_roster(database)

    await empty(database)
    await load(database, first)
    await load(database, changes(first, second))
    assert await active_roster(database) == whole


@_FEW
@given(rosters())
async def test_counts_add_up_to_what_is_active(database: Database, roster: list[Record]) -> None:
    await empty(database)
    report = await load(database, roster)
    again = await load(database, roster)

    for kind, counts in report.kinds.items():
        assert counts.active_after == counts.added, kind
        assert again.kinds[kind].active_before == again.kinds[kind].active_after == counts.added, kind
