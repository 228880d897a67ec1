"""PINs, badges and QR cards of students: by class or one by one, and from a list."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect, Template

from corridor.base.errors import CorridorError, InvalidInput, NotPermitted
from corridor.campus.queries import search_students
from corridor.campus.student_matching import register_of
from corridor.identity.access import Look
from corridor.identity.api import identity_of, looked
from corridor.identity.badge_import import read_badges
from corridor.identity.permissions import Action
from corridor.passes.api import PassRequest, services_of
from corridor.passes.teacher_desk import uuid_in
from corridor.web.admin_frame import SchoolForm, frame
from corridor.web.credential_desk import CredentialDesk, credential_desk, credentials_of
from corridor.web.seen import seen_words

HOME = "/admin/credentials"
_PERMISSION = {"permission": Action.CREDENTIAL_CHANGE}
_MOST_FOUND = 12
_SAID = {
    "pin": "The PIN is set. Tell it to the student in person.",
    "no-pin": "The PIN is gone.",
    "assigned": "The badge is assigned.",
    "had": "The student had this badge already.",
    "withdrawn": "Withdrawn. It opens nothing any more.",
}


class StudentPinForm(SchoolForm):
    pin: str = ""

    def __repr__(self) -> str:
        return "StudentPinForm()"


class BadgeForm(SchoolForm):
    """A number to assign, or the id of a badge to withdraw."""

    number: str = ""
    withdraw: str = ""


@get(HOME, include_in_schema=False, opt=_PERMISSION)
async def show_credentials(
    request: PassRequest,
    school: FromQuery[UUID | None] = None,
    section: FromQuery[str] = "",
    find: FromQuery[str] = "",
    imported: FromQuery[int | None] = None,
) -> Template:
    """A class, or students found by name or identifier; `imported` is how many badges a list has just given out."""
    desk = await credential_desk(request, school)
    return await _list_page(request, desk, section_id=uuid_in(section), find=find, imported=imported)


@get(HOME + "/students/{student_id:uuid}", include_in_schema=False, opt=_PERMISSION)
async def show_student_credentials(
    request: PassRequest,
    student_id: FromPath[UUID],
    school: FromQuery[UUID | None] = None,
    said: FromQuery[str] = "",
) -> Template:
    return await _student_page(request, await credential_desk(request, school), student_id, said=said)


@post(HOME + "/students/{student_id:uuid}/pin", include_in_schema=False, opt=_PERMISSION)
async def set_student_pin(
    request: PassRequest, student_id: FromPath[UUID], data: URLEncodedBody[StudentPinForm]
) -> Response[Any]:
    """Set the PIN; an empty one takes it away."""
    desk = await credential_desk(request, uuid_in(data.school))
    student = desk.student(student_id)
    credentials = identity_of(request).credentials
    try:
        if data.pin:
            await credentials.set_pin(request.user, student.id, desk.school.id, data.pin)
        else:
            await credentials.drop_pin(request.user, student.id, desk.school.id)
    except InvalidInput as error:
        return await _student_page(request, desk, student_id, error=error)
    return _to_student(desk, student_id, "pin" if data.pin else "no-pin")


@post(HOME + "/students/{student_id:uuid}/badges", include_in_schema=False, opt=_PERMISSION)
async def change_badges(
    request: PassRequest, student_id: FromPath[UUID], data: URLEncodedBody[BadgeForm]
) -> Response[Any]:
    desk = await credential_desk(request, uuid_in(data.school))
    student = desk.student(student_id)
    credentials = identity_of(request).credentials
    if badge_id := uuid_in(data.withdraw):
        await credentials.withdraw_badge(request.user, student.id, desk.school.id, badge_id)
        return _to_student(desk, student_id, "withdrawn")
    try:
        new = await credentials.assign_badge(request.user, student.id, desk.school.id, data.number)
    except CorridorError as error:
        return await _student_page(request, desk, student_id, error=error)
    return _to_student(desk, student_id, "assigned" if new else "had")


@post(HOME + "/import", include_in_schema=False, opt=_PERMISSION)
async def import_badges(request: PassRequest) -> Response[Any]:
    """Give out the badges of a CSV list, or, when anything is wrong with it, none."""
    form = await request.form()
    desk = await credential_desk(request, uuid_in(str(form.get("school", ""))))
    if not desk.sight.everyone:
        raise NotPermitted("A list is for the whole school, so the office or an administrator imports it.")
    sent = form.get("file")
    try:
        register = await register_of(services_of(request).database, desk.school.id)
        rows = read_badges(await _content(sent), register)
        replace = form.get("replace") == "yes"
        done = await identity_of(request).credentials.import_badges(request.user, desk.school.id, rows, replace=replace)
    except InvalidInput as error:
        return await _list_page(request, desk, import_error=error)
    finally:
        await form.close()
    return Redirect(f"{HOME}?school={desk.school.id}&imported={done.new}", status_code=303)


PAGE_ROUTES: list[Any] = [
    show_credentials,
    show_student_credentials,
    set_student_pin,
    change_badges,
    import_badges,
]


async def _content(sent: Any) -> bytes:
    """What the file holds that the form brought."""
    if not isinstance(sent, UploadFile) or not sent.filename:
        raise InvalidInput("Choose a file first.", field="file")
    return await sent.read()


async def _list_page(
    request: PassRequest,
    desk: CredentialDesk,
    *,
    section_id: UUID | None = None,
    find: str = "",
    imported: int | None = None,
    import_error: InvalidInput | None = None,
) -> Template:
    students = desk.state.campus.students
    query = find.replace("\0", "").strip()[:80]
    section = desk.section(section_id) if section_id else None
    shown = desk.students_of(section) if section else []
    if query:
        database = services_of(request).database
        found = await search_students(database, desk.school.id, query, _MOST_FOUND, among=desk.sight.only)
        shown = [students[each.id] for each in found if each.id in students]
    rows = await credentials_of(request, shown)
    if rows:
        await looked(request, desk.school.id, "credentials", Look.LIST, number=len(rows))
    context = frame(request, desk.choice, HOME) | {
        "school": desk.school,
        "classes": desk.classes(),
        "section": section,
        "section_words": desk.class_words(section) if section else None,
        "query": query,
        "rows": rows,
        "everyone": desk.sight.everyone,
        "imported": imported,
        "import_error": import_error,
        "problems": import_error.extra.get("problems", []) if import_error else [],
    }
    return Template("admin_credentials.html", context=context, status_code=import_error.status if import_error else 200)


async def _student_page(
    request: PassRequest,
    desk: CredentialDesk,
    student_id: UUID,
    *,
    said: str = "",
    error: CorridorError | None = None,
) -> Template:
    student = desk.student(student_id)
    ((_, known),) = await credentials_of(request, [student])
    await looked(request, desk.school.id, "credentials", Look.RECORD, student_ids=[student.id])
    now, time_zone = services_of(request).clock.now(), desk.school.time_zone
    context = frame(request, desk.choice, HOME) | {
        "school": desk.school,
        "student": student,
        "pin_set": known.pin_set_at and seen_words(known.pin_set_at, now, time_zone),
        "badges": [(badge.id, badge.kind, seen_words(badge.assigned_at, now, time_zone)) for badge in known.badges],
        "said": _SAID.get(said),
        "error": error,
    }
    return Template("admin_credential.html", context=context, status_code=error.status if error else 200)


def _to_student(desk: CredentialDesk, student_id: UUID, said: str) -> Redirect:
    return Redirect(f"{HOME}/students/{student_id}?school={desk.school.id}&said={said}", status_code=303)
