"""Signing in with a service outside, all the way through a real OpenID provider and back."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from corridor.base.clock import ShiftedClock
from corridor.base.database import Database
from corridor.base.ids import new_id
from corridor.campus.tables import Membership, Person
from corridor.campus.words import PersonRole
from corridor.identity.audit import STREAM
from corridor.identity.oidc import LASTS
from corridor.identity.oidc_discovery import ASKED_AGAIN_AFTER
from corridor.identity.oidc_pages import SIGN_ON_COOKIE
from corridor.identity.oidc_presets import MatchBy, PresetName
from corridor.identity.principal import Role
from corridor.identity.provider_tables import AccountLink
from corridor.identity.sign_in_policy import RoleSignIn, SignInPolicy
from corridor.identity.tables import Account, AccountStatus, LoginSession
from corridor.ledger.tables import LedgerEvent
from tests.identity.conftest import Campus
from tests.identity.openid import (
    ADMIN,
    ORGANIZATION,
    SITE,
    Browser,
    Corridor,
    OpenIdProvider,
    asked,
    corridor,
    openid_provider,
)

ANA = {"email": "ana.ruiz@x.example", "email_verified": True}


@pytest.fixture(scope="module")
def provider() -> Iterator[OpenIdProvider]:
    with openid_provider(in_id_token=False) as running:
        yield running


@pytest.fixture
def clock() -> ShiftedClock:
    """The true time: the provider lives by it."""
    return ShiftedClock(timedelta(0))


@pytest.fixture
def here(database: Database, clock: ShiftedClock, tmp_path: Path, campus: Campus) -> Corridor:
    return corridor(database, clock, tmp_path)


@pytest.fixture
async def browser(here: Corridor) -> AsyncIterator[Browser]:
    async with here.browser() as browser:
        yield browser


@pytest.fixture
async def ana(here: Corridor, campus: Campus) -> Account:
    return await here.identity.create_account(role=Role.STUDENT, person="s-1")


async def told(database: Database) -> list[dict[str, Any]]:
    """What the audit knows."""
    async with database.session() as session:
        rows = await session.scalars(
            select(LedgerEvent.body).where(LedgerEvent.school_id == STREAM).order_by(LedgerEvent.seq)
        )
        return [row for row in rows if row]


async def test_round_trip(here: Corridor, browser: Browser, provider: OpenIdProvider, ana: Account) -> None:
    await here.add(provider)
    provider.log_in_as("sub-1", **ANA)
    page = await browser.get("/sign-in?next=/student")
    assert 'href="/sign-in/with/other?next=/student"' in page.text
    back = await browser.leave("/sign-in/with/other?next=/student")
    assert asked(back)["code"]
    answer = await browser.get(back)
    assert (answer.status_code, answer.headers["location"]) == (303, "/student")
    who = await here.who(browser)
    assert who is not None
    assert who.id == ana.id
    async with here.identity.database.session() as session:
        assert (await session.scalars(select(LoginSession.via))).all() == ["single_sign_on"]


async def test_we_ask_with_state_nonce_and_a_hashed_verifier(
    here: Corridor, browser: Browser, provider: OpenIdProvider
) -> None:
    await here.add(provider)
    away = await browser.get("/sign-in/with/other")
    query = asked(away.headers["location"])
    assert (query["response_type"], query["code_challenge_method"]) == ("code", "S256")
    assert query["redirect_uri"] == f"{SITE}/sign-in/with/other/callback"
    assert min(len(query[name]) for name in ("state", "nonce", "code_challenge")) >= 43
    again = asked((await browser.get("/sign-in/with/other")).headers["location"])
    assert all(again[name] != query[name] for name in ("state", "nonce", "code_challenge"))


async def test_the_cookie_of_a_sign_in_under_way_is_closed_to_scripts_and_read_by_us_alone(
    here: Corridor, browser: Browser, provider: OpenIdProvider
) -> None:
    await here.add(provider)
    away = await browser.get("/sign-in/with/other")
    cookie = away.headers["set-cookie"]
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "secure", "samesite=lax", "path=/sign-in/with"} <= parts
    assert asked(away.headers["location"])["state"] not in cookie


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example", "/%09/evil.example"]
)
async def test_it_leads_to_no_other_site(
    here: Corridor, browser: Browser, provider: OpenIdProvider, ana: Account, elsewhere: str
) -> None:
    await here.add(provider)
    provider.log_in_as("sub-1", **ANA)
    assert (await browser.sign_in(wanted=elsewhere)).headers["location"] == "/"


async def test_an_answer_is_good_once(here: Corridor, browser: Browser, provider: OpenIdProvider, ana: Account) -> None:
    await here.add(provider)
    provider.log_in_as("sub-1", **ANA)
    back = await browser.leave("/sign-in/with/other")
    kept = browser.corridor.cookies.get(SIGN_ON_COOKIE)
    assert (await browser.get(back)).status_code == 303
    assert SIGN_ON_COOKIE not in browser.corridor.cookies
    for replayed in (None, kept):
        async with here.browser() as other:
            if replayed:
                other.corridor.cookies.set(SIGN_ON_COOKIE, replayed)
            answer = await other.get(back)
            assert (answer.status_code, await here.who(other)) == (403, None)
            assert "Start again" in answer.text


async def test_a_code_taken_to_another_browser_signs_nobody_in(
    here: Corridor, browser: Browser, provider: OpenIdProvider, ana: Account
) -> None:
    """Neither with the thief's state nor with that of the victim's own sign-in: the code fits only its verifier."""
    await here.add(provider)
    provider.log_in_as("sub-1", **ANA)
    stolen = await browser.leave("/sign-in/with/other")
    async with here.browser() as thief:
        own = asked((await thief.get("/sign-in/with/other")).headers["location"])
        assert (await thief.get(stolen)).status_code == 403
        injected = stolen.replace(asked(stolen)["state"], own["state"])
        assert (await thief.get(injected)).status_code == 403
        assert await here.who(thief) is None


async def test_a_victim_is_not_signed_in_as_the_attacker(
    here: Corridor, browser: Browser, provider: OpenIdProvider, ana: Account
) -> None:
    await here.add(provider)
    provider.log_in_as("sub-1", **ANA)
    attackers = await browser.leave("/sign-in/with/other")
    async with here.browser() as victim:
        assert (await victim.get(attackers)).status_code == 403
        await victim.get("/sign-in/with/other")
        assert (await victim.get(attackers)).status_code == 403
        assert await here.who(victim) is None


async def test_a_log_in_from_the_service_s_own_portal_is_asked_anew_and_gets_in(
    here: Corridor, browser: Browser, provider: OpenIdProvider, ana: Account
) -> None:
    await here.add(provider)
    provider.log_in_as("sub-1", **ANA)
    unasked = f"{SITE}/sign-in/with/other/callback?code=from-the-portal&scope=openid"
    back = await browser.leave(unasked)
    assert await here.who(browser) is None, "what came from the portal is no proof"
    assert asked(back)["code"] != "from-the-portal"
    assert (await browser.get(back)).status_code == 303
    assert await here.who(browser) is not None


async def test_a_service_that_loses_our_state_is_not_asked_for_ever(
    here: Corridor, browser: Browser, provider: OpenIdProvider
) -> None:
    await here.add(provider)
    unasked = f"{SITE}/sign-in/with/other/callback?code=x"
    assert (await browser.get(unasked)).status_code == 303
    assert (await browser.get(unasked)).status_code == 403


async def test_whoever_takes_too_long_starts_again(
    here: Corridor, browser: Browser, provider: OpenIdProvider, ana: Account, clock: ShiftedClock
) -> None:
    await here.add(provider)
    provider.log_in_as("sub-1", **ANA)
    back = await browser.leave("/sign-in/with/other")
    clock.shift += LASTS
    assert (await browser.get(back)).status_code == 403


async def test_whoever_thinks_better_of_it_is_told_that_nothing_happened(
    here: Corridor, browser: Browser, provider: OpenIdProvider, ana: Account
) -> None:
    await here.add(provider)
    provider.log_in_as("sub-1", **ANA)
    provider.cancel()
    answer = await browser.sign_in()
    assert answer.status_code == 403
    assert "was cancelled" in answer.text
    assert 'href="/sign-in/with/other"' in answer.text


async def test_what_a_service_says_of_an_error_is_not_shown(
    here: Corridor, browser: Browser, provider: OpenIdProvider
) -> None:
    await here.add(provider)
    state = asked((await browser.get("/sign-in/with/other")).headers["location"])["state"]
    answer = await browser.get(f"/sign-in/with/other/callback?state={state}&error=Call+555-0100&error_description=now")
    assert answer.status_code == 403
    assert "555" not in answer.text


async def test_new_keys_are_fetched_when_a_token_bears_one(
    here: Corridor, browser: Browser, provider: OpenIdProvider, ana: Account, clock: ShiftedClock
) -> None:
    await here.add(provider)
    provider.log_in_as("sub-1", **ANA)
    assert (await browser.sign_in()).status_code == 303
    provider.rotate()
    clock.shift += ASKED_AGAIN_AFTER
    async with here.browser() as other:
        assert (await other.sign_in()).status_code == 303
        assert await here.who(other) is not None


async def test_an_answer_to_one_service_is_not_taken_from_another(
    here: Corridor, browser: Browser, provider: OpenIdProvider, ana: Account
) -> None:
    """A mix-up (RFC 9700, 4.4): whoever runs one service could else harvest the codes of another."""
    await here.add(provider)
    await here.add(provider, key="other-2")
    provider.log_in_as("sub-1", **ANA)
    back = await browser.leave("/sign-in/with/other")
    assert (await browser.get(back.replace("/other/", "/other-2/"))).status_code == 403
    assert await here.who(browser) is None


@pytest.mark.parametrize("issuer", [None, "https://evil.example"])
async def test_an_answer_without_the_issuer_that_was_promised_or_with_another_is_refused(
    here: Corridor, browser: Browser, provider: OpenIdProvider, ana: Account, issuer: str | None
) -> None:
    await here.add(provider)
    provider.log_in_as("sub-1", **ANA)
    query = asked(await browser.leave("/sign-in/with/other"))
    assert query.pop("iss") == provider.issuer
    tampered = "&".join(f"{name}={value}" for name, value in (query | ({"iss": issuer} if issuer else {})).items())
    assert (await browser.get(f"/sign-in/with/other/callback?{tampered}")).status_code == 403
    assert await here.who(browser) is None


async def test_a_service_that_does_not_answer_leaves_the_other_ways_in(
    here: Corridor, browser: Browser, provider: OpenIdProvider
) -> None:
    made = await here.add(provider)
    async with here.identity.database.session() as session:
        row = await session.get_one(type(made), made.id)
        row.issuer = "http://127.0.0.1:9"
    answer = await browser.get("/sign-in/with/other")
    assert answer.status_code == 502
    assert "cannot be reached" in answer.text
    assert 'href="/sign-in"' in answer.text


async def test_a_wrong_client_secret_says_what_to_check(
    here: Corridor, browser: Browser, provider: OpenIdProvider, ana: Account
) -> None:
    made = await here.add(provider)
    async with here.identity.database.session() as session:
        row = await session.get_one(type(made), made.id)
        row.sealed_secret = here.identity.sealer.seal("wrong", "sign-in provider")
    provider.log_in_as("sub-1", **ANA)
    answer = await browser.sign_in()
    assert answer.status_code == 502
    assert "client secret" in answer.text


async def test_a_service_that_is_switched_off_is_neither_shown_nor_taken(
    here: Corridor, browser: Browser, provider: OpenIdProvider, ana: Account
) -> None:
    await here.add(provider)
    provider.log_in_as("sub-1", **ANA)
    back = await browser.leave("/sign-in/with/other")
    (row,) = await here.sign_on.providers.all()
    await here.sign_on.providers.switch(row.id, ADMIN, enabled=False)
    assert (await browser.get(back)).status_code == 404
    assert (await browser.get("/sign-in/with/other")).status_code == 404
    assert "/sign-in/with" not in (await browser.get("/sign-in")).text


ORGANIZATIONS = [
    (PresetName.GOOGLE, {"hd": "school.example"}, [{"hd": "evil.example"}, {"hd": ""}, {}]),
    (
        PresetName.MICROSOFT,
        {"tid": ORGANIZATION[PresetName.MICROSOFT][0], "oid": "o-1", "preferred_username": "ana.ruiz@x.example"},
        [
            {"tid": "11111111-86f1-41af-91ab-2d7cd011db47", "oid": "o-1", "preferred_username": "ana.ruiz@x.example"},
            {"oid": "o-1", "preferred_username": "ana.ruiz@x.example"},
        ],
    ),
    (PresetName.CLASSLINK, {"TenantId": "2284", "SourcedId": "s-1"}, [{"TenantId": "9", "SourcedId": "s-1"}]),
    (PresetName.CLEVER, {"district": "4fd43cc56d11340000000005"}, [{"district": "5fd43cc56d11340000000005"}, {}]),
]


@pytest.mark.parametrize(("preset", "right", "wrong"), ORGANIZATIONS)
async def test_only_the_district_s_own_users_get_in(
    here: Corridor,
    browser: Browser,
    provider: OpenIdProvider,
    ana: Account,
    preset: PresetName,
    right: dict[str, Any],
    wrong: list[dict[str, Any]],
) -> None:
    await here.add(provider, preset)
    for number, claims in enumerate(wrong):
        provider.log_in_as(f"stranger-{number}", **ANA, **claims)
        async with here.browser() as strangers:
            assert (await strangers.sign_in(preset)).status_code == 403
            assert await here.who(strangers) is None
    provider.log_in_as("sub-1", **ANA, **right)
    assert (await browser.sign_in(preset)).status_code == 303
    who = await here.who(browser)
    assert who is not None
    assert who.id == ana.id


async def test_an_email_that_the_service_does_not_vouch_for_finds_nobody(
    here: Corridor, provider: OpenIdProvider, ana: Account
) -> None:
    await here.add(provider)
    for sub, claims in (("a", {"email_verified": False}), ("b", {})):
        provider.log_in_as(sub, email="ana.ruiz@x.example", **claims)
        async with here.browser() as other:
            answer = await other.sign_in()
            assert (answer.status_code, await here.who(other)) == (403, None)
        assert "vouches for" in answer.text


async def test_nobody_who_is_not_in_the_roster_gets_in_or_gets_an_account(
    here: Corridor, browser: Browser, provider: OpenIdProvider
) -> None:
    await here.add(provider, makes_accounts=True)
    provider.log_in_as("stranger", email="stranger@x.example", email_verified=True)
    answer = await browser.sign_in()
    assert answer.status_code == 403
    assert "Nobody in the roster" in answer.text
    async with here.identity.database.session() as session:
        assert (await session.scalars(select(Account))).all() == []


async def test_without_the_setting_nobody_gets_an_account(
    here: Corridor, browser: Browser, provider: OpenIdProvider
) -> None:
    await here.add(provider)
    provider.log_in_as("sub-1", **ANA)
    answer = await browser.sign_in()
    assert answer.status_code == 403
    assert "no account here yet" in answer.text


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        (PersonRole.STUDENT, Role.STUDENT),
        (PersonRole.TEACHER, Role.TEACHER),
        (PersonRole.AIDE, Role.TEACHER),
        (PersonRole.COUNSELOR, Role.DESTINATION_STAFF),
        (PersonRole.PROCTOR, Role.HALL_MONITOR),
        (PersonRole.GUARDIAN, Role.GUARDIAN),
        (PersonRole.ADMINISTRATOR, None),
        (PersonRole.OTHER, None),
    ],
)
async def test_a_new_account_is_what_the_roster_says_and_never_an_administrator(
    here: Corridor, browser: Browser, provider: OpenIdProvider, campus: Campus, kind: PersonRole, role: Role | None
) -> None:
    async with here.identity.database.session() as session:
        person = Person(id=new_id(), given_name="N", family_name="N", email="new@x.example", username="new.person")
        session.add(person)
        await session.flush()
        session.add(Membership(id=new_id(), person_id=person.id, school_id=campus.north, role=kind))
    await here.add(provider, makes_accounts=True)
    provider.log_in_as("sub-new", email="NEW@x.example", email_verified=True)
    answer = await browser.sign_in()
    who = await here.who(browser)
    assert (who.role if who else None) == role
    if role is None:
        assert answer.status_code == 403
        return
    assert who is not None
    assert (who.person_id, who.school_ids) == (
        person.id,
        frozenset({campus.north} if role is not Role.GUARDIAN else ()),
    )
    said = await told(here.identity.database)
    assert [each["what"] for each in said][-2:] == ["account.created", "account.linked"]
    assert "x.example" not in str(said[-2:])


async def test_a_username_that_somebody_has_is_not_taken_away(
    here: Corridor, browser: Browser, provider: OpenIdProvider, campus: Campus
) -> None:
    boss = await here.identity.create_account(role=Role.DISTRICT_ADMIN, username="ana.ruiz@x.example")
    await here.add(provider, makes_accounts=True)
    provider.log_in_as("sub-1", **ANA)
    assert (await browser.sign_in()).status_code == 303
    who = await here.who(browser)
    assert who is not None
    assert (who.id != boss.id, who.role) == (True, Role.STUDENT)


async def test_two_people_with_one_email_are_both_kept_out(
    here: Corridor, browser: Browser, provider: OpenIdProvider, ana: Account
) -> None:
    async with here.identity.database.session() as session:
        session.add(Person(id=new_id(), given_name="Al", family_name="Ruiz", email="ANA.ruiz@x.example"))
    await here.add(provider, makes_accounts=True)
    provider.log_in_as("sub-1", **ANA)
    answer = await browser.sign_in()
    assert (answer.status_code, await here.who(browser)) == (403, None)
    assert "Several people" in answer.text


async def test_of_two_with_one_email_the_one_who_is_still_here_is_meant(
    here: Corridor, browser: Browser, provider: OpenIdProvider, ana: Account
) -> None:
    async with here.identity.database.session() as session:
        session.add(Person(id=new_id(), given_name="Al", family_name="Ruiz", email="ana.ruiz@x.example", active=False))
    await here.add(provider)
    provider.log_in_as("sub-1", **ANA)
    await browser.sign_in()
    who = await here.who(browser)
    assert who is not None
    assert who.id == ana.id


async def test_a_changed_email_leads_to_no_other_account(
    here: Corridor, browser: Browser, provider: OpenIdProvider, ana: Account, campus: Campus
) -> None:
    """A student who takes the teacher's address with the service stays who they were."""
    async with here.identity.database.session() as session:
        teacher = await session.get_one(Person, campus.teacher)
        teacher.email = "lee@x.example"
    await here.identity.create_account(role=Role.TEACHER, person="t-1")
    await here.add(provider)
    provider.log_in_as("sub-1", **ANA)
    await browser.sign_in()
    provider.log_in_as("sub-1", email="lee@x.example", email_verified=True)
    async with here.browser() as later:
        assert (await later.sign_in()).status_code == 303
        who = await here.who(later)
    assert who is not None
    assert who.id == ana.id


async def test_an_account_that_is_somebody_s_is_not_given_to_the_next_who_has_the_address(
    here: Corridor, browser: Browser, provider: OpenIdProvider, ana: Account
) -> None:
    await here.add(provider)
    provider.log_in_as("sub-1", **ANA)
    await browser.sign_in()
    provider.log_in_as("sub-2", **ANA)
    async with here.browser() as other:
        answer = await other.sign_in()
        assert (answer.status_code, await here.who(other)) == (403, None)
    assert "take the old link away" in answer.text


@pytest.mark.parametrize(("subs", "come_in"), [(("sub-1", "sub-1"), 2), (("sub-1", "sub-2"), 1)])
async def test_two_windows_at_once_make_one_account_with_one_link(
    here: Corridor, provider: OpenIdProvider, subs: tuple[str, str], come_in: int
) -> None:
    await here.add(provider, makes_accounts=True)
    async with here.browser() as one, here.browser() as other:
        backs = []
        for browser, sub in zip((one, other), subs, strict=True):
            provider.log_in_as(sub, **ANA)
            backs.append(browser.get(await browser.leave("/sign-in/with/other")))
        answers = await asyncio.gather(*backs)
    assert sorted(answer.status_code for answer in answers) == ([303, 303] if come_in == 2 else [303, 403])
    async with here.identity.database.session() as session:
        assert len((await session.scalars(select(Account))).all()) == 1
        assert len((await session.scalars(select(AccountLink))).all()) == 1


async def test_an_administrator_takes_the_old_link_away_which_ends_its_sessions(
    here: Corridor, browser: Browser, provider: OpenIdProvider, ana: Account
) -> None:
    made = await here.add(provider)
    provider.log_in_as("sub-1", **ANA)
    await browser.sign_in()
    await here.sign_on.providers.unlink(made.id, ana.id, ADMIN)
    assert await here.who(browser) is None
    provider.log_in_as("sub-2", **ANA)
    async with here.browser() as other:
        assert (await other.sign_in()).status_code == 303


@pytest.mark.parametrize("linked", [True, False])
@pytest.mark.parametrize("what", ["disabled", "left", "barred"])
async def test_the_disabled_leavers_and_the_barred_stay_out_and_hear_why(
    here: Corridor, browser: Browser, provider: OpenIdProvider, ana: Account, campus: Campus, what: str, linked: bool
) -> None:
    await here.add(provider, makes_accounts=True)
    provider.log_in_as("sub-1", **ANA)
    if linked:
        await browser.sign_in()
    async with here.identity.database.session() as session:
        person, account = await session.get_one(Person, campus.student), await session.get_one(Account, ana.id)
        if what == "disabled":
            account.status = AccountStatus.DISABLED
        elif what == "left":
            person.active = False
        else:
            person.may_sign_in = False
    async with here.browser() as later:
        answer = await later.sign_in()
        assert (answer.status_code, await here.who(later)) == (403, None)
    assert ("switched off" if what == "disabled" else "no longer here") in answer.text


async def test_somebody_with_two_accounts_is_not_guessed_at(
    here: Corridor, browser: Browser, provider: OpenIdProvider, campus: Campus
) -> None:
    for username in ("lee", "lee-admin"):
        await here.identity.create_account(role=Role.TEACHER, person="t-1", username=username)
    await here.add(provider, match_by=MatchBy.SOURCE_ID, match_claim="sourced_id")
    provider.log_in_as("sub-1", sourced_id="t-1")
    answer = await browser.sign_in()
    assert (answer.status_code, await here.who(browser)) == (403, None)
    assert "several accounts" in answer.text


async def test_signing_in_ends_the_session_that_the_browser_had(
    here: Corridor, browser: Browser, provider: OpenIdProvider, ana: Account
) -> None:
    await here.add(provider)
    provider.log_in_as("sub-1", **ANA)
    await browser.sign_in()
    first = browser.session
    assert first
    await browser.sign_in()
    assert browser.session != first
    assert await here.identity.by_session(first) is None


async def test_a_session_chosen_by_someone_else_is_never_taken_over(
    here: Corridor, browser: Browser, provider: OpenIdProvider, ana: Account
) -> None:
    await here.add(provider)
    provider.log_in_as("sub-1", **ANA)
    browser.corridor.cookies.set("corridor_session", "planted", domain="passes.school.example")
    await browser.sign_in()
    assert browser.session != "planted"
    assert await here.identity.by_session("planted") is None


@pytest.mark.parametrize("after", [False, True])
async def test_the_second_step_is_asked_for_only_where_the_district_says_so(
    here: Corridor, browser: Browser, provider: OpenIdProvider, ana: Account, after: bool
) -> None:
    demanding = RoleSignIn(idle_minutes=60, longest_hours=8, second_step=True)
    policy = SignInPolicy(roles={Role.STUDENT: demanding}, after_single_sign_on=after)
    await here.identity.change_policy(policy, ADMIN)
    await here.add(provider)
    provider.log_in_as("sub-1", **ANA)
    answer = await browser.sign_in()
    assert answer.status_code == 303
    assert (await here.who(browser) is None) == after
    assert answer.headers["location"] == ("/sign-in/next?next=/" if after else "/")


async def test_all_in_the_id_token_does_as_well(here: Corridor, browser: Browser, ana: Account) -> None:
    with openid_provider(in_id_token=True) as provider:
        await here.add(provider)
        provider.log_in_as("sub-1", **ANA)
        assert (await browser.sign_in()).status_code == 303


async def test_nothing_of_the_person_is_kept_but_the_key(
    here: Corridor, browser: Browser, provider: OpenIdProvider, ana: Account
) -> None:
    await here.add(provider)
    provider.log_in_as("sub-1", **ANA)
    await browser.sign_in()
    async with here.identity.database.session() as session:
        link = (await session.scalars(select(AccountLink))).one()
    assert (link.subject, link.account_id) == (f"{provider.issuer} sub-1", ana.id)
    assert link.last_used_at.date() == datetime.now(UTC).date()
