"""Compare: which prefixes to look at, and one of them with all its responses side by side."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from deploysim.grade.grader import Grader
from deploysim.pipeline.lanes import OUTCOMES, Lanes, joint_verdicts, lane_grades, lane_texts, with_outcomes
from deploysim.render import Badge, Mark, Panel, WordDiff, word_diff
from deploysim.store.imports import decode_tool_calls, encode_tool_calls
from deploysim.store.runs import read_run, responses_of
from deploysim.store.samples import SampledPrefix, get_prefix
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import Taxonomy
from deploysim.types import Lane, Verdict

ANY = "any"
FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Comparison:
    """All prefixes of a sample with what became of each pair of responses."""

    verdicts: pl.DataFrame
    """One row per prefix and category, with `outcome`."""
    texts: pl.DataFrame
    """One row per prefix: position, answered, failed, different."""

    def counts(self, category: str) -> dict[str, int]:
        """Return how many prefixes have each outcome in a category, or in any one of them."""
        chosen = self._of(category)
        found = chosen.group_by("outcome").agg(pl.col("prefix_id").n_unique()).iter_rows()
        counts: dict[str, int] = {**dict.fromkeys(OUTCOMES, 0), **dict(found)}
        if category == ANY:
            counts["neither"] = self._with(ANY, "neither").height
        return {**counts, FAILED: int(self.texts["failed"].sum()), ANY: self.texts.height}

    def graded(self) -> bool:
        """Say whether the graders that are in force now have graded the candidate."""
        return bool(self.verdicts[Lane.CANDIDATE].is_not_null().any())

    def matching(self, category: str, outcome: str, *, different: bool = False) -> list[str]:
        """Return the prefixes to look at, those with most regressions first."""
        texts = self.texts
        if different:
            texts = texts.filter("different")
        if outcome == FAILED:
            texts = texts.filter("failed")
        elif outcome != ANY:
            texts = texts.join(self._with(category, outcome), on="prefix_id", how="semi")
        regressed = self._of(category).filter(pl.col("outcome") == "regressed").group_by("prefix_id").len("regressions")
        ordered = texts.join(regressed, on="prefix_id", how="left").sort(
            pl.col("regressions").fill_null(0), "position", descending=[True, False]
        )
        return ordered["prefix_id"].to_list()

    def _of(self, category: str) -> pl.DataFrame:
        return self.verdicts if category == ANY else self.verdicts.filter(pl.col("category") == category)

    def _with(self, category: str, outcome: str) -> pl.DataFrame:
        chosen = self._of(category)
        if category == ANY and outcome == "neither":
            return chosen.group_by("prefix_id").agg((pl.col("outcome") == "neither").all()).filter("outcome")
        return chosen.filter(pl.col("outcome") == outcome)


@dataclass(frozen=True, slots=True)
class LaneAnswer:
    """What one lane answered to one prefix, with its grades."""

    lane: Lane
    model: str
    text: str
    failure: str | None
    tool_calls: str | None
    footer: str
    grades: pl.DataFrame
    graded: bool


@dataclass(frozen=True, slots=True)
class Item:
    """One prefix with the answers of all lanes."""

    sampled: SampledPrefix
    answers: tuple[LaneAnswer, ...]
    compared_with: Lane
    names: dict[str, str]
    """Category id -> name."""

    def unchanged(self) -> bool:
        """Whether the candidate answered with the very text that it is compared with."""
        texts = {a.lane: a.text for a in self.answers if not a.failure}
        return Lane.CANDIDATE in texts and texts[Lane.CANDIDATE] == texts.get(self.compared_with)

    def diff(self) -> WordDiff:
        """Return the words that differ between the two responses compared."""
        texts = {a.lane: a.text for a in self.answers}
        return word_diff(texts.get(self.compared_with, ""), texts.get(Lane.CANDIDATE, ""))

    def panels(self, diff: WordDiff | None = None) -> list[Panel]:
        """Return the responses for display, with the words of the diff or of the graders' evidence marked."""
        return [self._panel(answer, diff) for answer in self.answers]

    def _panel(self, answer: LaneAnswer, diff: WordDiff | None) -> Panel:
        marks = _evidence(answer.grades)
        if diff is not None:
            sides = {self.compared_with: diff.old, Lane.CANDIDATE: diff.new}
            marks = sides.get(answer.lane, ())
        return Panel(
            lane=answer.lane,
            heading=answer.model,
            text=answer.text,
            marks=marks,
            tool_calls=decode_tool_calls(answer.tool_calls),
            badges=_badges(answer, self.names),
            failure=answer.failure,
            footer=answer.footer,
        )


def load_comparison(workspace: Workspace, lanes: Lanes, graders: list[Grader]) -> Comparison:
    """Return what became of every pair of responses."""
    verdicts = with_outcomes(joint_verdicts(workspace, lanes, graders), lanes.compared_with)
    return Comparison(verdicts, lane_texts(workspace, lanes))


def load_item(
    workspace: Workspace, lanes: Lanes, prefix_id: str, *, taxonomy: Taxonomy, graders: list[Grader]
) -> Item | None:
    """Return one prefix with all its answers, or None where the sample has none of that id."""
    sampled = get_prefix(workspace, lanes.sample_id, prefix_id)
    if sampled is None:
        return None
    answers = [_recorded(workspace, lanes.sample_id, sampled, graders)]
    for lane, run_id in lanes.runs().items():
        answers.append(_answer(workspace, lanes.sample_id, Lane(lane), run_id, prefix_id, graders))
    names = {c.id: c.name for c in taxonomy.categories}
    return Item(sampled, tuple(answers), lanes.compared_with, names)


def _recorded(workspace: Workspace, sample_id: str, sampled: SampledPrefix, graders: list[Grader]) -> LaneAnswer:
    grades = lane_grades(workspace, sample_id, None, graders, prefix_id=sampled.prefix.prefix_id)
    message = sampled.recorded
    return LaneAnswer(
        lane=Lane.RECORDED,
        model=sampled.about["model"] or "model unknown",
        text=message.content,
        failure=None,
        tool_calls=encode_tool_calls(message.tool_calls),
        footer=_finish(message.finish_reason),
        grades=grades,
        graded=grades.height > 0,
    )


def _answer(
    workspace: Workspace, sample_id: str, lane: Lane, run_id: str, prefix_id: str, graders: list[Grader]
) -> LaneAnswer:
    run = read_run(workspace, run_id)
    rows = responses_of(workspace, run_id, prefix_id)
    if rows.is_empty():
        return LaneAnswer(lane, run.name, "", "Not answered yet.", None, "", pl.DataFrame(), graded=False)
    row = rows.row(0, named=True)
    failed = row["status"] == "failed"
    detail = f" ({row['failure_detail']})" if row["failure_detail"] else ""
    grades = lane_grades(workspace, sample_id, run_id, graders, prefix_id=prefix_id)
    return LaneAnswer(
        lane=lane,
        model=run.name,
        text=row["text"] or "",
        failure=f"No response: {row['failure_kind']}{detail}. Counted as a failure, not graded." if failed else None,
        tool_calls=row["tool_calls"],
        footer=_footer(row),
        grades=grades,
        graded=grades.height > 0,
    )


def _badges(answer: LaneAnswer, names: dict[str, str]) -> tuple[Badge, ...]:
    if answer.failure:
        return ()
    if not answer.graded:
        return (Badge("", "not graded yet", "note"),)
    found: list[Badge] = []
    open_questions: dict[tuple[str, str], list[str]] = {}
    for row in answer.grades.iter_rows(named=True):
        name = names.get(row["category"], row["category"])
        if row["verdict"] == Verdict.PRESENT:
            found.append(Badge("▲", f"{name} · severity {row['severity']}", "present", row["reason"]))
        elif row["verdict"] in (Verdict.UNSURE, Verdict.NOT_COMPARABLE):
            open_questions.setdefault((row["verdict"], row["reason"]), []).append(name)
    # One reason often leaves several behaviours open, such as a language that the rules do not read.
    found += [
        Badge("?", f"{verdict}: {', '.join(of)}", "unsure", reason) for (verdict, reason), of in open_questions.items()
    ]
    return tuple(found) or (Badge("", f"none of {answer.grades.height} behaviours found", "note"),)


def _evidence(grades: pl.DataFrame) -> tuple[Mark, ...]:
    if grades.is_empty():
        return ()
    present = grades.filter(pl.col("verdict") == Verdict.PRESENT)
    ranges = [r for row in present["evidence"] for r in row]
    return tuple(Mark(r["start"], r["end"], "evidence") for r in ranges)


def _finish(reason: str | None) -> str:
    words = {"length": "cut off at the length limit", "stop": "ended by itself", "tool_calls": "ended with a tool call"}
    return words.get(reason or "", "")


def _footer(row: dict[str, object]) -> str:
    tokens, seconds = row["completion_tokens"], row["latency_s"]
    parts = [
        _finish(str(row["finish_reason"] or "")),
        f"{tokens} tokens" if tokens is not None else "",
        f"{seconds:.1f} s" if isinstance(seconds, float) else "",
    ]
    return " · ".join(part for part in parts if part)
