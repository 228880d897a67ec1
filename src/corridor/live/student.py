"""The student's page as parts."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from corridor.day.state import SchoolState, Status
from corridor.live.parts import Part, Parts, Render
from corridor.passes.student_view import StudentView, view_student

REST = timedelta(seconds=5)
"""How old the tiles may be while only others' passes change."""


class StudentLook:
    """One student's page. `form_token` makes the forms in it the browser's own."""

    def __init__(self, render: Render, student_id: UUID, form_token: str) -> None:
        self._render = render
        self._student_id = student_id
        self._form_token = form_token
        self._mine: list[object] = []
        self._looked_at: datetime | None = None
        self._parts: Parts = {}

    def __call__(self, state: SchoolState, now: datetime) -> Parts:
        if self._student_id not in state.campus.students:
            return {}
        mine = _mine(state, self._student_id)
        if self._looked_at is None or mine != self._mine or now - self._looked_at >= REST:
            self._parts = self._look(view_student(state, self._student_id, now))
            self._mine, self._looked_at = mine, now
        return self._parts

    def _look(self, view: StudentView) -> Parts:
        parts = {
            "student": self._part("student_now.html", view.key, view=view),
            "student-later": self._part("student_later.html", (view.later, view.plans, view.key), view=view),
        }
        if view.current is None:
            parts["student-where"] = self._part("student_where.html", view.here, view=view)
            parts["student-news"] = self._part("student_news.html", (view.last, view.against_all), view=view)
            for offer in view.offers:
                parts[f"tile-{offer.place.id}"] = self._part("student_tile.html", offer, view=view, offer=offer)
        return parts

    def _part(self, template: str, key: Any, **context: Any) -> Part:
        return Part(key, lambda: self._render(template, context | {"form_token": self._form_token}))


def _mine(state: SchoolState, student_id: UUID) -> list[object]:
    """What the student hears of at once: their passes, and the line that they stand in."""
    passes = [
        state.passes.get(pass_id) or state.closed.get(pass_id) for pass_id in state.of_student.get(student_id, ())
    ]
    lines = [state.lines.get(pass_.destination_id) for pass_ in passes if pass_ and pass_.status is Status.WAITING]
    return [*passes, *lines]
