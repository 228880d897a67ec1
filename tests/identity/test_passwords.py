"""Passwords: what is accepted, and that checking tells nothing and starves nobody."""

import asyncio
import threading

import pytest
from pwdlib.hashers.argon2 import Argon2Hasher

from corridor.base.errors import InvalidInput, Unavailable
from corridor.identity import passwords as module
from corridor.identity.passwords import Passwords, check_new_password


async def test_only_the_right_password_fits() -> None:
    passwords = Passwords()
    known = await passwords.hash("correct horse battery")
    assert (await passwords.verify("correct horse battery", known)).correct
    assert not (await passwords.verify("correct horse batterz", known)).correct


async def test_accents_fit_however_a_keyboard_composes_them() -> None:
    passwords = Passwords()
    known = await passwords.hash("cafe\u0301 au lait")
    assert (await passwords.verify("caf\u00e9 au lait", known)).correct


async def test_without_an_account_the_work_is_done_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = Passwords()
    checked: list[str] = []
    real = passwords._hasher.verify_and_update

    def spy(password: str, known: str) -> tuple[bool, str | None]:
        checked.append(known)
        return real(password, known)

    monkeypatch.setattr(passwords._hasher, "verify_and_update", spy)
    assert not (await passwords.verify("anything at all", None)).correct
    assert len(checked) == 1
    assert checked[0].split("$")[3] == (await passwords.hash("x")).split("$")[3], (
        "the dummy hash costs as much as a real one"
    )


async def test_a_hash_made_with_weaker_parameters_is_renewed() -> None:
    weak = Argon2Hasher(memory_cost=1024, time_cost=1, parallelism=1).hash("correct horse battery")
    verdict = await Passwords().verify("correct horse battery", weak)
    assert verdict.correct
    assert verdict.renewed_hash
    assert (await Passwords().verify("correct horse battery", verdict.renewed_hash)) == (True, None)


async def test_a_wrong_password_renews_nothing() -> None:
    weak = Argon2Hasher(memory_cost=1024, time_cost=1, parallelism=1).hash("correct horse battery")
    assert (await Passwords().verify("something else", weak)).renewed_hash is None


async def test_only_a_few_are_checked_at_once_and_too_many_are_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LONGEST_QUEUE", 3)
    passwords = Passwords(at_once=1)
    hold, running, most = threading.Event(), 0, 0

    def slow(password: str, known: str) -> tuple[bool, None]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        hold.wait(10)
        running -= 1
        return True, None

    monkeypatch.setattr(passwords._hasher, "verify_and_update", slow)
    waiting = [asyncio.create_task(passwords.verify("x", "y")) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await passwords.verify("x", "y")
    hold.set()
    assert all(verdict.correct for verdict in await asyncio.gather(*waiting))
    assert most == 1


@pytest.mark.parametrize(
    ("password", "says"),
    [("short", "at least 10"), ("x" * 1025, "at most 1024"), ("ANA.RUIZ@X.EXAMPLE", "is the username")],
)
def test_a_password_that_is_too_easy_or_too_long_is_refused(password: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        check_new_password(password, "ana.ruiz@x.example")


def test_the_demo_may_have_short_passwords() -> None:
    check_new_password("demo", "demo", shortest=1)
