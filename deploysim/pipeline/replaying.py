"""Replay: a sample through one model configuration in one lane, as a run that can be watched and resumed."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from deploysim.chat.runner import RunTally
from deploysim.chat.settings import LOCAL, ModelSettings, checked_api
from deploysim.config import Settings
from deploysim.errors import ConfigError, DeploysimError
from deploysim.pipeline.batching import answer_in_batches, check_way
from deploysim.pipeline.grading import Report, silent
from deploysim.pipeline.privacy_gate import check_gate
from deploysim.replay.batch_job import BatchOptions
from deploysim.replay.engine import ReplayJob, outcomes, replay
from deploysim.store.files import short_hash
from deploysim.store.journal import Journal
from deploysim.store.runs import (
    RunProgress,
    RunRecord,
    clear_for_resume,
    journal_path,
    read_run,
    responses_path,
    run_folder,
    seal_responses,
    stop_requested,
    write_progress,
    write_run,
)
from deploysim.store.samples import prefix_count, prefixes
from deploysim.store.workspace import Workspace
from deploysim.types import Lane

OPENAI = "https://api.openai.com/v1"
EMBEDDED_NAMES = ("local", LOCAL)


@dataclass(frozen=True, slots=True)
class ReplayPlan:
    """Which run to make."""

    sample_id: str
    lane: Lane
    settings: ModelSettings
    seed: int = 0
    in_flight: int = 8
    retry_failed: bool = False
    leak_limit: float | None = None
    """Largest share of messages that may leak where the sample goes to another machine; None for no limit."""
    override_privacy: str = ""
    """Why it goes there above the limit; recorded with the run."""
    batch: BatchOptions | None = None
    """How it is answered through the provider's Batch API; None for live requests. It is the same run either way."""

    def run_id(self) -> str:
        """Return the id of the run: the same plan is the same run, and resumes it."""
        return short_hash([self.sample_id, self.lane, self.settings.identity(), self.settings.name, self.seed])


def model_settings(
    settings: Settings,
    *,
    model: str = "",
    name: str = "",
    base_url: str = "",
    api: str = "chat",
    system_prompt: str | None = None,
    temperature: float | None = None,
    top_p: float | None = None,
    max_tokens: int | None = None,
) -> ModelSettings:
    """Return a model configuration from what was asked for and what the environment says.

    Raises:
        ConfigError: where no model is named and none is configured, or the API is not known.
    """
    model = model or settings.model or ""
    embedded = model in EMBEDDED_NAMES and not base_url
    if not model:
        raise ConfigError(
            "No model was named.",
            expected="the name of a model at the endpoint, or local for the embedded one",
            next_step="add --model NAME, or set DEPLOYSIM_MODEL in .env",
        )
    return ModelSettings(
        name=name or model,
        model=LOCAL if embedded else model,
        base_url=None if embedded else base_url or settings.base_url or OPENAI,
        api_key=settings.api_key,
        api=checked_api(api),
        system_prompt=system_prompt,
        temperature=temperature,
        top_p=top_p,
        max_tokens=max_tokens,
    )


def replay_sample(workspace: Workspace, plan: ReplayPlan, *, now: datetime, report: Report = silent) -> RunRecord:
    """Answer every prefix of a sample, going on where an earlier process stopped.

    Raises:
        BusyError: where another process is at work on this run.
        InputError: where the spot-check of scrubbing does not allow sending the sample to another machine.
        ModelError: where the endpoint cannot be used; what was answered is kept and the run says why it failed.
    """
    total = prefix_count(workspace, plan.sample_id)
    title = f"{plan.lane}: {plan.settings.name}"
    check_way(workspace, plan.run_id(), plan.settings, batch=plan.batch is not None)
    known = _finished_already(workspace, plan)
    if known:
        report(title, total, total)
        return known
    with Journal(journal_path(workspace, plan.run_id())) as journal:
        return _replay(workspace, plan, journal, _started(workspace, plan, total, now), title, report)


def _finished_already(workspace: Workspace, plan: ReplayPlan) -> RunRecord | None:
    if plan.retry_failed or not responses_path(workspace, plan.run_id()).exists():
        return None
    run = read_run(workspace, plan.run_id())
    return run if run.status == "done" else None


def _replay(
    workspace: Workspace, plan: ReplayPlan, journal: Journal, record: RunRecord, title: str, report: Report
) -> RunRecord:
    before = outcomes(journal.path)
    skip = {p for p, status in before.items() if not (plan.retry_failed and status == "failed")}
    failed = sum(before[p] == "failed" for p in skip)
    watch = _Watch(workspace, record.run_id, title, record.prefixes, len(skip), failed, report)
    job = ReplayJob(
        prefixes=(sampled.prefix for sampled in prefixes(workspace, plan.sample_id)),
        settings=plan.settings,
        seed=plan.seed,
        in_flight=plan.in_flight,
        skip=skip,
    )
    try:
        if plan.batch:
            answer_in_batches(
                workspace, record, plan.settings, plan.batch, journal, retry_failed=plan.retry_failed, on_rows=watch
            )
        else:
            replay(
                job,
                journal,
                clock=lambda: datetime.now(UTC),
                on_rows=watch,
                stop=lambda: stop_requested(workspace, record.run_id),
            )
    except DeploysimError as error:
        write_run(workspace, replace(record, status="failed", error=str(error)))
        raise
    except KeyboardInterrupt:
        _finish(workspace, record)
        raise
    return _finish(workspace, record)


def _started(workspace: Workspace, plan: ReplayPlan, total: int, now: datetime) -> RunRecord:
    """Write the run's record; a run that goes on keeps the time at which it began."""
    run_id, settings = plan.run_id(), plan.settings
    known = read_run(workspace, run_id) if (run_folder(workspace, run_id) / "run.json").exists() else None
    # A reason that stands in the run's record holds for the whole run.
    notes = known.notes if known and known.notes else _gate_notes(workspace, plan)
    created = known.created_at if known else now.isoformat(timespec="seconds")
    clear_for_resume(workspace, run_id)
    record = RunRecord(
        run_id=run_id,
        sample_id=plan.sample_id,
        lane=plan.lane,
        name=settings.name,
        model=settings.model,
        settings={
            **settings.identity(),
            "in_flight": plan.in_flight,
            "timeout_s": settings.timeout_s,
            # Providers ask less for batches.
            **({"batch": True} if plan.batch else {}),
        },
        settings_line=settings.describe(),
        fingerprint=settings.fingerprint(),
        seed=plan.seed,
        prefixes=total,
        created_at=created,
        notes=notes,
    )
    write_run(workspace, record)
    return record


def _gate_notes(workspace: Workspace, plan: ReplayPlan) -> tuple[str, ...]:
    note = check_gate(
        workspace, plan.sample_id, plan.settings.base_url, limit=plan.leak_limit, override=plan.override_privacy
    )
    return (note,) if note else ()


def _finish(workspace: Workspace, record: RunRecord) -> RunRecord:
    frame = seal_responses(workspace, record.run_id)
    finished = replace(
        record,
        status="done" if frame.height >= record.prefixes else "stopped",
        finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    write_run(workspace, finished)
    return finished


@dataclass(slots=True)
class _Watch:
    """Turns tallies into progress: for the terminal, and in the run's folder for whoever looks."""

    workspace: Workspace
    run_id: str
    title: str
    total: int
    done_before: int
    failed_before: int
    report: Report
    _written: float = 0.0

    def __call__(self, tally: RunTally) -> None:
        """Take note of how far the run is."""
        done = self.done_before + tally.rows
        self.report(self.title, done, self.total)
        if time.time() - self._written < 1.0 and done < self.total:
            return
        self._written = time.time()
        progress = RunProgress(
            done=done,
            failed=self.failed_before + tally.failed,
            total=self.total,
            prompt_tokens=tally.prompt_tokens,
            completion_tokens=tally.completion_tokens,
            seconds=tally.seconds,
            answered_now=tally.rows,
            updated=self._written,
        )
        write_progress(self.workspace, self.run_id, progress)
