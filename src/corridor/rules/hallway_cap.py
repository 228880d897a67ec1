"""So many students may be out on passes in the whole school at once."""

from typing import Annotated

import msgspec

from corridor.rules.kind import Kind, says
from corridor.rules.verdict import Case, Objection

CODE = "hallways_full"


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`most` active passes of any kind."""

    most: Annotated[int, msgspec.Meta(ge=0, le=9999), says("Students out at once")] = 50


def judge(params: Params, case: Case) -> Objection | None:
    out = sum(case.state.out_of.values())
    if out < params.most:
        return None
    return Objection(
        CODE,
        "Too many students are out right now. Ask again when some are back.",
        f"{out} students are out; the school allows {params.most} at once.",
    )


KIND = Kind(
    "hallway_cap",
    "Hallway limit",
    "{whom} may not take passes {what} while the school has {most} students out {when}.",
    Params,
    judge,
    about="So many students are out in the whole school at once.",
)
