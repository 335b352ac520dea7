"""How long a reviewer waits between saving one item and seeing the next, in a real browser on a real server.

Run: .venv/bin/python tests/benchmarks/bench_queue.py [--items 60] [--pace 0.4]

Two times are reported for every press of Enter: until the next item is painted, and until the server has said that the
decision is on its disk. `--pace` is the pause between two items; 0 saves as fast as the keys can be pressed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from makers import NOW, compared_workspace  # noqa: E402
from playwright.sync_api import Page, sync_playwright  # noqa: E402
from serving import CHROMIUM, served  # noqa: E402

from deploysim.grade.grader import graders_of  # noqa: E402
from deploysim.pipeline.queueing import QueueSpec, create_queue  # noqa: E402
from deploysim.store.labels import labels  # noqa: E402
from deploysim.store.queues import Queue, read_queue  # noqa: E402
from deploysim.store.workspace import Workspace  # noqa: E402
from deploysim.taxonomy import load_taxonomy  # noqa: E402

QUIET = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
WATCH = """() => {
  window.waits = { shown: [], kept: [] }
  let pressed = null
  document.addEventListener("keydown", event => { if (event.key === "Enter") pressed = performance.now() }, true)
  const board = document.querySelector(".ds-board")
  const saved = board.querySelector(".ds-board-saved")
  new MutationObserver(() => {
    const from = pressed
    requestAnimationFrame(() => setTimeout(() => window.waits.shown.push(performance.now() - from)))
  }).observe(board, { attributes: true, attributeFilter: ["data-item"] })
  new MutationObserver(() => {
    if (saved.textContent === "all saved" && pressed !== null) window.waits.kept.push(performance.now() - pressed)
  }).observe(saved, { childList: true, characterData: true, subtree: true })
}"""


def main() -> None:
    """Label a queue by keyboard and print the waits."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=60)
    parser.add_argument("--pace", type=float, default=0.4, help="seconds between two items")
    parser.add_argument(
        "--workspace", type=Path, help="a workspace with a queue of one category, instead of a made one"
    )
    parser.add_argument("--queue", default="")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        workspace, queue = given(options) if options.workspace else made(root, options.items)
        before = labels(workspace).height
        with (
            served({"DEPLOYSIM_WORKSPACE": str(workspace.root)}, root / "server.txt") as url,
            sync_playwright() as tool,
        ):
            browser = tool.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
            page = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
            seconds = run(page, url, queue, options.items, options.pace)
            waits = page.evaluate("window.waits")
            browser.close()
        kept = labels(workspace).height - before
        print(f"{options.items} items, {kept} labels on disk, {60 * options.items / seconds:.0f} items a minute")
        for name, says in (("shown", "next item on screen"), ("kept", "label on disk, server said so")):
            print(f"{says}: {summary(waits[name])}")


def made(root: Path, items: int) -> tuple[Workspace, Queue]:
    """Return a workspace of invented conversations with a queue."""
    workspace, lanes = compared_workspace(root, count=items)
    taxonomy = load_taxonomy()
    spec = QueueSpec(lanes, categories=("refusal",), size=items)
    return workspace, create_queue(workspace, spec, taxonomy, graders_of(taxonomy), by="bench", now=NOW)


def given(options: argparse.Namespace) -> tuple[Workspace, Queue]:
    """Return the workspace and queue that were named."""
    workspace = Workspace(options.workspace)
    return workspace, read_queue(workspace, options.queue)


def run(page: Page, url: str, queue: Queue, items: int, pace: float) -> float:
    """Label items, and return how many seconds it took."""
    page.goto(f"{url}/queue?queue={queue.queue_id}")
    page.get_by_label("Your name").fill("Bench")
    page.keyboard.press("Enter")
    page.wait_for_selector(".ds-board[data-item]")
    page.wait_for_timeout(500)
    page.evaluate(WATCH)
    started = time.monotonic()
    for _ in range(items):
        page.wait_for_selector(".ds-board-ask:not([hidden])")
        page.keyboard.press("2")
        page.keyboard.press("Enter")
        page.wait_for_timeout(pace * 1000)
    page.wait_for_function("document.querySelector('.ds-board-saved').textContent === 'all saved'")
    return time.monotonic() - started


def summary(waits: list[float]) -> str:
    """Return median, 95th percentile and maximum in milliseconds."""
    p95 = statistics.quantiles(waits, n=20)[-1]
    return f"median {statistics.median(waits):.0f} ms, p95 {p95:.0f} ms, most {max(waits):.0f} ms (n = {len(waits)})"


if __name__ == "__main__":
    main()
