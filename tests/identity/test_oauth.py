"""Scopes of tokens, and clients that fetch tokens by their secret."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from corridor.base.clock import FixedClock
from corridor.base.database import Database
from corridor.base.errors import InvalidInput, NotFound, NotPermitted
from corridor.base.ids import new_id
from corridor.base.settings import Settings
from corridor.identity.cache import LIFETIME
from corridor.identity.limits import TooManyAttempts
from corridor.identity.oauth import InvalidClient, NewClient, OAuthError
from corridor.identity.permissions import Action, require, scope_of
from corridor.identity.principal import Principal, Role
from corridor.identity.service import IdentityService
from tests.identity.conftest import Campus

ADDRESS = "203.0.113.7"


@pytest.fixture
def district() -> Principal:
    return Principal(id=new_id(), kind="account", role=Role.DISTRICT_ADMIN, name="District", school_ids=None)


@pytest.fixture
def school_admin(campus: Campus) -> Principal:
    return Principal(
        id=new_id(), kind="account", role=Role.SCHOOL_ADMIN, name="Principal", school_ids=frozenset({campus.north})
    )


@pytest.fixture
async def client(identity: IdentityService, district: Principal) -> NewClient:
    return await identity.oauth.create(district, name="Timetable", scopes=["pass.view", "school.view"])


async def granted(identity: IdentityService, client: NewClient, scope: str | None = None) -> str:
    return (await identity.oauth.grant(str(client.row.id), client.secret, scope=scope, address=ADDRESS)).token


async def test_a_token_does_what_it_was_made_for_and_nothing_else(identity: IdentityService) -> None:
    made = await identity.create_token(name="x", role=Role.INTEGRATION, scopes=["school.view", "pass.view"])
    principal = await identity.by_bearer(made.secret)
    assert principal is not None
    assert principal.actions == frozenset({"pass.view", "school.view"})
    require(principal, Action.PASS_VIEW)
    with pytest.raises(NotPermitted, match="not made for this") as refused:
        require(principal, Action.PASS_ISSUE)
    assert refused.value.code == "insufficient_scope"


@pytest.mark.parametrize("scopes", [[], ["pass.veiw"], ["pass.view", "account.manage"], ["family.view"]])
async def test_a_scope_must_be_one_of_the_role(identity: IdentityService, scopes: list[str]) -> None:
    with pytest.raises(InvalidInput):
        await identity.create_token(name="x", role=Role.INTEGRATION, scopes=scopes)


async def test_a_token_cannot_make_a_wider_one(identity: IdentityService) -> None:
    made = await identity.create_token(
        name="narrow", role=Role.DISTRICT_ADMIN, scopes=["token.manage", "pass.view", "school.view"]
    )
    narrow = await identity.by_bearer(made.secret)
    assert narrow is not None
    for role, scopes in (
        (Role.DISTRICT_ADMIN, None),
        (Role.INTEGRATION, None),
        (Role.DISTRICT_ADMIN, ["pass.view", "account.manage"]),
        (Role.INTEGRATION, ["pass.issue"]),
    ):
        with pytest.raises(NotPermitted):
            await identity.create_token(name="wide", role=role, scopes=scopes, maker=narrow)
        if scopes != ["pass.view", "account.manage"]:
            with pytest.raises(NotPermitted):
                await identity.oauth.create(narrow, name="wide", role=role, scopes=scopes)
    await identity.create_token(name="as narrow", role=Role.INTEGRATION, scopes=["pass.view"], maker=narrow)
    without = await identity.create_token(name="x", role=Role.DISTRICT_ADMIN, scopes=["pass.view"])
    viewer = await identity.by_bearer(without.secret)
    assert viewer is not None
    with pytest.raises(NotPermitted):
        await identity.create_token(name="y", role=Role.INTEGRATION, scopes=["pass.view"], maker=viewer)


async def test_a_token_makes_nothing_that_outlives_it(
    identity: IdentityService, district: Principal, clock: FixedClock
) -> None:
    ends = clock.now() + timedelta(days=1)
    made = await identity.create_token(name="short", role=Role.DISTRICT_ADMIN, expires_at=ends)
    short = await identity.by_bearer(made.secret)
    client = await identity.oauth.create(district, name="Admin", role=Role.DISTRICT_ADMIN)
    hourly = await identity.by_bearer(await granted(identity, client))
    assert short is not None
    assert hourly is not None
    for maker, late in ((short, ends + timedelta(seconds=1)), (short, None), (hourly, ends), (hourly, None)):
        with pytest.raises(NotPermitted, match="outlive"):
            await identity.create_token(name="x", role=Role.INTEGRATION, expires_at=late, maker=maker)
    for maker in (short, hourly):
        with pytest.raises(NotPermitted, match="outlive"):
            await identity.oauth.create(maker, name="x")
    await identity.create_token(name="x", role=Role.INTEGRATION, expires_at=ends, maker=short)


async def test_a_school_administrator_hands_out_what_reaches_no_further(
    identity: IdentityService, school_admin: Principal, campus: Campus
) -> None:
    with pytest.raises(NotPermitted, match="could do more"):
        await identity.oauth.create(school_admin, name="x", school_id=campus.north)
    with pytest.raises(NotPermitted, match="could do more"):
        await identity.oauth.create(school_admin, name="x", school_id=campus.north, scopes=["roster.import"])
    with pytest.raises(NotPermitted, match="whole district"):
        await identity.oauth.create(school_admin, name="x", scopes=["pass.view"])
    with pytest.raises(NotFound):
        await identity.oauth.create(school_admin, name="x", school_id=campus.south, scopes=["pass.view"])
    made = await identity.oauth.create(school_admin, name="x", school_id=campus.north, scopes=["pass.view"])
    principal = await identity.by_bearer(await granted(identity, made))
    assert principal is not None
    assert principal.school_ids == frozenset({campus.north})


async def test_a_client_of_another_school_is_not_there(
    identity: IdentityService, district: Principal, school_admin: Principal, campus: Campus
) -> None:
    theirs = await identity.oauth.create(district, name="South", school_id=campus.south, scopes=["pass.view"])
    of_all = await identity.oauth.create(district, name="All", scopes=["pass.view"])
    assert await identity.oauth.list(school_admin) == []
    for client in (theirs, of_all):
        with pytest.raises(NotFound):
            await identity.oauth.disable(school_admin, client.row.id)
        with pytest.raises(NotFound):
            await identity.oauth.renew_secret(school_admin, client.row.id)
        assert await granted(identity, client)


@pytest.mark.parametrize("role", [Role.STUDENT, Role.GUARDIAN, Role.TEACHER, Role.KIOSK, Role.FIRST_RESPONDER])
async def test_a_client_acts_for_nobody(identity: IdentityService, district: Principal, role: Role) -> None:
    with pytest.raises(InvalidInput, match="role"):
        await identity.oauth.create(district, name="x", role=role)


async def test_an_access_token_lasts_an_hour(identity: IdentityService, client: NewClient, clock: FixedClock) -> None:
    token = await granted(identity, client)
    clock.advance(timedelta(minutes=59, seconds=59))
    principal = await identity.by_bearer(token)
    assert principal is not None
    assert (principal.id, principal.kind, principal.role) == (client.row.id, "token", Role.INTEGRATION)
    assert principal.actions == frozenset({"pass.view", "school.view"})
    clock.advance(timedelta(seconds=1))
    assert await identity.by_bearer(token) is None


async def test_scopes_may_be_narrowed_but_not_widened(identity: IdentityService, client: NewClient) -> None:
    principal = await identity.by_bearer(await granted(identity, client, "pass.view"))
    assert principal is not None
    assert scope_of(principal, Action.SCHOOL_VIEW) is None
    for scope in ("pass.issue", "pass.view roster.import", "no.such"):
        with pytest.raises(OAuthError) as refused:
            await granted(identity, client, scope)
        assert refused.value.code == "invalid_scope"


async def test_disabling_a_client_ends_its_tokens(
    identity: IdentityService,
    client: NewClient,
    district: Principal,
    database: Database,
    clock: FixedClock,
    settings: Settings,
) -> None:
    other = IdentityService(database, clock, settings)
    token = await granted(identity, client)
    assert await identity.by_bearer(token)
    assert await other.by_bearer(token)
    await identity.oauth.disable(district, client.row.id)
    assert await identity.by_bearer(token) is None
    clock.advance(LIFETIME)
    assert await other.by_bearer(token) is None
    with pytest.raises(InvalidClient):
        await granted(identity, client)


async def test_a_new_secret_ends_the_old_one_and_its_tokens(
    identity: IdentityService, client: NewClient, district: Principal
) -> None:
    token = await granted(identity, client)
    renewed = await identity.oauth.renew_secret(district, client.row.id)
    assert await identity.by_bearer(token) is None
    with pytest.raises(InvalidClient):
        await granted(identity, client)
    assert await identity.by_bearer(await granted(identity, renewed))


async def test_the_database_holds_nothing_to_call_with(
    identity: IdentityService, client: NewClient, database: Database
) -> None:
    token = await granted(identity, client)
    async with database.session() as session:
        rows = [*(await session.execute(text("SELECT t::text FROM oauth_client t"))).scalars()]
        rows += (await session.execute(text("SELECT t::text FROM oauth_token t"))).scalars().all()
        rows += (await session.execute(text("SELECT body::text FROM ledger_event"))).scalars().all()
    assert len(rows) == 3
    assert not [row for row in rows if token in row or client.secret in row]
    assert "oauth_client.created" in rows[2]


async def test_secrets_are_not_found_by_trying(identity: IdentityService, client: NewClient, clock: FixedClock) -> None:
    for number in range(20):
        with pytest.raises(InvalidClient):
            await identity.oauth.grant(str(client.row.id), f"cos_{number}", scope=None, address=ADDRESS)
    with pytest.raises(TooManyAttempts):
        await granted(identity, client)
    elsewhere = await identity.oauth.grant(str(client.row.id), client.secret, scope=None, address="198.51.100.9")
    assert elsewhere.token
    clock.advance(timedelta(minutes=1))
    assert await granted(identity, client)


@pytest.mark.parametrize("client_id", ["", "x", "01a20dd6-70fd-76cd-a26a-0383b777240f"])
async def test_an_unknown_client_is_refused_like_a_wrong_secret(identity: IdentityService, client_id: str) -> None:
    with pytest.raises(InvalidClient):
        await identity.oauth.grant(client_id, "cos_x", scope=None, address=ADDRESS)


async def test_making_and_revoking_tokens_is_on_record(identity: IdentityService, database: Database) -> None:
    made = await identity.create_token(name="x", role=Role.INTEGRATION, scopes=["pass.view"])
    await identity.revoke_token(made.row.id)
    async with database.session() as session:
        rows = (await session.execute(text("SELECT body FROM ledger_event ORDER BY seq"))).scalars().all()
    assert [row["what"] for row in rows] == ["token.created", "token.revoked"]
    assert rows[0]["details"]["scopes"] == ["pass.view"]
