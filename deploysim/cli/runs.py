"""Commands that let a model answer: replay, import-responses, local-model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from deploysim.chat.local import serve
from deploysim.chat.settings import PARAMETER_SOURCES
from deploysim.cli.batches import (
    BatchOption,
    CancelBatchesOption,
    KeepRemoteFilesOption,
    ResendLostOption,
    batch_options,
)
from deploysim.cli.choices import SampleOption, chosen_sample
from deploysim.cli.console import JsonOption, WorkspaceOption, context, meter, print_json, say
from deploysim.cli.importing import conditions
from deploysim.cli.rollouts import (
    LIMITS,
    RepositoryOption,
    SimulatorOption,
    SimulatorUrlOption,
    WithoutOption,
    rollout_options,
)
from deploysim.cli.watching import watched_replay
from deploysim.config import read_settings
from deploysim.errors import InputError
from deploysim.ingest.columns import ResponseMap
from deploysim.pipeline.baseline_offer import advice_after
from deploysim.pipeline.batching import batch_state
from deploysim.pipeline.budgeting import Budget
from deploysim.pipeline.importing_responses import ResponseFile, import_responses
from deploysim.pipeline.job_reports import job_report, say_no_values
from deploysim.pipeline.model_choice import choose_model
from deploysim.pipeline.replay_estimate import estimate_replay
from deploysim.pipeline.replaying import (
    ALL_FAILURES,
    RETRY,
    ReplayPlan,
    outcomes_to_retry,
    replay_sample,
    with_rollouts,
)
from deploysim.pipeline.spending import run_spending
from deploysim.replay.engine import IN_FLIGHT
from deploysim.replay.rollout import Limits
from deploysim.store.outcomes import CUT, failures
from deploysim.store.responses import outcome_counts, written_tokens
from deploysim.store.runs import RunRecord
from deploysim.store.trajectories import ending_counts, source_counts
from deploysim.store.workspace import Workspace
from deploysim.types import Lane

TOOLS = ("logged", "none")
LaneOption = Annotated[str, typer.Option(help="baseline (the old model again) or candidate (the new one).")]


def replay_command(
    lane: LaneOption,
    model: Annotated[
        str, typer.Option(help="Name in data/models.yaml or at the endpoint; `local` is the embedded model.")
    ] = "",
    sample: SampleOption = None,
    name: Annotated[str, typer.Option(help="What people call this configuration; the model's name by default.")] = "",
    base_url: Annotated[
        str, typer.Option(help="OpenAI-compatible endpoint; that of data/models.yaml, else OPENAI_BASE_URL by default.")
    ] = "",
    api: Annotated[
        str, typer.Option(help="chat for Chat Completions (the default), responses for OpenAI's Responses API.")
    ] = "",
    system_prompt: Annotated[str | None, typer.Option(help="Replaces the conversations' own system prompt.")] = None,
    temperature: Annotated[float | None, typer.Option(help="Left to the endpoint when not given.")] = None,
    top_p: Annotated[float | None, typer.Option(help="Left to the endpoint when not given.")] = None,
    max_tokens: Annotated[
        int | None, typer.Option(help="Longest response; left to the endpoint when not given.")
    ] = None,
    parameters: Annotated[
        str, typer.Option(help="logged: decoding parameters as in the log, this command's winning; run: these alone.")
    ] = "logged",
    tools: Annotated[
        str,
        typer.Option(
            help="logged: each conversation's own tools are sent; none: no tools; or a YAML file that says how agents' "
            "tools are answered, data/tools.yaml where none is named."
        ),
    ] = "logged",
    in_flight: Annotated[
        int, typer.Option(min=1, help="Most requests at the same time; how many there are adapts to the endpoint.")
    ] = IN_FLIGHT,
    requests_per_minute: Annotated[float | None, typer.Option(min=0.001, help="Most requests a minute.")] = None,
    tokens_per_minute: Annotated[float | None, typer.Option(min=1, help="Most tokens a minute, in and out.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the run; each response gets its own from it.")] = 0,
    repeats: Annotated[int, typer.Option(min=1, help="Independent responses to each prefix.")] = 1,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Pilot: stop after about so many prefixes; run again without it to go on.")
    ] = None,
    retries: Annotated[int, typer.Option(min=0, help="Further tries of a call that failed; 0 turns them off.")] = 4,
    retry: Annotated[
        list[str] | None,
        typer.Option(help=f"Ask anew for outcomes of a kind: {', '.join([*RETRY, ALL_FAILURES])}. May be repeated."),
    ] = None,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Say what it would take, in requests, tokens and money; start nothing.")
    ] = False,
    budget: Annotated[
        float | None, typer.Option(help="Most money to spend on the run, in the currency of data/models.yaml.")
    ] = None,
    budget_tokens: Annotated[int | None, typer.Option(help="Most tokens to spend on the run, in and out.")] = None,
    batch: BatchOption = False,
    keep_remote_files: KeepRemoteFilesOption = False,
    resend_lost: ResendLostOption = False,
    cancel_batches: CancelBatchesOption = False,
    max_steps: Annotated[int, typer.Option(min=1, help="Most responses of one rollout.")] = LIMITS.steps,
    max_rollout_tokens: Annotated[int, typer.Option(min=1, help="Most tokens of one rollout.")] = LIMITS.tokens,
    max_rollout_seconds: Annotated[float, typer.Option(min=1, help="Longest rollout, in seconds.")] = LIMITS.seconds,
    simulator: SimulatorOption = "",
    simulator_url: SimulatorUrlOption = "",
    repository: RepositoryOption = None,
    without: WithoutOption = "",
    override_privacy: Annotated[
        str, typer.Option(help="Why conversations may leave this machine above the leak limit; it is recorded.")
    ] = "",
    watch: Annotated[
        bool,
        typer.Option("--watch", help="Show rate, latencies, tokens and spend; follows a run that is at work already."),
    ] = False,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a model answer every prefix of a sample; a stopped run goes on where it was.

    Example: python -m deploysim replay --lane candidate --model gpt-5-mini --batch
    """
    here = context(workspace)
    chosen = choose_model(
        here.settings,
        model=model,
        name=name,
        base_url=base_url,
        api=api,
        system_prompt=system_prompt,
        temperature=temperature,
        top_p=top_p,
        max_tokens=max_tokens,
        max_retries=retries,
        requests_per_minute=requests_per_minute,
        tokens_per_minute=tokens_per_minute,
        parameters_from=_one_of(parameters, PARAMETER_SOURCES, "--parameters"),
        with_tools=tools != "none",
    )
    plan = ReplayPlan(
        chosen_sample(here, sample),
        checked_lane(lane),
        chosen.settings,
        seed=seed,
        in_flight=in_flight,
        repeats=repeats,
        limit=limit,
        retry=outcomes_to_retry(retry or ()),
        leak_limit=here.settings.leak_limit,
        override_privacy=override_privacy,
        batch=batch_options(batch=batch, keep=keep_remote_files, resend=resend_lost, cancel=cancel_batches),
        rollouts=rollout_options(
            here,
            file=None if tools in TOOLS else Path(tools),
            simulator=simulator,
            simulator_url=simulator_url,
            repository=repository,
            limits=Limits(max_steps, max_rollout_tokens, max_rollout_seconds),
            without=without,
        ),
        source=chosen.source,
        budget=Budget(budget, budget_tokens),
    )
    plan = with_rollouts(here.workspace, plan)
    if estimate:
        _say_estimate(here.workspace, plan, as_json=as_json)
        return
    is_priced = chosen.source.price is not None
    if is_priced and not as_json:
        _say_estimate(here.workspace, plan)
    job_report().replaying(plan.run_id())
    if watch:
        run = watched_replay(here.workspace, plan, now=here.now)
    else:
        with meter(quiet=as_json) as show:
            run = replay_sample(here.workspace, plan, now=here.now, report=show)
    _say_run(here.workspace, run, as_json=as_json)
    if is_priced and limit and run.status == "stopped" and not as_json:
        say(f"  the rest: {estimate_replay(here.workspace, plan, after_pilot=True).sentence()}")


def import_responses_command(
    file: Annotated[Path, typer.Argument(help="Responses made elsewhere: JSON Lines, CSV or Parquet.")],
    lane: LaneOption = "candidate",
    sample: SampleOption = None,
    name: Annotated[str, typer.Option(help="What people call the model; its name in the file by default.")] = "",
    map: Annotated[str | None, typer.Option(help="Columns, such as id=prompt_id,response=answer,turn=turn.")] = None,
    where: Annotated[list[str] | None, typer.Option(help="Keep rows with COLUMN=VALUE; may be repeated.")] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take responses that were made elsewhere as a run; they are scrubbed like their conversations.

    Example: python -m deploysim import-responses answers.jsonl --lane candidate
    """
    say_no_values()
    here = context(workspace)
    with meter(quiet=as_json) as show:
        run = import_responses(
            here.workspace,
            chosen_sample(here, sample),
            ResponseFile(file, ResponseMap.parse(map) if map else None, conditions(where)),
            lane=checked_lane(lane),
            name=name,
            settings=here.settings,
            now=here.now,
            report=show,
        )
    _say_run(here.workspace, run, as_json=as_json)


def local_model_command(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; a free one when 0.")] = 8081,
) -> None:
    """Serve the embedded model on an OpenAI-compatible endpoint until Ctrl-C.

    Example: python -m deploysim local-model --port 8081
    """
    serve(port=port, ready=lambda url: say(f"The embedded model answers at {url}. Stop it with Ctrl-C."))


Name = TypeVar("Name", bound=str)


def _one_of(value: str, known: Sequence[Name], option: str) -> Name:
    found = next((one for one in known if one == value), None)
    if found is None:
        raise InputError(f"{option} is {value!r}.", expected=f"{option} {' or '.join(known)}", next_step="correct it")
    return found


def checked_lane(lane: str) -> Lane:
    """Return the lane that an option names."""
    if lane not in (Lane.BASELINE, Lane.CANDIDATE):
        raise InputError(
            f"Nothing can be replayed in the lane {lane!r}.",
            expected="--lane baseline for the old model, --lane candidate for the new one",
        )
    return Lane(lane)


def _say_estimate(workspace: Workspace, plan: ReplayPlan, *, as_json: bool = False) -> None:
    plan.budget.check(plan.source.price, model=plan.settings.name, batch=plan.batch is not None)
    found = estimate_replay(workspace, plan)
    if as_json:
        print_json({"run_id": plan.run_id(), **asdict(found), **plan.source.written()})
        return
    say(f"Estimate: {found.sentence()}")


def _say_run(workspace: Workspace, run: RunRecord, *, as_json: bool) -> None:
    outcomes = outcome_counts(workspace, run.run_id)
    tokens = written_tokens(workspace, run.run_id)
    batches = batch_state(workspace, run.run_id)
    failed = failures(outcomes)
    rows = sum(outcomes.values())
    if as_json:
        counts = {"responses": rows, "failed": failed, "cut": outcomes.get(CUT, 0), "completion_tokens": tokens}
        agents = {
            "endings": ending_counts(workspace, run.run_id),
            "tool_sources": source_counts(workspace, run.run_id),
        }
        print_json({**asdict(run), **counts, **agents, "batches": asdict(batches)})
        return
    say(f"Run {run.run_id}: {run.lane} by {run.name}, {run.status}.")
    answered, wanted = rows - sum(failed.values()), run.prefixes * run.repeats
    what = "prefixes answered" if run.repeats == 1 else f"responses to {run.prefixes:,} prefixes"
    say(f"  {answered:,} of {wanted:,} {what}, {tokens:,} tokens written")
    spending = run_spending(workspace, run)
    if spending.currency or spending.budget_tokens:
        say(f"  {spending.words()}")
    if CUT in outcomes:
        say(f"  of these {CUT} {outcomes[CUT]:,}")
    for reason, count in failed.items():
        say(f"  failed {count:,}: {reason}")
    for note in (*run.notes, batches.words(), *batches.remarks, advice_after(workspace, run, read_settings())):
        say(f"  {note}", quiet=not note)
