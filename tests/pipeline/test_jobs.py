"""Commands that the app starts in processes of their own."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from makers import NOW

from deploysim.pipeline.jobs import Job, list_jobs, start_job
from deploysim.store.workspace import Workspace


def finished(workspace: Workspace) -> Job:
    """Wait for the newest job to end."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        job = list_jobs(workspace)[0]
        if job.finished:
            return job
        time.sleep(0.1)
    raise AssertionError("the job did not end")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [(["status"], 0, "This workspace is empty"), (["sample"], 1, "no conversations to draw from")],
)
def test_a_job_ends_with_its_exit_code_and_words(tmp_path: Path, arguments: list[str], code: int, says: str) -> None:
    """What a command says is there to read, whether it worked or not."""
    workspace = Workspace(tmp_path / "ws")
    start_job(workspace, "a title", arguments, now=NOW)

    job = finished(workspace)
    assert (job.title, job.exit_code) == ("a title", code)
    assert says in job.output
