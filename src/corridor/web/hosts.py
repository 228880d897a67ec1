"""Under which names this installation answers. A forged `Host` would else end up in links that it mails."""

from urllib.parse import urlsplit

from litestar.types import ASGIApp, Receive, Scope, Send

from corridor.base.errors import InvalidInput

_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "[::1]"})
_FOR_MONITORS = ("/health/", "/metrics")


class WrongHost(InvalidInput):
    code = "wrong_host"
    status = 421


def host_in(header: str) -> str:
    """The name in a `Host` header, in lower case, without its port."""
    name = header.strip().lower()
    return name.rsplit(":", 1)[0] if not name.endswith("]") and ":" in name else name


def answer_to(public_url: str) -> "HostGate":
    """A gate that lets in only requests for the host of this URL, or any host when it is empty."""
    name = urlsplit(public_url).netloc.rpartition("@")[2]
    return HostGate(frozenset({host_in(name), *_THIS_MACHINE}) if name else None)


class HostGate:
    """`allowed` are names without ports, None for whichever."""

    def __init__(self, allowed: frozenset[str] | None) -> None:
        self.allowed = allowed

    def check(self, scope: Scope) -> None:
        """Raises `WrongHost`."""
        if self.allowed is None or scope["path"].startswith(_FOR_MONITORS):
            return
        names = [value.decode("latin-1") for key, value in scope["headers"] if key == b"host"]
        if len(names) != 1 or host_in(names[0]) not in self.allowed:
            raise WrongHost("This installation has another address. Ask for the address of your school's Corridor.")

    def middleware(self, app: ASGIApp) -> ASGIApp:
        async def checked(scope: Scope, receive: Receive, send: Send) -> None:
            self.check(scope)
            await app(scope, receive, send)

        return checked
