"""The browser that other tests use, tried on its own."""

from pathlib import Path

import pytest
from playwright.async_api import Route

from tests.browser import Pages

BUTTON = """<title>waiting</title><button onclick="document.title = 'clicked'">Go</button>"""


async def test_a_page_opens_and_answers_a_click(new_page: Pages, tmp_path: Path) -> None:
    page = await new_page()
    await page.goto(f"data:text/html,{BUTTON}")
    await page.get_by_role("button", name="Go").click()
    assert await page.title() == "clicked"
    picture = await page.screenshot(path=tmp_path / "page.png")
    assert picture.startswith(b"\x89PNG")


async def test_two_pages_are_two_people(new_page: Pages) -> None:
    async def answer(route: Route) -> None:
        await route.fulfill(content_type="text/html", body="<p>Hello</p>")

    first, second = await new_page("http://corridor.test"), await new_page("http://corridor.test")
    for page in (first, second):
        await page.route("**/*", answer)
        await page.goto("/")
    await first.evaluate("document.cookie = 'who=first'")
    assert await first.evaluate("document.cookie") == "who=first"
    assert await second.evaluate("document.cookie") == ""
    await first.context.close()
    assert await second.inner_text("p") == "Hello"


async def test_an_error_that_nobody_caught_is_a_fault(new_page: Pages) -> None:
    page = await new_page()
    async with page.expect_event("pageerror"):
        await page.goto("data:text/html,<script>setTimeout(() => { throw new Error('lost the ring') })</script>")
    assert "lost the ring" in new_page.faults.pop()
    assert new_page.faults == []


@pytest.mark.parametrize("status", [409, 500])
async def test_refused_requests_and_console_errors_are_remembered(new_page: Pages, status: int) -> None:
    async def answer(route: Route) -> None:
        await route.fulfill(status=status, content_type="text/html", body="<p>No</p>")

    page = await new_page()
    await page.route("**/*", answer)
    async with page.expect_event("console"):
        await page.goto("http://corridor.test/nowhere")
    assert new_page.failed_responses == [f"{status} GET http://corridor.test/nowhere"]
    assert str(status) in new_page.console_errors[0]


async def test_breaking_the_content_security_policy_is_a_fault(new_page: Pages) -> None:
    async def answer(route: Route) -> None:
        headers = {"Content-Security-Policy": "default-src 'self'"}
        await route.fulfill(content_type="text/html", headers=headers, body="<script>1</script>")

    page = await new_page()
    await page.route("**/*", answer)
    async with page.expect_event("console"):
        await page.goto("http://corridor.test/")
    assert "Content Security Policy" in new_page.faults.pop()
