"""Mail: what is put into the outbox is sent once, tried again while a server is down, and given up for all to see."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope
from sqlalchemy import select

from corridor.base.clock import FixedClock
from corridor.base.database import Database
from corridor.base.errors import NotFound, SetupError
from corridor.base.settings import Settings
from corridor.identity.mail import Mail
from corridor.integrations.outbound.mail import KEPT_FOR, PAUSES, TAKEN_FOR, MailOutbox, MailRow

START = datetime(2026, 10, 12, 14, 0, tzinfo=UTC)
MAIL = Mail("ana@x.example", "Räume", "Here is a link: https://x.example/#secret\n")


class Server:
    """An SMTP server that keeps what it takes. `says` is what it answers to a recipient."""

    def __init__(self) -> None:
        self.taken: list[Message] = []
        self.says = "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.says.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.says

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        assert isinstance(envelope.content, bytes)
        self.taken.append(message_from_bytes(envelope.content))
        return "250 OK"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
async def port(server: Server) -> AsyncIterator[int]:
    running = Controller(server, hostname="127.0.0.1", port=free_port())
    running.start()
    yield running.port
    running.stop()


@pytest.fixture
def settings(tmp_path: Path, port: int) -> Settings:
    return Settings(
        data_dir=tmp_path,
        secret_key="a key for tests only",
        public_url="https://corridor.example",
        smtp_host="127.0.0.1",
        smtp_port=port,
        smtp_tls="none",
        mail_from="Corridor <corridor@district.example>",
    )


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest.fixture
def outbox(database: Database, clock: FixedClock, settings: Settings) -> MailOutbox:
    return MailOutbox(database, clock, settings)


async def put(database: Database, outbox: MailOutbox, mail: Mail = MAIL, now: datetime = START) -> None:
    async with database.session() as session:
        await outbox.put(session, mail, now)


async def only_row(database: Database) -> MailRow:
    async with database.session() as session:
        return (await session.scalars(select(MailRow))).one()


async def test_a_mail_is_sent_once(database: Database, outbox: MailOutbox, server: Server) -> None:
    await put(database, outbox)
    assert await outbox.send_due() == 1
    assert await outbox.send_due() == 0
    (mail,) = server.taken
    assert (mail["To"], mail["From"]) == ("ana@x.example", "Corridor <corridor@district.example>")
    assert mail["Message-ID"].endswith("@district.example>")
    payload = mail.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.decode().replace("\r\n", "\n") == MAIL.text
    row = await only_row(database)
    assert row.sent_at
    assert row.sealed_text is None, "a link that signs somebody in is not kept"


async def test_until_it_is_sent_its_text_is_sealed(database: Database, outbox: MailOutbox) -> None:
    await put(database, outbox)
    sealed = (await only_row(database)).sealed_text
    assert sealed
    assert b"secret" not in sealed


async def test_what_is_rolled_back_is_not_sent(database: Database, outbox: MailOutbox, server: Server) -> None:
    async with database.sessions() as session:
        await outbox.put(session, MAIL, START)
        await session.flush()
        await session.rollback()
    await outbox.send_due()
    assert server.taken == []


async def test_a_server_that_is_down_is_tried_again_at_growing_intervals_and_then_given_up(
    database: Database, clock: FixedClock, settings: Settings
) -> None:
    outbox = MailOutbox(database, clock, msgspec.structs.replace(settings, smtp_port=free_port()))
    await put(database, outbox)
    for pause in PAUSES:
        assert await outbox.send_due() == 1
        clock.advance(pause - timedelta(seconds=1))
        assert await outbox.send_due() == 0
        clock.advance(timedelta(seconds=1))
    assert await outbox.send_due() == 1
    row = await only_row(database)
    assert row.given_up_at == clock.now()
    assert "refused" in (row.last_error or "").lower()
    assert await outbox.counts() == (0, 1)
    clock.advance(timedelta(days=2))
    assert await outbox.send_due() == 0


async def test_once_the_server_is_back_what_waited_goes_out(
    database: Database, clock: FixedClock, outbox: MailOutbox, server: Server
) -> None:
    server.says = "451 come back later"
    await put(database, outbox)
    await outbox.send_due()
    assert (await only_row(database)).last_error == "451 come back later"
    server.says = "250 OK"
    clock.advance(PAUSES[0])
    await outbox.send_due()
    assert len(server.taken) == 1


async def test_an_address_that_does_not_exist_is_given_up_at_once_and_can_be_tried_again_by_hand(
    database: Database, outbox: MailOutbox, server: Server
) -> None:
    server.says = "550 no such mailbox"
    await put(database, outbox)
    await outbox.send_due()
    row = await only_row(database)
    assert (row.given_up_at, row.last_error) == (START, "550 no such mailbox")
    server.says = "250 OK"
    await outbox.try_again(row.id)
    await outbox.send_due()
    assert len(server.taken) == 1
    with pytest.raises(NotFound):
        await outbox.try_again(row.id)


@pytest.mark.parametrize(
    "to", ["a@x.example\nBcc: everybody@x.example", "a@x.example, b@x.example", "not an address", ""]
)
async def test_an_address_cannot_smuggle_in_anything(
    database: Database, outbox: MailOutbox, server: Server, to: str
) -> None:
    await put(database, outbox, Mail(to, "Hello", "text"))
    await outbox.send_due()
    assert server.taken == []
    assert (await only_row(database)).sent_at is None


async def test_of_many_senders_one_takes_a_mail(
    database: Database, clock: FixedClock, settings: Settings, server: Server
) -> None:
    senders = [MailOutbox(database, clock, settings) for _ in range(4)]
    for number in range(8):
        await put(database, senders[0], Mail(f"a{number}@x.example", "Hello", "text"))
    await asyncio.gather(*(sender.send_due() for sender in senders))
    assert sorted(mail["To"] for mail in server.taken) == [f"a{number}@x.example" for number in range(8)]


async def test_what_a_dead_sender_had_taken_is_taken_by_another(
    database: Database,
    clock: FixedClock,
    outbox: MailOutbox,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await put(database, outbox)
    monkeypatch.setattr(outbox, "_try", _die)
    with pytest.raises(ProcessLookupError):
        await outbox.send_due()
    monkeypatch.undo()
    assert await outbox.send_due() == 0
    clock.advance(TAKEN_FOR)
    await outbox.send_due()
    assert len(server.taken) == 1


async def _die(mail: MailRow) -> None:
    raise ProcessLookupError


async def test_what_would_be_of_no_use_any_more_is_not_sent(
    database: Database, clock: FixedClock, outbox: MailOutbox, server: Server
) -> None:
    await put(database, outbox, msgspec.structs.replace(MAIL, until=START + timedelta(hours=1)))
    clock.advance(timedelta(hours=1))
    await outbox.send_due()
    assert server.taken == []
    assert (await only_row(database)).given_up_at


async def test_what_is_done_goes_after_a_month_and_what_waits_stays(
    database: Database, clock: FixedClock, outbox: MailOutbox, server: Server
) -> None:
    await put(database, outbox)
    await outbox.send_due()
    clock.advance(KEPT_FOR + timedelta(seconds=1))
    await outbox.send_due()
    assert await outbox.recent() == []


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
async def test_the_server_may_ask_who_we_are(database: Database, clock: FixedClock, settings: Settings) -> None:
    server = Server()

    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data.login == b"corridor" and data.password == b"right", handled=False)

    running = Controller(
        server,
        hostname="127.0.0.1",
        port=free_port(),
        authenticator=check,
        auth_required=True,
        auth_require_tls=False,
    )
    running.start()
    try:
        wrong, right = (
            msgspec.structs.replace(settings, smtp_port=running.port, smtp_user="corridor", smtp_password=password)
            for password in ("wrong", "right")
        )
        await put(database, MailOutbox(database, clock, wrong))
        await MailOutbox(database, clock, wrong).send_due()
        row = await only_row(database)
        assert row.given_up_at is None, "the settings are wrong, not the mail"
        assert "user and password" in (row.last_error or "")
        clock.advance(PAUSES[0])
        await MailOutbox(database, clock, right).send_due()
        assert len(server.taken) == 1
    finally:
        running.stop()


async def test_while_it_runs_it_sends_by_itself(database: Database, outbox: MailOutbox, server: Server) -> None:
    await outbox.start()
    try:
        await put(database, outbox)
        outbox.wake()
        await _until(lambda: bool(server.taken))
    finally:
        await outbox.stop()


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110 - the server's thread has no event for it
            await asyncio.sleep(0.02)


def test_settings_that_cannot_send_say_so() -> None:
    with pytest.raises(SetupError, match="mail_from"):
        Settings(smtp_host="mail.example", public_url="https://corridor.example")
    with pytest.raises(SetupError, match="smtp_tls"):
        Settings(smtp_tls="ssl")


async def test_only_the_demo_shows_what_mails_say(database: Database, outbox: MailOutbox, settings: Settings) -> None:
    await put(database, outbox)
    assert await outbox.shown() == []
    demo = MailOutbox(database, FixedClock(START), msgspec.structs.replace(settings, demo=True))
    assert [mail.text for mail in await demo.shown()] == [MAIL.text]
