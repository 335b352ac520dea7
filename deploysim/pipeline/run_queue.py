"""The queue of runs: they go one after another in processes of their own, whether a browser is open or not.

A worker, itself a process, gives each entry its turn. Each run is a process beside it: one that is killed takes neither
the worker nor the others along, and one that outlives its worker is waited for by the next. Any number of workers may be
started; all but one end at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from filelock import FileLock, Timeout

from deploysim.pipeline.job_reports import read_run_id
from deploysim.pipeline.jobs import Job, find_job, list_jobs, start_job, wait_for_job
from deploysim.store.run_queue import QueueEntry, add_entry, list_entries, take_entry, write_job
from deploysim.store.runs import list_runs
from deploysim.store.workspace import Workspace

WORKER = "work-queue"
"""The command that works on the queue."""
BATCH = "--batch"
STOPPED = 130
"""Exit code of a command that was asked to stop."""
PATIENCE_S = 10.0
"""A second worker waits so long for the first to end, which may be about to, before it ends itself."""
KEPT_JOBS = 50
"""Jobs that are looked through for runs that are at work."""


@dataclass(frozen=True, slots=True)
class QueueState:
    """What waits, what is at work and what did not work."""

    waiting: tuple[QueueEntry, ...]
    starting: tuple[QueueEntry, ...]
    """At work, and not yet heard of as a run."""
    broken: tuple[tuple[QueueEntry, Job], ...]
    """Ended with an error that no run tells of; what they said stands in their jobs."""
    alive: frozenset[str]
    """Runs whose process is known to be at work."""
    stands_still: bool
    """Whether entries wait and nobody gives them their turn."""


def enqueue(workspace: Workspace, title: str, arguments: Sequence[str], *, now: datetime, first: bool = False) -> str:
    """Add a run to the queue, see to it that somebody works on it, and return the entry's id."""
    entry_id = add_entry(workspace, title, arguments, now=now, first=first)
    start_worker(workspace, now=now)
    return entry_id


def start_worker(workspace: Workspace, *, now: datetime) -> None:
    """Start a worker, which ends at once where there is one already."""
    start_job(workspace, "queue of runs", [WORKER], now=now)


def work_queue(workspace: Workspace, *, clock: Callable[[], datetime], patience_s: float = PATIENCE_S) -> int:
    """Give every waiting entry its turn and return how many had one; 0 where another worker is at it.

    A run that is answered in batches is not waited for: it has nothing to do but to wait itself.
    """
    done = 0
    workspace.run_queue.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(workspace.run_queue / "worker.lock", timeout=patience_s):
            _wait_for_orphans(workspace)
            while entry := _next(workspace):
                _run(workspace, entry, now=clock())
                done += 1
    except Timeout:
        return 0
    return done


def queue_state(workspace: Workspace) -> QueueState:
    """Return how the queue stands."""
    jobs = {job.job_id: job for job in list_jobs(workspace, last=KEPT_JOBS, commands=("replay", WORKER))}
    entries = list_entries(workspace)
    had_turn = [(entry, jobs[entry.job_id]) for entry in entries if entry.job_id in jobs]
    waiting = tuple(entry for entry in entries if not entry.started)
    runs = {job_id: read_run_id(workspace, job_id) for job_id in jobs}
    known = {run.run_id: run.status for run in list_runs(workspace)}
    worked_on = any(job.command == WORKER and not job.finished for job in jobs.values())
    return QueueState(
        waiting=waiting,
        starting=tuple(e for e, job in had_turn if not job.finished and runs[job.job_id] not in known),
        broken=tuple((e, job) for e, job in had_turn if _broke(job, known.get(runs[job.job_id] or ""))),
        alive=frozenset(run for job_id, run in runs.items() if run and not jobs[job_id].finished),
        stands_still=bool(waiting) and not worked_on,
    )


def _broke(job: Job, status: str | None) -> bool:
    """Say whether a job did not work and its run, of such a status or None where there is none, does not say so."""
    if not job.finished or job.exit_code in (0, STOPPED):
        return False
    return status != "failed" if job.exit_code is not None else status is None


def _next(workspace: Workspace) -> QueueEntry | None:
    """Take the entry whose turn it is; one that a worker took and died over comes first."""
    for entry in list_entries(workspace):
        if entry.started and entry.job_id is None:
            return entry
        if not entry.started and take_entry(workspace, entry.entry_id, "started"):
            return entry
    return None


def _run(workspace: Workspace, entry: QueueEntry, *, now: datetime) -> None:
    job_id = start_job(workspace, entry.title, entry.arguments, now=now)
    write_job(workspace, entry.entry_id, job_id)
    if BATCH not in entry.arguments:
        wait_for_job(workspace, job_id)


def _wait_for_orphans(workspace: Workspace) -> None:
    for entry in list_entries(workspace):
        if entry.job_id and BATCH not in entry.arguments:
            job = find_job(workspace, entry.job_id)
            if job and not job.finished:
                wait_for_job(workspace, entry.job_id)
