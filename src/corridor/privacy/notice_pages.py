"""The public page "What we track and why", and what all pages for families share: their language."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, get
from litestar.datastructures import Cookie
from litestar.params import FromPath
from litestar.response import Template

from corridor.base.errors import NotFound
from corridor.campus.queries import list_schools
from corridor.campus.timetable import local
from corridor.identity.api import PUBLIC
from corridor.passes.api import services_of
from corridor.privacy.language import NAMES, Language, language, wanted
from corridor.privacy.notice import notice_of
from corridor.privacy.notice_facts import facts_of
from corridor.privacy.requests_decide import ANSWER_WITHIN

LANGUAGE_COOKIE = "corridor_language"
_ASKED = "language"
_KEPT_FOR = 365 * 24 * 3600
_MOST_SCHOOLS = 500


def language_of(request: Request[Any, Any, Any]) -> Language:
    """The language that whoever asks reads: as just chosen, as chosen before, or as the browser says."""
    asked = request.query_params.get(_ASKED, "")
    return language(wanted(asked, request.cookies.get(LANGUAGE_COOKIE, ""), request.headers.get("accept-language", "")))


def in_language(
    request: Request[Any, Any, Any],
    template: str,
    context: Mapping[str, Any],
    *,
    status: int = 200,
    cookies: list[Cookie] | None = None,
) -> Template:
    """A page in the reader's language, with a switch to the others; what was chosen is kept in a cookie."""
    chosen = language_of(request)
    kept = list(cookies or ())
    if request.query_params.get(_ASKED) in NAMES:
        secure = request.url.scheme == "https"
        how: dict[str, Any] = {"path": "/", "max_age": _KEPT_FOR, "httponly": True, "samesite": "lax", "secure": secure}
        kept.append(Cookie(LANGUAGE_COOKIE, value=chosen.code, **how))
    query = [(name, value) for name, value in request.query_params.multi_items() if name != _ASKED]
    switches = [
        (code, name, f"{request.url.path}?{urlencode([*query, (_ASKED, code)])}") for code, name in NAMES.items()
    ]
    shown = {"language": chosen, "_": chosen.say, "ngettext": chosen.count, "switches": switches}
    headers = {"content-language": chosen.code, "vary": "cookie, accept-language"}
    return Template(template, context={**context, **shown}, status_code=status, headers=headers, cookies=kept)


@get("/privacy", include_in_schema=False, opt={"permission": PUBLIC})
async def show_schools(request: Request[Any, Any, Any]) -> Template:
    """The schools to choose from, or the page of the only one."""
    services = services_of(request)
    schools = await list_schools(services.database, None, None, _MOST_SCHOOLS)
    if len(schools) == 1:
        return await _notice(request, schools[0].id)
    ordered = sorted(schools, key=lambda school: school.name.casefold())
    return in_language(request, "notice_schools.html", {"schools": ordered})


@get("/privacy/{school_id:uuid}", include_in_schema=False, opt={"permission": PUBLIC})
async def show_notice(request: Request[Any, Any, Any], school_id: FromPath[UUID]) -> Template:
    """What is tracked at a school, and why, from its settings."""
    return await _notice(request, school_id)


PAGE_ROUTES: list[Any] = [show_schools, show_notice]


async def _notice(request: Request[Any, Any, Any], school_id: UUID) -> Template:
    services = services_of(request)
    known = await list_schools(services.database, {school_id}, None, 1)
    if not known:
        raise NotFound("There is no such school.")
    state = await services.ledger.state(school_id)
    notice = notice_of(await facts_of(services.database, state), language_of(request))
    today = local(state.campus, services.clock.now()).date()
    context = {"school": known[0], "notice": notice, "today": today, "within": ANSWER_WITHIN.days}
    return in_language(request, "notice.html", context)
