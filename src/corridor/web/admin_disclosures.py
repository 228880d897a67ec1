"""Administration: emergency disclosures. Hand out who is out and where, or make a link for first responders; both ask
for the threat and for who receives it, and stand on record."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect, Template

from corridor.base.errors import InvalidInput
from corridor.day.state import Status
from corridor.identity.api import address_of
from corridor.identity.links import NewLink
from corridor.identity.permissions import Action
from corridor.passes.api import PassRequest
from corridor.passes.pages import SchoolChoice, choose_school
from corridor.passes.teacher_desk import uuid_in
from corridor.privacy.api import (
    LinkInput,
    make_responder_link,
    path_of,
    revoke_responder_link,
    services_of,
)
from corridor.privacy.commands import Form
from corridor.privacy.disclosures import disclose, list_disclosures, list_links, may_unmask
from corridor.privacy.out_files import CSV_COLUMNS, as_pdf, as_text, csv_rows
from corridor.privacy.wording import FORM_WORDS, ROLE_WORDS
from corridor.web.admin_frame import frame
from corridor.web.csv_download import csv_response

HOME = "/admin/disclosures"
_MAKE = {"permission": Action.DISCLOSURE_MAKE}


class DisclosureForm(msgspec.Struct):
    """`form` is csv, pdf, text or link; `hours` is how long a link lasts."""

    school: str = ""
    threat: str = ""
    parties: str = ""
    unmasked: str = ""
    form: str = "pdf"
    hours: str = "4"


@get(HOME, include_in_schema=False, opt=_MAKE)
async def show_disclosures(request: PassRequest, school: FromQuery[UUID | None] = None) -> Template:
    return await _page(request, await choose_school(request, Action.DISCLOSURE_MAKE, school))


@post(HOME, include_in_schema=False, opt=_MAKE, status_code=200)
async def hand_out(request: PassRequest, data: URLEncodedBody[DisclosureForm]) -> Response[Any]:
    """The file, or the page with the new link; the page again with what was missing."""
    choice = await choose_school(request, Action.DISCLOSURE_MAKE, uuid_in(data.school))
    try:
        if data.form == Form.LINK:
            return await _page(request, choice, made=await _make_link(request, choice, data), made_for=data.parties)
        return await _file(request, choice, data)
    except InvalidInput as error:
        return await _page(request, choice, typed=data, error=error)


@post(HOME + "/links/{link_id:uuid}/revoke", include_in_schema=False, opt=_MAKE)
async def revoke(request: PassRequest, link_id: FromPath[UUID]) -> Redirect:
    school_id = await revoke_responder_link(request, link_id)
    return Redirect(f"{HOME}?school={school_id}", status_code=303)


PAGE_ROUTES: list[Any] = [show_disclosures, hand_out, revoke]


async def _make_link(request: PassRequest, choice: SchoolChoice, form: DisclosureForm) -> NewLink:
    if not form.hours.isdecimal() or len(form.hours) > 2:
        raise InvalidInput("Say for how many hours, 1 to 24.", field="hours")
    wanted = LinkInput(form.threat, form.parties, bool(form.unmasked), int(form.hours))
    return await make_responder_link(request, choice.school.id, wanted)


async def _file(request: PassRequest, choice: SchoolChoice, form: DisclosureForm) -> Response[Any]:
    if form.form not in (Form.CSV, Form.PDF, Form.TEXT):
        raise InvalidInput("Choose a PDF, a table, text, or a link.", field="form")
    services = services_of(request)
    out = await disclose(
        services.records,
        await services.ledger.state(choice.school.id),
        request.user,
        Form(form.form),
        threat=form.threat,
        parties=form.parties,
        unmasked=bool(form.unmasked),
        address=address_of(request),
    )
    name = f"who-is-out-{out.at:%Y%m%d-%H%M}"
    if form.form == Form.CSV:
        return csv_response(name, CSV_COLUMNS, csv_rows(out, form.threat, form.parties))
    pdf = form.form == Form.PDF
    body = await as_pdf(out, form.threat, form.parties) if pdf else as_text(out, form.threat, form.parties)
    ending, media_type = ("pdf", "application/pdf") if pdf else ("txt", "text/plain; charset=utf-8")
    headers = {"content-disposition": f'attachment; filename="{name}.{ending}"', "cache-control": "no-store"}
    return Response(body, media_type=media_type, headers=headers)


async def _page(
    request: PassRequest,
    choice: SchoolChoice,
    *,
    typed: DisclosureForm | None = None,
    made: NewLink | None = None,
    made_for: str = "",
    error: InvalidInput | None = None,
) -> Template:
    services = services_of(request)
    now = services.records.clock.now()
    state = await services.ledger.state(choice.school.id)
    async with services.database.raw() as connection:
        disclosures = await list_disclosures(connection, choice.school.id)
        links = await list_links(connection, choice.school.id, now)
    context = frame(request, choice, HOME) | {
        "disclosures": disclosures,
        "links": links,
        "out": sum(pass_.status is Status.ACTIVE for pass_ in state.passes.values()),
        "may_unmask": may_unmask(state, request.user, now),
        "typed": typed or DisclosureForm(),
        "made": made,
        "made_for": made_for.strip(),
        "made_address": f"{str(request.base_url).rstrip('/')}{path_of(made)}" if made else None,
        "forms": FORM_WORDS,
        "role_words": ROLE_WORDS,
        "error": error,
    }
    return Template("admin_disclosures.html", context=context, status_code=error.status if error else 200)
