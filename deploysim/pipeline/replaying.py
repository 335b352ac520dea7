"""Replay: a sample through one model configuration in one lane, as a run that can be watched and resumed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from deploysim.chat.settings import LOCAL, ModelSettings, checked_api
from deploysim.config import Settings
from deploysim.errors import ConfigError, DeploysimError, InputError
from deploysim.pipeline.batching import answer_in_batches, check_way
from deploysim.pipeline.grading import Report, silent
from deploysim.pipeline.interrupting import stopping_on_ctrl_c
from deploysim.pipeline.privacy_gate import check_gate
from deploysim.pipeline.replay_notes import CUT_OFF, facts, tool_facts
from deploysim.pipeline.replay_watch import Watch
from deploysim.pipeline.tool_worlds import RolloutOptions, tool_worlds
from deploysim.replay.batch_job import BatchOptions
from deploysim.replay.engine import IN_FLIGHT, ReplayJob, Watcher, replay
from deploysim.replay.todo import Todo
from deploysim.store.blocks import cut_into_blocks
from deploysim.store.completed import blocks_of, counting
from deploysim.store.files import short_hash
from deploysim.store.journal import Journal
from deploysim.store.outcomes import CUT, Outcomes, read_outcomes
from deploysim.store.runs import (
    RunRecord,
    clear_for_resume,
    journal_path,
    read_run,
    responses_path,
    run_folder,
    seal_responses,
    stop_requested,
    write_run,
)
from deploysim.store.samples import prefix_count
from deploysim.store.tool_records import rollout_count
from deploysim.store.workspace import Workspace
from deploysim.types import FailureKind, Lane

OPENAI = "https://api.openai.com/v1"
EMBEDDED_NAMES = ("local", LOCAL)
ALL_FAILURES = "all"
RETRY: dict[str, str] = {
    "filter": FailureKind.REFUSED_BY_FILTER,
    "context": FailureKind.CONTEXT_TOO_LONG,
    "timeout": FailureKind.TIMED_OUT,
    "rate-limit": FailureKind.RATE_LIMITED,
    "connection": FailureKind.CONNECTION_LOST,
    "server-error": FailureKind.SERVER_ERROR,
    "rejected": FailureKind.REJECTED,
    "malformed": FailureKind.MALFORMED,
    "length": CUT,
}
"""Short names of the outcomes that can be asked for anew."""


@dataclass(frozen=True, slots=True)
class ReplayPlan:
    """Which run to make."""

    sample_id: str
    lane: Lane
    settings: ModelSettings
    seed: int = 0
    in_flight: int = IN_FLIGHT
    """Most requests at the same time."""
    repeats: int = 1
    """Independent responses to each prefix. A run that is asked for more of them later keeps those that it has."""
    limit: int | None = None
    """Stop after the first blocks that have about so many prefixes: a pilot."""
    retry: frozenset[str] = frozenset()
    """Outcomes that are asked for anew, such as "timed out"."""
    leak_limit: float | None = None
    """Largest share of messages that may leak where the sample goes to another machine; None for no limit."""
    override_privacy: str = ""
    """Why it goes there above the limit; recorded with the run."""
    batch: BatchOptions | None = None
    """How it is answered through the provider's Batch API; None for live requests. It is the same run either way."""
    rollouts: RolloutOptions | None = None
    """How the tools of agents are answered; the default where None and the sample holds rollouts."""

    def run_id(self) -> str:
        """Return the id of the run: the same plan is the same run, and resumes it."""
        identity = [self.sample_id, self.lane, self.settings.identity(), self.settings.name, self.seed]
        return short_hash([*identity, self.rollouts.identity()] if self.rollouts else identity)


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
    max_retries: int = 4,
    requests_per_minute: float | None = None,
    tokens_per_minute: float | None = None,
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
        max_retries=max_retries,
        requests_per_minute=requests_per_minute,
        tokens_per_minute=tokens_per_minute,
    )


def outcomes_to_retry(names: Collection[str]) -> frozenset[str]:
    """Return the outcomes that short names stand for; `all` stands for every failure, and not for cut responses.

    Raises:
        InputError: where a name stands for none.
    """
    unknown = sorted(set(names) - {*RETRY, ALL_FAILURES})
    if unknown:
        raise InputError(
            f"Nothing can be retried by the name of {', '.join(unknown)}.",
            expected=f"--retry with one of {', '.join([*RETRY, ALL_FAILURES])}; it may be repeated",
        )
    every = frozenset(map(str, FailureKind)) if ALL_FAILURES in names else frozenset[str]()
    return every | {str(RETRY[name]) for name in names if name != ALL_FAILURES}


def replay_sample(workspace: Workspace, plan: ReplayPlan, *, now: datetime, report: Report = silent) -> RunRecord:
    """Answer every prefix of a sample, going on where an earlier process stopped.

    Raises:
        BusyError: where another process is at work on this run.
        InputError: where the spot-check of scrubbing does not allow sending the sample to another machine.
        ModelError: where the endpoint cannot be used; what was answered is kept and the run says why it failed.
        KeyboardInterrupt: after Ctrl-C, when what was in flight has ended and the run is sealed as stopped; pressed
            twice, at once.
    """
    plan = with_rollouts(workspace, plan)
    check_way(workspace, plan.run_id(), plan.settings, batch=plan.batch is not None)
    known = _finished_already(workspace, plan)
    if known:
        total = known.prefixes * known.repeats
        report(_title(plan), total, total)
        return known
    with Journal(journal_path(workspace, plan.run_id())) as journal:
        return _replay(workspace, plan, journal, begin(workspace, plan, now=now), report)


def with_rollouts(workspace: Workspace, plan: ReplayPlan) -> ReplayPlan:
    """Return the plan with how tools are answered, where its sample holds rollouts, and without it where it holds none.

    Raises:
        InputError: where rollouts would have to go through a batch: each of their steps waits for the one before it.
    """
    if not rollout_count(workspace, plan.sample_id):
        return replace(plan, rollouts=None)
    if plan.batch:
        raise InputError(
            "The sample holds agents' rollouts, which cannot be sent as batches: every step waits for the one before.",
            expected="live requests",
            next_step="leave out --batch, or draw single steps: `python -m deploysim sample --single-steps`",
        )
    return replace(plan, rollouts=plan.rollouts or RolloutOptions())


def _title(plan: ReplayPlan) -> str:
    return f"{plan.lane}: {plan.settings.name}"


def _known(workspace: Workspace, run_id: str) -> RunRecord | None:
    return read_run(workspace, run_id) if (run_folder(workspace, run_id) / "run.json").exists() else None


def _finished_already(workspace: Workspace, plan: ReplayPlan) -> RunRecord | None:
    run = _known(workspace, plan.run_id())
    if run is None or run.status != "done" or not responses_path(workspace, run.run_id).exists():
        return None
    wants_more = plan.repeats > run.repeats or bool(plan.retry)
    return None if wants_more else run


def _replay(workspace: Workspace, plan: ReplayPlan, journal: Journal, record: RunRecord, report: Report) -> RunRecord:
    todo = whole(workspace, record, read_outcomes(journal.path), limit=plan.limit, retry=plan.retry)
    with stopping_on_ctrl_c() as interrupted, tool_worlds(workspace, plan.sample_id, plan.rollouts) as ways:
        job = ReplayJob(todo.tasks(), plan.settings, seed=plan.seed, in_flight=plan.in_flight, rollouts=ways)

        def stop() -> bool:
            return interrupted() or stop_requested(workspace, record.run_id)

        watch = Watch(workspace, record.run_id, _title(plan), todo, report, stop)
        try:
            watcher = Watcher(lambda: datetime.now(UTC), watch, stop)
            if plan.batch:
                answer_in_batches(workspace, record, plan.settings, plan.batch, todo, journal, watcher)
            else:
                replay(job, journal, watcher)
        except DeploysimError as error:
            write_run(workspace, replace(record, status="failed", error=str(error)))
            raise
        except KeyboardInterrupt:
            finish(workspace, record, {*watch.notes, CUT_OFF})
            raise
        finished = finish(workspace, record, watch.notes)
        if interrupted():
            raise KeyboardInterrupt
        return finished


def begin(workspace: Workspace, plan: ReplayPlan, *, now: datetime) -> RunRecord:
    """Write the run's record; a run that goes on keeps the time at which it began, its blocks and its repeats."""
    run_id, settings = plan.run_id(), plan.settings
    known = _known(workspace, run_id)
    # A reason that stands in the run's record holds for the whole run.
    gate_note = known.gate_note if known and known.gate_note else _gate_note(workspace, plan)
    clear_for_resume(workspace, run_id)
    record = RunRecord(
        run_id=run_id,
        sample_id=plan.sample_id,
        lane=plan.lane,
        name=settings.name,
        model=settings.model,
        settings={
            **settings.identity(),
            **settings.patience(),
            "in_flight": plan.in_flight,
            **({"rollouts": plan.rollouts.given()} if plan.rollouts else {}),
            # Providers ask less for batches.
            **({"batch": True} if plan.batch else {}),
        },
        settings_line=settings.describe(),
        fingerprint=settings.fingerprint(),
        seed=plan.seed,
        prefixes=prefix_count(workspace, plan.sample_id),
        created_at=known.created_at if known else now.isoformat(timespec="seconds"),
        notes=(gate_note,) if gate_note else (),
        gate_note=gate_note,
        repeats=max(plan.repeats, known.repeats if known else 1),
        block=(known and known.block) or cut_into_blocks(workspace, plan.sample_id).conversations,
    )
    write_run(workspace, record)
    return record


def whole(
    workspace: Workspace,
    record: RunRecord,
    outcomes: Outcomes,
    *,
    limit: int | None = None,
    retry: frozenset[str] = frozenset(),
) -> Todo:
    """Return what a run has to do and what of it is done."""
    blocks = blocks_of(workspace, record)
    return Todo(workspace, record.sample_id, blocks, outcomes, blocks.first(limit), record.repeats, retry)


def _gate_note(workspace: Workspace, plan: ReplayPlan) -> str:
    simulator = plan.rollouts.simulator if plan.rollouts else None
    urls = dict.fromkeys(one.base_url for one in (plan.settings, simulator) if one)
    notes = (
        check_gate(workspace, plan.sample_id, url, limit=plan.leak_limit, override=plan.override_privacy)
        for url in urls
    )
    return " ".join(note for note in notes if note)


def finish(workspace: Workspace, record: RunRecord, notes: Collection[str] = ()) -> RunRecord:
    """Seal what counts: everything of a run that is done, the complete blocks of one that stopped."""
    outcomes = read_outcomes(journal_path(workspace, record.run_id))
    left = whole(workspace, record, outcomes)
    done = left.settled.total() >= left.total
    kept = None if done else counting(left.blocks, outcomes, repeats=record.repeats)
    seal_responses(workspace, record.run_id, outcomes, kept=kept)
    finished = replace(
        record,
        status="done" if done else "stopped",
        finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
        outcomes=outcomes.by_kind(kept),
        answered_by=outcomes.by_model(kept),
    )
    said = (*facts(finished, outcomes, kept), *tool_facts(workspace, record.run_id))
    finished = replace(finished, notes=(*record.notes, *said, *sorted(notes)))
    write_run(workspace, finished)
    return finished
