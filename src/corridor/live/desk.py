"""A destination's desk as parts."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from corridor.day.state import SchoolState
from corridor.identity.permissions import Action
from corridor.live.parts import Part, Parts, Render
from corridor.passes.desk import desk_at, desk_context


class DeskLook:
    """The desk of one location. `form_token` makes the forms in it the browser's own."""

    def __init__(self, render: Render, location_id: UUID, rights: Collection[Action], form_token: str) -> None:
        self._render = render
        self._location_id = location_id
        self._rights = rights
        self._form_token = form_token

    def __call__(self, state: SchoolState, now: datetime) -> Parts:
        if self._location_id not in state.campus.locations:
            return {}
        desk = desk_at(state, self._location_id, now)
        context = desk_context(state, desk, self._rights, self._form_token)
        parts = {
            "desk-head": self._part("desk_head.html", desk.place, context),
            "desk-closure": self._part("desk_closure.html", (desk.place.closure, desk.place.until), context),
        }
        for visit in desk.visits:
            parts[f"visit-{visit.pass_.id}"] = self._part("desk_visit.html", visit, context, visit=visit)
        return parts

    def _part(self, template: str, key: Any, context: dict[str, Any], **more: Any) -> Part:
        return Part(key, lambda: self._render(template, context | more))
