"""A running application with a small school."""

from tests.web.conftest import world

__all__ = ["world"]
