"""Second steps: a right password alone reaches nothing, codes are good once, nobody gets around what is required."""

import asyncio
from datetime import timedelta

import msgspec
import pyotp
import pytest

from corridor.base.clock import FixedClock
from corridor.base.database import Database
from corridor.base.errors import Conflict, InvalidInput, NotPermitted
from corridor.base.settings import Settings
from corridor.identity.first_step import LASTS, MOST_WRONG, Need
from corridor.identity.limits import TooManyAttempts
from corridor.identity.next_steps import FirstStepGone, WrongCode
from corridor.identity.own_security import FRESH, ConfirmFirst
from corridor.identity.principal import Principal, Role
from corridor.identity.service import HalfSignedIn, IdentityService, SignedIn
from corridor.identity.sessions import Arrival
from corridor.identity.sign_in_policy import SINGLE_SIGN_ON, RoleSignIn, SignInPolicy
from corridor.identity.sign_in_tables import Totp
from corridor.identity.tables import Account
from tests.identity.conftest import Campus

PASSWORD = "correct horse battery"
HERE = "203.0.113.7"


@pytest.fixture
async def boss(identity: IdentityService, campus: Campus) -> Account:
    return await identity.create_account(role=Role.DISTRICT_ADMIN, username="boss", password=PASSWORD)


async def sign_in(identity: IdentityService, address: str = HERE) -> SignedIn | HalfSignedIn:
    return await identity.sign_in("boss", PASSWORD, address=address, user_agent="Chrome")


async def principal(identity: IdentityService, outcome: SignedIn | HalfSignedIn) -> Principal:
    assert isinstance(outcome, SignedIn)
    found = await identity.by_session(outcome.token)
    assert found
    return found


class App:
    """An authenticator app."""

    def __init__(self, identity: IdentityService, secret: str) -> None:
        self._identity = identity
        self._totp = pyotp.TOTP(secret)

    def code(self, steps: int = 0) -> str:
        return self._totp.at(self._identity.clock.now(), counter_offset=steps)


async def set_up(identity: IdentityService) -> tuple[App, list[str]]:
    me = await principal(identity, await sign_in(identity))
    app = App(identity, (await identity.own.begin_app(me)).secret)
    codes = await identity.own.set_up_app(me, app.code(), HERE)
    return app, codes


async def half(identity: IdentityService, clock: FixedClock, address: str = HERE) -> HalfSignedIn:
    clock.advance(timedelta(seconds=90))
    outcome = await sign_in(identity, address)
    assert isinstance(outcome, HalfSignedIn)
    return outcome


async def require(identity: IdentityService, *, grace_days: int = 0, after_single_sign_on: bool = False) -> None:
    strict = RoleSignIn(idle_minutes=120, longest_hours=12, second_step=True)
    policy = SignInPolicy({Role.DISTRICT_ADMIN: strict}, grace_days, after_single_sign_on)
    by = Principal(id=(await known(identity)).id, kind="account", role=Role.DISTRICT_ADMIN, name="x", school_ids=None)
    await identity.change_policy(policy, by)


async def known(identity: IdentityService) -> Account:
    account = await identity.find_account("boss")
    assert account
    return account


async def test_a_right_password_alone_is_nobody_s_session(
    identity: IdentityService, boss: Account, clock: FixedClock
) -> None:
    app, _ = await set_up(identity)
    step = await half(identity, clock)
    assert step.need is Need.SECOND_STEP
    assert await identity.by_session(step.token) is None
    assert await identity.by_bearer(step.token) is None
    done = await identity.steps.give_code(step.token, app.code(), HERE)
    assert (await principal(identity, done)).id == boss.id
    assert done.token != step.token
    with pytest.raises(FirstStepGone):
        await identity.steps.waiting(step.token)


async def test_a_code_is_good_once(identity: IdentityService, boss: Account, clock: FixedClock) -> None:
    app, _ = await set_up(identity)
    first, second = await half(identity, clock), await sign_in(identity)
    code = app.code()
    await identity.steps.give_code(first.token, code, HERE)
    with pytest.raises(WrongCode):
        await identity.steps.give_code(second.token, code, HERE)
    with pytest.raises(WrongCode):
        await identity.steps.give_code(second.token, app.code(-1), HERE)
    await identity.steps.give_code(second.token, app.code(+1), HERE)


async def test_of_two_who_give_a_code_at_once_one_gets_in(
    identity: IdentityService, boss: Account, clock: FixedClock
) -> None:
    app, _ = await set_up(identity)
    steps = [await half(identity, clock), *[await sign_in(identity) for _ in range(3)]]
    outcomes = await asyncio.gather(
        *(identity.steps.give_code(step.token, app.code(), HERE) for step in steps), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes].count(SignedIn) == 1


async def test_codes_of_other_times_are_none(identity: IdentityService, boss: Account, clock: FixedClock) -> None:
    app, _ = await set_up(identity)
    step = await half(identity, clock)
    for wrong in (app.code(2), app.code(-2), "", "abcdef", "123"):
        with pytest.raises(WrongCode):
            await identity.steps.give_code(step.token, wrong, HERE)


async def test_a_recovery_code_stands_in_once_however_it_is_typed(
    identity: IdentityService, boss: Account, clock: FixedClock
) -> None:
    _, codes = await set_up(identity)
    assert len(set(codes)) == 10
    typed = f"  {codes[0].upper().replace('-', ' ')} "
    await identity.steps.give_code((await half(identity, clock)).token, typed, HERE)
    with pytest.raises(WrongCode):
        await identity.steps.give_code((await half(identity, clock)).token, codes[0], HERE)
    await identity.steps.give_code((await half(identity, clock)).token, codes[1], HERE)


async def test_new_recovery_codes_end_the_ones_before(
    identity: IdentityService, boss: Account, clock: FixedClock
) -> None:
    app, codes = await set_up(identity)
    done = await identity.steps.give_code((await half(identity, clock)).token, app.code(), HERE)
    fresh = await identity.own.new_codes(await principal(identity, done))
    step = await half(identity, clock)
    with pytest.raises(WrongCode):
        await identity.steps.give_code(step.token, codes[5], HERE)
    await identity.steps.give_code(step.token, fresh[5], HERE)


async def test_codes_cannot_be_guessed_through(identity: IdentityService, boss: Account, clock: FixedClock) -> None:
    app, _ = await set_up(identity)
    step = await half(identity, clock, "198.51.100.1")
    for _ in range(5):
        with pytest.raises(WrongCode):
            await identity.steps.give_code(step.token, "000000", "198.51.100.1")
    with pytest.raises(TooManyAttempts):
        await identity.steps.give_code(step.token, app.code(), "198.51.100.1")
    at_home = await half(identity, clock)
    await identity.steps.give_code(at_home.token, app.code(), HERE)


async def test_after_many_wrong_codes_the_password_is_asked_for_again(
    identity: IdentityService, boss: Account, clock: FixedClock
) -> None:
    await set_up(identity)
    step = await half(identity, clock)
    for number in range(MOST_WRONG):
        with pytest.raises(WrongCode):
            await identity.steps.give_code(step.token, "000000", f"198.51.100.{number}")
    with pytest.raises(FirstStepGone):
        await identity.steps.waiting(step.token)


async def test_the_first_step_is_good_for_a_while_only(
    identity: IdentityService, boss: Account, clock: FixedClock
) -> None:
    app, _ = await set_up(identity)
    step = await half(identity, clock)
    clock.advance(LASTS)
    with pytest.raises(FirstStepGone):
        await identity.steps.give_code(step.token, app.code(), HERE)


@pytest.mark.parametrize("what", ["password", "disabled"])
async def test_a_sign_in_half_done_ends_with_the_sessions(
    identity: IdentityService, boss: Account, clock: FixedClock, what: str
) -> None:
    app, _ = await set_up(identity)
    await identity.create_account(role=Role.DISTRICT_ADMIN, username="other", password=PASSWORD)
    step = await half(identity, clock)
    if what == "password":
        await identity.set_password(boss.id, "another good one")
    else:
        await identity.disable_account(boss.id)
    with pytest.raises(FirstStepGone):
        await identity.steps.give_code(step.token, app.code(), HERE)


async def test_whoever_must_have_one_gets_nowhere_before_it_is_set_up(
    identity: IdentityService, boss: Account, clock: FixedClock
) -> None:
    before = await sign_in(identity)
    await require(identity)
    assert await identity.by_session(before.token) is None, "sessions without it end when it is required"
    step = await half(identity, clock)
    assert step.need is Need.SET_UP
    with pytest.raises(Conflict):
        await identity.steps.put_off(step.token)
    again = await identity.steps.finish(step.token)
    assert isinstance(again, HalfSignedIn), "there is no way past it"
    step = again
    app = App(identity, (await identity.steps.enrolment(step.token)).secret)
    await identity.steps.set_up_app(step.token, app.code(), HERE)
    me = await principal(identity, await identity.steps.finish(step.token))
    with pytest.raises(Conflict):
        await identity.own.remove_app(me)


async def test_who_has_a_second_step_cannot_choose_to_set_up_another_instead(
    identity: IdentityService, boss: Account, clock: FixedClock
) -> None:
    await set_up(identity)
    step = await half(identity, clock)
    for attempt in (identity.steps.enrolment(step.token), identity.steps.choose_password(step.token, "a new password")):
        with pytest.raises(Conflict):
            await attempt


async def test_days_of_grace_let_it_be_put_off_until_they_are_over(
    identity: IdentityService, boss: Account, clock: FixedClock
) -> None:
    await require(identity, grace_days=7)
    step = await half(identity, clock)
    assert (await identity.steps.waiting(step.token)).later_until
    done = await identity.steps.put_off(step.token)
    assert (await principal(identity, done)).id == boss.id
    clock.advance(timedelta(days=7))
    assert await identity.by_session(done.token) is None
    step = await half(identity, clock)
    with pytest.raises(Conflict):
        await identity.steps.put_off(step.token)


async def test_the_service_that_vouched_may_have_asked_already(
    identity: IdentityService, boss: Account, clock: FixedClock
) -> None:
    await set_up(identity)
    arrival = Arrival(address=HERE, via=SINGLE_SIGN_ON)
    await require(identity)
    assert isinstance(await identity.begin_session(boss.id, arrival), SignedIn)
    await require(identity, after_single_sign_on=True)
    assert isinstance(await identity.begin_session(boss.id, arrival), HalfSignedIn)


async def test_changes_need_somebody_who_has_just_shown_who_they_are(
    identity: IdentityService, boss: Account, clock: FixedClock
) -> None:
    me = await principal(identity, await sign_in(identity))
    clock.advance(FRESH)
    with pytest.raises(ConfirmFirst):
        await identity.own.begin_app(me)
    with pytest.raises(InvalidInput):
        await identity.own.confirm(me, "a wrong password", HERE)
    await identity.own.confirm(me, PASSWORD, HERE)
    await identity.own.begin_app(me)


async def test_a_token_has_no_second_step_and_no_sessions(identity: IdentityService, boss: Account) -> None:
    made = await identity.create_token(name="x", role=Role.DISTRICT_ADMIN)
    token = await identity.by_bearer(made.secret)
    assert token
    for attempt in (
        identity.own.sessions(token),
        identity.own.begin_app(token),
        identity.own.end_other_sessions(token),
    ):
        with pytest.raises(NotPermitted):
            await attempt


async def test_the_app_s_secret_is_sealed(
    identity: IdentityService, boss: Account, database: Database, settings: Settings
) -> None:
    me = await principal(identity, await sign_in(identity))
    secret = (await identity.own.begin_app(me)).secret
    async with database.session() as session:
        row = await session.get_one(Totp, boss.id)
    assert row.sealed_pending
    assert secret.encode() not in row.sealed_pending
    other = IdentityService(database, identity.clock, msgspec.structs.replace(settings, secret_key="another"))
    with pytest.raises(Exception, match="sealed under another"):
        await other.own.begin_app(me)
