"""The teacher's page as parts."""

from datetime import date, datetime
from operator import is_not
from typing import Any
from uuid import UUID

from corridor.campus.model import Period
from corridor.campus.timetable import local, period_at
from corridor.day.state import SchoolState
from corridor.identity.permissions import Action
from corridor.identity.principal import Principal
from corridor.live.parts import Part, Parts, Render
from corridor.passes.classroom import Classroom, Lookout, look_at_class
from corridor.passes.masking import Eyes, eyes_of
from corridor.passes.teacher_desk import class_context
from corridor.policy.sight import sight_of


class TeacherLook:
    """The class that somebody looks at: the section of the page's address, or without one what the bells say.

    `form_token` makes the forms in it the browser's own.
    """

    def __init__(self, render: Render, viewer: Principal, section_id: UUID | None, form_token: str) -> None:
        self._render = render
        self._viewer = viewer
        self._section_id = section_id
        self._form_token = form_token
        self._when: tuple[date, Period | None] | None = None
        self._parts_of_state: tuple[object, ...] = ()
        self._found: tuple[Lookout, Eyes] | None = None

    def __call__(self, state: SchoolState, now: datetime) -> Parts:
        lookout, eyes = self._look_out(state, now)
        context = class_context(state, lookout, self._section_id, self._form_token, now, eyes)
        room: Classroom | None = context["room"]
        asking = room.asking if room else ()
        parts = {
            "class-head": self._part("teacher_head.html", lookout, context),
            "class-choice": self._part("teacher_choice.html", (lookout, bool(room and room.seats)), context),
            "class-count": self._part("teacher_count.html", _count(room), context),
            "tray-head": self._part("teacher_tray_head.html", [each.pass_.id for each in asking], context),
        }
        for seat in room.seats if room else ():
            parts[f"seat-{seat.student.id}"] = self._part("teacher_seat.html", seat, context, seat=seat)
        for each in asking:
            parts[f"ask-{each.pass_.id}"] = self._part("teacher_asking.html", each, context, asking=each)
        return parts

    def _look_out(self, state: SchoolState, now: datetime) -> tuple[Lookout, Eyes]:
        """Found anew with every bell and every day, and when the campus has changed, who stands in for whom, who works
        where, or what the school shows to whom."""
        campus = state.campus
        when = (local(campus, now).date(), period_at(campus, now))
        parts = (campus, state.delegations, state.posts, state.privacy)
        if self._found is None or self._when != when or any(map(is_not, parts, self._parts_of_state)):
            self._when, self._parts_of_state = when, parts
            self._found = self._find(state, now), eyes_of(state, self._viewer, now)
        return self._found

    def _find(self, state: SchoolState, now: datetime) -> Lookout:
        sight = sight_of(state, self._viewer, Action.SECTION_VIEW, now)
        if self._section_id and not (self._section_id in state.campus.sections and sight.has_section(self._section_id)):
            return Lookout((), (), None)
        return look_at_class(state.campus, self._viewer.person_id, self._section_id, now, state.delegations, sight)

    def _part(self, template: str, key: Any, context: dict[str, Any], **more: Any) -> Part:
        return Part(key, lambda: self._render(template, context | more))


def _count(room: Classroom | None) -> tuple[int, int]:
    out = room.out if room else ()
    return len(out), sum(seat.pass_ is not None and seat.pass_.overdue for seat in out)
