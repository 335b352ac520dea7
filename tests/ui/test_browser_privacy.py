"""The spot-check in a real browser, by keyboard alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from serving import in_a_browser, served
from test_browser import Compared

from deploysim.pipeline.spot_checking import queue, reading
from deploysim.store.spot_checks import spot_checks
from deploysim.store.workspace import Workspace

pytestmark = in_a_browser


@pytest.fixture(scope="module")
def here(compared: Compared, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A copy of a workspace that has everything."""
    root = tmp_path_factory.mktemp("privacy") / "ws"
    shutil.copytree(compared[0].root, root)
    return Workspace(root)


@pytest.fixture(scope="module")
def server(here: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve it."""
    log: Path = tmp_path_factory.mktemp("server") / "log.txt"
    with served({"DEPLOYSIM_WORKSPACE": str(here.root)}, log) as url:
        yield url


def test_reading_marking_and_undoing_by_keyboard(page: Page, server: str, here: Workspace) -> None:
    """A name, one clean message, one with its second and third word marked, one step back; no mouse."""
    order = queue(here)
    texts = [reading(here, place).text for place in order[:3]]
    box = page.locator(".ds-reader")
    page.goto(f"{server}/privacy")
    page.get_by_label("Your name").fill("Ana")
    page.keyboard.press("Enter")
    expect(box).to_have_text(texts[0])
    expect(box).to_be_focused()

    page.keyboard.press("1")
    expect(page.get_by_text("1 message read, 0 leaks")).to_be_visible()
    expect(box).to_have_text(texts[1])
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowRight"):
        page.keyboard.press(key)
    words = " ".join(texts[1].split()[1:3])
    expect(page.get_by_role("status").filter(has_text=f"Selected: {words}")).to_be_attached()
    page.keyboard.press("2")
    expect(page.locator(".ds-leak")).to_have_text(words)
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 messages read, 1 leak:")).to_be_visible()

    (leak,) = [check for check in spot_checks(here) if check.verdict == "leak"]
    assert leak.place == order[1]
    assert [texts[1][mark.start : mark.end] for mark in leak.marks] == [words]

    page.keyboard.press("z")
    expect(box).to_have_text(texts[1])
    expect(page.get_by_text("1 message read, 0 leaks")).to_be_visible()


def test_words_marked_by_mouse(page: Page, server: str, here: Workspace) -> None:
    """A double click selects a word as well."""
    page.goto(f"{server}/privacy")
    page.get_by_label("Your name").fill("Ben")
    page.keyboard.press("Enter")
    page.locator(".ds-reader").dblclick(position={"x": 30, "y": 25})
    expect(page.get_by_role("status").filter(has_text="Selected: ")).to_be_attached()
    page.keyboard.press("2")

    expect(page.locator(".ds-leak")).to_have_count(1)
