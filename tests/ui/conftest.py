"""Fixtures of the tests in a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from serving import CHROMIUM

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
)

# A machine that does other things too is slow, not broken.
expect.set_options(timeout=60_000)


@pytest.fixture(scope="module")
def page_factory() -> Iterator[Browser]:
    """One browser for all journeys, a new window for each."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def page(page_factory: Browser, server: str) -> Iterator[Page]:
    """A new window that remembers which addresses it asked for."""
    context = page_factory.new_context(viewport={"width": 1440, "height": 1000})
    context.set_default_timeout(60_000)
    window = context.new_page()
    asked: list[str] = []
    window.on("request", lambda request: asked.append(request.url))
    yield window
    outside = [url for url in asked if not url.startswith((server, "data:", "blob:", server.replace("http", "ws")))]
    context.close()
    assert outside == [], "the app asked for something outside this machine"
