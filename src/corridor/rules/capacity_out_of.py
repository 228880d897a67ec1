"""So many students may be out of a room at once."""

from corridor.rules.kind import Kind, NoParams
from corridor.rules.verdict import Case, Objection

CODE = "too_many_out"


def judge(params: NoParams, case: Case) -> Objection | None:
    room = case.ask.origin
    if room is None or room.out_capacity is None:
        return None
    out = case.state.out_of.get(room.id, 0)
    if out < room.out_capacity:
        return None
    return Objection(
        CODE,
        "Too many are out of your room right now. Ask again when someone is back.",
        f"{room.name} may have {room.out_capacity} out at once; {out} are out now.",
    )


KIND = Kind(
    "capacity_out_of",
    "Too many out of a room",
    "{whom} may not take passes {what} while as many are out of their room as it allows {when}.",
    NoParams,
    judge,
    about="Each room says how many may be out of it at once.",
)
