"""Administration: the types of passes of a school, and how long requests, overdue passes and offers last."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from msgspec.structs import replace

from corridor.base.errors import Conflict, CorridorError, InvalidInput, NotFound
from corridor.base.ids import new_id
from corridor.campus.words import LocationKind
from corridor.day.state import Approval, PassSettings, PassType, SchoolState
from corridor.identity.permissions import Action, require
from corridor.passes.api import PassRequest, actor_id, services_of
from corridor.passes.pages import SchoolChoice, choose_school
from corridor.passes.teacher_desk import uuid_in
from corridor.policy.checks import MOST_MINUTES
from corridor.policy.commands import SetPassSettings, SetPassType
from corridor.web.admin_frame import frame
from corridor.web.policy_types_api import ICONS, find_type

HOME = "/admin/pass-types"
KIND_WORDS = {
    LocationKind.RESTROOM: "restrooms",
    LocationKind.FOUNTAIN: "fountains",
    LocationKind.LOCKER: "lockers",
    LocationKind.NURSE: "the nurse",
    LocationKind.OFFICE: "offices",
    LocationKind.COUNSELOR: "counselors",
    LocationKind.LIBRARY: "the library",
    LocationKind.GYM: "the gym",
    LocationKind.CAFETERIA: "the cafeteria",
    LocationKind.CLASSROOM: "classrooms",
    LocationKind.OTHER: "other places",
}
_SETTINGS = ("lapse_minutes", "grace_minutes", "offer_seconds")
_PERMISSION = {"permission": Action.PASS_TYPE_CHANGE}


class TypeRow(msgspec.Struct, frozen=True):
    """A pass type and whom a change of it concerns: `places` for which it is the usual one, passes of it that are
    `open`."""

    pass_type: PassType
    places: int
    open: int


@get(HOME, include_in_schema=False, opt=_PERMISSION)
async def show_pass_types(
    request: PassRequest,
    school: FromQuery[UUID | None] = None,
    new: FromQuery[bool] = False,
    saved: FromQuery[str] = "",
) -> Template:
    """`new` shows a form for one more; `saved` is the id of what was just saved, or "settings"."""
    choice = await choose_school(request, Action.PASS_TYPE_CHANGE, school)
    draft = _fresh(choice.school.id) if new else None
    return await _page(request, choice, draft=draft, saved=saved)


@post(HOME, include_in_schema=False, opt=_PERMISSION)
async def add_pass_type(request: PassRequest) -> Response[Any]:
    form = await request.form()
    choice = await _choice(request, form)
    return await _save(request, choice, _fresh(choice.school.id), form)


@post(HOME + "/{type_id:uuid}", include_in_schema=False, opt=_PERMISSION)
async def change_pass_type(request: PassRequest, type_id: FromPath[UUID]) -> Response[Any]:
    form = await request.form()
    choice = await _choice(request, form)
    state = await services_of(request).ledger.state(choice.school.id)
    return await _save(request, choice, find_type(state, type_id), form)


@post(HOME + "/{type_id:uuid}/move", include_in_schema=False, opt=_PERMISSION)
async def move_pass_type(request: PassRequest, type_id: FromPath[UUID]) -> Response[Any]:
    """One place up or down, as `where` says."""
    form = await request.form()
    choice = await _choice(request, form)
    ledger = services_of(request).ledger
    types = list((await ledger.state(choice.school.id)).pass_types.values())
    place = next((number for number, each in enumerate(types) if each.id == type_id), None)
    if place is None:
        raise NotFound("There is no such pass type.")
    other = place + (-1 if form.get("where") == "up" else 1)
    if 0 <= other < len(types):
        types[place], types[other] = types[other], types[place]
    for position, each in enumerate(types):
        if each.position != position:
            command = SetPassType(actor_id(request.user), replace(each, position=position))
            await ledger.submit(choice.school.id, command)
    return Redirect(f"{HOME}?school={choice.school.id}#type-{type_id}", status_code=303)


@post(HOME + "/settings", include_in_schema=False, opt=_PERMISSION)
async def change_settings(request: PassRequest) -> Response[Any]:
    form = await request.form()
    choice = await _choice(request, form)
    try:
        settings = PassSettings(*(_number(form, field) for field in _SETTINGS))
        command = SetPassSettings(actor_id(request.user), settings)
        await services_of(request).ledger.submit(choice.school.id, command)
    except InvalidInput as error:
        return await _page(request, choice, typed=form, error=error)
    return Redirect(f"{HOME}?school={choice.school.id}&saved=settings", status_code=303)


PAGE_ROUTES: list[Any] = [show_pass_types, add_pass_type, change_pass_type, move_pass_type, change_settings]


async def _save(request: PassRequest, choice: SchoolChoice, before: PassType, form: Any) -> Response[Any]:
    draft = _read(form, before)
    try:
        minutes = {field: _number(form, field) for field in ("minutes", "most_minutes")}
        draft = replace(draft, **minutes)
        command = SetPassType(actor_id(request.user), draft)
        await services_of(request).ledger.submit(choice.school.id, command)
    except (InvalidInput, Conflict) as error:
        return await _page(request, choice, draft=draft, error=error)
    to = f"{HOME}?school={choice.school.id}&saved={before.id}#type-{before.id}"
    return Redirect(to, status_code=303)


def _read(form: Any, before: PassType) -> PassType:
    """What was typed, but for the minutes."""
    icon = str(form.get("icon", ""))
    kinds = tuple(kind for kind in LocationKind if kind in form.getall("kind", []))
    return replace(
        before,
        name=str(form.get("name", "")),
        icon=icon if icon in ICONS else before.icon,
        approval=Approval.NONE if form.get("approval") == Approval.NONE else Approval.STAFF,
        round_trip=form.get("round_trip") == "yes",
        kinds=kinds,
        active=form.get("active") == "yes",
    )


def _number(form: Any, field: str) -> int:
    text = str(form.get(field, "")).strip()
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise InvalidInput("Give a whole number.", field=field)
    return int(text)


def _fresh(school_id: UUID) -> PassType:
    return PassType(new_id(), school_id, "", "map-pin", "#334155", 5, 10, Approval.STAFF, round_trip=True)


async def _page(
    request: PassRequest,
    choice: SchoolChoice,
    *,
    draft: PassType | None = None,
    saved: str = "",
    typed: Any = None,
    error: CorridorError | None = None,
) -> Template:
    """`draft` is a type in the making, `typed` the form of the settings."""
    state = await services_of(request).ledger.state(choice.school.id)
    rows = [_row(state, each) for each in state.pass_types.values()]
    known = draft is not None and draft.id in state.pass_types
    context = frame(request, choice, HOME) | {
        "home": HOME,
        "rows": rows,
        "draft": draft,
        "is_new": draft is not None and not known,
        "settings": {field: getattr(state.settings, field) for field in _SETTINGS}
        | ({field: str(typed.get(field, "")) for field in _SETTINGS} if typed else {}),
        "kind_words": KIND_WORDS,
        "icons": ICONS,
        "most": MOST_MINUTES,
        "saved": saved,
        "problem": error,
        "wrong": error.extra.get("field") if error else None,
        "of_settings": typed is not None,
    }
    return Template("admin_pass_types.html", context=context, status_code=error.status if error else 200)


def _row(state: SchoolState, pass_type: PassType) -> TypeRow:
    usual: dict[LocationKind, UUID] = {}
    for each in state.pass_types.values():
        for kind in each.kinds if each.active else ():
            usual.setdefault(kind, each.id)
    places = [place for place in state.campus.locations.values() if place.active]
    return TypeRow(
        pass_type,
        sum(usual.get(place.kind) == pass_type.id for place in places),
        sum(pass_.pass_type_id == pass_type.id for pass_ in state.passes.values()),
    )


async def _choice(request: PassRequest, form: Any) -> SchoolChoice:
    school_id = uuid_in(str(form.get("school", "")))
    if school_id is None:
        raise NotFound("The form does not say which school it is about. Load the page again.")
    require(request.user, Action.PASS_TYPE_CHANGE, school_id=school_id)
    return await choose_school(request, Action.PASS_TYPE_CHANGE, school_id)
