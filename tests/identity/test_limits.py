"""Guessing is slowed down; a school behind one address, and a pupil whose name others try, are not locked out."""

from datetime import UTC, datetime, timedelta

import pytest

from corridor.identity.limits import (
    ADDRESS_BURST,
    AT_ANY_ADDRESS,
    AT_ONE_ADDRESS,
    PASSWORD_LINKS,
    PINS,
    SECOND_STEPS,
    Attempts,
    Tolerance,
    TooManyAttempts,
    network_of,
)

START = datetime(2026, 10, 12, 13, 0, tzinfo=UTC)
SCHOOL = "203.0.113.7"


def second(number: float) -> datetime:
    return START + timedelta(seconds=number)


def wait_of(attempts: Attempts, account: str, address: str, now: datetime) -> int:
    with pytest.raises(TooManyAttempts) as refused:
        attempts.admit(account, address, now)
    seconds = refused.value.extra["retry_after"]
    assert isinstance(seconds, int)
    return seconds


def test_a_few_slips_cost_nothing() -> None:
    attempts = Attempts()
    for _ in range(AT_ONE_ADDRESS.free):
        attempts.admit("ana", SCHOOL, START)


def test_pauses_grow_and_end_at_a_minute() -> None:
    attempts = Attempts()
    now, pauses = START, []
    for _ in range(AT_ONE_ADDRESS.free):
        attempts.admit("ana", SCHOOL, now)
    for _ in range(9):
        pauses.append(wait_of(attempts, "ana", SCHOOL, now))
        now += timedelta(seconds=pauses[-1])
        attempts.admit("ana", SCHOOL, now)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_refused_try_does_not_prolong_the_pause() -> None:
    attempts = Attempts()
    for _ in range(AT_ONE_ADDRESS.free):
        attempts.admit("ana", SCHOOL, START)
    assert wait_of(attempts, "ana", SCHOOL, second(0.2)) == 1
    attempts.admit("ana", SCHOOL, second(1))


def test_tries_sent_all_at_once_do_not_slip_through() -> None:
    attempts = Attempts()
    admitted = 0
    for _ in range(100):
        try:
            attempts.admit("ana", SCHOOL, START)
            admitted += 1
        except TooManyAttempts:
            pass
    assert admitted == AT_ONE_ADDRESS.free


def test_signing_in_wipes_the_slips_out() -> None:
    attempts = Attempts()
    for _ in range(3):
        for _ in range(AT_ONE_ADDRESS.free):
            attempts.admit("ana", SCHOOL, START)
        attempts.succeeded("ana", SCHOOL, START)


def test_a_quiet_quarter_of_an_hour_wipes_the_slips_out() -> None:
    attempts = Attempts()
    for _ in range(AT_ONE_ADDRESS.free):
        attempts.admit("ana", SCHOOL, START)
    later = START + AT_ONE_ADDRESS.forgets
    for _ in range(AT_ONE_ADDRESS.free):
        attempts.admit("ana", SCHOOL, later)


def test_a_whole_school_signs_in_from_one_address() -> None:
    attempts = Attempts()
    for student in range(3000):
        attempts.admit(f"student{student}", SCHOOL, START)
        attempts.succeeded(f"student{student}", SCHOOL, START)


def test_guessing_one_password_for_many_accounts_from_one_address_is_slowed_down() -> None:
    attempts = Attempts()
    for student in range(ADDRESS_BURST):
        attempts.admit(f"student{student}", SCHOOL, START)
    assert wait_of(attempts, "another", SCHOOL, START) == 1
    attempts.admit("another", SCHOOL, second(1))
    attempts.admit("another", "198.51.100.1", START)


def test_whoever_has_signed_in_from_an_address_is_not_held_up_by_its_others() -> None:
    attempts = Attempts()
    attempts.admit("ana", SCHOOL, START)
    attempts.succeeded("ana", SCHOOL, START)
    for student in range(ADDRESS_BURST):
        attempts.admit(f"student{student}", SCHOOL, START)
    attempts.admit("ana", SCHOOL, START)


def test_an_account_tried_from_many_addresses_is_slowed_down_there_and_not_at_home() -> None:
    attempts = Attempts()
    attempts.admit("ana", SCHOOL, START)
    attempts.succeeded("ana", SCHOOL, START)
    for number in range(AT_ANY_ADDRESS.free):
        attempts.admit("ana", f"198.51.100.{number}", START)
    assert wait_of(attempts, "ana", "198.51.100.200", START) == 1
    attempts.admit("ana", SCHOOL, START)


def test_a_try_that_could_not_be_decided_is_not_held_against_anyone() -> None:
    attempts = Attempts()
    for _ in range(AT_ONE_ADDRESS.free * 10):
        attempts.admit("ana", SCHOOL, START)
        attempts.undecided("ana", SCHOOL, START)


def test_setting_the_clock_back_locks_nobody_out() -> None:
    attempts = Attempts()
    for _ in range(AT_ONE_ADDRESS.free):
        attempts.admit("ana", SCHOOL, START)
    assert wait_of(attempts, "ana", SCHOOL, START - timedelta(days=1)) == 1


def test_strangers_cannot_fill_the_memory() -> None:
    attempts = Attempts(size=10)
    for number in range(1000):
        attempts.admit(f"student{number}", f"198.51.{number // 250}.{number % 250}", START)
    assert len(attempts._pairs) == len(attempts._accounts) == len(attempts._addresses) == 10


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64"),
        ("", ""),
    ],
)
def test_one_machine_is_one_address(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize("tolerance", [SECOND_STEPS, PASSWORD_LINKS])
def test_a_school_behind_one_address_may_slip(tolerance: Tolerance) -> None:
    attempts = Attempts(tolerance)
    for number in range(150):
        attempts.admit(f"teacher {number}", SCHOOL, START)


def test_a_code_of_six_digits_is_not_found_by_trying() -> None:
    attempts = Attempts(SECOND_STEPS)
    now, end, tries = START, START + timedelta(days=1), 0
    while now < end:
        try:
            attempts.admit("boss", f"198.51.{tries // 256}.{tries % 256}", now)
            tries += 1
        except TooManyAttempts:
            now += timedelta(seconds=30)
    assert tries < 150


def test_a_pin_of_four_digits_is_not_found_by_trying_at_one_kiosk() -> None:
    attempts = Attempts(PINS)
    now, end, tries = START, START + timedelta(hours=8), 0
    while now < end:
        try:
            attempts.admit("ana", "kiosk in room 204", now)
            tries += 1
        except TooManyAttempts:
            now += timedelta(seconds=10)
    assert tries < 70
    attempts.admit("ben", "kiosk in room 204", now)


def test_whoever_is_at_home_at_a_kiosk_is_not_kept_out_by_tries_elsewhere() -> None:
    attempts = Attempts(PINS)
    attempts.admit("ana", "kiosk in room 204", START)
    attempts.succeeded("ana", "kiosk in room 204", START)
    for number in range(8):
        attempts.admit("ana", f"another kiosk {number}", START)
    attempts.admit("ana", "kiosk in room 204", START)
