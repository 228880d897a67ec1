"""Every text that families may read, found in the code and the templates that say it."""

import ast
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, nodes

from corridor.policy.defaults import PASS_TYPES
from corridor.privacy import language
from corridor.privacy.retention_kinds import KEEPINGS
from corridor.rules.kinds import KINDS

ROOM = Path(language.__file__).parent
_TEMPLATES = (
    "privacy/templates/family*.html",
    "privacy/templates/notice*.html",
    "privacy/templates/requests_*.html",
    "web/templates/base.html",
)
_MODULES = ("family_*.py", "notice*.py", "invitations.py", "requests_decide.py", "language.py")
_SAY, _COUNT = {"say", "_", "_plainly"}, {"count", "ngettext"}
_ERRORS = {"InvitationRefused", "InvalidInput", "Conflict", "NotPermitted", "NotFound"}


def texts() -> dict[str, str | None]:
    """By the English words, the plural where there is one."""
    found: dict[str, str | None] = {}
    for pattern in _TEMPLATES:
        for path in sorted(ROOM.parent.glob(pattern)):
            found.update(_of_template(path))
    for pattern in _MODULES:
        for path in sorted(ROOM.glob(pattern)):
            found.update(_of_module(path))
    found.update(dict.fromkeys(each.name for each in PASS_TYPES))
    found.update(dict.fromkeys(each.title for each in KINDS.values()))
    for keeping in KEEPINGS.values():
        found.update({keeping.title: None, keeping.goes: None})
    found.update(dict.fromkeys(("kindergarten", "prekindergarten", "preschool", "transitional kindergarten")))
    found.update(dict.fromkeys(("postsecondary", "ungraded", "infants")))
    return {text: plural for text, plural in found.items() if text not in language.NAMES.values()}


def _of_template(path: Path) -> Iterator[tuple[str, str | None]]:
    environment = Environment(autoescape=True)
    for call in environment.parse(path.read_text(encoding="utf-8")).find_all(nodes.Call):
        name = getattr(call.node, "name", None)
        constants = [each.value for each in call.args if isinstance(each, nodes.Const)]
        if name in _SAY and constants:
            yield constants[0], None
        elif name in _COUNT:
            yield constants[0], constants[1]


def _of_module(path: Path) -> Iterator[tuple[str, str | None]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if isinstance(value, ast.Dict):
            yield from ((each, None) for entry in value.values for each in _constants(entry))
        elif isinstance(value, ast.Tuple) and path.name == "language.py":
            yield from ((each, None) for each in _constants(value))
    for call in ast.walk(tree):
        if isinstance(call, ast.Call):
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            constants = [each.value for each in call.args if isinstance(each, ast.Constant)]
            either = [arg for arg in call.args[:1] if isinstance(arg, ast.IfExp)]
            choices = [each for arg in either for side in (arg.body, arg.orelse) for each in _constants(side)]
            words = [each for each in constants if isinstance(each, str)]
            if name in _SAY and (words or choices):
                yield from ((each, None) for each in (choices or words[:1]))
            elif name in _ERRORS and words:
                yield words[0], None
            elif name in _COUNT and len(words) > 1:
                yield words[0], words[1]


def _constants(node: ast.AST) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value:
            yield each.value
