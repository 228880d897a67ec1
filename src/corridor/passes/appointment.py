"""Passes for later. Pure."""

from collections.abc import Iterator
from datetime import datetime

from corridor.day.state import SchoolState
from corridor.ledger.words import Event


def tick(state: SchoolState, now: datetime) -> Iterator[Event]:
    return iter(())


def due(state: SchoolState) -> datetime | None:
    return None
