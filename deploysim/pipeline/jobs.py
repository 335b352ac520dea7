"""Long work started from the app: a process of its own, so that closing the browser stops nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from deploysim.config import ROOT
from deploysim.pipeline.job_reports import JOB_FOLDER, STDIN_BYTES, read_exit_code
from deploysim.store.files import read_json, short_hash, write_json, write_text
from deploysim.store.workspace import Workspace, checked_id

LOOK_EVERY_S = 1.0
"""How often a process that somebody else started is looked for."""


@dataclass(frozen=True, slots=True)
class Job:
    """A command that the app started."""

    job_id: str
    title: str
    arguments: tuple[str, ...]
    """The command and its options; the same ones start it again."""
    started_at: str
    pid: int
    finished: bool
    exit_code: int | None
    """None while it runs, and where it ended without a word, as one that was killed does."""
    stop_requested: bool
    output: str
    """The last lines that it printed: counts and errors, never conversation text."""

    @property
    def command(self) -> str:
        """The command's name, such as import."""
        return self.arguments[0] if self.arguments else ""


def start_job(
    workspace: Workspace, title: str, arguments: Sequence[str], *, now: datetime, stdin: bytes | None = None
) -> str:
    """Start `python -m deploysim` with arguments on a workspace and return the job's id.

    Args:
        workspace: What it works on; its folder of jobs holds what the job says of itself.
        title: What people call it.
        arguments: The command and its options, each an item of its own: no shell ever sees them.
        now: When it starts.
        stdin: Bytes for its standard input. They go from memory to memory and are on no disk.
    """
    job_id = short_hash([title, list(arguments), now.isoformat()])
    folder = workspace.jobs / job_id
    folder.mkdir(parents=True)
    about = {"title": title, "arguments": list(arguments), "started_at": now.isoformat(timespec="seconds")}
    environment = {**os.environ, JOB_FOLDER: str(folder.resolve())}
    if stdin is not None:
        environment[STDIN_BYTES] = str(len(stdin))
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "deploysim", *arguments, "--workspace", str(workspace.root.resolve())],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _waiting[process.pid] = process
    if stdin is not None and process.stdin is not None:
        threading.Thread(target=_feed, args=(process.stdin, stdin), daemon=True, name=f"feed {job_id}").start()
    write_json(folder / "job.json", {**about, "pid": process.pid})
    return job_id


_waiting: dict[int, subprocess.Popen[bytes]] = {}
"""Children of this process: asking for their exit code is what lets the system forget them."""


def list_jobs(workspace: Workspace, *, last: int = 10, commands: Sequence[str] = ()) -> list[Job]:
    """Return the newest jobs first: those that run one of the commands, or all."""
    jobs = [_job(folder) for folder in workspace.jobs.glob("*") if (folder / "job.json").exists()]
    wanted = [job for job in jobs if not commands or job.command in commands]
    return sorted(wanted, key=lambda job: job.started_at, reverse=True)[:last]


def find_job(workspace: Workspace, job_id: str) -> Job | None:
    """Return a job, or None where the workspace has none of that id."""
    folder = workspace.jobs / checked_id(job_id, kind="job")
    return _job(folder) if (folder / "job.json").exists() else None


def wait_for_job(workspace: Workspace, job_id: str) -> None:
    """Return when a job has ended, also one that another process started."""
    job = find_job(workspace, job_id)
    if job and (process := _waiting.get(job.pid)):
        process.wait()
    # The system tells nobody but a parent when a process ends: others have to look.
    while job and not job.finished:
        time.sleep(LOOK_EVERY_S)
        job = find_job(workspace, job_id)


def stop_job(workspace: Workspace, job_id: str) -> None:
    """Ask a job and the processes that it started to stop, as Ctrl-C would; asked again, end them. Done work stays."""
    folder = workspace.jobs / checked_id(job_id, kind="job")
    job = _job(folder)
    if job.finished:
        return
    with suppress(ProcessLookupError):
        if os.name == "nt":
            os.kill(job.pid, signal.SIGTERM)
        else:
            os.killpg(job.pid, signal.SIGTERM if job.stop_requested else signal.SIGINT)
    write_text(folder / "stop", "")


def _feed(pipe: IO[bytes], data: bytes) -> None:
    """Hand bytes to a job, which may end before it has read them all."""
    with suppress(BrokenPipeError), pipe:
        pipe.write(data)


def _job(folder: Path) -> Job:
    about = read_json(folder / "job.json")
    process = _waiting.get(about["pid"])
    code = process.poll() if process else None
    alive = code is None if process else _runs(about["pid"])
    if process is None and not alive:
        code = read_exit_code(folder)
    return Job(
        job_id=folder.name,
        title=about["title"],
        arguments=tuple(about.get("arguments", ())),
        started_at=about["started_at"],
        pid=about["pid"],
        finished=not alive,
        exit_code=code,
        stop_requested=(folder / "stop").exists(),
        output=(folder / "output.txt").read_bytes()[-2_000:].decode("utf-8", errors="replace"),
    )


def _runs(pid: int) -> bool:
    """Say whether a process that an earlier server started still runs, and is still the same one."""
    if os.name == "nt":
        # There, signal 0 is Ctrl-C. A run's own progress still tells that it is at work.
        return False
    try:
        os.kill(pid, 0)
        # The system gives numbers again. Where it does not say whose this one is, it counts as the job's.
        return b"\0-m\0deploysim\0" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except ProcessLookupError:
        return False
    except OSError:
        return True
