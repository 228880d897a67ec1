"""A real browser for tests: Playwright's async API on the Chromium that `scripts.chromium` finds.

Playwright's objects belong to the event loop that made them, so each test that asks for a page gets its own Chromium
(about half a second). `new_page` opens any number of pages, each a person of its own: cookies and storage are not
shared. A test fails if a page raised an error that nobody caught or broke its content security policy; what else the
pages complained about is printed when the test fails, with a screenshot of each in .cache/browser.
"""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, ConsoleMessage, Error, Page, Response, async_playwright, expect

from scripts import chromium

PATIENCE_MS = 15_000
CHROMEBOOK = {"width": 1366, "height": 768}

_FAILED = pytest.StashKey[bool]()
_SCREENSHOTS = Path(__file__).resolve().parent.parent / ".cache" / "browser"

expect.set_options(timeout=PATIENCE_MS)


class Pages:
    """Opens pages and remembers what went wrong in them.

    `faults`: errors that nobody caught and violations of the content security policy; empty them when expected.
    `console_errors`: what the consoles said. `failed_responses`: "409 POST http://..." for each answer of 400 and up.
    """

    def __init__(self, browser: Browser) -> None:
        self.faults: list[str] = []
        self.console_errors: list[str] = []
        self.failed_responses: list[str] = []
        self.opened: list[Page] = []
        self._browser = browser

    async def __call__(self, base_url: str | None = None, **options: Any) -> Page:
        """A blank page of a person of its own. `options` are those of Playwright's `browser.new_context`."""
        defaults = {"viewport": CHROMEBOOK, "locale": "en-US", "reduced_motion": "reduce"}
        context = await self._browser.new_context(base_url=base_url, **(defaults | options))
        context.set_default_timeout(PATIENCE_MS)
        page = await context.new_page()
        page.on("pageerror", self._on_page_error)
        page.on("console", self._on_console)
        page.on("response", self._on_response)
        self.opened.append(page)
        return page

    def _on_page_error(self, error: Error) -> None:
        self.faults.append(f"Uncaught in the page: {error.stack or error.message}")

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type != "error":
            return
        self.console_errors.append(message.text)
        if "Content Security Policy" in message.text:
            self.faults.append(message.text)

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self.failed_responses.append(f"{response.status} {response.request.method} {response.url}")


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    executable = chromium.find()
    if executable is None:
        pytest.fail("There is no Chromium for the browser tests. `make test` fetches one, so does `make browser`.")
    chromium.prepare_driver()
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(**chromium.launch_options(executable))
        yield launched
        await launched.close()


@pytest.fixture
async def new_page(browser: Browser, request: pytest.FixtureRequest) -> AsyncIterator[Pages]:
    pages = Pages(browser)
    yield pages
    if request.node.stash.get(_FAILED, False) or pages.faults:
        await _show(pages, request.node.nodeid)
    for page in pages.opened:
        await page.context.close()
    if pages.faults:
        pytest.fail("\n".join(pages.faults), pytrace=False)


async def _show(pages: Pages, test: str) -> None:
    _SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for number, page in enumerate(pages.opened, start=1):
        path = _SCREENSHOTS / f"{re.sub(r'[^A-Za-z0-9]+', '-', test).strip('-')}-{number}.png"
        try:
            await page.screenshot(path=path)
        except Error as error:
            print(f"Page {number} at {page.url}: no screenshot, {error.message}")
        else:
            print(f"Page {number} at {page.url}: {path}")
    for said in (*pages.console_errors, *pages.failed_responses):
        print(said)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report = yield
    if call.when == "call":
        item.stash[_FAILED] = report.failed
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
