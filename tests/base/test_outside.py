"""Addresses that administrators enter lead to the world outside, and never to this machine or its network."""

import asyncio
import gzip
import ipaddress
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpcore
import pytest

from corridor.base.outside import AddressRefused, Outside, OutsideFailed, is_outside, resolve

PUBLIC = "93.184.215.14"
PRIVATE = "10.20.30.40"


def names(*addresses: str) -> Callable[[str, int], Awaitable[list[str]]]:
    """A directory in which every name has these addresses."""

    async def look_up(host: str, port: int) -> list[str]:
        return list(addresses)

    return look_up


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that connections were tried to; none succeeds."""
    tried: list[str] = []

    async def connect_tcp(self: object, host: str, *args: object, **options: object) -> None:
        tried.append(host)
        raise httpcore.ConnectError("nobody there")

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect_tcp)
    return tried


@pytest.mark.parametrize(
    "address",
    """
    127.0.0.1 127.255.255.254 0.0.0.0 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1
    100.100.100.200 168.63.129.16 192.0.0.192 192.0.2.1 198.18.0.1 198.51.100.7 203.0.113.9 224.0.0.1 239.1.1.1
    240.0.0.1 255.255.255.255 192.88.99.1 :: ::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::127.0.0.1 fe80::1 fe80::1%eth0
    fec0::1 fc00::1 fd00:ec2::254 ff02::1 2001:db8::1 2001::1 2002:7f00:1::1 2002:808:808::1 64:ff9b::7f00:1
    64:ff9b::a9fe:a9fe 64:ff9b:1::808:808 3fff::1 100::1 5f00::1
    """.split(),
)
def test_an_address_of_some_network_of_ones_own_is_not_outside(address: str) -> None:
    assert not is_outside(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", PUBLIC, "2606:4700:4700::1111", "64:ff9b::808:808"])
def test_a_public_address_is_outside(address: str) -> None:
    assert is_outside(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://accounts.example.com/",
        "ftp://accounts.example.com/",
        "file:///etc/passwd",
        "gopher://accounts.example.com/",
        "javascript:alert(1)",
        "//accounts.example.com/",
        "accounts.example.com",
        "",
        "https://",
        "https:///etc/passwd",
        "https://localhost/",
        "https://LOCALHOST/",
        "https://localhost./",
        "https://intranet/",
        "https://accounts.example.com./",
        "https://accounts..example.com/",
        "https://127.0.0.1/",
        "https://127.0.0.1./",
        "https://127.1/",
        "https://127.0.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://127.0.0.0x1/",
        "https://00000127.0.0.1/",
        "https://0/",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[fe80::1%25eth0]/",
        "https://[fe80::1%eth0]/",
        "https://[64:ff9b::7f00:1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://user@accounts.example.com/",
        "https://user:pass@accounts.example.com/",
        "https://accounts.example.com@127.0.0.1/",
        "https://@accounts.example.com/",
        "https://127.0.0.1\\@accounts.example.com/",
        "https://accounts.example.com\\@127.0.0.1/",
        "https://accounts.example.com/a b",
        "https://accounts.example.com/\r\nHost: 127.0.0.1",
        "https://accounts.example.com/\x00",
        "https://ⓛocalhost/",
        "https://accounts.example.com:0/",
        "https://accounts.example.com:99999/",
        "https://accounts.example.com:x/",
        "https://[::1",
        "https://accounts.example.com/" + "a" * 2000,
    ],
)
async def test_an_address_that_leads_inside_or_is_odd_is_refused_and_never_dialled(
    url: str, dialled: list[str]
) -> None:
    with pytest.raises(AddressRefused):
        Outside(resolve=names(PUBLIC)).checked(url)
    with pytest.raises(AddressRefused):
        await Outside(resolve=names(PUBLIC)).get(url)
    assert dialled == []


@pytest.mark.parametrize(
    "url",
    [
        "https://accounts.example.com",
        "https://accounts.example.com:8443/a?b=c",
        "https://8.8.8.8/",
        "https://[2606:4700:4700::1111]/",
    ],
)
def test_an_address_of_the_world_outside_is_taken(url: str) -> None:
    assert Outside().checked(url) == url


@pytest.mark.parametrize(
    "addresses",
    [[PRIVATE], ["127.0.0.1"], ["::1"], ["::ffff:10.0.0.1"], ["169.254.169.254"], ["fe80::1%eth0"], [PUBLIC, PRIVATE]],
)
async def test_a_public_name_for_an_address_inside_is_refused(addresses: list[str], dialled: list[str]) -> None:
    with pytest.raises(AddressRefused, match="its own network"):
        await Outside(resolve=names(*addresses)).get("https://rebound.example.com/")
    assert dialled == []


async def test_the_connection_goes_to_the_address_that_was_checked_not_to_the_name(dialled: list[str]) -> None:
    """Whoever answers for the name may say something else at every question."""
    answers = iter([[PUBLIC], [PRIVATE], [PRIVATE]])

    async def rebinding(host: str, port: int) -> list[str]:
        return next(answers)

    outside = Outside(resolve=rebinding)
    with pytest.raises(OutsideFailed):
        await outside.get("https://rebound.example.com/")
    assert dialled == [PUBLIC]
    with pytest.raises(AddressRefused):
        await outside.get("https://rebound.example.com/")
    assert dialled == [PUBLIC]


async def test_a_mapped_address_is_dialled_as_what_it_maps(dialled: list[str]) -> None:
    with pytest.raises(OutsideFailed):
        await Outside(resolve=names(f"::ffff:{PUBLIC}")).get("https://accounts.example.com/")
    assert dialled == [PUBLIC]


async def test_a_name_that_nobody_has_says_so() -> None:
    with pytest.raises(OutsideFailed, match="No machine has the name"):
        await resolve("no-such-machine.invalid", 443)


Handler = Callable[[str, dict[str, str]], bytes]


@asynccontextmanager
async def answering(handler: Handler) -> AsyncIterator[str]:
    """A server on this machine; the handler gets the path and headers, and gives the whole answer."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        writer.write(handler(head[0].split()[1], headers))
        try:
            await writer.drain()
        except ConnectionError:
            return
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def page(body: bytes, *more: str, status: str = "200 OK") -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *more]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def sent_on(location: str) -> bytes:
    return page(b"", f"Location: {location}", status="302 Found")


HERE = Outside(allow_loopback=True)


async def test_this_machine_is_called_only_when_a_setting_allows_it() -> None:
    async with answering(lambda path, headers: page(b'{"a": 1}')) as url:
        assert (await HERE.get(url)).json_object() == {"a": 1}
        with pytest.raises(AddressRefused):
            await Outside().get(url)


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "http://accounts.example.com/", "https://169.254.169.254/"])
async def test_the_setting_opens_this_machine_and_nothing_else(url: str, dialled: list[str]) -> None:
    with pytest.raises(AddressRefused):
        await HERE.get(url)
    assert dialled == []


async def test_with_the_setting_localhost_may_not_mean_another_machine(dialled: list[str]) -> None:
    with pytest.raises(AddressRefused):
        await Outside(allow_loopback=True, resolve=names(PRIVATE)).get("http://localhost/")
    assert dialled == []


@pytest.mark.parametrize(
    "target",
    [
        "https://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/",
        "http://accounts.example.com/",
        "https://2130706433/",
        "file:///etc/passwd",
        "//user@127.0.0.1/",
    ],
)
async def test_a_redirect_is_checked_like_an_address_that_was_typed_in(target: str) -> None:
    async with answering(lambda path, headers: sent_on(target)) as url:
        with pytest.raises(AddressRefused):
            await HERE.get(url)


async def test_a_redirect_that_cannot_be_read_is_followed_nowhere() -> None:
    async with answering(lambda path, headers: sent_on("https://[::1")) as url:
        with pytest.raises(OutsideFailed):
            await HERE.get(url)


async def test_a_redirect_within_the_host_is_followed_and_keeps_the_headers() -> None:
    def handler(path: str, headers: dict[str, str]) -> bytes:
        return sent_on("/there") if path == "/" else page(headers["authorization"].encode())

    async with answering(handler) as url:
        answer = await HERE.get(f"{url}/", headers={"authorization": "Bearer x"})
    assert (answer.body, answer.url) == (b"bearer x", f"{url}/there")


async def test_a_secret_does_not_follow_a_redirect_to_another_host() -> None:
    seen: list[dict[str, str]] = []

    def other(path: str, headers: dict[str, str]) -> bytes:
        seen.append(headers)
        return page(b"{}")

    async with answering(other) as elsewhere, answering(lambda path, headers: sent_on(elsewhere)) as url:
        await HERE.get(url, headers={"authorization": "Bearer secret"})
    assert len(seen) == 1
    assert "authorization" not in seen[0]


async def test_a_circle_of_redirects_ends() -> None:
    async with answering(lambda path, headers: sent_on("/again")) as url:
        with pytest.raises(OutsideFailed, match="too often"):
            await HERE.get(url)


async def test_a_post_is_never_sent_on() -> None:
    async with answering(lambda path, headers: sent_on("/elsewhere")) as url:
        assert (await HERE.send("POST", url, form={"secret": "x"})).status == 302


async def test_an_endless_answer_is_cut_off() -> None:
    def endless(path: str, headers: dict[str, str]) -> bytes:
        return b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"a" * 5000

    async with answering(endless) as url:
        with pytest.raises(OutsideFailed, match="more than 1 kB"):
            await HERE.send("GET", url, most_bytes=1024)


async def test_a_packed_answer_is_not_unpacked() -> None:
    bomb = gzip.compress(b"0" * 1_000_000)
    async with answering(lambda path, headers: page(bomb, "Content-Encoding: gzip")) as url:
        with pytest.raises(OutsideFailed, match="packed"):
            await HERE.get(url)


async def test_a_silent_server_is_not_waited_for() -> None:
    async with answering(lambda path, headers: b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n") as url:
        with pytest.raises(OutsideFailed):
            await HERE.send("GET", url, seconds=0.2)


@pytest.mark.parametrize("body", [b"<html>", b"[1]", b"\xff", b"[" * 100_000])
async def test_an_answer_that_is_no_json_object_says_so(body: bytes) -> None:
    async with answering(lambda path, headers: page(body)) as url:
        answer = await HERE.get(url)
    with pytest.raises(OutsideFailed, match="JSON"):
        answer.json_object()
