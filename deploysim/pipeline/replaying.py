"""Replay: a sample through one model configuration in one lane, as a run that can be watched and resumed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from deploysim.chat.batching.job import BatchOptions
from deploysim.chat.pace import Pace
from deploysim.chat.settings import ModelSettings
from deploysim.chat.tally import RunTally
from deploysim.errors import DeploysimError, InputError
from deploysim.pipeline.batching import answer_in_batches, check_way
from deploysim.pipeline.budgeting import Budget, Purse, purse_for
from deploysim.pipeline.estimating import estimate_run
from deploysim.pipeline.grading import Report, silent
from deploysim.pipeline.interrupting import stopping_on_ctrl_c
from deploysim.pipeline.model_choice import ModelSource
from deploysim.pipeline.privacy_gate import check_gate
from deploysim.pipeline.replay_notes import CUT_OFF, facts, tool_facts
from deploysim.pipeline.replay_watch import Watch
from deploysim.pipeline.tool_worlds import RolloutOptions, tool_worlds
from deploysim.replay.engine import IN_FLIGHT, ReplayJob, Task, Watcher, replay
from deploysim.replay.todo import Todo
from deploysim.store.blocks import cut_into_blocks
from deploysim.store.completed import blocks_of, keep_complete
from deploysim.store.files import short_hash
from deploysim.store.journal import Journal
from deploysim.store.outcomes import CUT, Outcomes, read_outcomes
from deploysim.store.responses import seal_responses
from deploysim.store.run_progress import clear_for_resume, stop_requested
from deploysim.store.runs import RunRecord, journal_path, read_run, responses_path, run_folder, write_run
from deploysim.store.sample_prefixes import prefix_count
from deploysim.store.tool_records import rollout_count
from deploysim.store.workspace import Workspace
from deploysim.types import FailureKind, Lane

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

    without: str = ""
    """What an ablation takes away, in words."""
    source: ModelSource = field(default_factory=ModelSource)
    """Where the settings come from, for the record."""
    budget: Budget = field(default_factory=Budget)
    """The most that the run may spend, what it has spent before included."""

    def run_id(self) -> str:
        """Return the id of the run: the same plan is the same run, and resumes it."""
        identity = [self.sample_id, self.lane, self.settings.identity(), self.settings.name, self.seed]
        return short_hash([*identity, self.rollouts.identity()] if self.rollouts else identity)


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
        InputError: where the spot-check of scrubbing does not allow sending the sample to another machine, or a budget
            in money cannot be kept because no price is known.
        ModelError: where the endpoint cannot be used; what was answered is kept and the run says why it failed.
        KeyboardInterrupt: after Ctrl-C, when what was in flight has ended and the run is sealed as stopped; pressed
            twice, at once.
    """
    plan = with_rollouts(workspace, plan)
    check_way(workspace, plan.run_id(), plan.settings, batch=plan.batch is not None)
    plan.budget.check(plan.source.price, model=plan.settings.name, batch=plan.batch is not None)
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
    notes: set[str] = set()
    with stopping_on_ctrl_c() as interrupted:
        try:
            _answer(workspace, plan, journal, record, report, notes, interrupted)
        except DeploysimError as error:
            write_run(workspace, replace(record, status="failed", error=str(error)))
            raise
        except KeyboardInterrupt:
            finish(workspace, record, {*notes, CUT_OFF})
            raise
        # What was left to do is out of memory before all that was done is read.
        finished = finish(workspace, record, notes)
        if interrupted():
            raise KeyboardInterrupt
        return finished


def _answer(
    workspace: Workspace,
    plan: ReplayPlan,
    journal: Journal,
    record: RunRecord,
    report: Report,
    notes: set[str],
    interrupted: Callable[[], bool],
) -> None:
    """Get what is left of a run, and add to its notes what a reader should know."""
    todo = whole(workspace, record, read_outcomes(journal.path), limit=plan.limit, retry=plan.retry)
    purse = _purse(workspace, plan, record, todo.outcomes) if plan.budget else None
    with tool_worlds(workspace, plan.sample_id, plan.rollouts) as ways:

        def stop() -> bool:
            spent = purse is not None and purse.is_empty()
            return spent or interrupted() or stop_requested(workspace, record.run_id)

        def tasks() -> Iterator[Task]:
            return purse.within(todo.blocks_of_tasks()) if purse else todo.tasks()

        def heard(tally: RunTally, pace: Pace) -> None:
            if purse:
                purse.hear(tally.rows, tally.prompt_tokens, tally.completion_tokens)
            watch(tally, pace)

        watch = Watch(workspace, record.run_id, _title(plan), todo, report, stop, notes)
        watch.begin()
        watcher = Watcher(lambda: datetime.now(UTC), heard, stop)
        if plan.batch:
            answer_in_batches(workspace, record, plan.settings, plan.batch, tasks, journal, watcher)
        else:
            job = ReplayJob(tasks(), plan.settings, seed=plan.seed, in_flight=plan.in_flight, rollouts=ways)
            replay(job, journal, watcher)
        watch.close()
        if purse and purse.note():
            notes.add(purse.note())


def _purse(workspace: Workspace, plan: ReplayPlan, record: RunRecord, outcomes: Outcomes) -> Purse:
    left = estimate_run(
        workspace,
        plan.sample_id,
        model=record.model,
        run_id=record.run_id,
        repeats=record.repeats,
        max_tokens=plan.settings.max_tokens,
        system_prompt=plan.settings.system_prompt,
    )
    return purse_for(plan.budget, left, outcomes, plan.source.price, batch=plan.batch is not None)


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
            **plan.source.written(),
            **plan.budget.written(),
            # Providers ask less for batches.
            **({"batch": True} if plan.batch else {}),
        },
        settings_line=settings.describe(),
        fingerprint=settings.fingerprint(),
        seed=plan.seed,
        prefixes=prefix_count(workspace, plan.sample_id),
        created_at=known.created_at if known else now.isoformat(timespec="seconds"),
        without=plan.without or (", ".join(plan.rollouts.without) if plan.rollouts else ""),
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
    if not done:
        keep_complete(left.blocks, outcomes, repeats=record.repeats)
    seal_responses(workspace, record.run_id, outcomes)
    tokens = outcomes.prompt_tokens + outcomes.completion_tokens
    finished = replace(
        record,
        status="done" if done else "stopped",
        finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
        outcomes=outcomes.by_kind(),
        answered_by=outcomes.by_model(),
        dropped_parameters=outcomes.dropped_parameters(),
        # An endpoint that counts no tokens leaves them unknown.
        prompt_tokens=outcomes.prompt_tokens if tokens else None,
        completion_tokens=outcomes.completion_tokens if tokens else None,
    )
    of_tools = tool_facts(workspace, record.run_id) if "rollouts" in record.settings else ()
    said = (*facts(finished, outcomes), *of_tools)
    finished = replace(finished, notes=(*record.notes, *said, *sorted(notes)))
    write_run(workspace, finished)
    return finished
