"""A page as people see it: on a phone and a desktop, light and dark, and what axe says of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
SIZES = {"phone": (390, 844), "desktop": (1280, 800)}
SCHEMES = ("light", "dark")
_SMALL = """() => [...document.querySelectorAll("a, button, input, select")]
  .filter((one) => one.type !== "hidden" && one.checkVisibility())
  .filter((one) => one.getBoundingClientRect().height < 44).map((one) => one.outerHTML)"""
_TINY = """() => [...document.querySelectorAll("body *")]
  .filter((one) => !["SCRIPT", "STYLE"].includes(one.tagName) && one.innerText)
  .filter((one) => parseFloat(getComputedStyle(one).fontSize) < 16).map((one) => one.outerHTML)"""
_WIDE = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"


@asynccontextmanager
async def looking(
    browser: Browser, size: str = "phone", scheme: str = "light", **options: Any
) -> AsyncIterator[Page]:
    """A new page; whatever its console complains of, such as a refused style, is an error."""
    width, height = SIZES[size]
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        **options,
    )
    context.set_default_timeout(15_000)
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if _bad(line) else None)
    try:
        yield page
    finally:
        await context.close()
    assert [] == complaints


def _bad(line: Any) -> bool:
    # A wrong token, a wrong field and a wrong request are refused on purpose.
    meant = any(f"status of {status}" in line.text for status in (400, 404, 422))
    return line.type in ("error", "warning") and not meant


async def faults(page: Page) -> list[str]:
    """What is wrong with how the page looks: axe's violations, small targets, small letters."""
    found = await Axe().run(page)
    violations = [
        f"{one['id']}: {node['html']}"
        for one in found.response["violations"]
        for node in one["nodes"]
    ]
    small = [f"lower than 44 px: {one}" for one in await page.evaluate(_SMALL)]
    tiny = [f"letters below 16 px: {one}" for one in await page.evaluate(_TINY)]
    wide = ["it scrolls sideways"] if await page.evaluate(_WIDE) else []
    return violations + small + tiny + wide


async def inspected(browser: Browser, url: str, name: str, **options: Any) -> list[str]:
    """A page's faults in every size and colour; its screenshots are in build/screenshots."""
    found: list[str] = []
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for size in SIZES:
        for scheme in SCHEMES:
            async with looking(browser, size, scheme, **options) as page:
                await page.goto(url)
                shot = SCREENSHOTS / f"{name}-{size}-{scheme}.png"
                await page.screenshot(path=shot, full_page=True)
                found += [f"{size}, {scheme}: {one}" for one in await faults(page)]
    return found
