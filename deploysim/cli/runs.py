"""Commands that let a model answer: replay, import-responses, local-model."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from deploysim.chat.local import serve
from deploysim.cli.console import JsonOption, WorkspaceOption, context, meter, print_json, say
from deploysim.cli.importing import conditions
from deploysim.cli.results import SampleOption, chosen_sample
from deploysim.errors import InputError
from deploysim.ingest.columns import ResponseMap
from deploysim.pipeline.batching import batch_state
from deploysim.pipeline.importing_responses import ResponseFile, import_responses
from deploysim.pipeline.job_reports import say_no_values
from deploysim.pipeline.replaying import ReplayPlan, model_settings, replay_sample
from deploysim.replay.batch_job import BatchOptions
from deploysim.store.runs import RunRecord, failures_by_reason, responses
from deploysim.store.workspace import Workspace
from deploysim.types import Lane

LaneOption = Annotated[str, typer.Option(help="baseline (the old model again) or candidate (the new one).")]


def replay_command(
    lane: LaneOption,
    model: Annotated[str, typer.Option(help="Model name at the endpoint; `local` is the embedded model.")] = "",
    sample: SampleOption = None,
    name: Annotated[str, typer.Option(help="What people call this configuration; the model's name by default.")] = "",
    base_url: Annotated[str, typer.Option(help="OpenAI-compatible endpoint; OPENAI_BASE_URL by default.")] = "",
    api: Annotated[str, typer.Option(help="chat for Chat Completions, responses for OpenAI's Responses API.")] = "chat",
    system_prompt: Annotated[str | None, typer.Option(help="Replaces the conversations' own system prompt.")] = None,
    temperature: Annotated[float | None, typer.Option(help="Left to the endpoint when not given.")] = None,
    top_p: Annotated[float | None, typer.Option(help="Left to the endpoint when not given.")] = None,
    max_tokens: Annotated[
        int | None, typer.Option(help="Longest response; left to the endpoint when not given.")
    ] = None,
    in_flight: Annotated[int, typer.Option(min=1, help="Requests at the same time.")] = 8,
    seed: Annotated[int, typer.Option(help="Seed of the run; each prefix gets its own from it.")] = 0,
    batch: Annotated[
        bool,
        typer.Option("--batch", help="Through the provider's Batch API: half the price at OpenAI, within 24 hours."),
    ] = False,
    keep_remote_files: Annotated[
        bool, typer.Option("--keep-remote-files", help="Leave a batch's files at the provider when it is done.")
    ] = False,
    resend_lost: Annotated[
        bool,
        typer.Option("--resend-lost", help="Send batches again, and pay again, whose results the provider deleted."),
    ] = False,
    retry_failed: Annotated[bool, typer.Option(help="Send the failed prefixes of a finished run again.")] = False,
    override_privacy: Annotated[
        str, typer.Option(help="Why conversations may leave this machine above the leak limit; it is recorded.")
    ] = "",
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a model answer every prefix of a sample; a stopped run goes on where it was.

    Example: python -m deploysim replay --lane candidate --model gpt-5-mini --batch
    """
    here = context(workspace)
    settings = model_settings(
        here.settings,
        model=model,
        name=name,
        base_url=base_url,
        api=api,
        system_prompt=system_prompt,
        temperature=temperature,
        top_p=top_p,
        max_tokens=max_tokens,
    )
    plan = ReplayPlan(
        chosen_sample(here, sample),
        checked_lane(lane),
        settings,
        seed=seed,
        in_flight=in_flight,
        retry_failed=retry_failed,
        leak_limit=here.settings.leak_limit,
        override_privacy=override_privacy,
        batch=BatchOptions(delete_files=not keep_remote_files, resend_lost=resend_lost) if batch else None,
    )
    with meter(quiet=as_json) as show:
        run = replay_sample(here.workspace, plan, now=here.now, report=show)
    _say_run(here.workspace, run, as_json=as_json)


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


def checked_lane(lane: str) -> Lane:
    """Return the lane that an option names."""
    if lane not in (Lane.BASELINE, Lane.CANDIDATE):
        raise InputError(
            f"Nothing can be replayed in the lane {lane!r}.",
            expected="--lane baseline for the old model, --lane candidate for the new one",
        )
    return Lane(lane)


def _say_run(workspace: Workspace, run: RunRecord, *, as_json: bool) -> None:
    frame = responses(workspace, run.run_id)
    failed = failures_by_reason(frame)
    tokens = int(frame["completion_tokens"].sum() or 0)
    batches = batch_state(workspace, run.run_id)
    if as_json:
        counts = {"responses": frame.height, "failed": failed, "completion_tokens": tokens}
        print_json({**asdict(run), **counts, "batches": asdict(batches)})
        return
    say(f"Run {run.run_id}: {run.lane} by {run.name}, {run.status}.")
    answered = frame.height - sum(failed.values())
    say(f"  {answered:,} of {run.prefixes:,} prefixes answered, {tokens:,} tokens written")
    for reason, count in failed.items():
        say(f"  failed {count:,}: {reason}")
    for note in (*run.notes, batches.words(), *batches.remarks):
        say(f"  {note}", quiet=not note)
