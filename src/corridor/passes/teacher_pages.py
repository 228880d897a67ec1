"""The teacher's page: my class now, who is out, who asks, and a pass in two taps."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect, Template

from corridor.base.errors import CorridorError, InvalidInput, NotFound
from corridor.base.ids import new_id
from corridor.day.state import Status
from corridor.identity.access import Look
from corridor.identity.api import csrf_token, looked
from corridor.identity.permissions import Action, scope_of
from corridor.passes import commands
from corridor.passes.api import (
    PLAIN_VERBS,
    Override,
    PassInput,
    PassRefused,
    PassRequest,
    act_on_pass,
    actor_id,
    answered,
    ask_for_pass,
    lift_of,
    services_of,
)
from corridor.passes.checking import stands_against
from corridor.passes.classroom import held_pass
from corridor.passes.issuing import issuing, origin_in_class
from corridor.passes.line import turn_of
from corridor.passes.pages import choose_school, wants_fragment
from corridor.passes.refusal_sheet import LiftForm, Retry, liftable, reasons_of, refusal_context
from corridor.passes.student_view import later_passes
from corridor.passes.teacher_desk import HOME, Desk, class_context, desk_of_pass, find_desk, uuid_in
from corridor.passes.wish import MOST_MINUTES

_VERBS = frozenset({"return", "end", "cancel"})
_BEGINNINGS: dict[str, tuple[Action, type[commands.ApprovePass | commands.StartPass]]] = {
    "approve": (Action.PASS_DECIDE, commands.ApprovePass),
    "start": (Action.PASS_MOVE, commands.StartPass),
}
_MOST_AT_ONCE = 100
_TO_SHEET = {"hx-retarget": "#sheet-body", "hx-reswap": "innerHTML"}


class DeskForm(msgspec.Struct):
    """`section` is the class that the page's address names; empty when it follows the bells."""

    section: str = ""


class AnswerForm(LiftForm, kw_only=True):
    """An answer to a request, or a beginning; `section` as for all forms of the page."""

    section: str = ""


class IssueForm(AnswerForm, kw_only=True):
    destination_id: str = ""
    minutes: str = ""
    reason: str = ""


class ExtendForm(DeskForm):
    minutes: int = 5


class AllForm(DeskForm):
    """`ids` are the requests that the page showed, with commas between them."""

    ids: str = ""


@get(HOME, include_in_schema=False, opt={"permission": Action.PASS_DECIDE})
async def show_class(
    request: PassRequest, section: FromQuery[UUID | None] = None, school: FromQuery[UUID | None] = None
) -> Template:
    """The class under way, the next or the last; or the one that `section` names."""
    desk = await find_desk(request, section, school)
    await _note_class(request, desk)
    schools = [] if desk.lookout.own else (await choose_school(request, Action.SECTION_VIEW, desk.school_id)).all
    return Template("teacher.html", context=_context(request, desk) | {"schools": schools})


@get(HOME + "/students/{student_id:uuid}", include_in_schema=False, opt={"permission": Action.PASS_ISSUE})
async def show_student(
    request: PassRequest, student_id: FromPath[UUID], section: FromQuery[UUID | None] = None
) -> Template:
    """What can be done about one student: send them somewhere, or see to the pass that they have."""
    desk = await find_desk(request, section, student_id=student_id)
    await looked(request, desk.school_id, "student", Look.RECORD, student_ids=[student_id])
    return _sheet(request, desk, "teacher_student.html", _student_context(request, desk, student_id))


@post(HOME + "/students/{student_id:uuid}/passes", include_in_schema=False, opt={"permission": Action.PASS_ISSUE})
async def issue(request: PassRequest, student_id: FromPath[UUID], data: URLEncodedBody[IssueForm]) -> Response[Any]:
    desk = await find_desk(request, uuid_in(data.section), student_id=student_id)
    wish = PassInput(
        destination_id=_place(desk, data.destination_id),
        student_id=student_id,
        origin_id=origin_in_class(desk.state, desk.hour, student_id, services_of(request).clock.now()),
        minutes=_minutes(data.minutes),
        reason=data.reason.strip() or None,
        override=data.override,
        wait=bool(data.wait),
    )
    try:
        answered(await ask_for_pass(request, desk.school_id, wish), 201)
    except PassRefused as error:
        kept = {"destination_id": str(wish.destination_id), "minutes": data.minutes, "reason": data.reason}
        retry = Retry(f"{HOME}/students/{student_id}/passes", "Send anyway", kept, may_wait=True)
        return _refusal(request, desk, student_id, wish.destination_id, error, data, retry)
    return _done(request, desk)


@post(HOME + "/passes/{pass_id:uuid}/approve", include_in_schema=False, opt={"permission": Action.PASS_DECIDE})
async def approve(request: PassRequest, pass_id: FromPath[UUID], data: URLEncodedBody[AnswerForm]) -> Response[Any]:
    return await _begin(request, pass_id, data, "approve", "Approve anyway")


@post(HOME + "/passes/{pass_id:uuid}/start", include_in_schema=False, opt={"permission": Action.PASS_MOVE})
async def start(request: PassRequest, pass_id: FromPath[UUID], data: URLEncodedBody[AnswerForm]) -> Response[Any]:
    """Send a student who stands in line, or whose pass is for later."""
    return await _begin(request, pass_id, data, "start", "Send anyway")


@post(HOME + "/passes/{pass_id:uuid}/deny", include_in_schema=False, opt={"permission": Action.PASS_DECIDE})
async def deny(request: PassRequest, pass_id: FromPath[UUID], data: URLEncodedBody[DeskForm]) -> Response[Any]:
    make: Callable[..., commands.OnPass] = commands.DenyPass
    answered(await act_on_pass(request, pass_id, Action.PASS_DECIDE, make), 200)
    return _done(request, (await desk_of_pass(request, pass_id, uuid_in(data.section)))[0])


@post(HOME + "/passes/{pass_id:uuid}/extend", include_in_schema=False, opt={"permission": Action.PASS_EXTEND})
async def extend(request: PassRequest, pass_id: FromPath[UUID], data: URLEncodedBody[ExtendForm]) -> Response[Any]:
    answer = await act_on_pass(
        request,
        pass_id,
        Action.PASS_EXTEND,
        lambda pass_id, by, own: commands.ExtendPass(pass_id, by, own, minutes=data.minutes),
    )
    answered(answer, 200)
    return _done(request, (await desk_of_pass(request, pass_id, uuid_in(data.section)))[0])


@post(
    HOME + "/passes/{pass_id:uuid}/{verb:str}",
    include_in_schema=False,
    opt={"permission": (Action.PASS_MOVE, Action.PASS_END, Action.PASS_CANCEL)},
)
async def move(
    request: PassRequest, pass_id: FromPath[UUID], verb: FromPath[str], data: URLEncodedBody[DeskForm]
) -> Response[Any]:
    """Back, ended without being back, or taken out of the line."""
    if verb not in _VERBS:
        raise NotFound(f"There is no '{verb}' here.")
    action, command, _, _ = PLAIN_VERBS[verb]
    answered(await act_on_pass(request, pass_id, action, command), 200)
    return _done(request, (await desk_of_pass(request, pass_id, uuid_in(data.section)))[0])


@post(HOME + "/approve-all", include_in_schema=False, opt={"permission": Action.PASS_DECIDE})
async def approve_all(request: PassRequest, data: URLEncodedBody[AllForm]) -> Response[Any]:
    """Approve what can be approved of the requests that the page showed, and say what stands against the others."""
    desk = await find_desk(request, uuid_in(data.section))
    refused = []
    for pass_id in [id for text in data.ids.split(",")[:_MOST_AT_ONCE] if (id := uuid_in(text))]:
        try:
            await _submit(request, pass_id, "approve", None)
        except PassRefused as error:
            refused.append((pass_id, reasons_of(error)))
        except CorridorError:
            pass  # Taken back, lapsed or answered by someone else meanwhile: nothing is left to decide.
    if not refused:
        return _done(request, desk)
    kept = [
        (desk.state.passes[pass_id], reasons, liftable(reasons))
        for pass_id, reasons in refused
        if pass_id in desk.state.passes
    ]
    names = {id: student.name for id, student in desk.state.campus.students.items()}
    return _sheet(request, desk, "teacher_not_all.html", {"refused": kept, "names": names}, status_code=409)


PAGE_ROUTES: list[Any] = [show_class, show_student, issue, approve, start, deny, extend, move, approve_all]


async def _note_class(request: PassRequest, desk: Desk) -> None:
    if desk.hour:
        await looked(request, desk.school_id, "class", Look.LIST, student_ids=desk.hour.section.student_ids)


def _context(request: PassRequest, desk: Desk) -> dict[str, Any]:
    form_token = csrf_token({"request": request})
    now = services_of(request).clock.now()
    return class_context(desk.state, desk.lookout, desk.section_id, form_token, now, desk.eyes) | {"desk": desk}


def _student_context(request: PassRequest, desk: Desk, student_id: UUID) -> dict[str, Any]:
    state, now = desk.state, services_of(request).clock.now()
    current = held_pass(state, student_id)
    offers = None
    if current is None:
        origin_id = origin_in_class(state, desk.hour, student_id, now)
        offers = issuing(state, student_id, actor_id(request.user), origin_id, now, desk.eyes)
    return {
        "student": state.campus.students[student_id],
        "current": desk.eyes.veiled(current) if current else None,
        "turn": turn_of(state, current) if current and current.status is Status.WAITING else None,
        "stands": stands_against(state, current, now) if current and current.status is Status.REQUESTED else (),
        "later": later_passes(state, student_id, now, desk.eyes),
        "offers": offers,
        "key": str(new_id()),
        "may_extend": scope_of(request.user, Action.PASS_EXTEND) is not None,
    }


def _sheet(request: PassRequest, desk: Desk, name: str, context: dict[str, Any], status_code: int = 200) -> Template:
    """A sheet over the page, or, without htmx, a page of its own."""
    part = wants_fragment(request)
    return Template(
        name if part else "teacher_sheet.html",
        context=_context(request, desk) | context | {"sheet": name},
        status_code=status_code,
        headers=_TO_SHEET if part else {},
    )


def _refusal(
    request: PassRequest,
    desk: Desk,
    student_id: UUID,
    destination_id: UUID,
    error: PassRefused,
    form: AnswerForm,
    retry: Retry,
) -> Template:
    retry.kept["section"] = form.section
    may_override = scope_of(request.user, Action.RULE_OVERRIDE) is not None
    context = refusal_context(desk.state, student_id, destination_id, error, form, retry, may_override=may_override)
    return _sheet(request, desk, "refusal.html", context, status_code=409)


async def _begin(request: PassRequest, pass_id: UUID, form: AnswerForm, verb: str, word: str) -> Response[Any]:
    try:
        await _submit(request, pass_id, verb, form.override)
    except PassRefused as error:
        desk, asked = await desk_of_pass(request, pass_id, uuid_in(form.section))
        retry = Retry(f"{HOME}/passes/{pass_id}/{verb}", word, {})
        return _refusal(request, desk, asked.student_id, asked.destination_id, error, form, retry)
    return _done(request, (await desk_of_pass(request, pass_id, uuid_in(form.section)))[0])


async def _submit(request: PassRequest, pass_id: UUID, verb: str, override: Override | None) -> None:
    action, command = _BEGINNINGS[verb]
    lift, why = lift_of(request.user, override)
    answer = await act_on_pass(request, pass_id, action, lambda pass_id, by, own: command(pass_id, by, own, lift, why))
    answered(answer, 200)


def _done(request: PassRequest, desk: Desk) -> Response[Any]:
    """What changed comes over the live connection; here the sheet is put away."""
    if wants_fragment(request):
        return Response("", status_code=200, media_type="text/html", headers=_TO_SHEET)
    return Redirect(desk.path, status_code=303)


def _place(desk: Desk, text: str) -> UUID:
    place_id = uuid_in(text)
    if place_id is None or place_id not in desk.state.campus.locations:
        raise InvalidInput("Choose where to from the places shown.", field="destination_id")
    return place_id


def _minutes(text: str) -> int | None:
    if not text.strip():
        return None
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:4]) <= MOST_MINUTES:
        raise InvalidInput("Give the minutes as a number from 1 to 999, or leave them empty.", field="minutes")
    return int(text)
