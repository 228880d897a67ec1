"""Identifiers: UUIDv7, so that rows made later sort later."""

from uuid import NAMESPACE_URL, UUID, uuid5

from uuid_utils.compat import uuid7

__all__ = ["UUID", "derived_id", "new_id"]

_NAMESPACE = uuid5(NAMESPACE_URL, "corridor")


def new_id() -> UUID:
    """A new time-ordered identifier (RFC 9562, version 7)."""
    return uuid7()


def derived_id(*parts: object) -> UUID:
    """The same identifier for the same parts, always."""
    return uuid5(_NAMESPACE, "\x1f".join(str(part) for part in parts))
