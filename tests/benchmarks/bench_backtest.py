"""Backtests over simulated worlds and label tables: are the targets met beyond the one file they were set on?

    PYTHONPATH=.:tests python tests/benchmarks/bench_backtest.py [LABELS.parquet ...] [--thin 0.5]

Simulated: models and prompts on one scale of log-odds, prompts that invite the behaviour more or less, and a part that
is particular to a model on a prompt. Seven structures, with 6 to 27 models, 1 to 6 categories and rates of 5 to 70 %.
`derive_labels.py` makes tables of real answers. For every table it prints: our mean NLL less raw's and naive's on all
rows (plug-in and predictive); NLL of counts and log loss of single responses on hardly changed rows as a multiple of
naive's, and NLL again where hardly changed goes by the rates of both halves; share of really changed rows called and of
these calls right; coverage; share of raw's thinning loss won back, (raw thinned - ours thinned) / (raw thinned - raw
full). With --ceilings a second line a table says how far these are within reach at all (`ceilings.py`).
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from ceilings import ceilings
from scipy.special import expit

from deploysim.forecast.backtest.labels import Labels, read_labels
from deploysim.forecast.backtest.run import BacktestSettings, backtest


@dataclass(frozen=True)
class Structure:
    """One simulated world of labels; spreads are standard deviations of log-odds."""

    models: int
    prompts: int
    categories: int
    centre: float
    model_sd: float
    prompt_sd: float
    own_sd: float
    trials: int = 1
    per_cluster: int = 1
    centre_sd: float = 0.0


STRUCTURES = {
    "27 models, hard tasks": Structure(27, 164, 1, -0.3, 1.0, 2.0, 0.7),
    "8 models, low rates": Structure(8, 500, 6, -3.0, 0.5, 1.2, 0.5, centre_sd=0.8),
    "6 models, one rare": Structure(6, 939, 1, -3.0, 0.7, 1.5, 0.5),
    "10 of a family": Structure(10, 400, 5, -1.0, 0.25, 1.5, 0.7, centre_sd=1.2),
    "12 models, high rates": Structure(12, 540, 2, 1.0, 0.8, 1.2, 0.6, centre_sd=0.3),
    "6 models, trials, clusters": Structure(6, 200, 4, -2.0, 0.6, 1.2, 0.5, trials=4, per_cluster=4, centre_sd=1.0),
    "20 models, one category": Structure(20, 541, 1, -1.0, 0.5, 1.5, 0.7),
}


def simulate(structure: Structure, seed: int) -> pl.DataFrame:
    """Draw a label table."""
    rng = np.random.default_rng(seed)
    clusters = np.repeat(np.arange(structure.prompts // structure.per_cluster), structure.per_cluster)
    frames = []
    for category in range(structure.categories):
        centre = structure.centre + rng.normal(0, structure.centre_sd)
        prompt = np.sqrt(0.7) * rng.normal(0, structure.prompt_sd, clusters[-1] + 1)[clusters]
        prompt += np.sqrt(0.3) * rng.normal(0, structure.prompt_sd, clusters.size)
        model = rng.normal(0, structure.model_sd, structure.models)
        own = rng.normal(0, structure.own_sd, (clusters.size, structure.models))
        chance = expit(centre + prompt[:, None] + model + own)
        flagged = rng.random((structure.trials, *chance.shape)) < chance
        trial, place, name = (axis.ravel() for axis in np.indices(flagged.shape))
        columns = {
            "prompt_id": place,
            "cluster_id": clusters[place],
            "model": name,
            "category": np.full(place.size, category),
            "trial": trial,
            "flagged": flagged.ravel(),
        }
        frames.append(pl.DataFrame(columns))
    return pl.concat(frames)


def line(name: str, labels: Labels, settings: BacktestSettings) -> str:
    """Backtest one table and put its targets into a line."""
    scores = backtest(labels, settings, report=lambda what, done, total: None).scores
    value = {key: np.nan if score.value is None else score.value for key, score in scores.items()}

    def of_naive(group: str, kind: str) -> float:
        return value[f"{group}.ours.{kind}"] / value[f"{group}.naive.{kind}"]

    parts = [
        *(f"{value[f'all.ours_less_{other}.{kind}']:+.3f}" for other in ("raw", "naive") for kind in KINDS),
        *(f"{of_naive('hardly_changed', kind):.3f}" for kind in ("nll_plug_in", "log_loss")),
        f"{of_naive('hardly_changed_everywhere', 'nll_plug_in'):.3f}",
        f"{value['changed.ours.called']:.2f}/{value['changed.ours.calls_right']:.3f}",
        f"{value['changed_everywhere.ours.called']:.2f}/{value['changed_everywhere.ours.calls_right']:.3f}",
        f"{value['all.ours.coverage']:.3f}",
        f"{value.get('thinning.won_back.nll_plug_in', np.nan):.2f}",
    ]
    return f"{name:28} " + " ".join(f"{part:>11}" for part in parts)


def reach(labels: Labels) -> str:
    """Put the bounds of one table into a line."""
    bound = ceilings(labels, splits=20, seed=0)
    return (
        f"  knowing all rates: hardly NLL {bound.hardly_changed:.3f}, changed called {bound.called_knowing:.2f}; "
        f"called by our probabilities at 97 % right {bound.called:.2f}; won back by pairing at most {bound.paired:.2f}"
    )


KINDS = ("nll_plug_in", "nll_predictive")
HEADER = (
    *("raw plug", "raw pred", "naive plug", "naive pred", "hardly NLL", "hardly loss", "NLL everyw."),
    *("changed", "everywhere", "coverage", "won back"),
)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels", type=Path, nargs="*")
    parser.add_argument("--thin", type=float, default=1.0)
    parser.add_argument("--certainty", type=float, default=BacktestSettings().certainty)
    parser.add_argument("--ceilings", action="store_true")
    arguments = parser.parse_args()
    settings = BacktestSettings(thin=arguments.thin, certainty=arguments.certainty, resamples=10)
    print(" " * 29 + " ".join(f"{name:>11}" for name in HEADER))
    frames = [(path.stem, pl.read_parquet(path)) for path in arguments.labels]
    frames += [(name, simulate(structure, seed)) for seed, (name, structure) in enumerate(STRUCTURES.items())]
    for name, frame in frames:
        labels = read_labels(frame)
        print(line(name, labels, settings), flush=True)
        if arguments.ceilings:
            print(reach(labels), flush=True)


if __name__ == "__main__":
    main()
