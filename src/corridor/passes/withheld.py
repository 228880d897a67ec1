"""What staff see of a pass, and its student does not: which rules were lifted or objected. Pure."""

from typing import Any, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)

_WITHHELD: dict[str, Any] = {"lifted": (), "lift_reason": None, "noted": (), "codes": (), "rule_ids": ()}


def for_student(told: T) -> T:
    """A pass, or an event of one, without what is not for its student to read."""
    hidden = {name: value for name, value in _WITHHELD.items() if name in told.__struct_fields__}
    return msgspec.structs.replace(told, **hidden) if hidden else told
