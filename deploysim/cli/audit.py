"""Commands that ask whether a replay can be believed, and what it shows that nobody named: audit fidelity, ..."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.table import Table

from deploysim.audit.register import Audit, audit_to_json
from deploysim.audit.words import auc_words, mistaken_words, question_words, tell_words
from deploysim.cli.console import Context, JsonOption, WorkspaceOption, context, meter, out, print_json, say
from deploysim.cli.results import (
    BaselineOption,
    CandidateOption,
    OverrideOption,
    SampleOption,
    chosen_sample,
    judge_use,
)
from deploysim.pipeline.audited_lanes import ended_lanes
from deploysim.pipeline.auditing_fidelity import JUDGE_PAIRS, audit_fidelity
from deploysim.pipeline.lanes import Lanes
from deploysim.store.workspace import find_id

app = typer.Typer(no_args_is_help=True, help="Ask whether a replay looks real, and what in it has no name yet.")
SeedOption = Annotated[int, typer.Option(help="Seed of folds, exchanges and draws.")]
SHOWN_TELLS = 8


@app.command("fidelity")
def fidelity_command(
    sample: SampleOption = None,
    candidate: CandidateOption = None,
    baseline: BaselineOption = None,
    seed: SeedOption = 0,
    judge_pairs: Annotated[
        int, typer.Option(min=0, help="Pairs that configured judges are asked about.")
    ] = JUDGE_PAIRS,
    override_privacy: OverrideOption = "",
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Try to tell recorded, baseline and candidate responses apart, and say what gives them away.

    Example: python -m deploysim audit fidelity
    """
    here = context(workspace)
    lanes = audited_lanes(here, sample, candidate, baseline)
    use = judge_use(here, override_privacy=override_privacy)
    with meter(quiet=as_json) as show:
        saved = audit_fidelity(
            here.workspace, lanes, seed=seed, now=here.now, use=use, judge_pairs=judge_pairs, report=show
        )
    if as_json:
        print_audit(saved.audit_id, saved.audit)
        return
    for one in saved.audit.comparisons:
        say("")
        say(f"{question_words(one)}  {one.pairs:,} pairs.")
        say(f"  {auc_words(one)}. {mistaken_words(one)}.")
        table = Table(box=None, pad_edge=False, show_header=False)
        for tell in one.tells[:SHOWN_TELLS]:
            table.add_row(f"  {tell_words(tell, one)}", f"q {tell.q_value:.3f}")
        out.print(table)
    say("")
    for note in saved.audit.notes:
        say(note)
    say(f"Audit {saved.audit_id[:12]}. Read it on the Fidelity page.")


def audited_lanes(here: Context, sample: str | None, candidate: str | None, baseline: str | None) -> Lanes:
    """Return the lanes that the options name, the newest where they name none; - names no run."""
    found = ended_lanes(here.workspace, chosen_sample(here, sample))

    def run(named: str | None, newest: str | None) -> str | None:
        if named is None:
            return newest
        return None if named == "-" else find_id(here.workspace.runs, named, kind="run")

    return Lanes(found.sample_id, run(candidate, found.candidate), run(baseline, found.baseline))


def print_audit(audit_id: str, audit: Audit) -> None:
    """Print an audit as JSON, with its id."""
    print_json({"audit_id": audit_id, **json.loads(audit_to_json(audit))})
