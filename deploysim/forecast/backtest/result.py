"""A backtest's result as plain values for JSON and as rows for a table, with what it does not show."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from deploysim.forecast.backtest.run import Backtest, Score
from deploysim.forecast.backtest.scoring import CHANGED, GROUPS, HARDLY, METHODS

FORMAT = 1
LIMITS = (
    "Random halves of one set of prompts have no fidelity gap and no prefix shift. This shows how well rates and their "
    "shifts are estimated from the prompts replayed; it is no claim to beat published forecasts of real releases.",
    "Ordered pairs of models mirror each other and share prompts, so rows are not independent. The intervals allow for "
    "the choice of prompts (bootstrap over their clusters), not for the choice of models.",
    "Which rows count as changed or hardly changed goes by what came, noise included: a rate that happens to come out "
    "as before was forecast well by the naive method whatever the truth is. The groups named everywhere go by the two "
    "models' rates over the prompts of both halves, which are less noisy.",
    "Labels are taken as true.",
)
SCORES = {
    "nll_plug_in": "binomial NLL of the realised count under the forecast rate, nats",
    "nll_predictive": "beta-binomial NLL of the realised count, nats",
    "log_loss": "NLL of each response under the forecast rate, nats: the binomial NLL without the ways to order responses",
    "sme_median": "median symmetric multiplicative error of the rate",
    "sme_p90": "90th percentile of that error",
    "coverage": "share of realised counts in the predictive interval",
    "direction_right": "share of rows whose direction is forecast right, whatever its certainty",
    "called": "share of rows whose direction is called",
    "calls_right": "share of the calls that are right",
    "brier": "Brier score of the probability that the rate goes up",
}


def to_plain(result: Backtest) -> dict[str, Any]:
    """Turn a backtest into plain values; scores that do not exist are null."""
    plain: dict[str, Any] = {
        "format": FORMAT,
        "models": result.models,
        "ordered_pairs": result.pairs,
        "categories": list(result.categories),
        "clusters": result.clusters,
        "responses": result.responses,
        "settings": asdict(result.settings),
        "changed_ratio": CHANGED,
        "hardly_changed_ratio": HARDLY,
        "scores": SCORES,
        "limits": list(LIMITS),
        "groups": {},
    }
    for key, score in result.scores.items():
        *path, last = key.split(".")
        place = plain["groups"]
        for name in path:
            place = place.setdefault(name, {})
        place[last] = score.value if last == "rows" else asdict(score)
    plain["thinning"] = plain["groups"].pop("thinning", None)
    return plain


def table(result: Backtest, score: str) -> list[tuple[str, ...]]:
    """Rows of one score for reading: its groups, each with all methods."""
    return [
        (group.replace("_", " "), *(_words(result.scores.get(f"{group}.{method}.{score}")) for method in METHODS))
        for group in GROUPS
    ]


def differences(result: Backtest) -> list[str]:
    """Say by how much our mean NLL on all rows is below that of the other methods, in a line each."""
    lines = []
    for other in METHODS[1:]:
        for kind, name in (("nll_plug_in", "plug-in"), ("nll_predictive", "predictive")):
            found = _words(result.scores.get(f"all.ours_less_{other}.{kind}"))
            lines.append(f"{name} NLL on all rows, ours less {other}: {found}")
    return lines


def _words(score: Score | None) -> str:
    if score is None or score.value is None:
        return "n/a"
    if score.low is None or score.high is None:
        return f"{score.value:.3f}"
    return f"{score.value:.3f} ({score.low:.3f}–{score.high:.3f})"
