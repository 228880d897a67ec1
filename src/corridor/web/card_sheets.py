"""Sheets of QR cards for a class, to be printed and cut."""

from typing import Any, Literal
from uuid import UUID

import msgspec
import segno
from litestar import get, post
from litestar.params import FromQuery, URLEncodedBody
from litestar.response import Redirect, Template
from markupsafe import Markup

from corridor.identity.access import Look
from corridor.identity.api import identity_of, looked
from corridor.identity.permissions import Action
from corridor.passes.api import PassRequest
from corridor.passes.teacher_desk import uuid_in
from corridor.web.admin_credentials import HOME
from corridor.web.credential_desk import credential_desk

CARDS = HOME + "/cards"
_PERMISSION = {"permission": Action.CREDENTIAL_CHANGE}

Paper = Literal["letter", "a4"]


class CardsForm(msgspec.Struct):
    """For a class, or for one student."""

    school: str = ""
    section: str = ""
    student: str = ""
    paper: Paper = "letter"


@post(CARDS, include_in_schema=False, opt=_PERMISSION)
async def make_cards(request: PassRequest, data: URLEncodedBody[CardsForm]) -> Redirect:
    """A card for everyone who has none, then on to the sheet. Cards that are in use stay as they are."""
    desk = await credential_desk(request, uuid_in(data.school))
    if student_id := uuid_in(data.student):
        students, of = [desk.student(student_id)], f"student={student_id}"
    else:
        section_id = uuid_in(data.section)
        students = desk.students_of(desk.section(section_id)) if section_id else []
        of = f"section={section_id}"
    await identity_of(request).credentials.make_cards(request.user, desk.school.id, [each.id for each in students])
    return Redirect(f"{CARDS}?school={desk.school.id}&{of}&paper={data.paper}", status_code=303)


@get(CARDS, include_in_schema=False, opt=_PERMISSION)
async def show_cards(
    request: PassRequest,
    school: FromQuery[UUID | None] = None,
    section: FromQuery[UUID | None] = None,
    student: FromQuery[UUID | None] = None,
    paper: FromQuery[Paper] = "letter",
) -> Template:
    """The sheet, with the cards that there are."""
    desk = await credential_desk(request, school)
    if student:
        students, what = [desk.student(student)], None
    elif section:
        meant = desk.section(section)
        students, what = desk.students_of(meant), desk.class_words(meant)
    else:
        students, what = [], None
    numbers = await identity_of(request).credentials.card_numbers([each.id for each in students])
    if students:
        ids = [students[0].id] if len(students) == 1 else []
        look = Look.RECORD if ids else Look.EXPORT
        await looked(request, desk.school.id, "QR cards", look, student_ids=ids, number=len(students))
    context = {
        "school": desk.school,
        "paper": paper,
        "what": what,
        "cards": [(each, _code(numbers[each.id])) for each in students if each.id in numbers],
        "back": f"{HOME}?school={desk.school.id}" + (f"&section={section}" if section else ""),
    }
    return Template("card_sheet.html", context=context)


PAGE_ROUTES: list[Any] = [make_cards, show_cards]


def _code(number: str) -> Markup:
    """The number as a QR code, to stand in a page."""
    code = segno.make(number, error="m", micro=False)
    return Markup(code.svg_inline(omitsize=True, border=2, svgclass="qr"))  # noqa: S704 - made of our own number
