"""Laws of the import, tried on many small random rosters."""

from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corridor.base.database import Database
from corridor.campus.roster.records import Kind, Mode, Record
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

_SCHOOLS = ("s1", "s2")
_PEOPLE = ("a", "b", "c", "d", "e")
_SECTIONS = ("x", "y", "z")
_FEW = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def rosters(draw: st.DrawFn) -> list[Record]:
    """A roster whose identifiers, names and references overlap with those of the next one drawn, orphans included."""

    def some(*values: str) -> list[str]:
        return draw(st.lists(st.sampled_from(values), unique=True))

    def one(*values: str | None) -> str | None:
        return draw(st.sampled_from(values))

    records: list[Record] = [org("d", "District", "district")] if draw(st.booleans()) else []
    records += [org(id, name=f"Name {one('1', '2')}", identifier=one(None, "7", "8")) for id in some(*_SCHOOLS)]
    records += [
        term(id, starts_on=date(2026, 8, draw(st.integers(1, 3))), parent=one(None, "t1", "t9"))
        for id in some("t1", "t2")
    ]
    records += [course(id, title=f"Title {one('1', '2')}", org=one(None, *_SCHOOLS, "d")) for id in some("k1", "k2")]
    for id in some(*_PEOPLE):
        records.append(
            person(
                id,
                one("student", "student", "teacher", "guardian"),
                " ".join(some(*_SCHOOLS, "d")),
                given_name=f"Given {one('1', '2')}",
                identifier=one(None, "1", "2"),
                email=one(None, "x@y.z", "X@Y.Z"),
                agents=tuple(some(*_PEOPLE)),
            )
        )
    for id in some(*_SECTIONS):
        records.append(
            section(
                id,
                " ".join(some("1", "2", "P3")),
                one(None, "204", "gym", "GYM"),
                title=f"Title {one('1', '2')}",
                school=one(*_SCHOOLS) or "",
                course=one(None, "k1", "k2"),
                terms=tuple(some("t1", "t2")),
            )
        )
    for seat in some(*(f"{section} {person}" for section in _SECTIONS for person in _PEOPLE)):
        where, who = seat.split()
        records.append(
            enrollment(
                where, who, one("student", "teacher") or "", begins_on=draw(st.sampled_from([None, date(2026, 9, 1)]))
            )
        )
    return records


def changes(before: list[Record], after: list[Record]) -> Listed:
    """What a source that keeps track would say of the way from one roster to the other."""
    old = {(type(record), record.source_id): record for record in before}
    new = {(type(record), record.source_id): record for record in after}
    kinds = {org: Kind.SCHOOLS}
    del kinds
    gone: dict[Kind, list[str]] = {}
    for kind, id in old.keys() - new.keys():
        gone.setdefault(KIND_OF[kind], []).append(id)
    changed = [record for key, record in new.items() if old.get(key) != record]
    return Listed(*changed, mode=Mode.DELTA, gone=gone)


KIND_OF = {
    type(org("x")): Kind.SCHOOLS,
    type(term("x")): Kind.TERMS,
    type(course("x")): Kind.COURSES,
    type(person("x")): Kind.PEOPLE,
    type(section("x")): Kind.SECTIONS,
    type(enrollment("x", "x")): Kind.ENROLLMENTS,
}


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
@given(rosters())
async def test_counts_add_up_to_what_is_active(database: Database, roster: list[Record]) -> None:
    await empty(database)
    report = await load(database, roster)
    again = await load(database, roster)

    for kind, counts in report.kinds.items():
        assert counts.active_after == counts.added, kind
        assert again.kinds[kind].active_before == again.kinds[kind].active_after == counts.added, kind
