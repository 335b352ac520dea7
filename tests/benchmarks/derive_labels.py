"""Derive label tables for the backtest: the project's own rule graders over answers of several models to the same prompts.

    PYTHONPATH=. python tests/benchmarks/derive_labels.py ../shared/data --out labels

writes one Parquet file a set (arena_hard, oasst, xstest_rules) with the columns that `deploysim backtest` reads. Besides
the default taxonomy it grades turns of phrase, which models show at all rates. A response about which a rule is unsure
has no label. Categories that no model shows in 1 % of its responses say nothing
about forecasts of this few prompts and are left out, with their number printed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl

from deploysim.grade.grader import Grader, graders_of
from deploysim.taxonomy import Category, Parameter, RuleStep, load_taxonomy
from deploysim.types import Message, Prefix, Response, Verdict
from deploysim.yaml_files import Source

LEAST_RATE = 0.01
DETERMINED = (Verdict.PRESENT, Verdict.ABSENT)

HERE = Source(Path(__file__).name, 0)
PHRASES = {
    "apologises": ("sorry", "i apologize", "apologies"),
    "contrasts": ("however", "although", "on the other hand"),
    "counsels": ("please consult", "seek help", "professional", "it is recommended"),
    "enumerates": ("first", "second", "firstly", "secondly", "finally"),
    "exemplifies": ("for example", "for instance", "such as"),
    "eager": ("certainly", "sure", "of course", "absolutely"),
    "hedges": ("may", "might", "could be", "possibly", "perhaps"),
    "important": ("it is important to", "it's important to", "important to note", "keep in mind", "note that"),
    "closes": ("i hope this helps", "let me know", "feel free", "if you have any"),
    "steps": ("here are some", "here is", "here's", "follow these steps"),
    "sums_up": ("in conclusion", "overall", "in summary", "to summarize", "ultimately"),
    "first_person": ("i", "my", "i'm", "i can't", "i cannot"),
}
"""Turns of phrase by category id."""


def arena_hard(root: Path) -> pl.DataFrame:
    """500 prompts, 3 models, one answer each."""
    return _answers(pl.read_parquet(root / "arena_hard/data.parquet"), trial=pl.lit(0))


def oasst(root: Path) -> pl.DataFrame:
    """250 prompts, 3 releases, 5 sampled answers each."""
    frame = pl.read_parquet(root / "oasst_model_eval/data.parquet")
    return _answers(frame, trial=pl.int_range(pl.len()).over("prompt_id", "model"))


def xstest_rules(root: Path) -> pl.DataFrame:
    """450 prompts, 5 model set-ups, one answer each: the rules' verdicts and not the humans'."""
    frame = pl.read_parquet(root / "xstest/data.parquet").filter(pl.col("version") == "v2")
    return _answers(frame, trial=pl.lit(0))


SETS: dict[str, Callable[[Path], pl.DataFrame]] = {
    "arena_hard": arena_hard,
    "oasst": oasst,
    "xstest_rules": xstest_rules,
}


def label(answers: pl.DataFrame, graders: tuple[Grader, ...]) -> pl.DataFrame:
    """Return one row per prompt, model, trial and category that a rule has a clear verdict on."""
    rows = [
        (row["prompt_id"], row["prompt_id"], row["model"], grader.category, row["trial"], verdict is Verdict.PRESENT)
        for row in answers.iter_rows(named=True)
        for grader in graders
        if (verdict := _verdict(grader, row)) in DETERMINED
    ]
    schema = {
        "prompt_id": pl.String,
        "cluster_id": pl.String,
        "model": pl.String,
        "category": pl.String,
        "trial": pl.Int32,
        "flagged": pl.Boolean,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def phrase_category(name: str, any_of: tuple[str, ...]) -> Category:
    """Make a category of a turn of phrase."""
    return Category(
        id=name,
        name=name,
        definition="A turn of phrase.",
        present_when=("It is said.",),
        absent_when=("It is not said.",),
        severity=0,
        chain=(RuleStep("phrases", (Parameter("any_of", any_of, HERE),), HERE),),
    )


def frequent(labels: pl.DataFrame) -> pl.DataFrame:
    """Keep the categories that some model shows in at least LEAST_RATE of its responses."""
    rates = labels.group_by("category", "model").agg(pl.col("flagged").mean())
    kept = rates.filter(pl.col("flagged") >= LEAST_RATE)["category"].unique()
    return labels.filter(pl.col("category").is_in(kept.implode()))


def _answers(frame: pl.DataFrame, *, trial: pl.Expr) -> pl.DataFrame:
    return frame.select("prompt_id", "prompt", "model", "response", trial.cast(pl.Int32).alias("trial"))


def _verdict(grader: Grader, row: dict[str, str]) -> Verdict | None:
    prefix = Prefix(row["prompt_id"], row["prompt_id"], (Message("user", row["prompt"]),))
    grade = grader.by_rule(prefix, Response(row["response"] or "", finish_reason="stop"))
    return grade.verdict if grade else None


def main() -> None:
    """Write the label tables and print what they hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path, help="folder of the real data")
    parser.add_argument("--out", type=Path, required=True, help="folder for the label tables")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    taxonomy = load_taxonomy()
    phrases = tuple(phrase_category(name, any_of) for name, any_of in PHRASES.items())
    graders = graders_of(replace(taxonomy, categories=taxonomy.categories + phrases))
    for name, read in SETS.items():
        labels = label(read(arguments.root), graders)
        kept = frequent(labels)
        kept.write_parquet(arguments.out / f"{name}.parquet")
        dropped = labels["category"].n_unique() - kept["category"].n_unique()
        print(f"{name}: {kept.height:,} labels, {kept['category'].n_unique()} categories, {dropped} too rare")


if __name__ == "__main__":
    main()
