"""Calls to addresses that somebody typed in: to the world outside, never to this machine or the network it stands in.

The name is resolved here, every address it has is checked, and the connection goes to a checked address: a name that
means something else a moment later leads nowhere. Every redirect is checked again.
"""

import asyncio
import ipaddress
import json
import re
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpcore
import httpx
import msgspec

from corridor.base.errors import CorridorError, InvalidInput

SECONDS = 10.0
MOST_BYTES = 1024 * 1024

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]

_NOT_OUTSIDE = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        "168.63.129.16/32",  # Azure's wire server: a public number, answered inside only
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "240.0.0.0/4",
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
    )
)
_IPV6_OUTSIDE = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_VISIBLE = re.compile(r"[\x21-\x7e]+")
_NUMERIC_LABEL = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")
_REDIRECTS = (301, 302, 303, 307, 308)
_LONGEST_URL = 2000
_HEADERS = {"user-agent": "Corridor", "accept": "application/json"}


class AddressRefused(InvalidInput):
    """The address is none that may be called; `detail` says why."""

    code = "address_refused"


class OutsideFailed(CorridorError):
    """The address was called, and there was no answer that can be used."""

    code = "outside_failed"
    status = 502


class OutsideAnswer(msgspec.Struct, frozen=True):
    """`body` is complete and within the limit; `url` is where it came from, after redirects."""

    url: str
    status: int
    headers: dict[str, str]
    body: bytes

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object. Raises `OutsideFailed`."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise OutsideFailed(f"{_host(self.url)} did not answer with JSON, but with something else.")
        return value


def is_outside(address: Address) -> bool:
    """Whether the address is one of the public internet."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            return is_outside(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address.scope_id is not None or address not in _IPV6_OUTSIDE:
            return False
    if any(address.version == network.version and address in network for network in _NOT_OUTSIDE):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


async def resolve(host: str, port: int) -> list[str]:
    """Every address that this machine would use for the name. Raises `OutsideFailed`."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise OutsideFailed(f"No machine has the name {host}. Check the address.") from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Outside:
    """Calls addresses outside. `allow_loopback` lets this very machine be called too, over http as well."""

    def __init__(self, *, allow_loopback: bool = False, resolve: Resolve = resolve) -> None:
        self._allow_loopback = allow_loopback
        self._backend = _CheckedBackend(resolve, allow_loopback=allow_loopback)
        self._tls: ssl.SSLContext | None = None

    def checked(self, url: str) -> str:
        """The address, if it may be called as far as can be told from how it is written. Raises `AddressRefused`."""
        if len(url) > _LONGEST_URL or not _VISIBLE.fullmatch(url) or "\\" in url:
            raise AddressRefused("The address may have at most 2000 letters, digits and signs, no spaces.")
        try:
            parsed = httpx.URL(url)
            port = parsed.port
        except (httpx.InvalidURL, ValueError):
            raise AddressRefused("This cannot be read as an address. Write it as https://name.example/path.") from None
        host = parsed.host
        here = self._allow_loopback and _is_loopback_name(host)
        if parsed.scheme != "https" and not (here and parsed.scheme == "http"):
            raise AddressRefused("The address must begin with https://.")
        if "@" in re.split(r"[/?#]", url.partition("//")[2], maxsplit=1)[0]:
            raise AddressRefused("The address may not hold a username or password.")
        if port is not None and not 1 <= port <= 65535:
            raise AddressRefused("The address has no usable port.")
        if not here:
            _check_host(host)
        return url

    async def get(self, url: str, *, headers: Mapping[str, str] | None = None, redirects: int = 3) -> OutsideAnswer:
        """What the address answers; headers go no further than its own host. Raises `AddressRefused` or
        `OutsideFailed`."""
        given = dict(headers or {})
        for _ in range(redirects + 1):
            answer = await self.send("GET", url, headers=given)
            target = answer.headers.get("location")
            if answer.status not in _REDIRECTS or target is None:
                return answer
            try:
                next_url = str(httpx.URL(url).join(target))
            except (httpx.InvalidURL, ValueError):
                raise AddressRefused(f"{_host(url)} sent us on to an address that cannot be read.") from None
            if _origin(next_url) != _origin(url):
                given = {}
            url = next_url
        raise OutsideFailed(f"{_host(url)} sent us on too often.")

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        content: bytes | None = None,
        seconds: float = SECONDS,
        most_bytes: int = MOST_BYTES,
    ) -> OutsideAnswer:
        """One request, with redirects left to the caller. Raises `AddressRefused` or `OutsideFailed`."""
        url = self.checked(url)
        # What would have to be unpacked could be larger than it says.
        sent = _HEADERS | dict(headers or {}) | {"accept-encoding": "identity"}
        try:
            async with asyncio.timeout(seconds), self._client() as client:
                request = client.build_request(method, url, headers=sent, data=form, content=content)
                response = await client.send(request, stream=True)
                try:
                    body = await _read(response, most_bytes)
                finally:
                    await response.aclose()
        except TimeoutError:
            raise OutsideFailed(f"{_host(url)} did not answer within {seconds:.0f} seconds.") from None
        except httpx.HTTPError as error:
            raise OutsideFailed(f"{_host(url)} cannot be reached ({_reason(error)}).") from error
        return OutsideAnswer(url, response.status_code, {k.lower(): v for k, v in response.headers.items()}, body)

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[httpx.AsyncClient]:
        if self._tls is None:
            self._tls = await asyncio.to_thread(_tls)
        transport = _Transport(self._backend, self._tls)
        async with httpx.AsyncClient(transport=transport, trust_env=False, follow_redirects=False) as client:
            yield client


class _CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connects to addresses that were checked, and to no others."""

    def __init__(self, resolve: Resolve, *, allow_loopback: bool) -> None:
        self._resolve = resolve
        self._allow_loopback = allow_loopback
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = [_as_address(text) for text in await self._resolve(host, port)]
        here = self._allow_loopback and _is_loopback_name(host)
        for address in addresses:
            if not (address.is_loopback if here else is_outside(address)):
                raise AddressRefused(f"{host} is an address of this machine or its own network, not one outside.")
        problem: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                return await self._network.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise problem


class _Transport(httpx.AsyncHTTPTransport):
    def __init__(self, backend: httpcore.AsyncNetworkBackend, tls: ssl.SSLContext) -> None:
        super().__init__(verify=tls, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(ssl_context=tls, network_backend=backend, max_connections=2)


def _tls() -> ssl.SSLContext:
    """Trusts what the package of certificates trusts, and what this machine does (a school's filtering proxy)."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


async def _read(response: httpx.Response, most_bytes: int) -> bytes:
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise OutsideFailed(f"{response.url.host} answered in a packed form that was not asked for.")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > most_bytes:
            raise OutsideFailed(f"{response.url.host} answered with more than {most_bytes // 1024} kB.")
    return bytes(body)


def _check_host(host: str) -> None:
    """Refuse a host that is no public name, or a number written so that programs disagree about what it means."""
    literal = _literal(host)
    if literal is not None:
        if not is_outside(literal):
            raise AddressRefused(f"{host} is an address of this machine or its own network, not one outside.")
        return
    if ":" in host or "%" in host:
        raise AddressRefused("The address holds a number that cannot be read.")
    labels = host.split(".")
    if not all(labels) or len(labels) < 2:
        raise AddressRefused("The address needs the full name of a machine, such as accounts.example.com.")
    if _NUMERIC_LABEL.fullmatch(labels[-1]):
        raise AddressRefused("The address holds a number in an unusual spelling. Write the machine's name.")


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _as_address(text: str) -> Address:
    address = ipaddress.ip_address(text)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _is_loopback_name(host: str) -> bool:
    literal = _literal(host)
    return literal.is_loopback if literal is not None else host == "localhost"


def _host(url: str) -> str:
    return httpx.URL(url).host


def _origin(url: str) -> tuple[str, str, int | None]:
    parsed = httpx.URL(url)
    return parsed.scheme, parsed.host, parsed.port


def _reason(error: httpx.HTTPError) -> str:
    """What went wrong, in words of ours: the library's may hold the address with all that stands in it."""
    if "CERTIFICATE" in str(error).upper():
        return "its certificate is not one that this machine trusts"
    return {"ConnectError": "no connection", "ConnectTimeout": "no connection in time"}.get(
        type(error).__name__, "the connection broke"
    )
