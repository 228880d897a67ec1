"""The pages' templates: where they are, and what all of them may use."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template.config import TemplateConfig

from corridor.campus.timetable import zone
from corridor.identity.api import csrf_token
from corridor.live.parts import Render
from corridor.passes.labels import overridden
from corridor.passes.student_view import place_order
from corridor.privacy.language import ENGLISH, language
from corridor.web.assets import Assets
from corridor.web.navigation import navigation
from corridor.web.openapi import by_tag

_ROOMS = Path(__file__).parent.parent


def template_config(assets: Assets) -> TemplateConfig[JinjaTemplateEngine]:
    """Templates of every room's `templates` folder; a name is found in any of them."""
    environment = Environment(
        loader=FileSystemLoader(sorted(_ROOMS.glob("*/templates"))),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"hhmm": hhmm, "hhmm_after": hhmm_after, "spoken_day": spoken_day}
    environment.filters |= {"hhmmss": hhmmss, "ordinal": ordinal, "from_when": from_when, "place_order": place_order}
    environment.filters |= {"overridden": overridden}
    environment.filters["days_later"] = days_later
    english = language(ENGLISH)
    environment.globals |= {"language": english, "_": english.say, "ngettext": english.count}
    environment.globals |= {
        "asset": assets.url,
        "stylesheets": assets.stylesheets,
        "fonts": assets.fonts,
        "navigation": navigation,
        "by_tag": by_tag,
    }
    engine = JinjaTemplateEngine.from_environment(environment)
    engine.register_template_callable("csrf_token", csrf_token)
    engine.register_template_callable("server_now", _server_now)
    return TemplateConfig(instance=engine)


def hhmm(instant: datetime, time_zone: str) -> str:
    """The time of day on the school's clock, as 10:42."""
    return f"{instant.astimezone(zone(time_zone)):%H:%M}"


def hhmm_after(instant: datetime, time_zone: str) -> str:
    """The first whole minute that is not earlier: from when something goes again."""
    return hhmm(instant + timedelta(seconds=59), time_zone)


def hhmmss(instant: datetime, time_zone: str) -> str:
    """The time of day to the second, as 10:42:05."""
    return f"{instant.astimezone(zone(time_zone)):%H:%M:%S}"


def ordinal(number: int) -> str:
    """A number's rank: 1st, 2nd, 3rd, 11th."""
    teens = number % 100 in (11, 12, 13)
    ending = "th" if teens else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def from_when(when: str) -> str:
    """A time in words, such as "at 10:15" or "on Monday at 08:00", as from when something goes: "from Monday 08:00"."""
    return "from " + when.removeprefix("at ").removeprefix("on ").replace(" at ", " ")


def spoken_day(instant: datetime, time_zone: str) -> str:
    """The day on the school's calendar, as Tuesday, November 24."""
    here = instant.astimezone(zone(time_zone))
    return f"{here:%A, %B} {here.day}"


def days_later(day: date, days: int) -> date:
    return day + timedelta(days=days)


def _server_now(context: Mapping[str, Any], /) -> datetime:
    """The server's time, which is the only one that counts."""
    now: datetime = context["request"].app.state.services.clock.now()
    return now


def renderer(config: TemplateConfig[JinjaTemplateEngine]) -> Render:
    """Renders templates outside of a response, for live pages. They know of no request but what the context has."""
    environment = config.engine_instance.engine

    def render(template: str, context: Mapping[str, Any]) -> str:
        return environment.get_template(template).render(context)

    return render
