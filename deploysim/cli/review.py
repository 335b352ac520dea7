"""Commands around people's labels: queue."""

from __future__ import annotations

import getpass
from dataclasses import asdict
from typing import Annotated, cast

import typer

from deploysim.cli.choices import BaselineOption, CandidateOption, SampleOption
from deploysim.cli.console import JsonOption, WorkspaceOption, context, print_json, say
from deploysim.cli.results import chosen_lanes
from deploysim.grade.grader import graders_of
from deploysim.pipeline.choosing import RULES, Rule
from deploysim.pipeline.judges import configured_judges
from deploysim.pipeline.queueing import QueueSpec, create_queue
from deploysim.store.queues import Mode, Queue
from deploysim.taxonomy import load_taxonomy
from deploysim.wording import counted


def queue_command(
    rule: Annotated[str, typer.Option(help=f"Which responses: {', '.join(RULES)}.")] = "random",
    mode: Annotated[str, typer.Option(help="single: one response at a time; pair: old against new.")] = "single",
    category: Annotated[list[str] | None, typer.Option(help="Category id; may be repeated. All when left out.")] = None,
    size: Annotated[int, typer.Option(min=1, help="Responses to draw.")] = 60,
    seed: Annotated[int, typer.Option(help="Seed of the draw.")] = 0,
    per_item: Annotated[int, typer.Option(min=1, help="Reviewers that label each response.")] = 1,
    reviewer: Annotated[
        list[str] | None,
        typer.Option(help="Whom to deal the items out to; may be repeated. Whoever comes, if left out."),
    ] = None,
    instructions: Annotated[str, typer.Option(help="Shown above every item.")] = "",
    title: Annotated[str, typer.Option(help="Reviewers see it, so name no model.")] = "",
    with_recorded: Annotated[bool, typer.Option(help="Draw from the log's responses too.")] = False,
    by: Annotated[str, typer.Option(help="Who makes it; your name on this machine by default.")] = "",
    sample: SampleOption = None,
    candidate: CandidateOption = None,
    baseline: BaselineOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draw a queue of responses that people label blind on the Queue page.

    Example: python -m deploysim queue --rule audit --category refusal --size 200
    """
    here = context(workspace)
    taxonomy = load_taxonomy()
    spec = QueueSpec(
        chosen_lanes(here, sample, candidate, baseline),
        rule=cast(Rule, rule),
        mode=cast(Mode, mode),
        categories=tuple(category or ()),
        size=size,
        seed=seed,
        per_item=per_item,
        reviewers=tuple(reviewer or ()),
        instructions=instructions,
        title=title,
        with_recorded=with_recorded,
    )
    graders = list(graders_of(taxonomy, configured_judges(here.settings)))
    queue = create_queue(here.workspace, spec, taxonomy, graders, by=by or getpass.getuser(), now=here.now)
    if as_json:
        print_json(asdict(queue))
    else:
        _say_queue(queue)


def _say_queue(queue: Queue) -> None:
    say(f"Queue {queue.queue_id}: {queue.title}, {counted(len(queue.items), 'item')}.")
    for stratum in queue.strata:
        say(f"  {stratum.drawn:,} of {stratum.size:,}  {stratum.name}")
    say("Label it on the Queue page: `python -m deploysim app`.")
