"""Commands about behaviours and who decides them: taxonomy, grade."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from deploysim.cli.batches import (
    BatchOption,
    CancelBatchesOption,
    KeepRemoteFilesOption,
    ResendLostOption,
    batch_options,
)
from deploysim.cli.choices import BaselineOption, CandidateOption, OverrideOption, SampleOption, chosen_sample
from deploysim.cli.console import JsonOption, WorkspaceOption, context, meter, out, print_json, say
from deploysim.cli.results import chosen_lanes, judge_use
from deploysim.cli.scoring import chosen_forecast, chosen_stack, traffic_lanes
from deploysim.grade.grader import Grader, LeftOut, graders_of, left_out, left_out_sentence
from deploysim.pipeline.budgeting import Budget
from deploysim.pipeline.grading import Graded, GraderWork, grade_all
from deploysim.pipeline.judges import configured_judges
from deploysim.pipeline.stacks import current_stack
from deploysim.pipeline.whole_log import grade_whole_log
from deploysim.taxonomy import DEFAULT_TAXONOMY, Change, Taxonomy, changes, load_taxonomy
from deploysim.wording import counted


def grade_command(
    sample: SampleOption = None,
    candidate: CandidateOption = None,
    baseline: BaselineOption = None,
    recorded_all: Annotated[
        bool,
        typer.Option(
            help="Grade the recorded responses of the whole log that the sample was drawn from, replayed or not: "
            "they sharpen the recorded rates of its forecasts."
        ),
    ] = False,
    stack: Annotated[
        str | None,
        typer.Option(
            help="Forecast whose archived graders decide, in place of those in force; alone, about its lanes."
        ),
    ] = None,
    of: Annotated[str | None, typer.Option(help="Forecast whose lanes are graded.")] = None,
    traffic: Annotated[
        str | None, typer.Option(help="Import that is graded whole, such as a release's traffic.")
    ] = None,
    in_flight: Annotated[int, typer.Option(min=1, help="Most calls to a judge at the same time.")] = 8,
    budget: Annotated[float | None, typer.Option(help="Most money to spend on judges in this call.")] = None,
    budget_tokens: Annotated[int | None, typer.Option(help="Most tokens to spend on judges in this call.")] = None,
    batch: BatchOption = False,
    keep_remote_files: KeepRemoteFilesOption = False,
    resend_lost: ResendLostOption = False,
    cancel_batches: CancelBatchesOption = False,
    override_privacy: OverrideOption = "",
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Grade all lanes of a comparison with the same graders; what is graded already is left alone.

    Categories that no rule can decide are graded where DEPLOYSIM_JUDGE names a model. Replies of judges are kept as they
    come: a stopped job goes on where it was, and what failed is asked again. With --batch each step of a chain goes to its
    judges as batches, and comes to the same verdicts. With --stack the graders that were archived
    with a registered forecast decide: old or new graders, on old (--of) or new (--traffic) conversations.

    Example: python -m deploysim grade
    """
    here = context(workspace)
    measuring = chosen_stack(here, chosen_forecast(here, stack), None) if stack else current_stack(here.settings)
    use = judge_use(
        here,
        override_privacy=override_privacy,
        in_flight=in_flight,
        judges=measuring.judges,
        budget=Budget(budget, budget_tokens),
        batch=batch_options(batch=batch, keep=keep_remote_files, resend=resend_lost, cancel=cancel_batches),
    )
    left = left_out(measuring.taxonomy, measuring.judges)
    with meter(quiet=as_json) as show:
        if recorded_all:
            chosen = chosen_sample(here, sample)
            log, graded = grade_whole_log(
                here.workspace, chosen, measuring.graders(), now=here.now, use=use, report=show
            )
            say(f"The log behind sample {chosen} has {log.size:,} recorded responses.", quiet=as_json)
        else:
            named = of or (stack if not (sample or candidate or traffic) else None)
            todo = [chosen_forecast(here, named).lanes()] if named else []
            if traffic:
                todo.append(traffic_lanes(here, traffic))
            todo = todo or [chosen_lanes(here, sample, candidate, baseline)]
            graded = grade_all(here.workspace, todo, measuring.graders(), use=use, report=show)
    if as_json:
        print_json(_graded_json(graded, left))
    else:
        _show_graded(graded, left)


def taxonomy_command(
    check: Annotated[
        Path | None, typer.Option(help="File or folder to check in place of the shipped taxonomy.")
    ] = None,
    diff: Annotated[
        tuple[Path, Path] | None, typer.Option(metavar="OLD NEW", help="Two files or folders to compare.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the behaviours that are looked for and who decides them, check a file of them, or compare two versions.

    Example: python -m deploysim taxonomy --diff data/taxonomy my-taxonomy
    """
    if diff:
        _show_changes(changes(load_taxonomy(diff[0]), load_taxonomy(diff[1])), as_json=as_json)
        return
    here = context(None)
    judges = configured_judges(here.settings)
    taxonomy = load_taxonomy(check or DEFAULT_TAXONOMY)
    graders, left = graders_of(taxonomy, judges), left_out(taxonomy, judges)
    if as_json:
        print_json(_taxonomy_json(taxonomy, graders))
    elif check:
        say(f"{check} is in order: {counted(len(taxonomy.categories), 'category', 'categories')}, {taxonomy.version}.")
        say(f"Fingerprint {taxonomy.fingerprint}.")
    else:
        out.print(_taxonomy_table(taxonomy, graders))
        _say_left_out(left)
        say(f"{taxonomy.version}. Fingerprint {taxonomy.fingerprint[:12]}.")


def _show_graded(graded: Graded, left: tuple[LeftOut, ...]) -> None:
    asked = [one for one in graded.work if one.grader.judging]
    if asked:
        out.print(_judged_table(asked))
    failed = (
        f" {graded.failed:,} stay without a verdict because a judge gave none; the next call asks again."
        if graded.failed
        else ""
    )
    made = (
        f"{graded.made:,} grades made by {len(graded.work)} graders."
        if graded.made
        else "Everything was graded already."
    )
    say((made if graded.made or not graded.failed else "No grades made.") + failed)
    for note in graded.notes:
        say(note)
    _say_left_out(left)


def _say_left_out(left: tuple[LeftOut, ...]) -> None:
    if left:
        say(left_out_sentence(left))


def _judged_table(work: list[GraderWork]) -> Table:
    """Lay out what judging came to, one line a category."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("behaviour", "decided by", "graded", "same text", "calls", "cached", "failed calls", "led astray"):
        table.add_column(column, justify="left" if column in ("behaviour", "decided by") else "right")
    for one in work:
        said = one.judged
        counts = (one.made, one.reused, said.calls, said.cached, said.failed, said.led_astray)
        table.add_row(one.grader.about.name, one.grader.name, *(f"{n:,}" for n in counts))
    return table


def _graded_json(graded: Graded, left: tuple[LeftOut, ...]) -> dict[str, Any]:
    return {
        "grades": graded.made,
        "failed": graded.failed,
        "graders": {one.grader.category: one.grader.fingerprint for one in graded.work},
        "work": [
            {
                "category": one.grader.category,
                "chain": one.grader.name,
                "grades": one.made,
                "failed": one.failed,
                "same_text": one.reused,
                "calls": one.judged.calls,
                "calls_failed": one.judged.failed,
                "calls_cached": one.judged.cached,
                "led_astray": one.judged.led_astray,
                "prompt_tokens": one.judged.prompt_tokens,
                "completion_tokens": one.judged.completion_tokens,
            }
            for one in graded.work
        ],
        "not_graded": {one.category.id: one.reason for one in left},
        "notes": graded.notes,
    }


def _taxonomy_table(taxonomy: Taxonomy, graders: tuple[Grader, ...]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("id", "behaviour", "severity", "decided by"):
        table.add_column(column)
    names = {grader.category: grader.name for grader in graders}
    for category in taxonomy.categories:
        table.add_row(category.id, category.name, str(category.severity), names.get(category.id, "nobody yet"))
    return table


def _taxonomy_json(taxonomy: Taxonomy, graders: tuple[Grader, ...]) -> dict[str, Any]:
    by_category = {grader.category: grader for grader in graders}
    return {
        "version": taxonomy.version,
        "fingerprint": taxonomy.fingerprint,
        "categories": [
            {
                "id": c.id,
                "name": c.name,
                "severity": c.severity,
                "graded_by": grader.name if (grader := by_category.get(c.id)) else None,
                "grader": grader.fingerprint if grader else None,
            }
            for c in taxonomy.categories
        ],
    }


def _show_changes(found: tuple[Change, ...], *, as_json: bool) -> None:
    if as_json:
        print_json([{name: getattr(change, name) for name in Change.__slots__} for change in found])
        return
    for change in found:
        say(f"{change.kind:<8} {change.category}{f': {change.field}' if change.field else ''}")
        if change.kind == "changed":
            say(f"  - {change.before}")
            say(f"  + {change.after}")
    say(f"{counted(len(found), 'difference')}." if found else "No differences.")
