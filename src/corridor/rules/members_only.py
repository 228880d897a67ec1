"""Locations for the members of some groups only."""

from uuid import UUID

import msgspec

from corridor.rules.kind import Kind
from corridor.rules.verdict import Case, Objection

CODE = "members_only"


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whoever is in one of these groups may go."""

    group_ids: frozenset[UUID] = frozenset()


def judge(params: Params, case: Case) -> Objection | None:
    groups = (case.state.groups.get(group_id) for group_id in params.group_ids)
    if any(group and case.ask.student.id in group.student_ids for group in groups):
        return None
    name = case.ask.destination.name
    return Objection(
        CODE,
        f"{name} is for members of certain groups. The office can tell more.",
        f"{name} is for members of certain groups, and the student is in none of them.",
    )


KIND = Kind("members_only", "Members only", "Only {group_ids} may take passes {what}.", Params, judge)
