"""How decisions change a school's state. Pure."""

from collections.abc import Callable

from corridor.day.state import SchoolState
from corridor.ledger.words import Event, Recorded
from corridor.policy.events import PassSettingsSet, PassTypeSet, Set
from corridor.policy.shelf import BY_EVENT


def evolve_set(draft: SchoolState, recorded: Recorded) -> None:
    event = recorded.event
    assert isinstance(event, Set)
    BY_EVENT[type(event)].put(draft, event.before, event.after)


def evolve_pass_type(draft: SchoolState, recorded: Recorded) -> None:
    event = recorded.event
    assert isinstance(event, PassTypeSet)
    types = {**draft.pass_types, event.id: event.after}
    draft.pass_types = dict(sorted(types.items(), key=lambda item: (item[1].position, item[0])))


def evolve_settings(draft: SchoolState, recorded: Recorded) -> None:
    event = recorded.event
    assert isinstance(event, PassSettingsSet)
    draft.settings = event.after


EVOLVE: dict[type[Event], Callable[[SchoolState, Recorded], None]] = {
    **dict.fromkeys(BY_EVENT, evolve_set),
    PassTypeSet: evolve_pass_type,
    PassSettingsSet: evolve_settings,
}
