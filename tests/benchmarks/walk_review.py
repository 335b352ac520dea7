"""Two reviewers take 200 responses of a real upgrade through Queue, Agreement and Compare, in real browsers.

Run: .venv/bin/python tests/benchmarks/walk_review.py --workspace FOLDER --pictures FOLDER

The workspace is filled from ../shared/data/arena_hard (gpt-4-0314 as the log, gpt-4-0613 as the candidate) where it is
empty. The reviewers are scripts that read the screen and press keys, at the same time; one of them errs now and then.
Printed are the labels on disk, the items a minute and what each page says; every page is kept as a picture.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402
from serving import CHROMIUM, served  # noqa: E402

from deploysim.pipeline.reviewing import work_of  # noqa: E402
from deploysim.store.labels import label_history, labels  # noqa: E402
from deploysim.store.queues import Queue, list_queues  # noqa: E402
from deploysim.store.workspace import Workspace  # noqa: E402

DATA = ROOT.parent / "shared" / "data" / "arena_hard" / "data.parquet"
CATEGORIES = ("ai_disclaimer", "cut_off", "refusal")
FILL = (
    f"import {DATA} --map user=prompt,assistant=response,id=prompt_id,model=model --where model=gpt-4-0314",
    "sample --size 200 --seed 5",
    f"import-responses {DATA} --map id=prompt_id,response=response,model=model --where model=gpt-4-0613",
    "grade",
)
DRAW = "queue --rule audit --with-recorded --size 250 --per-item 2 --seed 3 --by Lea --title Upgrade"
WORDS = {
    "ai_disclaimer": re.compile(r"\bas an ai\b|\bai (?:language )?(?:model|assistant)\b", re.IGNORECASE),
    "cut_off": re.compile(r"[\w,;(]\s*$"),
    "refusal": re.compile(r"\bi(?:'m| am) sorry,? but|\bi can(?:'t|not) (?:help|assist|provide)", re.IGNORECASE),
}
WIDTHS = (1440, 800)
TALL = 2_600
NAMED = ("new-queue", "people")
"""Pages that show more to somebody who has written a name."""


def main() -> None:
    """Fill, label, look."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--pictures", type=Path, required=True)
    options = parser.parse_args()
    environment = {"DEPLOYSIM_WORKSPACE": str(options.workspace.resolve())}
    options.pictures.mkdir(parents=True, exist_ok=True)
    workspace = Workspace(options.workspace)
    queue = drawn(workspace, environment)
    with served(environment, options.pictures / "server.txt") as url:
        with sync_playwright() as tool:
            browser = tool.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
            for width in WIDTHS:
                show_queue(browser, url, queue, options.pictures, width)
            browser.close()
        people = [threading.Thread(target=label_all, args=(url, queue, *one)) for one in (("Ana", 0.0), ("Ben", 0.04))]
        for one in people:
            one.start()
        for one in people:
            one.join()
        tell(workspace, queue)
        with sync_playwright() as tool:
            browser = tool.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
            for width in WIDTHS:
                look(browser, url, queue, options.pictures, width)
            browser.close()


def drawn(workspace: Workspace, environment: dict[str, str]) -> Queue:
    """Return the queue, drawing it, and filling the workspace before, where there is none."""
    asked = " ".join(f"--category {category}" for category in CATEGORIES)
    commands = [] if workspace.samples.exists() and any(workspace.samples.iterdir()) else [*FILL]
    commands += [] if list_queues(workspace) else [f"{DRAW} {asked}"]
    for command in commands:
        run = [sys.executable, "-m", "deploysim", *command.split()]
        subprocess.run(run, cwd=ROOT, env={**os.environ, **environment}, check=True)
    return list_queues(workspace)[0]


def label_all(url: str, queue: Queue, name: str, errs: float) -> None:
    """Label by keyboard until nothing is left."""
    chance, count, started = random.Random(name), 0, time.monotonic()
    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        open_queue(page, url, queue, name)
        done = page.get_by_text(re.compile("Everything in this queue|Nothing is left"))
        while True:
            page.locator(".ds-board-ask").or_(done).locator("visible=true").first.wait_for()
            if done.is_visible():
                break
            response = page.locator(".ds-board-read .ds-panel .ds-text").all_inner_texts()
            for category in queue.categories:
                present = bool(WORDS[category].search("".join(response))) != (chance.random() < errs)
                page.keyboard.press("1" if present else "2")
            page.keyboard.press("Enter")
            count += 1
        page.get_by_text("all saved").wait_for()
        browser.close()
    print(f"{name}: {count} items, {60 * count / (time.monotonic() - started):.0f} a minute")


def open_queue(page: Page, url: str, queue: Queue, name: str) -> None:
    """Open the queue as somebody."""
    page.goto(f"{url}/queue?queue={queue.queue_id}")
    page.get_by_label("Your name").fill(name, timeout=90_000)
    page.keyboard.press("Enter")
    page.locator(".ds-board").wait_for()


def tell(workspace: Workspace, queue: Queue) -> None:
    """Say what is on the disk."""
    history = [label for label in label_history(workspace) if label.queue == queue.queue_id]
    found = labels(workspace)
    print(f"{len(queue.items)} items, {len(history)} labels written, {found.height} count")
    for row in work_of(workspace).iter_rows(named=True):
        print(
            f"{row['person']}: {row['items']} items, median {row['seconds an item']:.2f} s from seeing one to saving it"
        )
    print(found.group_by("reviewer", "category", "label").len().sort("category", "label", "reviewer"))


def look(browser: Browser, url: str, queue: Queue, pictures: Path, width: int) -> None:
    """Keep a picture of every page, from its top to its end: the app scrolls inside the window."""
    page = browser.new_page(viewport={"width": width, "height": TALL})
    run = next(run for run in queue.runs if run != "recorded")
    compare = f"compare?sample={queue.sample_id}&candidate={run}&baseline=none"
    places = {
        "compare": compare,
        "compare-category": f"{compare}&category=ai_disclaimer&outcome=improved",
        "agreement": "agreement",
        "queues": "queue?view=All+queues",
        "new-queue": "queue?view=New+queue",
        "people": "people",
    }
    for name, place in places.items():
        page.goto(f"{url}/{place}")
        settled(page)
        if name in NAMED:
            page.get_by_label("Your name").fill("Ana")
            page.keyboard.press("Enter")
            settled(page)
        if name == "new-queue":
            page.get_by_role("combobox", name="Categories").fill("Declines the request")
            page.keyboard.press("Enter")
            page.keyboard.press("Escape")
            settled(page)
        page.screenshot(path=pictures / f"{name}-{width}.png")
    page.close()


def show_queue(browser: Browser, url: str, queue: Queue, pictures: Path, width: int) -> None:
    """Keep a picture of the queue as somebody meets it."""
    page = browser.new_page(viewport={"width": width, "height": 1000})
    open_queue(page, url, queue, "Ana")
    page.locator(".ds-board-ask").wait_for()
    settled(page)
    page.screenshot(path=pictures / f"queue-{width}.png", full_page=True)
    page.close()


def settled(page: Page) -> None:
    """Wait until the page has been drawn."""
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=90_000)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1_500)


if __name__ == "__main__":
    main()
