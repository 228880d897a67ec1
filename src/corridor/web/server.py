"""The HTTP server: uvicorn on uvloop, with a short goodbye."""

import asyncio
import contextlib
import gc
import resource
import signal
import socket
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn

from corridor.base.errors import SetupError

GOODBYE_SECONDS = 3
# New containers before Python looks for cyclic garbage among them, and among the older ones each so many times.
# Requests leave hardly any, and looking for it took a quarter of a busy server's time (docs/performance.md).
GARBAGE_THRESHOLDS = (10_000, 20, 50)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop when told to, and leave it there: uvicorn itself would raise the signal again afterwards, which ends the
        process before the database is put away."""
        loop = asyncio.get_running_loop()
        told = (signal.SIGINT, signal.SIGTERM)
        for each in told:
            loop.add_signal_handler(each, self.handle_exit, each, None)
        try:
            yield
        finally:
            for each in told:
                loop.remove_signal_handler(each)


def open_socket(host: str, port: int) -> socket.socket:
    """A listening socket; raises `SetupError` when the address is taken or not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(2048)
    except OSError as error:
        listening.close()
        raise SetupError(f"Cannot listen on {host}:{port}: {error.strerror}. Choose another with --port.") from error
    listening.setblocking(False)
    return listening


def allow_open_files() -> int:
    """Let this process open as many files as the system permits: every listener of live events holds one. Returns how
    many that is."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Some systems say "without limit" and then do not grant it.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def settle_memory() -> None:
    """What the server has loaded by now stays for good: no longer look for garbage in it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)


async def run_server(app: Any, listening: socket.socket, *, started: Callable[[str], None]) -> None:
    """Serve on a socket until told to stop. `started` is called with the address once requests are taken."""
    allow_open_files()
    host, port = listening.getsockname()[:2]
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    server = _Server(
        uvicorn.Config(
            app,
            lifespan="on",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=GOODBYE_SECONDS,
            server_header=False,
            proxy_headers=True,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    if server.started:
        settle_memory()
        started(url)
    with contextlib.suppress(asyncio.CancelledError):
        await serving
    if not server.started:
        raise SetupError("The server could not start. The log above says why.")
