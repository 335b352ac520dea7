"""The command that is run before replaying: plan."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from deploysim.chat.profiles import load_profiles
from deploysim.cli.console import Context, JsonOption, WorkspaceOption, context, out, print_json, say
from deploysim.errors import InputError, NotFoundError
from deploysim.forecast.words import number
from deploysim.grade.grader import graders_of
from deploysim.pipeline.judges import configured_judges
from deploysim.pipeline.planning import (
    Ask,
    Plan,
    PlanRow,
    Price,
    affordable_size,
    known_topics,
    make_plan,
    price_per_prefix,
    with_given,
)
from deploysim.taxonomy import load_taxonomy
from deploysim.yaml_files import did_you_mean


def plan_command(
    rate: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=PER_100K", help="A rate per 100,000 that you expect; may be repeated."),
    ] = None,
    ratio: Annotated[float, typer.Option(help="The change that is to be found, as a ratio.")] = 1.5,
    power: Annotated[float, typer.Option(help="How likely it is to be found.")] = 0.8,
    certainty: Annotated[float, typer.Option(help="Probability that a direction call needs.")] = 0.9,
    size: Annotated[int, typer.Option(help="Prefixes of the sample that you think of.")] = 5_000,
    model: Annotated[str | None, typer.Option(help="A model of data/models.yaml, for its price.")] = None,
    budget: Annotated[
        float | None, typer.Option(help="Money for replaying, in the price's currency; sets the size.")
    ] = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say how many prefixes each behaviour's question takes, and what a sample can and cannot find.

    Rates come from the newest forecast or graded log of the workspace, or are given.

    Example: python -m deploysim plan --size 20000 --rate refusal=120
    """
    here = context(workspace)
    price = _price(here, model)
    if budget is not None:
        if price is None:
            raise InputError(
                "A budget needs a price.",
                expected="--model with a price in data/models.yaml, and a sample to count tokens in",
            )
        size = max(1, affordable_size(price, budget))
    graders = graders_of(load_taxonomy(), configured_judges(here.settings))
    topics = with_given(known_topics(here.workspace, graders), dict(_rate(text) for text in rate or ()))
    if not topics:
        raise NotFoundError(
            "No rate is known: nothing in this workspace is graded.",
            expected="a forecast, graded recorded responses, or rates that you give",
            next_step="python -m deploysim plan --rate refusal=120",
        )
    plan = make_plan(topics, Ask(ratio, power, certainty, size), price)
    if as_json:
        print_json({**asdict(plan), "sentence": plan.sentence()})
    else:
        _show(plan)


def _rate(text: str) -> tuple[str, float]:
    name, _, value = text.rpartition("=")
    try:
        return name.strip(), float(value)
    except ValueError:
        raise InputError(f"--rate {text!r} cannot be read.", expected="NAME=PER_100K, such as refusal=120") from None


def _price(here: Context, model: str | None) -> Price | None:
    if model is None:
        return None
    profiles = load_profiles()
    if model not in profiles:
        raise InputError(
            f"data/models.yaml has no model {model!r}.",
            expected=f"one of {', '.join(profiles)}" if profiles else "a model with a price in it",
            next_step=did_you_mean(model, profiles),
        )
    return price_per_prefix(here.workspace, profiles[model])


def _show(plan: Plan) -> None:
    say(plan.sentence())
    table = Table(box=None, pad_edge=False, header_style="bold")
    ask = plan.ask
    columns = [
        "behaviour",
        "per 100k",
        f"prefixes for {ask.ratio:g}x",
        f"smallest change at {ask.size:,}",
        "power",
        "rests on",
    ]
    if plan.price:
        columns.insert(3, f"cost ({plan.price.currency})")
    for column in columns:
        table.add_column(column)
    for row in plan.rows:
        cells = list(_cells(row))
        if plan.price:
            cells.insert(3, f"{row.cost:,.2f}" if row.cost else "n/a")
        table.add_row(*cells)
    out.print(table)
    _explain(plan)
    say(
        f"For {ask.power:.0%} power at a certainty of {ask.certainty:.0%}. Smallest change: an increase. Rates never seen "
        "have no number; give one with --rate."
    )


def _explain(plan: Plan) -> None:
    """Say of each behaviour what its prefixes come from, and how many a perfect grader would leave."""
    table = Table("behaviour", "perfect grader", "what makes it dear", box=None, pad_edge=False, header_style="bold")
    for row in plan.rows:
        if row.causes:
            table.add_row(row.name, f"{row.perfect_grader:,}", row.why())
    if table.row_count:
        say("\nWhat makes it dear: the prefixes that its rate alone would take, times what else counts.")
        out.print(table)


def _cells(row: PlanRow) -> tuple[str, ...]:
    return (
        row.name,
        number(row.per_100k) if row.per_100k else "not known",
        f"{row.needed:,}" if row.needed else "n/a",
        f"{row.smallest_ratio:.3g}x" if row.smallest_ratio else "none",
        f"{row.power:.0%}" if row.power is not None else "n/a",
        row.basis,
    )
