"""The command that says how far graders can be trusted: calibrate."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from deploysim.calibration_words import calibration_words
from deploysim.cli.choices import BaselineOption, CandidateOption, SampleOption
from deploysim.cli.console import JsonOption, WorkspaceOption, context, out, print_json, say
from deploysim.cli.results import chosen_lanes
from deploysim.errors import NotFoundError
from deploysim.grade.grader import graders_of
from deploysim.pipeline.calibrating import calibrate
from deploysim.pipeline.judges import configured_judges
from deploysim.taxonomy import load_taxonomy

COLUMNS = ("behaviour", "decided by", "labels", "kappa", "sensitivity", "specificity", "precision", "to halve")


def calibrate_command(
    sample: SampleOption = None,
    candidate: CandidateOption = None,
    baseline: BaselineOption = None,
    level: Annotated[float, typer.Option(min=0.5, max=0.999, help="Level of the intervals.")] = 0.95,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare graders with what people said: kappa, sensitivity and specificity, and how many labels are still needed.

    Labels come from queues that draw flagged and unflagged responses alike: `queue --rule audit`.

    Example: python -m deploysim calibrate
    """
    here = context(workspace)
    graders = graders_of(load_taxonomy(), configured_judges(here.settings))
    lanes = chosen_lanes(here, sample, candidate, baseline)
    found = calibrate(here.workspace, lanes, graders, level=level)
    if as_json:
        print_json([asdict(one) for one in found])
        return
    if not found:
        raise NotFoundError(
            "Nobody has labelled a response that these graders graded.",
            expected="labels of some responses of each category",
            next_step="python -m deploysim queue --rule audit --size 200, then label it on the Queue page",
        )
    names = {grader.fingerprint: (grader.about.name, grader.name) for grader in graders}
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in COLUMNS:
        table.add_column(column)
    for one in found:
        words = calibration_words(one)
        table.add_row(*names[one.grader], *(words[column] for column in COLUMNS[2:]))
    out.print(table)
    say(
        f"Intervals of {level:.0%}. To halve: labels of flagged + unflagged responses that would halve the interval of the"
    )
    say("true rate. Labels that no rule drew, and responses that were not clear to grader or people, are not in it:")
    say("; ".join(f"{names[o.grader][0]} {o.by_hand + o.unclear:,}" for o in found if o.by_hand + o.unclear) or "none.")
