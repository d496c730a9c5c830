"""Chromium as Debian packages it, driven by its path; a test here fails where it is missing."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from playwright.async_api import Browser, async_playwright

Browsing = Callable[[], AbstractAsyncContextManager[Browser]]


@pytest.fixture(scope="session")
def browsing() -> Browsing:
    """A browser for one test."""
    path = shutil.which("chromium")
    if path is None:
        pytest.fail("there is no Chromium: install Debian's package chromium")

    @asynccontextmanager
    async def launched() -> AsyncIterator[Browser]:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                # In a container as root there is no sandbox to be had; the pages are our own.
                executable_path=path,
                args=["--no-sandbox"],
            )
            try:
                yield browser
            finally:
                await browser.close()

    return launched
