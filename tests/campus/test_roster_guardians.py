"""Who is whose guardian: said by either side, and only of a student and somebody who is none."""

from corridor.base.database import Database
from corridor.campus.roster.records import Kind, Mode
from tests.campus.listed import Listed, active_roster, load, org, person


async def guardians(database: Database) -> list[tuple[object, ...]]:
    return (await active_roster(database))["guardians"]


async def test_either_side_may_name_the_other(database: Database) -> None:
    await load(
        database,
        [
            org("s1"),
            person("p1", agents=("g1",)),
            person("p2"),
            person("g1", "guardian"),
            person("g2", "guardian", agents=("p2",)),
        ],
    )

    assert await guardians(database) == [("g1", "p1"), ("g2", "p2")]


async def test_unknown_agents_and_pairs_without_a_student_are_left_out_with_a_warning(database: Database) -> None:
    report = await load(
        database,
        [org("s1"), person("p1", agents=("nobody", "p2")), person("p2"), person("g1", "guardian", agents=("p1",))],
    )

    assert await guardians(database) == [("g1", "p1")]
    assert {quirk.code for quirk in report.warnings} == {"unknown_agent", "no_guardian_and_student"}


async def test_a_pair_that_nobody_names_any_more_ends(database: Database) -> None:
    await load(database, [org("s1"), person("p1", agents=("g1",)), person("g1", "guardian", agents=("p1",))])

    still = await load(database, [org("s1"), person("p1"), person("g1", "guardian", agents=("p1",))])
    assert still.kinds[Kind.GUARDIANSHIPS].removed == 0
    assert await guardians(database) == [("g1", "p1")]

    ended = await load(database, [org("s1"), person("p1"), person("g1", "guardian")])
    assert ended.kinds[Kind.GUARDIANSHIPS].removed == 1
    assert await guardians(database) == []


async def test_a_delta_about_the_guardian_does_not_undo_what_the_student_says(database: Database) -> None:
    await load(database, [org("s1"), person("p1", agents=("g1",)), person("g1", "guardian")])

    await load(database, Listed(person("g1", "guardian", phone="555"), mode=Mode.DELTA))

    assert await guardians(database) == [("g1", "p1")]


async def test_a_guardian_who_left_is_nobody_s_and_comes_back_with_the_student_s_word(database: Database) -> None:
    everyone = [org("s1"), person("p1", agents=("g1",)), person("g1", "guardian")]
    await load(database, everyone)

    await load(database, everyone[:2])
    assert await guardians(database) == []

    report = await load(database, everyone)
    assert report.kinds[Kind.GUARDIANSHIPS].reactivated == 1
    assert await guardians(database) == [("g1", "p1")]


async def test_a_source_that_knows_no_agents_leaves_them_alone(database: Database) -> None:
    await load(database, [org("s1"), person("p1", agents=("g1",)), person("g1", "guardian")])

    silent = {Kind.PEOPLE: frozenset({"agents"})}
    report = await load(database, Listed(org("s1"), person("p1"), person("g1", "guardian"), silent=silent))

    assert not report.differs
    assert await guardians(database) == [("g1", "p1")]
