"""The teacher's page as parts."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from corridor.campus.model import Campus, Period
from corridor.campus.timetable import local, period_at
from corridor.day.policy import Delegation
from corridor.day.state import SchoolState
from corridor.live.parts import Part, Parts, Render
from corridor.passes.classroom import Classroom, Lookout, look_at_class
from corridor.passes.teacher_desk import class_context


class TeacherLook:
    """The class that somebody looks at: the section of the page's address, or without one what the bells say.

    `form_token` makes the forms in it the browser's own.
    """

    def __init__(self, render: Render, person_id: UUID | None, section_id: UUID | None, form_token: str) -> None:
        self._render = render
        self._person_id = person_id
        self._section_id = section_id
        self._form_token = form_token
        self._bells: tuple[Campus, Mapping[UUID, Delegation], date, Period | None] | None = None
        self._lookout: Lookout | None = None

    def __call__(self, state: SchoolState, now: datetime) -> Parts:
        lookout = self._look_out(state.campus, state.delegations, now)
        context = class_context(state, lookout, self._section_id, self._form_token, now)
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

    def _look_out(self, campus: Campus, delegations: Mapping[UUID, Delegation], now: datetime) -> Lookout:
        """Found anew with every bell and every day, and when the campus has changed or who stands in for whom."""
        day = local(campus, now).date()
        period = period_at(campus, now)
        if self._section_id and self._section_id not in campus.sections:
            return Lookout((), (), None)
        if (
            self._lookout is None
            or self._bells is None
            or self._bells[0] is not campus
            or self._bells[1] is not delegations
            or self._bells[2:] != (day, period)
        ):
            self._bells = campus, delegations, day, period
            self._lookout = look_at_class(campus, self._person_id, self._section_id, now, delegations)
        return self._lookout

    def _part(self, template: str, key: Any, context: dict[str, Any], **more: Any) -> Part:
        return Part(key, lambda: self._render(template, context | more))


def _count(room: Classroom | None) -> tuple[int, int]:
    out = room.out if room else ()
    return len(out), sum(seat.pass_ is not None and seat.pass_.overdue for seat in out)
