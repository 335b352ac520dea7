"""A hundred real WildChat prefixes on the local model, from the app in a real browser: stopped, killed and resumed.

Run: .venv/bin/python tests/benchmarks/walk_replay.py --workspace FOLDER --pictures FOLDER

The workspace is filled from ../shared/data/wildchat where it is empty; reading and scrubbing are not part of the time.
The run is started, stopped after about a fifth, resumed, killed after about two fifths and resumed. Printed is how far
it was at each turn and how long all took; at the end every prefix has exactly one response.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from playwright.sync_api import Page, expect, sync_playwright  # noqa: E402
from serving import CHROMIUM, served  # noqa: E402

from deploysim.pipeline.jobs import list_jobs  # noqa: E402
from deploysim.store.journal import read_journal  # noqa: E402
from deploysim.store.responses import responses  # noqa: E402
from deploysim.store.runs import journal_path, list_runs  # noqa: E402
from deploysim.store.workspace import Workspace  # noqa: E402

PREFIXES = 100
MOST_TOKENS = 64
"""Of a response. The model writes some dozens a second in all."""
DATA = ROOT.parent / "shared" / "data" / "wildchat" / "data.parquet"
FILL = (f"import {DATA}", f"sample --size {PREFIXES} --seed 7")
PATIENCE_MS = 3_600_000


def main() -> None:
    """Fill, replay with interruptions, count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--pictures", type=Path, required=True)
    options = parser.parse_args()
    workspace = Workspace(options.workspace.resolve())
    environment = {"DEPLOYSIM_WORKSPACE": str(workspace.root)}
    options.pictures.mkdir(parents=True, exist_ok=True)
    if not list(workspace.samples.glob("*.duckdb")):
        for command in FILL:
            run = [sys.executable, "-m", "deploysim", *command.split()]
            subprocess.run(run, cwd=ROOT, env={**os.environ, **environment}, check=True)
    with served(environment, options.pictures / "server.txt") as url, sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1440, "height": 1600})
        page.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        started = time.monotonic()
        replay(page, url, workspace, options.pictures)
        print(f"all of it: {time.monotonic() - started:.0f} s", flush=True)
        browser.close()
    tell(workspace)


def replay(page: Page, url: str, workspace: Workspace, pictures: Path) -> None:
    """Start, stop, resume, kill, resume and wait for the end."""
    page.goto(f"{url}/runs")
    page.get_by_label("Name", exact=True).fill("local")
    page.get_by_role("spinbutton", name="Most tokens").fill(str(MOST_TOKENS))
    page.get_by_role("button", name=re.compile("^(play_arrow ?)?Start( the candidate alone)?$")).click()
    print(f"stopped when it had {wait_for(page, PREFIXES // 5)}", flush=True)
    page.screenshot(path=pictures / "working.png")
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text("Stopped before everything was answered.")).to_be_visible()
    page.screenshot(path=pictures / "stopped.png")
    print(f"stopped at {written(workspace)}, what was in flight included", flush=True)

    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_visible()
    print(f"killed when it had {wait_for(page, 2 * PREFIXES // 5)}", flush=True)
    # The worker of the queue may have been started beside it, found another at it and ended already.
    running = next(job for job in list_jobs(workspace, commands=["replay"]) if not job.finished)
    os.killpg(running.pid, signal.SIGKILL)
    expect(page.get_by_text("Its process ended without a word")).to_be_visible()
    page.screenshot(path=pictures / "killed.png")
    print(f"killed at {written(workspace)}", flush=True)

    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text(re.compile(rf"done, .* of {PREFIXES} answered")).first).to_be_visible()
    page.screenshot(path=pictures / "done.png")


def wait_for(page: Page, least: int) -> int:
    """Wait until the page says that a run has so many responses, and return how many."""
    shown = f"n => {{ const m = document.body.innerText.match(/(\\d+) of {PREFIXES} responses/); "
    shown += "return m && Number(m[1]) >= n ? Number(m[1]) : false }"
    return int(page.wait_for_function(shown, arg=least).json_value())


def written(workspace: Workspace) -> int:
    """Return how many rows the run's journal has."""
    return sum(1 for _ in read_journal(journal_path(workspace, list_runs(workspace)[0].run_id)))


def tell(workspace: Workspace) -> None:
    """Say what is on the disk."""
    (run,) = list_runs(workspace)
    found = responses(workspace, run.run_id)
    assert found.height == found["prefix_id"].n_unique() == PREFIXES, "a prefix has no response, or two"
    tokens = found["prompt_tokens"].sum() + found["completion_tokens"].sum()
    print(f"{run.status}: {run.outcomes}; {tokens:,} tokens in {written(workspace)} rows of the journal")


if __name__ == "__main__":
    main()
