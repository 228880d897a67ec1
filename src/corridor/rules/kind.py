"""What a rule's file gives: one kind of rule."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from corridor.day.words import Effect
from corridor.rules.verdict import Case, Objection


class Kind(NamedTuple):
    """A kind of rule.

    `params` is the struct of its parameters, `judge` the function that objects or does not. `sentence` says the rule
    in words, as `corridor.rules.sentence` reads it, and `about` what it is good for. `effects` are those it may have,
    the usual one first.
    `private`: a student must not learn that this rule stood against them. `exemptible`: an accommodation may exempt a
    student from it. `rivals` names the parameters that two rules must share to be about the same thing; of such rules
    only the one closest to the student counts. Empty: all count.
    """

    name: str
    title: str
    sentence: str
    params: type[msgspec.Struct]
    judge: Callable[[Any, Case], Objection | None]
    effects: Sequence[Effect] = (Effect.REFUSE, Effect.NEEDS_STAFF, Effect.WARN)
    private: bool = False
    exemptible: bool = True
    rivals: Sequence[str] = ()
    about: str = ""


def says(title: str, **extra: Any) -> msgspec.Meta:
    """How a parameter is called in a form, and what `corridor.rules.fields.Field` may know of it besides."""
    return msgspec.Meta(title=title, extra=extra)


class NoParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to set."""
