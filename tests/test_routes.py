"""Every route of the application, tried as every role: it lets in whom the table of rights lets in, and nobody else."""

import re
from collections.abc import Callable, Iterator
from typing import Any, cast
from uuid import UUID

import httpx
import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from corridor.base.ids import new_id
from corridor.identity.api import KIOSK_ROUTE, check_routes, needed_permissions
from corridor.identity.permissions import Action, right_of
from corridor.identity.principal import Principal, Role
from corridor.live.sse import MEDIA_TYPE
from tests.web.conftest import world  # noqa: F401 - a fixture
from tests.world import World

_VALUES: dict[str, Callable[[], str]] = {
    "uuid": lambda: str(new_id()),
    "date": lambda: "2026-10-06",
    "int": lambda: "1",
}


def app_of(world: World) -> Litestar:  # noqa: F811
    return cast("Litestar", cast(Any, world.client._transport).app)


def routes_of(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    for route in app.routes:
        assert isinstance(route, HTTPRoute), f"{route.path} is of a kind that this test does not try"
        for handler in route.route_handlers:
            for method in handler.http_methods:
                if method != "OPTIONS":
                    yield route.path_format, method, handler


def filled(handler: HTTPRouteHandler, path_format: str, app: Litestar) -> str:
    """The route's path with values of the right kind that stand for nothing."""
    route = next(each for each in app.routes if each.path_format == path_format)
    kinds = {parameter.name: parameter.type.__name__.lower() for parameter in route.path_parameters.values()}
    return re.sub(r"\{(\w+)\}", lambda found: _VALUES.get(kinds[found[1]], str)() or "x", path_format)


def principals(world: World) -> dict[Role, Principal]:  # noqa: F811
    school = world.school
    people: dict[Role, UUID] = {
        Role.STUDENT: school.students[0],
        Role.GUARDIAN: new_id(),
        Role.TEACHER: school.teachers[0],
        Role.SUBSTITUTE: school.teachers[1],
    }
    kinds: dict[Role, Any] = {Role.INTEGRATION: "token", Role.KIOSK: "device", Role.FIRST_RESPONDER: "link"}
    return {
        role: Principal(
            id=new_id(),
            kind=kinds.get(role, "account"),
            role=role,
            name=str(role),
            person_id=people.get(role),
            own_ids=frozenset({school.students[0]}) if role in (Role.STUDENT, Role.GUARDIAN) else frozenset(),
            school_ids=None if role is Role.DISTRICT_ADMIN else frozenset({school.id}),
            location_id=school.room_204 if role is Role.KIOSK else None,
        )
        for role in Role
    }


@pytest.fixture
async def callers(world: World, monkeypatch: pytest.MonkeyPatch) -> dict[Role, dict[str, str]]:  # noqa: F811
    """Headers with which the application takes the caller for somebody of this role."""
    known = {f"cor_{role}": principal for role, principal in principals(world).items()}

    async def by_bearer(token: str) -> Principal | None:
        return known.get(token)

    monkeypatch.setattr(world.services.identity, "by_bearer", by_bearer)
    return {role: {"authorization": f"Bearer cor_{role}"} for role in Role}


def is_shut_out(answer: httpx.Response) -> bool:
    """Pages of kiosks and responders send others to where kiosks are paired, or links are opened."""
    sent = answer.status_code == 303 and answer.headers["location"].startswith(("/kiosk", "/responder"))
    return sent or answer.status_code == 403


async def test_every_route_says_who_may_use_it(world: World) -> None:  # noqa: F811
    app = app_of(world)
    check_routes(app)
    undeclared = [path for path, _, handler in routes_of(app) if "permission" not in handler.opt]
    assert undeclared == []


async def test_whom_the_table_does_not_let_in_no_route_lets_in(
    world: World,  # noqa: F811
    callers: dict[Role, dict[str, str]],
) -> None:
    app = app_of(world)
    let_in = []
    tried = 0
    for path, method, handler in routes_of(app):
        actions = needed_permissions(handler)
        if actions is None:
            continue
        for role in Role:
            if actions != KIOSK_ROUTE and any(right_of(role, action) for action in actions):
                continue
            answer = await world.client.request(method, filled(handler, path, app), headers=callers[role])
            tried += 1
            if not is_shut_out(answer):
                let_in.append(f"{role}: {method} {path} answered {answer.status_code}")
    assert not let_in, "\n".join(let_in)
    assert tried > 500


async def test_strangers_are_let_in_nowhere_but_where_it_says_public(world: World) -> None:  # noqa: F811
    app = app_of(world)
    let_in = []
    for path, method, handler in routes_of(app):
        if needed_permissions(handler) is None:
            continue
        answer = await world.client.request(method, filled(handler, path, app))
        sent_away = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")
        if not sent_away and not is_shut_out(answer) and answer.status_code != 401:
            let_in.append(f"{method} {path} answered {answer.status_code}")
    assert not let_in, "\n".join(let_in)


async def test_whom_the_table_lets_in_gets_an_answer(
    world: World,  # noqa: F811
    callers: dict[Role, dict[str, str]],
) -> None:
    """Not always what they ask for: nothing stands under these ids. But neither a failure nor a way to sign in."""
    app = app_of(world)
    failed = []
    for path, method, handler in routes_of(app):
        actions = needed_permissions(handler)
        if actions is None or actions == KIOSK_ROUTE or handler.media_type == MEDIA_TYPE:
            continue
        for role in Role:
            if any(right_of(role, action) for action in actions):
                answer = await world.client.request(method, filled(handler, path, app), headers=callers[role])
                if answer.status_code >= 500 or answer.status_code == 401:
                    failed.append(f"{role}: {method} {path} answered {answer.status_code}")
    assert not failed, "\n".join(failed)


async def test_a_token_made_for_less_is_let_in_to_less(
    world: World,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A token for reading the board reaches what needs that and nothing else."""
    app = app_of(world)
    only = {Action.BOARD_VIEW}
    token = Principal(
        id=new_id(),
        kind="token",
        role=Role.INTEGRATION,
        name="board",
        school_ids=frozenset({world.school.id}),
        actions=frozenset(only),
    )

    async def by_bearer(_: str) -> Principal:
        return token

    monkeypatch.setattr(world.services.identity, "by_bearer", by_bearer)
    for path, method, handler in routes_of(app):
        actions = needed_permissions(handler)
        if actions is None or only & set(actions) or handler.media_type == MEDIA_TYPE:
            continue
        answer = await world.client.request(
            method, filled(handler, path, app), headers={"authorization": "Bearer cor_x"}
        )
        assert is_shut_out(answer), f"{method} {path} answered {answer.status_code}"
