"""Takes the pictures of the README and the docs from a running demo: `make screenshots`."""

import asyncio
import os
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from scripts.chromium import find, launch_options, prepare_driver

IMAGES = Path(__file__).parents[1] / "docs" / "images"
CORRIDOR = Path(sys.executable).with_name("corridor")
PHONE = (390, 844)
CHROMEBOOK = (1366, 768)
WALL = (1920, 1080)

# name, whose account, page, size, whether dark
PICTURES = (
    ("board", "monitor", "/board", CHROMEBOOK, False),
    ("board-wall", "principal", "/board?wall=1", WALL, False),
    ("teacher", "teacher", "/teacher", CHROMEBOOK, False),
    ("student", "student", "/student", PHONE, True),
    ("locations", "principal", "/admin/locations", CHROMEBOOK, False),
    ("rules", "principal", "/admin/rules", CHROMEBOOK, False),
    ("desk", "nurse", "/desk", CHROMEBOOK, False),
    ("appointments", "counselor", "/appointments", CHROMEBOOK, False),
    ("calendar", "principal", "/admin/calendar", CHROMEBOOK, False),
    ("import", "district", "/admin/import", CHROMEBOOK, False),
    ("who-sees-what", "principal", "/admin/sharing", CHROMEBOOK, False),
    ("who-looked", "principal", "/admin/access-log", CHROMEBOOK, False),
    ("retention", "district", "/admin/retention", CHROMEBOOK, False),
    ("family", "guardian", "/family", PHONE, False),
    ("sign-in-policy", "district", "/admin/sign-in", CHROMEBOOK, False),
)


@asynccontextmanager
async def demo() -> AsyncIterator[str]:
    """A fresh demo district in a temporary folder; gives its address once the day is lively."""
    folder = Path(tempfile.mkdtemp(prefix="corridor-screenshots-"))
    # Where it is evening the demo shows a morning, so the pictures are of a lively one whenever they are taken.
    zone = f"Etc/GMT{(datetime.now(UTC).hour + 16) % 24 - 12:+d}"
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "COLUMNS": "200", "CORRIDOR_TIME_ZONE": zone}
    process = await asyncio.create_subprocess_exec(
        CORRIDOR, "--data-dir", folder, "demo", "--port", "0", stdout=asyncio.subprocess.PIPE, env=environment
    )
    try:
        assert process.stdout is not None
        while line := (await process.stdout.readline()).decode():
            if found := re.search(r"http://\S+?(?=\s|\x1b|$)", line):
                yield found.group()
                break
        else:
            raise SystemExit("The demo did not start.")
    finally:
        process.terminate()
        await process.wait()
        shutil.rmtree(folder, ignore_errors=True)


async def open_as(browser: Browser, url: str, username: str, size: tuple[int, int], dark: bool) -> Page:
    width, height = size
    context = await browser.new_context(
        base_url=url,
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    page = await context.new_page()
    await page.goto("/sign-in")
    await page.locator(f"form:has(input[value='{username}']) button").first.click()
    await page.wait_for_url(lambda address: "/sign-in" not in address)
    return page


async def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    chromium = find()
    assert chromium is not None
    prepare_driver()
    async with demo() as url, async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch_options(chromium))
        for name, username, path, size, dark in PICTURES:
            page = await open_as(browser, url, username, size, dark)
            await page.goto(path, wait_until="load")
            await page.evaluate("document.fonts.ready")
            await page.screenshot(path=IMAGES / f"{name}.png")
            await page.context.close()
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
