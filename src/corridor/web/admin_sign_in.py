"""Administration: how long sessions last and who needs a second step, for the whole district."""

from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery
from litestar.response import Redirect, Template

from corridor.base.errors import CorridorError, InvalidInput
from corridor.identity.api import identity_of
from corridor.identity.permissions import Action, require_district
from corridor.identity.principal import Role
from corridor.identity.sign_in_policy import PEOPLE, RoleSignIn, SignInPolicy
from corridor.passes.api import PassRequest
from corridor.web.admin_frame import frame

HOME = "/admin/sign-in"
_SEE_OTHER: Final = 303
_PERMISSION = {"permission": Action.SIGN_IN_CHANGE}


class Typed(msgspec.Struct):
    """A role's row as it was typed: hours without use, hours in all, days to stay."""

    idle: str
    longest: str
    stay: str
    second_step: bool


@get(HOME, include_in_schema=False, opt=_PERMISSION)
async def show_policy(request: PassRequest, saved: FromQuery[bool] = False) -> Template:
    policy = await identity_of(request).policy.current()
    typed = {role: _typed(policy.of(role)) for role in PEOPLE}
    return await _page(request, typed, str(policy.grace_days), policy.after_single_sign_on, saved=saved)


@post(HOME, include_in_schema=False, opt=_PERMISSION)
async def change_policy(request: PassRequest) -> Response[Any]:
    form = await request.form()

    def value(name: str) -> str:
        return str(form.get(name, "")).strip()

    typed = {
        role: Typed(
            value(f"{role}.idle"), value(f"{role}.longest"), value(f"{role}.stay"), bool(value(f"{role}.second_step"))
        )
        for role in PEOPLE
    }
    grace, after = value("grace_days"), bool(value("after_single_sign_on"))
    try:
        require_district(request.user, Action.SIGN_IN_CHANGE)
        policy = SignInPolicy(
            roles={role: _read(role, row) for role, row in typed.items()},
            grace_days=_number(grace, "The days of grace", 0, 90),
            after_single_sign_on=after,
        )
        await identity_of(request).change_policy(policy, request.user)
    except CorridorError as error:
        return await _page(request, typed, grace, after, error=error)
    return Redirect(f"{HOME}?saved=true", status_code=_SEE_OTHER)


async def _page(
    request: PassRequest,
    typed: dict[Role, Typed],
    grace: str,
    after: bool,
    *,
    saved: bool = False,
    error: CorridorError | None = None,
) -> Template:
    context = frame(request, None, HOME) | {
        "roles": typed,
        "grace_days": grace,
        "after_single_sign_on": after,
        "without": await identity_of(request).desk.without_second_step(request.user),
        "saved": saved,
        "error": error,
    }
    return Template("admin_sign_in.html", context=context, status_code=error.status if error else 200)


def _typed(role: RoleSignIn) -> Typed:
    return Typed(f"{role.idle_minutes / 60:g}", str(role.longest_hours), str(role.stay_days or ""), role.second_step)


def _read(role: Role, row: Typed) -> RoleSignIn:
    who = role.replace("_", " ")
    try:
        idle = round(float(row.idle) * 60)
    except (ValueError, OverflowError):
        idle = 0
    if not 5 <= idle <= 7 * 24 * 60:
        raise InvalidInput(f"For the role {who}, the hours without use are '{row.idle}'. Write 0.1 to 168.")
    return RoleSignIn(
        idle_minutes=idle,
        longest_hours=_number(row.longest, f"For the role {who}, the hours in all", 1, 31 * 24),
        stay_days=_number(row.stay or "0", f"For the role {who}, the days to stay signed in", 0, 366),
        second_step=row.second_step,
    )


def _number(text: str, what: str, least: int, most: int) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1
    if not least <= number <= most:
        raise InvalidInput(f"{what} are '{text}'. Write a whole number from {least} to {most}.")
    return number


PAGE_ROUTES: list[Any] = [show_policy, change_policy]
