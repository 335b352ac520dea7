"""Report: gather what one self-contained HTML file about a forecast says."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from deploysim.forecast.records import Forecast
from deploysim.forecast.words import by_evidence
from deploysim.grade.grader import graders_of
from deploysim.pipeline.forecasting import SavedForecast
from deploysim.pipeline.lanes import Lanes, joint_verdicts, with_outcomes
from deploysim.pipeline.purging import erased_note
from deploysim.pipeline.registering import Registered, changed_inputs, registration_of
from deploysim.pipeline.stacks import MeasuringStack, check_measures
from deploysim.report import Example, Provenance, report_html
from deploysim.store.responses import responses
from deploysim.store.sample_prefixes import get_prefixes
from deploysim.store.workspace import Workspace
from deploysim.types import Lane

EXAMPLES = 3
"""Of each category, and as many that got worse as that got better."""


def make_report(workspace: Workspace, saved: SavedForecast, stack: MeasuringStack | None = None) -> str:
    """Return a forecast as HTML; with conversation text only where a stack is given to find examples with.

    Raises:
        InputError: where the stack's graders are not the forecast's.
    """
    registered = registration_of(workspace, saved.forecast_id)
    examples = list(_examples(workspace, saved, stack)) if stack else []
    return report_html(saved.forecast, _provenance(workspace, saved, registered), examples)


def _provenance(workspace: Workspace, saved: SavedForecast, registered: Registered | None) -> Provenance:
    forecast = saved.forecast
    facts = [
        ("Registered", registered.line() if registered else "not registered"),
        ("Made", f"{forecast.created_at} by {forecast.software}, seed {forecast.seed}"),
        ("Sample", f"{forecast.sample_id}, {forecast.window}"),
        *((f"Lane {lane.lane}", _lane_words(lane.model, lane.run_id, lane.settings)) for lane in forecast.lanes),
        ("Taxonomy", forecast.taxonomy),
        ("Graders", "; ".join(f"{category} {grader[:12]}" for category, grader in forecast.graders)),
    ]
    warnings = [erased_note(workspace, forecast.sample_id, since=forecast.created_at)]
    if registered:
        facts.append(("Measuring stack", registered.registration.stack))
        facts += [(f"SHA-256 of {item.name}", item.sha256) for item in registered.registration.inputs[:3]]
        changed = changed_inputs(workspace, registered)
        warnings.append(f"Changed since it was registered: {', '.join(changed)}." if changed else "")
    return Provenance(saved.forecast_id, tuple(facts), tuple(one for one in warnings if one))


def _lane_words(model: str, run_id: str | None, settings: str) -> str:
    return f"{model}, {f'run {run_id}, ' if run_id else ''}{settings}"


def _examples(workspace: Workspace, saved: SavedForecast, stack: MeasuringStack) -> Iterator[Example]:
    """Yield pairs that differ, the first of the sample's order in each category and either way."""
    lanes, forecast = saved.lanes(), saved.forecast
    graders = list(graders_of(stack.taxonomy, stack.judges))
    check_measures(forecast, stack, saved.forecast_id)
    joint = with_outcomes(joint_verdicts(workspace, lanes, graders), lanes.compared_with)
    chosen = _chosen(joint, forecast)
    prefixes = get_prefixes(workspace, lanes.sample_id, [row["prefix_id"] for row in chosen])
    answers = {lane: _texts(workspace, lanes, lane) for lane in (lanes.compared_with, Lane.CANDIDATE)}
    names = {row.category: row.name for row in forecast.categories}
    models = {lane.lane: lane.model for lane in forecast.lanes}
    for row in chosen:
        sampled = prefixes.get(row["prefix_id"])
        if sampled is None:
            continue
        before = answers[lanes.compared_with].get(row["prefix_id"], sampled.recorded.content)
        yield Example(
            category=names[row["category"]],
            outcome=row["outcome"],
            prefix_id=row["prefix_id"],
            asked=sampled.prefix.messages[-1].content,
            before=before,
            before_label=f"{lanes.compared_with} · {models[lanes.compared_with]}",
            after=answers[Lane.CANDIDATE].get(row["prefix_id"], ""),
            after_label=f"candidate · {models[Lane.CANDIDATE]} (simulated)",
        )


def _chosen(joint: pl.DataFrame, forecast: Forecast) -> list[dict[str, str]]:
    order = {row.category: place for place, row in enumerate(by_evidence(forecast.categories))}
    differing = joint.filter(pl.col("outcome").is_in(["regressed", "improved"]))
    first = differing.sort("position").group_by("category", "outcome", maintain_order=True).head(EXAMPLES)
    return sorted(first.to_dicts(), key=lambda row: (order[row["category"]], row["outcome"] != "regressed"))


def _texts(workspace: Workspace, lanes: Lanes, lane: Lane) -> dict[str, str]:
    run_id = lanes.runs().get(lane)
    if run_id is None:
        return {}
    rows = responses(workspace, run_id).filter((pl.col("status") == "ok") & (pl.col("repeat") == 0))
    return dict(rows.select("prefix_id", pl.col("text").fill_null("")).iter_rows())
