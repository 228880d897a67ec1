"""Who may do what."""

from uuid import UUID

import pytest

from corridor.base.errors import InvalidInput, NotFound, NotPermitted
from corridor.base.ids import new_id
from corridor.identity.permissions import (
    TABLE,
    Action,
    Scope,
    covers,
    person_limit,
    require,
    require_district,
    right_of,
    rights_of,
)
from corridor.identity.principal import Principal, Role, parse_role

NORTH, SOUTH = new_id(), new_id()


def principal(
    role: Role, *, schools: frozenset[UUID] | None = frozenset({NORTH}), person: UUID | None = None
) -> Principal:
    return Principal(
        id=new_id(),
        kind="account",
        role=role,
        name="Someone",
        person_id=person,
        own_ids=frozenset({person} if person else ()),
        school_ids=schools,
    )


def test_every_action_says_for_every_role_whether_it_may() -> None:
    assert set(TABLE) == set(Action)
    assert all(len(row) == len(Role) for row in TABLE.values())


def test_every_role_may_see_itself() -> None:
    assert all(right_of(role, Action.ME_VIEW) is Scope.OWN for role in Role)


@pytest.mark.parametrize(
    "action", [Action.PASS_ISSUE, Action.PASS_DECIDE, Action.BOARD_VIEW, Action.RULE_OVERRIDE, Action.TOKEN_MANAGE]
)
def test_a_student_has_no_right_of_staff(action: Action) -> None:
    with pytest.raises(NotPermitted):
        require(principal(Role.STUDENT, person=new_id()), action)


def test_a_student_s_rights_to_people_and_passes_are_all_their_own() -> None:
    shared = {Action.SCHOOL_VIEW, Action.LOCATION_VIEW, Action.PASS_TYPE_VIEW}
    rights = rights_of(Role.STUDENT)
    assert {scope for action, scope in rights.items() if action not in shared} == {Scope.OWN}


def test_a_student_does_not_find_another_student() -> None:
    ana = new_id()
    student = principal(Role.STUDENT, person=ana)
    assert require(student, Action.PASS_VIEW, school_id=NORTH, person_id=ana) is Scope.OWN
    with pytest.raises(NotFound):
        require(student, Action.PASS_VIEW, school_id=NORTH, person_id=new_id())


def test_a_school_out_of_reach_is_not_found_rather_than_forbidden() -> None:
    with pytest.raises(NotFound):
        require(principal(Role.TEACHER), Action.BOARD_VIEW, school_id=SOUTH)


def test_a_district_administrator_reaches_every_school_but_one_limited_to_a_school_does_not() -> None:
    require(principal(Role.DISTRICT_ADMIN, schools=None), Action.BOARD_VIEW, school_id=SOUTH)
    with pytest.raises(NotFound):
        require(principal(Role.DISTRICT_ADMIN), Action.BOARD_VIEW, school_id=SOUTH)


def test_what_concerns_the_whole_district_needs_the_whole_district() -> None:
    require_district(principal(Role.DISTRICT_ADMIN, schools=None), Action.ROSTER_IMPORT)
    for someone in (principal(Role.DISTRICT_ADMIN), principal(Role.SCHOOL_ADMIN, schools=None)):
        with pytest.raises(NotPermitted):
            require_district(someone, Action.ROSTER_IMPORT)


def test_a_right_to_one_s_own_rows_names_the_one_person() -> None:
    ana = new_id()
    assert person_limit(principal(Role.STUDENT, person=ana), Action.PASS_VIEW) == ana
    assert person_limit(principal(Role.TEACHER, person=ana), Action.PASS_VIEW) is None


def test_a_student_right_without_a_person_reaches_nobody() -> None:
    nobody = principal(Role.STUDENT)
    with pytest.raises(NotPermitted):
        person_limit(nobody, Action.PASS_VIEW)
    with pytest.raises(NotFound):
        require(nobody, Action.PASS_VIEW, person_id=new_id())


def test_nobody_hands_out_more_than_they_have() -> None:
    assert covers(Role.DISTRICT_ADMIN, Role.INTEGRATION)
    assert covers(Role.SCHOOL_ADMIN, Role.TEACHER)
    assert covers(Role.SCHOOL_ADMIN, Role.STUDENT)
    assert not covers(Role.SCHOOL_ADMIN, Role.DISTRICT_ADMIN)
    assert not covers(Role.SCHOOL_ADMIN, Role.INTEGRATION)
    assert not covers(Role.TEACHER, Role.SCHOOL_ADMIN)


@pytest.mark.parametrize(
    ("text", "role"),
    [("admin", Role.DISTRICT_ADMIN), ("Teacher", Role.TEACHER), ("front-office", Role.FRONT_OFFICE)],
)
def test_a_role_is_read_as_people_type_it(text: str, role: Role) -> None:
    assert parse_role(text) is role


def test_an_unknown_role_is_answered_with_the_roles_there_are() -> None:
    with pytest.raises(InvalidInput, match="school_admin"):
        parse_role("janitor")
