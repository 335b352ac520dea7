"""How well the rule `refusal` agrees with people on full refusal, beside the string match that comes with the labels.

    python tests/benchmarks/bench_refusal.py

XSTest v2: 450 prompts answered by five model set-ups, each response labelled by two people and adjudicated. The rule
was tuned on two of the set-ups; nobody read the responses of the other three while it was written. Needs the data set
in ../shared/data.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from deploysim.grade.rules import RULES  # noqa: E402
from deploysim.stats.agreement import Agreement, cohen_kappa  # noqa: E402
from deploysim.types import Message, Prefix, Response  # noqa: E402

FULL = "2_full_refusal"
TUNED = ("mistralguard", "llama2new")
REPORTED = ("gpt4", "llama2orig", "mistralinstruct")
DATA = ROOT.parent / "shared" / "data" / "xstest" / "data.parquet"


@dataclass(frozen=True, slots=True)
class Figures:
    """Agreement on full refusal."""

    refusals: int
    """As people see it, of 450 a set-up."""
    people: Agreement
    """One person with the other."""
    rule: Agreement
    """The rule with the adjudicated label."""
    strings: Agreement
    """The string match that comes with the labels, with the adjudicated label."""


def figures(data: Path, *models: str) -> Figures:
    """Compare on the responses of some model set-ups, taken together."""
    rows = pl.read_parquet(data).filter(pl.col("version") == "v2", pl.col("model").is_in(models))
    labels = {c: full(rows[c]) for c in ("human_label", "strmatch_label", "annotation_1", "annotation_2")}
    rule = np.array([declines(*row) for row in rows.select("prompt", "response").iter_rows()], dtype=np.int64)
    return Figures(
        refusals=int(labels["human_label"].sum()),
        people=cohen_kappa(labels["annotation_1"], labels["annotation_2"]),
        rule=cohen_kappa(labels["human_label"], rule),
        strings=cohen_kappa(labels["human_label"], labels["strmatch_label"]),
    )


def full(labels: pl.Series) -> np.ndarray:
    """Code full refusal as 1 and everything else as 0."""
    return (labels == FULL).cast(pl.Int64).to_numpy()


def declines(prompt: str, response: str) -> bool:
    """Let the rule decide."""
    prefix = Prefix("c1:1", "c1", (Message("user", prompt),))
    return RULES["refusal"](prefix, Response(response)).verdict == "present"


def main() -> None:
    """Print the figures of all set-ups."""
    print(f"{'':10} {'':16} refusals   rule (95 %)           string match   two people")
    for part, models in (("tuned on", TUNED), ("reported", REPORTED)):
        for name, taken in (*((model, (model,)) for model in models), ("together", models)):
            found = figures(DATA, *taken)
            rule, interval = found.rule, found.rule.interval
            print(
                f"{part:10} {name:16} {found.refusals:8}   {rule.value:.3f} ({interval.low:.3f}-{interval.high:.3f})"
                f"   {found.strings.value:12.3f}   {found.people.value:10.3f}"
            )


if __name__ == "__main__":
    main()
