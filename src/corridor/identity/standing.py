"""What stands behind an account or a token at this moment: a person's name, whether they are still here, and where."""

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ScalarSelect, SQLColumnExpression, func, select

from corridor.campus.tables import Guardianship, Membership, Person
from corridor.campus.words import PersonRole
from corridor.identity.principal import Role

_NOT_STAFF = (PersonRole.STUDENT, PersonRole.GUARDIAN)


class Standing(NamedTuple):
    """Read with `standing_columns`; all `None` when no person stands behind.

    `person_welcome` is false for who has left and for whose access the roster's source has switched off. `schools` are
    those of the active memberships, `whole_district` is true for staff who are members of the district. `children` are
    the students whom the person is a guardian of, `child_schools` where those are members.
    """

    person_name: str | None
    person_welcome: bool | None
    schools: list[UUID] | None
    whole_district: bool | None
    children: list[UUID] | None
    child_schools: list[UUID] | None


def standing_columns(person_id: SQLColumnExpression[Any]) -> tuple[SQLColumnExpression[Any] | ScalarSelect[Any], ...]:
    """The columns of a `Standing`, for a select that joins `Person` (outer) on `person_id`."""
    memberships = (Membership.person_id == person_id, Membership.active)
    children = (Guardianship.guardian_id == person_id, Guardianship.active)
    return (
        func.coalesce(Person.preferred_given_name, Person.given_name)
        .concat(" ")
        .concat(func.coalesce(Person.preferred_family_name, Person.family_name)),
        Person.active & Person.may_sign_in,
        select(func.array_agg(Membership.school_id))
        .where(*memberships, Membership.school_id.is_not(None))
        .scalar_subquery(),
        select(func.bool_or(Membership.role.not_in(_NOT_STAFF)))
        .where(*memberships, Membership.school_id.is_(None))
        .scalar_subquery(),
        select(func.array_agg(Guardianship.student_id)).where(*children).scalar_subquery(),
        select(func.array_agg(Membership.school_id))
        .join(Guardianship, Guardianship.student_id == Membership.person_id)
        .where(*children, Membership.active, Membership.school_id.is_not(None))
        .scalar_subquery(),
    )


def reach(role: Role, school_id: UUID | None, standing: Standing) -> frozenset[UUID] | None:
    """The schools that are in reach; `None` means the whole district.

    A school of its own limits whoever has one. Otherwise a person reaches the schools they belong to, a guardian those
    of their children.
    """
    if school_id is not None:
        return frozenset({school_id})
    if role is Role.GUARDIAN:
        return frozenset(standing.child_schools or ())
    if role is Role.DISTRICT_ADMIN or standing.whole_district:
        return None
    return frozenset(standing.schools or ())


def own_ids(role: Role, person_id: UUID | None, standing: Standing) -> frozenset[UUID]:
    """The students whose records are the person's own."""
    if role is Role.GUARDIAN:
        return frozenset(standing.children or ())
    return frozenset({person_id} if person_id else ())
