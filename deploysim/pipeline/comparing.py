"""Compare: which prefixes to look at, by any combination of filters, with what became better and worse beside each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

import polars as pl

from deploysim.grade.grader import Grader
from deploysim.pipeline.grader_marks import marks_of
from deploysim.pipeline.lanes import OUTCOMES, Lanes, joint_verdicts, lane_grades, lane_texts, with_outcomes
from deploysim.store.files import short_hash
from deploysim.store.queues import RECORDED
from deploysim.store.sample_prefixes import prefix_index
from deploysim.store.searching import prefixes_holding, responses_holding
from deploysim.store.workspace import Workspace
from deploysim.types import Lane, Verdict

ANY = "any"
FAILED = "failed"
Sort = Literal["evidence", "severity", "drawn", "difference"]
SORTS: dict[Sort, str] = {
    "evidence": "Most evidence first",
    "severity": "Most severe first",
    "difference": "Largest change of length first",
    "drawn": "As drawn",
}
DISAGREEMENTS = {
    "graders": "graders disagree",
    "people": "people and grader disagree",
    "reviewers": "people disagree",
}


PEOPLE = {"prefix_id": pl.String, "category": pl.String, "against_grader": pl.Boolean, "split": pl.Boolean}
MOST_VALUES = 100
"""Values of a filter that are offered: those with most regressions."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What to look at. Every filter left at its default lets everything through."""

    category: str = ANY
    outcome: str = ANY
    severity: str = ANY
    """At least so severe, as a digit."""
    disagreement: str = ANY
    reviewed: str = ANY
    """"yes" or "no": whether people have labelled it."""
    model: str = ANY
    """Short hash of the model in the log: links hold no names."""
    cluster: str = ANY
    """User's key, or conversation where no user is known."""
    different: bool = False
    words: str = ""
    """Found in any message or response."""

    def narrowing(self) -> int:
        """Return how many filters beside category and outcome are on."""
        named = (self.severity, self.disagreement, self.reviewed, self.model, self.cluster)
        return sum(value != ANY for value in named) + self.different + bool(self.words)


@dataclass(frozen=True, slots=True)
class Moved:
    """How many prefixes became worse and better."""

    regressed: int
    improved: int
    prefixes: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """All prefixes of a sample with what became of each pair of responses."""

    verdicts: pl.DataFrame
    """One row per prefix and category: `outcome`, `severity` and `disputed` among the graders."""
    texts: pl.DataFrame
    """One row per prefix: position, model, cluster, answered, failed, different, length."""
    marks: pl.DataFrame
    """What the graders say of every response, as `marks_of` gives it."""
    people: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PEOPLE))
    """One row per prefix and category that people have labelled: `against_grader` and `split` among them."""
    _by_category: dict[str, pl.DataFrame] = field(default_factory=dict, compare=False, repr=False)

    def with_people(self, said: pl.DataFrame) -> Comparison:
        """Return the same with the labels that count, as `labels` gives them."""
        return Comparison(self.verdicts, self.texts, self.marks, people_of(said, self.marks))

    def graded(self) -> bool:
        """Say whether the graders that are in force now have graded the candidate."""
        return bool(self.verdicts[Lane.CANDIDATE].is_not_null().any())

    def rows(self, filters: Filters, *, holding: frozenset[str] | None = None) -> pl.DataFrame:
        """Return one row per prefix that passes all filters, with what the filters and sorts go by."""
        rows = self.prefixes(filters.category)
        if holding is not None:
            rows = rows.filter(pl.col("prefix_id").is_in(list(holding)))
        for name, narrow in _NARROW.items():
            value = getattr(filters, name)
            if value not in (ANY, False):
                rows = rows.filter(narrow(value))
        return rows

    def matching(
        self, filters: Filters, *, sort: Sort = "evidence", holding: frozenset[str] | None = None
    ) -> list[str]:
        """Return the prefixes to look at, in order."""
        rows = self.rows(filters, holding=holding)
        return rows.sort(_SORT_KEYS[sort], "position", descending=[True, False])["prefix_id"].to_list()

    def counts(self, filters: Filters, *, holding: frozenset[str] | None = None) -> dict[str, int]:
        """Return how many prefixes have each outcome, the other filters applied."""
        rows = self.rows(replace(filters, outcome=ANY), holding=holding)
        counts: dict[str, int] = {outcome: int(rows[outcome].sum()) for outcome in OUTCOMES}
        return {**counts, FAILED: int(rows["failed"].sum()), ANY: rows.height}

    def moved(self, filters: Filters, name: str, *, holding: frozenset[str] | None = None) -> dict[str, Moved]:
        """Return what became worse and better for each value of a filter, the other ones applied."""
        # `outcome` is left out: beside each value stand the numbers of two of them.
        if name == "category":
            return self._moved_by_category(filters, holding)
        others = Filters(**{**asdict(filters), "outcome": ANY, name: ANY})
        rows = self.rows(others, holding=holding)
        found = {ANY: _moved(rows)}
        for value in _values(rows, name):
            found[value] = _moved(rows.filter(_NARROW[name](value)))
        return found

    def _moved_by_category(self, filters: Filters, holding: frozenset[str] | None) -> dict[str, Moved]:
        rows = self.rows(replace(filters, category=ANY, outcome=ANY), holding=holding)
        every = self.verdicts.join(rows.select("prefix_id"), on="prefix_id", how="semi")
        by = every.group_by("category").agg(
            regressed=(pl.col("outcome") == "regressed").sum(), improved=(pl.col("outcome") == "improved").sum()
        )
        each = {c: Moved(worse, better, rows.height) for c, worse, better in by.iter_rows()}
        return {ANY: _moved(rows), **each}

    def prefixes(self, category: str) -> pl.DataFrame:
        """Return one row per prefix with what it says in one category, or in any."""
        if category not in self._by_category:
            self._by_category[category] = self._prefixes(category)
        return self._by_category[category]

    def _prefixes(self, category: str) -> pl.DataFrame:
        chosen = self.verdicts if category == ANY else self.verdicts.filter(pl.col("category") == category)
        outcome = pl.col("outcome")
        regressed = outcome == "regressed"
        by_prefix = chosen.group_by("prefix_id").agg(
            *[(outcome == one).any().alias(one) for one in OUTCOMES if one != "neither"],
            neither=(outcome == "neither").all(),
            severity=pl.col("severity").max(),
            evidence=pl.when(regressed).then(1 + pl.col("severity").fill_null(0)).otherwise(0).sum(),
            graders=pl.col("disputed").any(),
        )
        said = self.people if category == ANY else self.people.filter(pl.col("category") == category)
        people = said.group_by("prefix_id").agg(people=pl.col("against_grader").any(), reviewers=pl.col("split").any())
        joined = self.texts.join(by_prefix, on="prefix_id", how="left").join(people, on="prefix_id", how="left")
        return joined.with_columns(
            reviewed=pl.col("people").is_not_null(),
            **{name: pl.col(name).fill_null(False) for name in (*OUTCOMES, "graders", "people", "reviewers")},
        )


def load_comparison(workspace: Workspace, lanes: Lanes, graders: list[Grader]) -> Comparison:
    """Return what became of every pair of responses by the graders in force."""
    verdicts = with_outcomes(joint_verdicts(workspace, lanes, graders), lanes.compared_with)
    verdicts = verdicts.join(_severities(workspace, lanes, graders), on=["prefix_id", "category"], how="left")
    marks = marks_of(workspace, lanes.sample_id, [RECORDED, *lanes.runs().values()], graders)
    compared = marks.filter(pl.col("run").is_in([lanes.baseline or RECORDED, lanes.candidate]))
    disputed = compared.group_by("prefix_id", "category").agg(pl.col("disputed").any())
    verdicts = verdicts.join(disputed, on=["prefix_id", "category"], how="left").with_columns(
        pl.col("disputed").fill_null(False)
    )
    return Comparison(verdicts, _texts(workspace, lanes), marks)


def people_of(said: pl.DataFrame, marks: pl.DataFrame) -> pl.DataFrame:
    """Return where people labelled a response: prefix_id, category, against_grader and split.

    `against_grader` is whether one of them says present and the grader absent, or the other way round, of the same
    response; `split` whether two of them do.
    """
    words = [Verdict.PRESENT, Verdict.ABSENT]
    found = said.filter(pl.col("label").is_in(words), pl.col("repeat") == 0)
    decided = marks.select("prefix_id", "run", "category", "verdict").filter(pl.col("verdict").is_in(words))
    runs = marks["run"].unique().to_list()
    by_response = (
        found.filter(pl.col("run").is_in(runs))
        .join(decided, on=["prefix_id", "run", "category"], how="left")
        .group_by("prefix_id", "run", "category")
        .agg(
            against_grader=(pl.col("label") != pl.col("verdict")).fill_null(False).any(),
            split=pl.col("label").n_unique() > 1,
        )
    )
    return by_response.group_by("prefix_id", "category").agg(pl.col("against_grader", "split").any())


def holding(workspace: Workspace, lanes: Lanes, words: str) -> frozenset[str]:
    """Return the prefixes in which words are found: in a message, in the log's response or in one of the runs'."""
    found = prefixes_holding(workspace, lanes.sample_id, words)
    return found.union(*(responses_holding(workspace, run, words) for run in lanes.runs().values()))


def model_key(model: str | None) -> str:
    """Return what stands for a model's name in a link."""
    return short_hash(model or "unknown")


def _severities(workspace: Workspace, lanes: Lanes, graders: list[Grader]) -> pl.DataFrame:
    """Return the largest severity of either response compared, by prefix and category."""
    sides = [lane_grades(workspace, lanes.sample_id, lanes.baseline, graders)]
    if lanes.candidate:
        sides.append(lane_grades(workspace, lanes.sample_id, lanes.candidate, graders))
    both = pl.concat([side.select("prefix_id", "category", "severity") for side in sides])
    return both.group_by("prefix_id", "category").agg(pl.col("severity").max())


def _texts(workspace: Workspace, lanes: Lanes) -> pl.DataFrame:
    index = prefix_index(workspace, lanes.sample_id).select(
        "prefix_id",
        "conversation_id",
        pl.col("model").fill_null("unknown"),
        cluster=pl.coalesce("user_key", "conversation_id"),
    )
    keys = {model: model_key(model) for model in index["model"].unique()}
    index = index.with_columns(model_key=pl.col("model").replace_strict(keys, return_dtype=pl.String))
    return lane_texts(workspace, lanes).join(index, on="prefix_id", how="left")


def _moved(rows: pl.DataFrame) -> Moved:
    return Moved(int(rows["regressed"].sum()), int(rows["improved"].sum()), rows.height)


def _values(rows: pl.DataFrame, name: str) -> list[str]:
    fixed = {"severity": [str(level) for level in range(1, 5)], "reviewed": ["yes", "no"]}
    if name in fixed:
        return fixed[name]
    if name == "disagreement":
        return list(DISAGREEMENTS)
    column = {"model": "model_key"}.get(name, name)
    by = (
        rows.group_by(column)
        .agg(pl.len().alias("n"), pl.col("regressed").sum())
        .sort("regressed", "n", column, descending=[True, True, False])
    )
    return by[column].head(MOST_VALUES).to_list()


_NARROW: dict[str, Callable[[str], pl.Expr]] = {
    "outcome": lambda value: pl.col(FAILED if value == FAILED else value),
    "severity": lambda value: (pl.col("severity") >= int(value)).fill_null(False),
    "disagreement": lambda value: pl.col(value),
    "reviewed": lambda value: pl.col("reviewed") == (value == "yes"),
    "model": lambda value: pl.col("model_key") == value,
    "cluster": lambda value: pl.col("cluster") == value,
    "different": lambda value: pl.col("different"),
}
_SORT_KEYS: dict[Sort, pl.Expr] = {
    "evidence": pl.col("evidence").fill_null(0),
    "severity": pl.col("severity").fill_null(-1),
    "difference": pl.col("length").fill_null(0),
    "drawn": -pl.col("position").cast(pl.Int64),
}
