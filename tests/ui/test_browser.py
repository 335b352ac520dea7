"""The main journeys in a real browser against a real server."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from deploysim.pipeline.lanes import Lanes
from deploysim.store.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
)
Compared = tuple[Workspace, Lanes]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium: apt install chromium, or set CHROMIUM to its path"),
]


@pytest.fixture(scope="module")
def server(compared: Compared) -> Iterator[str]:
    """Serve the app on a free port of this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "DEPLOYSIM_WORKSPACE": str(compared[0].root)}
    command = [sys.executable, "-m", "deploysim.serve", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{url}/_stcore/health")
        yield url
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def page_factory() -> Iterator[object]:
    """One browser for all journeys, a new window for each."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def page(page_factory, server: str) -> Iterator[Page]:
    """A new window that remembers which addresses it asked for."""
    context = page_factory.new_context(viewport={"width": 1440, "height": 1000})
    context.set_default_timeout(30_000)
    window = context.new_page()
    asked: list[str] = []
    window.on("request", lambda request: asked.append(request.url))
    yield window
    outside = [url for url in asked if not url.startswith((server, "data:", "blob:", server.replace("http", "ws")))]
    context.close()
    assert outside == [], "the app asked for something outside this machine"


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"nothing answers at {url}")


def test_the_first_deep_link_opens_the_right_page(page: Page, server: str) -> None:
    """The first visitor after a start is not told that the page does not exist."""
    page.goto(f"{server}/shifts")

    expect(page.get_by_role("heading", name="Shifts")).to_be_visible()
    expect(page.get_by_text("1 behaviour likely worse")).to_be_visible()
    expect(page.get_by_text("Page not found")).to_have_count(0)


def test_from_a_forecast_to_the_conversations_behind_it(page: Page, server: str) -> None:
    """A reader goes from Shifts to the regressed pairs and pages through them by keyboard."""
    page.goto(f"{server}/shifts")
    page.get_by_role("link", name="Read the regressed ones").click()

    expect(page.get_by_role("heading", name="Compare")).to_be_visible()
    expect(page.get_by_text("prefix 1 of 18")).to_be_visible()
    expect(page.get_by_text("Declines the request · severity").first).to_be_visible()
    page.keyboard.press("j")
    expect(page.get_by_text("prefix 2 of 18")).to_be_visible()
    page.keyboard.press("k")
    expect(page.get_by_text("prefix 1 of 18")).to_be_visible()


def test_a_copied_link_opens_the_same_view(page: Page, page_factory, server: str) -> None:
    """What one reader chose is what the next one sees."""
    page.goto(f"{server}/compare?category=refusal&outcome=regressed")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("prefix 2 of 18")).to_be_visible()
    link = page.url

    other = page_factory.new_context().new_page()
    other.goto(link)
    expect(other.get_by_text("prefix 2 of 18")).to_be_visible(timeout=30_000)
    other.context.close()


def test_charts_have_words_for_those_who_do_not_see_them(page: Page, server: str) -> None:
    """The chart's alternative text names the category and its change."""
    page.goto(f"{server}/shifts")

    chart = page.locator("[aria-label*='Declines the request'], [alt*='Declines the request']")
    expect(chart.first).to_be_attached()


@pytest.mark.parametrize("path", ["", "imports", "conversations", "privacy", "runs", "compare", "shifts"])
def test_every_page_fits_a_narrow_window(page: Page, server: str, path: str) -> None:
    """At 800 pixels nothing runs out of the page sideways."""
    page.set_viewport_size({"width": 800, "height": 1000})
    page.goto(f"{server}/{path}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_timeout(500)

    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0
