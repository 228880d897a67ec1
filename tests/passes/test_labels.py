"""What staff lifted, in a few words."""

import importlib
import pkgutil

from corridor import rules
from corridor.passes.labels import _WORDS, overridden


def test_every_rule_has_its_words() -> None:
    modules = [importlib.import_module(f"corridor.rules.{each.name}") for each in pkgutil.iter_modules(rules.__path__)]
    codes = {module.CODE for module in modules if hasattr(module, "CODE")}
    assert codes == set(_WORDS)


def test_a_label_names_what_was_lifted_once_and_the_place() -> None:
    assert overridden(("full", "closed", "closed_hours"), "Restroom A") == (
        "Overridden: Restroom A full, Restroom A closed"
    )
    assert overridden((), "Restroom A") == ""


def test_what_is_private_is_not_named() -> None:
    assert overridden(("separation",), "Restroom A") == "Overridden"
    assert overridden(("separation", "cooldown"), "Restroom A") == "Overridden: just out"
