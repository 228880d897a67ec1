"""A real OpenID provider beside the tests, and people who sign in with it."""

import json
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import httpx

from corridor.base.clock import Clock
from corridor.base.database import Database
from corridor.base.ids import new_id
from corridor.base.settings import Settings
from corridor.identity.api import SESSION_COOKIE
from corridor.identity.oidc import SingleSignOn
from corridor.identity.oidc_pages import PAGE_ROUTES
from corridor.identity.oidc_presets import PresetName
from corridor.identity.principal import Principal, Role
from corridor.identity.provider_tables import SignInProvider
from corridor.identity.providers import CALLBACK, ProviderWish
from corridor.identity.service import IdentityService
from tests.identity.shell import make_app

SITE = "https://passes.school.example"
CLIENT_ID = "corridor"
CLIENT_SECRET = "the secret/of+the client: 100%"
ORGANIZATION = {
    PresetName.GOOGLE: ["school.example"],
    PresetName.MICROSOFT: ["72f988bf-86f1-41af-91ab-2d7cd011db47"],
    PresetName.CLASSLINK: ["2284"],
    PresetName.CLEVER: ["4fd43cc56d11340000000005"],
    PresetName.OTHER: [],
}
ADMIN = Principal(id=new_id(), kind="account", role=Role.DISTRICT_ADMIN, name="boss", school_ids=None)

_ROOT = Path(__file__).parents[2]
_SERVER = Path(__file__).parent / "oidc_provider" / "server.mjs"
_KEYS = [*PresetName, "other-2"]


class OpenIdProvider:
    """The provider at `issuer`. `log_in_as` says who logs in there from now on, and what it tells of them."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer

    def log_in_as(self, sub: str, **claims: Any) -> None:
        self._tell("person", {"sub": sub, **claims})

    def rotate(self) -> None:
        """Sign with a new key from now on."""
        self._tell("rotate")

    def cancel(self) -> None:
        """Let whoever logs in next think better of it."""
        self._tell("cancel")

    def _tell(self, what: str, body: Any = None) -> None:
        httpx.post(f"{self.issuer}/test/{what}", json=body, trust_env=False).raise_for_status()


@contextmanager
def openid_provider(
    *, in_id_token: bool = False, site: str = SITE, host: str = "127.0.0.1"
) -> Iterator[OpenIdProvider]:
    """`in_id_token`: it tells all in the ID token, rather than to whoever asks with the access token. `site` is where
    it sends people back to, `host` what it calls this machine."""
    clients = [
        {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "redirect_uris": [site + CALLBACK.format(key) for key in _KEYS],
        }
    ]
    settings = {"clients": clients, "inIdToken": in_id_token, "host": host}
    arguments = [str(_ROOT / "frontend" / "package.json"), json.dumps(settings)]
    process = subprocess.Popen(
        [str(_ROOT / "scripts" / "with-node"), "node", str(_SERVER), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    try:
        issuer = process.stdout.readline().strip()
        assert issuer, "the provider did not start: is frontend/node_modules there (make setup)?"
        yield OpenIdProvider(issuer)
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


class Browser:
    """Follows links between Corridor and the provider, with cookies for each."""

    def __init__(self, corridor: httpx.AsyncClient, outside: httpx.AsyncClient) -> None:
        self.corridor = corridor
        self.outside = outside

    async def get(self, url: str) -> httpx.Response:
        client = self.outside if url.startswith("http://") else self.corridor
        return await client.get(url, headers={"accept": "text/html"})

    async def leave(self, url: str) -> str:
        """Go to this address and on, and stop before coming back: the address that the provider sends back to."""
        while True:
            answer = await self.get(url)
            assert answer.status_code in (302, 303), answer.text
            url = str(httpx.URL(str(answer.request.url)).join(answer.headers["location"]))
            if "/callback" in urlsplit(url).path:
                return url

    async def sign_in(self, key: str = "other", wanted: str = "/") -> httpx.Response:
        """All the way to the provider and back: Corridor's answer to that."""
        return await self.get(await self.leave(f"/sign-in/with/{key}?next={wanted}"))

    @property
    def session(self) -> str | None:
        return self.corridor.cookies.get(SESSION_COOKIE)


class Corridor:
    """The identity room at work, with the setting that lets it call this machine."""

    def __init__(self, identity: IdentityService) -> None:
        self.identity = identity
        self._app = make_app(identity, extra=PAGE_ROUTES)
        self.sign_on: SingleSignOn = self._app.state.services.sign_on

    @asynccontextmanager
    async def browser(self) -> AsyncIterator[Browser]:
        transport = httpx.ASGITransport(cast("Any", self._app), raise_app_exceptions=False)
        async with (
            httpx.AsyncClient(transport=transport, base_url=SITE) as corridor,
            httpx.AsyncClient(trust_env=False) as outside,
        ):
            yield Browser(corridor, outside)

    async def add(self, provider: OpenIdProvider, preset: PresetName = PresetName.OTHER, **wish: Any) -> SignInProvider:
        """Set the provider up, if need be in the place of one that the whole world knows."""
        wish = {"allowed": ORGANIZATION[preset], "issuer": provider.issuer} | wish
        wanted = ProviderWish(preset=preset, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, **wish)
        made = await self.sign_on.providers.add(wanted, ADMIN)
        async with self.identity.database.session() as session:
            row = await session.get_one(SignInProvider, made.id)
            row.issuer = provider.issuer
        return row

    async def who(self, browser: Browser) -> Principal | None:
        """Whom the browser is signed in as."""
        return await self.identity.by_session(browser.session) if browser.session else None


def corridor(database: Database, clock: Clock, data_dir: Path) -> Corridor:
    settings = Settings(data_dir=data_dir, secret_key="for tests", allow_loopback=True)
    return Corridor(IdentityService(database, clock, settings))


def asked(url: str) -> dict[str, str]:
    """The questions in an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
