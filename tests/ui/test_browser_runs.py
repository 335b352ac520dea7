"""A replay from a real browser: started, stopped, killed and resumed, with every response there once at the end."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_endpoint import Manner, fake_endpoint, hurry
from makers import NOW, conversation, fill
from playwright.sync_api import Page, expect
from serving import in_a_browser, served

from deploysim.pipeline.drawing import draw
from deploysim.pipeline.jobs import list_jobs
from deploysim.sampling import SampleSpec
from deploysim.store.responses import responses
from deploysim.store.run_progress import read_progress, stop_requested
from deploysim.store.runs import list_runs
from deploysim.store.workspace import Workspace

pytestmark = in_a_browser
PREFIXES = 120
SLOW, QUICK = (1.5, 2.0), (0.01, 0.02)
"""Seconds that an answer takes: two minutes for all of them, or a moment."""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace that holds a sample."""
    here = Workspace(tmp_path / "ws")
    fill(here, [conversation(number, turns=1) for number in range(PREFIXES)])
    draw(here, SampleSpec(size=PREFIXES, seed=1), now=NOW)
    return here


@pytest.fixture
def endpoint() -> Iterator[str]:
    """Give an endpoint so slow that no run is over before the page has shown it, however busy the machine is."""
    with fake_endpoint(Manner(delay=SLOW, slots=2)) as url:
        yield url


@pytest.fixture
def server(workspace: Workspace, endpoint: str, tmp_path: Path) -> Iterator[str]:
    """Serve the workspace beside that endpoint."""
    settings = {"OPENAI_BASE_URL": endpoint, "OPENAI_API_KEY": "none", "DEPLOYSIM_MODEL": "new-model"}
    with served({"DEPLOYSIM_WORKSPACE": str(workspace.root), **settings}, tmp_path / "server.txt") as url:
        yield url


def done(workspace: Workspace) -> int:
    """Return how many outcomes the run says it has."""
    progress = read_progress(workspace, list_runs(workspace)[0].run_id)
    return progress.done if progress else 0


def wait_for_more_than(page: Page, responses: int) -> None:
    """Wait until the page says that a run has more responses than so many."""
    shown = "n => Number((document.body.innerText.match(/(\\d+) of 120 responses/) || [])[1]) > n"
    page.wait_for_function(shown, arg=responses, timeout=120_000)


def test_a_run_is_started_stopped_killed_and_resumed(
    page: Page, server: str, endpoint: str, workspace: Workspace
) -> None:
    """Whatever a person or the machine does to a run, the page goes on with it, and no prefix is answered twice."""
    page.goto(f"{server}/runs")
    page.get_by_text("Endpoint", exact=True).first.click()
    expect(page.get_by_role("spinbutton", name="Budget in tokens")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_count(1)
    page.get_by_label("Name", exact=True).fill("the new one")
    page.get_by_role("button", name=re.compile("^(play_arrow ?)?Start( the candidate alone)?$")).click()

    wait_for_more_than(page, 0)
    page.get_by_role("button", name="Stop", exact=True).click()
    for _ in range(1_200):
        if stop_requested(workspace, list_runs(workspace)[0].run_id):
            break
        page.wait_for_timeout(50)
    hurry(endpoint, *QUICK)
    expect(page.get_by_text("Stopped before everything was answered.")).to_be_visible(timeout=60_000)
    stopped_at = done(workspace)
    assert 0 < stopped_at < PREFIXES

    hurry(endpoint, *SLOW)
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_visible(timeout=60_000)
    wait_for_more_than(page, stopped_at)
    # The worker of the queue may have been started beside it, found another at it and ended already.
    running = next(job for job in list_jobs(workspace, commands=["replay"]) if not job.finished)
    os.killpg(running.pid, signal.SIGKILL)
    expect(page.get_by_text("Its process ended without a word")).to_be_visible(timeout=90_000)

    hurry(endpoint, *QUICK)
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text(re.compile(r"(?<! of )120( of 120)? answered")).first).to_be_visible(timeout=90_000)
    answered = responses(workspace, list_runs(workspace)[0].run_id)
    assert answered.height == answered["prefix_id"].n_unique() == PREFIXES
