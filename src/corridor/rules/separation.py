"""Students who must not be out together. Nobody who is refused learns of whom else, nor does whoever issues the pass:
the other may be no student of theirs."""

from typing import Annotated
from uuid import UUID

import msgspec

from corridor.day.state import Status
from corridor.rules.kind import Kind, says
from corridor.rules.verdict import Case, Objection

CODE = "separation"


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No two of these students are out at once, or, with `same_destination`, on passes to the same place."""

    student_ids: Annotated[frozenset[UUID], says("Students", empty="two students", asks="two students")] = frozenset()
    group_ids: Annotated[frozenset[UUID], says("Members of a group", words="members of {}")] = frozenset()
    same_destination: Annotated[
        bool,
        says(
            "Where they may not be together",
            labels={False: "at the same time", True: "at the same place at the same time"},
        ),
    ] = False


def judge(params: Params, case: Case) -> Objection | None:
    state, ask = case.state, case.ask
    apart = set(params.student_ids)
    for group_id in params.group_ids:
        if group_id in state.groups:
            apart |= state.groups[group_id].student_ids
    if ask.student.id not in apart:
        return None
    for student_id in apart - {ask.student.id}:
        for pass_id in state.of_student.get(student_id, ()):
            other = state.passes.get(pass_id)
            if not other or other.status is not Status.ACTIVE:
                continue
            if params.same_destination and other.destination_id != ask.destination.id:
                continue
            return Objection(
                CODE,
                "You can't go right now. Ask again in a few minutes.",
                "Another student is out from whom this one is kept apart.",
            )
    return None


KIND = Kind(
    "separation",
    "Kept apart",
    "{student_ids,group_ids} are never out {same_destination} {on_what} {for_whom} {when}.",
    Params,
    judge,
    private=True,
    exemptible=False,
    about="Students who must not meet. Whoever is refused does not learn why.",
)
