"""The main journeys in a real browser against a real server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from serving import in_a_browser, served

from deploysim.pipeline.lanes import Lanes
from deploysim.store.workspace import Workspace

Compared = tuple[Workspace, Lanes]
pytestmark = in_a_browser


@pytest.fixture(scope="module")
def server(compared: Compared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a workspace that has everything."""
    log = tmp_path_factory.mktemp("server") / "log.txt"
    with served({"DEPLOYSIM_WORKSPACE": str(compared[0].root)}, log) as url:
        yield url


def test_the_first_deep_link_opens_the_right_page(page: Page, server: str) -> None:
    """The first visitor after a start is not told that the page does not exist."""
    page.goto(f"{server}/shifts")

    expect(page.get_by_role("heading", name="Shifts")).to_be_visible()
    expect(page.get_by_text("1 behaviour likely worse")).to_be_visible()
    expect(page.get_by_text("Page not found")).to_have_count(0)


def test_from_a_forecast_to_the_conversations_behind_it(page: Page, server: str) -> None:
    """A reader goes from Shifts to the regressed pairs and pages through them by keyboard."""
    page.goto(f"{server}/shifts")
    page.get_by_role("link", name="18 regressed").click()

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
