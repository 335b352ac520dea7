"""Long work started from the app: a process of its own, so that closing the browser stops nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from deploysim.config import ROOT
from deploysim.store.files import read_json, short_hash, write_json
from deploysim.store.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Job:
    """A command that the app started."""

    job_id: str
    title: str
    started_at: str
    pid: int
    finished: bool
    exit_code: int | None
    output: str
    """The last lines that it printed: counts and errors, never conversation text."""


def start_job(workspace: Workspace, title: str, arguments: Sequence[str], *, now: datetime) -> str:
    """Start `python -m deploysim` with arguments on a workspace and return the job's id."""
    job_id = short_hash([title, list(arguments), now.isoformat()])
    folder = workspace.jobs / job_id
    folder.mkdir(parents=True)
    command = [sys.executable, "-m", "deploysim", *arguments, "--workspace", str(workspace.root.resolve())]
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _waiting[process.pid] = process
    write_json(
        folder / "job.json", {"title": title, "started_at": now.isoformat(timespec="seconds"), "pid": process.pid}
    )
    return job_id


_waiting: dict[int, subprocess.Popen[bytes]] = {}
"""Children of this process: asking for their exit code is what lets the system forget them."""


def list_jobs(workspace: Workspace, *, last: int = 10) -> list[Job]:
    """Return the newest jobs first."""
    jobs = [_job(folder) for folder in workspace.jobs.glob("*") if (folder / "job.json").exists()]
    return sorted(jobs, key=lambda job: job.started_at, reverse=True)[:last]


def _job(folder: Path) -> Job:
    about = read_json(folder / "job.json")
    process = _waiting.get(about["pid"])
    code = process.poll() if process else None
    alive = code is None and _alive(about["pid"])
    tail = (folder / "output.txt").read_bytes()[-2_000:].decode("utf-8", errors="replace")
    return Job(folder.name, about["title"], about["started_at"], about["pid"], not alive, code, tail)


def _alive(pid: int) -> bool:
    """Say whether a process that an earlier server started still runs."""
    if os.name == "nt":
        # There, signal 0 is Ctrl-C. A run's own progress still tells that it is at work.
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
