"""Locations for the members of some groups only."""

from typing import Annotated
from uuid import UUID

import msgspec

from corridor.rules.kind import Kind, says
from corridor.rules.scope import is_in_any
from corridor.rules.verdict import Case, Objection

CODE = "members_only"


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whoever is in one of these groups may go."""

    group_ids: Annotated[
        frozenset[UUID], says("Groups that may go", words="only members of {}", empty="nobody", asks="nobody")
    ] = frozenset()


def judge(params: Params, case: Case) -> Objection | None:
    if is_in_any(params.group_ids, case.ask.student.id, case.state):
        return None
    name = case.ask.destination.name
    return Objection(
        CODE,
        f"{name} is for members of certain groups. The office can tell more.",
        f"{name} is for members of certain groups, and the student is in none of them.",
    )


KIND = Kind(
    "members_only",
    "Members only",
    "{of_whom}{group_ids} may take passes {what} {when}.",
    Params,
    judge,
    about="A place for the members of some groups: a team room, a lab.",
)
