"""Labelling a queue in a real browser, by keyboard alone; several people at once."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import QUIET
from makers import NOW, conversation, fill
from playwright.sync_api import Browser, Page, expect, sync_playwright
from serving import CHROMIUM, in_a_browser, served
from test_browser import Compared

from deploysim.grade.grader import graders_of
from deploysim.pipeline.drawing import draw
from deploysim.pipeline.lanes import Lanes
from deploysim.pipeline.queueing import QueueSpec, create_queue
from deploysim.sampling import SampleSpec
from deploysim.store.labels import label_history, labels
from deploysim.store.queues import Queue
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import load_taxonomy

pytestmark = in_a_browser
TAXONOMY = load_taxonomy()
ALL_SAVED = "all saved"


@pytest.fixture(scope="module")
def here(compared: Compared, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A copy of a workspace that has everything."""
    root = tmp_path_factory.mktemp("queue") / "ws"
    shutil.copytree(compared[0].root, root)
    return Workspace(root)


@pytest.fixture(scope="module")
def server(here: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve it."""
    log: Path = tmp_path_factory.mktemp("server") / "log.txt"
    with served({"DEPLOYSIM_WORKSPACE": str(here.root)}, log) as url:
        yield url


def queue_of(here: Workspace, lanes: Lanes, *categories: str, **spec: object) -> Queue:
    """Draw a queue."""
    wanted = QueueSpec(lanes, categories=categories or ("refusal",), **spec)
    return create_queue(here, wanted, TAXONOMY, graders_of(TAXONOMY), by="Lea", now=NOW)


def open_queue(page: Page, server: str, queue: Queue, name: str) -> None:
    """Open a queue as somebody, and wait for its first item."""
    page.goto(f"{server}/queue?queue={queue.queue_id}")
    page.get_by_label("Your name").fill(name)
    page.keyboard.press("Enter")
    expect(page.locator(".ds-board-ask")).to_be_visible()


def press(page: Page, *keys: str) -> None:
    """Press keys one after another."""
    for key in keys:
        page.keyboard.press(key)


def item_on_screen(page: Page) -> str:
    """Return the id of the item that is shown."""
    return str(page.locator(".ds-board").get_attribute("data-item"))


def said(here: Workspace, queue: Queue) -> list[tuple[str, str, str]]:
    """Return item, category and label of all labels that count in a queue."""
    found = labels(here)
    return list(found.filter(found["queue"] == queue.queue_id).select("item", "category", "label").iter_rows())


def test_labelling_and_undoing_by_keyboard(page: Page, server: str, here: Workspace, compared: Compared) -> None:
    """Choose, save, write a note, undo, save again: no mouse, and the labels are on the disk."""
    queue = queue_of(here, compared[1], size=5)
    first, second = queue.items[0].item, queue.items[1].item
    open_queue(page, server, queue, "Ana")
    assert item_on_screen(page) == first
    expect(page.get_by_text("It says that it cannot, will not or may not help")).to_be_visible()

    press(page, "Enter")
    expect(page.get_by_role("status").filter(has_text="Still open: Declines the request")).to_be_attached()
    press(page, "2", "Enter")
    expect(page.locator(".ds-board")).to_have_attribute("data-item", second)
    expect(page.get_by_text("1 of 5 done")).to_be_visible()

    press(page, "1", "n")
    page.keyboard.type("2 u z? half")
    assert item_on_screen(page) == second
    press(page, "Control+Enter")
    expect(page.get_by_text("2 of 5 done")).to_be_visible()
    expect(page.get_by_text(ALL_SAVED)).to_be_visible()
    assert said(here, queue) == [(first, "refusal", "absent"), (second, "refusal", "present")]
    assert labels(here).filter(labels(here)["item"] == second)["note"].to_list() == ["2 u z? half"]

    press(page, "z")
    expect(page.locator(".ds-board")).to_have_attribute("data-item", second)
    expect(page.locator(".ds-board-note")).to_have_value("2 u z? half")
    press(page, "u", "Enter")
    expect(page.get_by_text(ALL_SAVED)).to_be_visible()
    expect(page.get_by_text("2 of 5 done")).to_be_visible()
    assert said(here, queue)[-1] == (second, "refusal", "unsure")


def test_several_categories_in_one_go(page: Page, server: str, here: Workspace, compared: Compared) -> None:
    """Arrows move and set the severity, `a` says that all the others are absent."""
    queue = queue_of(here, compared[1], "refusal", "cut_off", "flattering_opening", size=2)
    open_queue(page, server, queue, "Ana")
    press(page, "ArrowDown", "1", "ArrowUp", "ArrowUp", "ArrowDown", "ArrowRight", "a", "Enter")
    expect(page.get_by_text("1 of 2 done")).to_be_visible()

    assert [(c, label) for _, c, label in said(here, queue)] == [
        ("refusal", "absent"),
        ("cut_off", "present"),
        ("flattering_opening", "absent"),
    ]
    severity = TAXONOMY.category("cut_off").severity + 1
    assert labels(here).filter(labels(here)["queue"] == queue.queue_id)["severity"].drop_nulls().to_list() == [severity]


def test_a_half_written_note_survives(page: Page, server: str, here: Workspace, compared: Compared) -> None:
    """Another page and back, and a reload: choice and note are still there, and nothing was saved."""
    queue = queue_of(here, compared[1], size=3, seed=5)
    open_queue(page, server, queue, "Ana")
    press(page, "1", "n")
    page.keyboard.type("not sure wheth")
    page.get_by_role("link", name="Compare").click()
    expect(page.get_by_role("heading", name="Compare")).to_be_visible()
    page.get_by_role("link", name="Queue").click()
    expect(page.locator(".ds-board-note")).to_have_value("not sure wheth")

    open_queue(page, server, queue, "Ana")
    expect(page.locator(".ds-board-note")).to_have_value("not sure wheth")
    expect(page.locator(".ds-chosen").first).to_contain_text("present")
    assert said(here, queue) == []


def test_a_pair_is_labelled_side_by_side(page: Page, server: str, here: Workspace, compared: Compared) -> None:
    """Two responses, left and right; one key gives a label to each."""
    queue = queue_of(here, compared[1], size=2, mode="pair")
    open_queue(page, server, queue, "Ana")
    expect(page.locator(".ds-panel")).to_have_count(2)
    press(page, "2", "Enter")
    expect(page.get_by_text("1 of 2 done")).to_be_visible()

    found = labels(here).filter(labels(here)["queue"] == queue.queue_id)
    assert dict(found.select("run", "label").iter_rows()) == dict(
        zip(queue.items[0].runs, ("absent", "present"), strict=True)
    )


def test_the_browser_is_told_nothing_that_would_unblind(
    page_factory: Browser, server: str, here: Workspace, compared: Compared
) -> None:
    """No message from the server holds a model's name, a run, a lane, a stratum or a grader's word."""
    queue = queue_of(here, compared[1], size=8, rule="audit", title="Blind")
    page = page_factory.new_context().new_page()
    frames: list[bytes] = []

    def listen(socket: object) -> None:
        socket.on("framereceived", lambda data: frames.append(data if isinstance(data, bytes) else data.encode()))

    page.on("websocket", listen)
    open_queue(page, server, queue, "Ana")
    press(page, "2", "Enter", "2", "Enter")
    expect(page.get_by_text("2 of 8 done")).to_be_visible()
    page.context.close()

    # The style sheet names the lanes on every page.
    everything = b"\n".join(frame for frame in frames if b".ds-lane-baseline" not in frame).lower()
    assert queue.items[2].item.encode() in everything
    secrets = [*queue.runs, "baseline model", "candidate model", "baseline", "candidate", "flagged", "inclusion"]
    assert [word for word in secrets if word.encode() in everything] == []


def test_help_takes_the_keys(page: Page, server: str, here: Workspace, compared: Compared) -> None:
    """While the help is open no key labels anything."""
    queue = queue_of(here, compared[1], size=2, seed=9)
    open_queue(page, server, queue, "Ana")
    press(page, "?")
    expect(page.get_by_text("Keys do nothing while you type")).to_be_visible()
    press(page, "1", "Enter")
    press(page, "Escape")
    expect(page.get_by_text("Keys do nothing while you type")).to_be_hidden()

    assert said(here, queue) == []


def test_three_people_at_once_lose_nothing(tmp_path: Path) -> None:
    """A thousand saves from three browsers, as fast as they go: each kept once, no item given to two."""
    workspace = Workspace(tmp_path / "ws")
    fill(workspace, [conversation(n, turns=1) for n in range(1_000)])
    sample = draw(workspace, SampleSpec(unit="conversation"), now=NOW)
    queue = queue_of(workspace, Lanes(sample.sample_id), size=1_000)
    with served({"DEPLOYSIM_WORKSPACE": str(workspace.root)}, tmp_path / "log.txt") as url:
        counts: dict[str, int] = {}
        people = [threading.Thread(target=_label_all, args=(url, queue, name, counts)) for name in ("Ana", "Ben", "Cy")]
        for one in people:
            one.start()
        for one in people:
            one.join()

    history = label_history(workspace)
    assert len(history) == 1_000
    assert {label.item for label in history} == {item.item for item in queue.items}
    assert {name: sum(label.reviewer == name for label in history) for name in counts} == counts
    assert min(counts.values()) > 50


def _label_all(url: str, queue: Queue, name: str, counts: dict[str, int]) -> None:
    """Label in a browser of one's own until nothing is left, and count the saves."""
    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        page = browser.new_page()
        open_queue(page, url, queue, name)
        done, counts[name] = page.get_by_text(re.compile("Everything in this queue|Nothing is left")), 0
        while True:
            page.locator(".ds-board-ask").or_(done).locator("visible=true").first.wait_for()
            if done.is_visible():
                break
            press(page, "2", "Enter")
            counts[name] += 1
        expect(page.get_by_text(ALL_SAVED)).to_be_visible()
        browser.close()
