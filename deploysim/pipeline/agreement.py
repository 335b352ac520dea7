"""How far people agree with each other and graders with people, and where they do not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl

from deploysim.grade.grader import Grader
from deploysim.pipeline.grader_marks import MARKS, marks_of
from deploysim.pipeline.truth import AGREED, OPEN, RESPONSE, SETTLED, truth_of
from deploysim.stats.agreement import MISSING, SIMPLE, Agreement, Design, cohen_kappa, krippendorff_alpha
from deploysim.stats.clusters import Ints
from deploysim.store.queues import Queue
from deploysim.store.workspace import Workspace
from deploysim.types import Verdict

WORDS = tuple(str(word) for word in Verdict)
_CODES = {word: code for code, word in enumerate(WORDS)}
_DECIDED = (Verdict.PRESENT.value, Verdict.ABSENT.value)


@dataclass(frozen=True, slots=True)
class CategoryAgreement:
    """Agreement in one category."""

    category: str
    responses: int
    """Responses that people labelled."""
    twice: int
    """Those that two or more people labelled."""
    people: Agreement
    """Krippendorff's alpha of all that labelled."""
    graders: Agreement
    """Cohen's kappa of the grader in force and what people's labels come to."""
    open: int
    """Responses that people disagree on and that nobody has settled."""


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Agreement of two people in one category, or in all."""

    first: str
    second: str
    kappa: Agreement


@dataclass(frozen=True, slots=True)
class Summary:
    """What has been labelled so far."""

    labels: int
    people: tuple[str, ...]
    responses: int
    """Responses, whatever the category."""
    open: int
    settled: int


def summary(labels: pl.DataFrame) -> Summary:
    """Count what has been labelled."""
    how = truth_of(labels)["how"]
    return Summary(
        labels.height,
        tuple(sorted(labels["reviewer"].unique())),
        labels.select("prefix_id", "run", "repeat").unique().height,
        int((how == OPEN).sum()),
        int((how == SETTLED).sum()),
    )


def verdicts_for(
    workspace: Workspace, labels: pl.DataFrame, queues: Iterable[Queue], graders: Sequence[Grader]
) -> pl.DataFrame:
    """Return what the graders in force say of all responses that were labelled, with the columns of `MARKS`."""
    samples = {queue.queue_id: queue.sample_id for queue in queues}
    asked = {(samples[q], run) for q, run in labels.select("queue", "run").unique().iter_rows() if q in samples}
    parts = [marks_of(workspace, sample, [run], graders) for sample, run in sorted(asked)]
    return pl.concat([pl.DataFrame(schema=MARKS), *parts]).unique(["prefix_id", "run", "category"])


def by_category(labels: pl.DataFrame, verdicts: pl.DataFrame, *, weigh: bool = False) -> list[CategoryAgreement]:
    """Return the agreement in each category that was labelled, the most labelled one first.

    Args:
        labels: As the store gives them.
        verdicts: What graders say, as `verdicts_for` gives it.
        weigh: Weigh each response by the inverse of the probability with which it was drawn, so that agreement is
            that on all responses. Only labels of one queue that drew every response can be weighed.
    """
    found = [_category(part, verdicts, weigh) for part in labels.partition_by("category")]
    return sorted(found, key=lambda row: (-row.responses, row.category))


def by_pair(labels: pl.DataFrame, *, weigh: bool = False) -> list[PairAgreement]:
    """Return the agreement of every two people who labelled the same responses, all categories together."""
    own = labels.filter(~pl.col("adjudicates"))
    wide = _wide(own, [*RESPONSE, "inclusion"])
    people = [name for name in wide.columns if name not in (*RESPONSE, "inclusion")]
    found = []
    for first, second in combinations(sorted(people), 2):
        both = wide.filter(pl.col(first).is_not_null(), pl.col(second).is_not_null())
        if both.height:
            kappa = cohen_kappa(_codes(both[first]), _codes(both[second]), design=_design(both, weigh=weigh))
            found.append(PairAgreement(first, second, kappa))
    return found


def can_weigh(labels: pl.DataFrame) -> bool:
    """Say whether labels come from one queue that drew every response by a rule."""
    own = labels.filter(~pl.col("adjudicates"))
    return own["queue"].n_unique() == 1 and own["inclusion"].null_count() == 0


def people_matrix(labels: pl.DataFrame, first: str, second: str) -> pl.DataFrame:
    """Count responses by what two people said: one row per word of the first, one column per word of the second."""
    own = labels.filter(~pl.col("adjudicates"))
    wide = _wide(own.filter(pl.col("reviewer").is_in([first, second])), list(RESPONSE))
    if first not in wide.columns or second not in wide.columns:
        return _matrix(pl.DataFrame(schema={"row": pl.String, "column": pl.String}))
    return _matrix(wide.select(row=first, column=second).drop_nulls())


def grader_matrix(labels: pl.DataFrame, verdicts: pl.DataFrame) -> pl.DataFrame:
    """Count responses by what the grader said (rows) and what people's labels come to (columns)."""
    return _matrix(_against_graders(labels, verdicts).select(row="verdict", column="truth"))


def disagreements(labels: pl.DataFrame, verdicts: pl.DataFrame, *, with_graders: bool) -> pl.DataFrame:
    """Return the responses to read, the worst first: present against absent before anything against unsure.

    Args:
        labels: As the store gives them.
        verdicts: What graders say.
        with_graders: Where the grader and what people's labels come to differ, in place of where people differ.

    Columns: those of RESPONSE, lane, queue, inclusion, words (what was said by how many), verdict, truth, how, clash
    (present against absent) and reviewers.
    """
    own = labels.filter(~pl.col("adjudicates"))
    said = own.group_by(*RESPONSE, maintain_order=True).agg(
        pl.col("queue").first(),
        words=pl.col("label").unique(maintain_order=True),
        said=pl.format("{} {}", "reviewer", "label").str.join(", "),
    )
    rows = (
        truth_of(labels)
        .join(said, on=RESPONSE)
        .join(
            verdicts.select("prefix_id", "run", "category", "verdict"), on=["prefix_id", "run", "category"], how="left"
        )
    )
    if with_graders:
        differ = (pl.col("truth") != pl.col("verdict")).fill_null(False)
        clash = pl.col("truth").is_in(_DECIDED) & pl.col("verdict").is_in(_DECIDED)
    else:
        differ = pl.col("words").list.len() > 1
        clash = pl.lit(len(_DECIDED)) == pl.col("words").list.set_intersection(list(_DECIDED)).list.len()
    found = rows.filter(differ).with_columns(clash=clash)
    return found.sort(
        "clash", "reviewers", "category", "prefix_id", "run", descending=[True, True, False, False, False]
    )


def _category(labels: pl.DataFrame, verdicts: pl.DataFrame, weigh: bool) -> CategoryAgreement:
    own = labels.filter(~pl.col("adjudicates"))
    wide = _wide(own, [*RESPONSE, "inclusion"])
    people = [name for name in wide.columns if name not in (*RESPONSE, "inclusion")]
    codes = np.stack([_codes(wide[name]) for name in people], axis=1) if people else np.empty((0, 2), dtype=np.int64)
    truth = truth_of(labels)
    both = _against_graders(labels, verdicts)
    return CategoryAgreement(
        category=labels["category"][0],
        responses=truth.height,
        twice=int((truth["reviewers"] > 1).sum()),
        people=krippendorff_alpha(codes, design=_design(wide, weigh=weigh)),
        graders=cohen_kappa(_codes(both["verdict"]), _codes(both["truth"]), design=_design(both, weigh=weigh)),
        open=int((truth["how"] == OPEN).sum()),
    )


def _against_graders(labels: pl.DataFrame, verdicts: pl.DataFrame) -> pl.DataFrame:
    truth = truth_of(labels).filter(pl.col("how").is_in([AGREED, SETTLED]))
    graded = verdicts.select("prefix_id", "run", "category", "verdict")
    return truth.join(graded, on=["prefix_id", "run", "category"])


def _wide(labels: pl.DataFrame, index: Sequence[str]) -> pl.DataFrame:
    """Return one row per response with a column for each person."""
    rows = labels.sort("at").unique([*RESPONSE, "reviewer"], keep="last", maintain_order=True)
    if "inclusion" in index:
        chance = rows.group_by(*RESPONSE).agg(pl.col("inclusion").drop_nulls().first())
        rows = rows.drop("inclusion").join(chance, on=RESPONSE)
    return rows.pivot("reviewer", index=list(index), values="label", sort_columns=True)


def _codes(words: pl.Series) -> Ints:
    codes = words.replace_strict(_CODES, default=None, return_dtype=pl.Int64).fill_null(MISSING)
    return np.asarray(codes.to_numpy(), dtype=np.int64)


def _design(rows: pl.DataFrame, *, weigh: bool) -> Design:
    """Return the design: responses of one conversation belong together."""
    if rows.is_empty():
        return SIMPLE
    conversations = rows["prefix_id"].str.split(":").list.first()
    clusters = conversations.rank("dense").to_numpy().astype(np.int64) - 1
    weights = (1.0 / rows["inclusion"]).to_numpy() if weigh else None
    return Design(weights=weights, clusters=clusters)


def _matrix(pairs: pl.DataFrame) -> pl.DataFrame:
    """Count pairs as a table with a row and a column for each word, those that were never said as 0."""
    counts: Collection[tuple[str, str, int]] = pairs.group_by("row", "column").len().rows()
    found = {(row, column): n for row, column, n in counts}
    return pl.DataFrame([{"": row, **{column: found.get((row, column), 0) for column in WORDS}} for row in WORDS])
