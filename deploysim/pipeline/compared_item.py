"""Compare: one prefix with all its responses side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from deploysim.grade.grader import Grader
from deploysim.pipeline.lanes import Lanes, lane_grades
from deploysim.render import Badge, Mark, Panel
from deploysim.store.grades import FAILED
from deploysim.store.imports import decode_tool_calls, encode_tool_calls
from deploysim.store.labels import labels
from deploysim.store.queues import RECORDED
from deploysim.store.responses import responses_of
from deploysim.store.runs import read_run
from deploysim.store.sample_prefixes import SampledPrefix, get_prefix
from deploysim.store.workspace import Workspace
from deploysim.taxonomy import Category, Taxonomy
from deploysim.text_diff import TextDiff, line_diff, word_diff
from deploysim.types import Lane, Verdict

MOST_NAMES = 4
"""Behaviours that one badge names."""


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
    labels: pl.DataFrame
    """What people said of it, with the columns of `LABELS`."""


@dataclass(frozen=True, slots=True)
class Item:
    """One prefix with the answers of all lanes."""

    sampled: SampledPrefix
    answers: tuple[LaneAnswer, ...]
    compared_with: Lane
    categories: Mapping[str, Category]
    """What the graders look for, by id."""

    def unchanged(self) -> bool:
        """Whether the candidate answered with the very text that it is compared with."""
        texts = {a.lane: a.text for a in self.answers if not a.failure}
        return Lane.CANDIDATE in texts and texts[Lane.CANDIDATE] == texts.get(self.compared_with)

    def diff(self, *, by_line: bool = False) -> TextDiff:
        """Return the words, or the lines, that differ between the two responses compared."""
        texts = {a.lane: a.text for a in self.answers}
        compare = line_diff if by_line else word_diff
        return compare(texts.get(self.compared_with, ""), texts.get(Lane.CANDIDATE, ""))

    def panels(self, diff: TextDiff | None = None) -> list[Panel]:
        """Return the responses for display, with the words of the diff or of the graders' evidence marked."""
        return [self._panel(answer, diff) for answer in self.answers]

    def _panel(self, answer: LaneAnswer, diff: TextDiff | None) -> Panel:
        marks = _evidence(answer.grades, self.categories)
        if diff is not None:
            sides = {self.compared_with: diff.old, Lane.CANDIDATE: diff.new}
            marks = sides.get(answer.lane, ())
        return Panel(
            lane=answer.lane,
            heading=answer.model,
            text=answer.text,
            marks=marks,
            tool_calls=decode_tool_calls(answer.tool_calls),
            badges=(*_badges(answer, self.categories), *_people(answer, self.categories)),
            failure=answer.failure,
            footer=answer.footer,
        )


def load_item(
    workspace: Workspace, lanes: Lanes, prefix_id: str, *, taxonomy: Taxonomy, graders: list[Grader]
) -> Item | None:
    """Return one prefix with all its answers, or None where the sample has none of that id."""
    sampled = get_prefix(workspace, lanes.sample_id, prefix_id)
    if sampled is None:
        return None
    said = labels(workspace).filter(pl.col("prefix_id") == prefix_id, pl.col("repeat") == 0)
    answers = [_recorded(workspace, lanes.sample_id, sampled, graders, said)]
    for lane, run_id in lanes.runs().items():
        answers.append(_answer(workspace, lanes.sample_id, Lane(lane), run_id, prefix_id, graders, said))
    categories = {c.id: c for c in taxonomy.categories}
    return Item(sampled, tuple(answers), lanes.compared_with, categories)


def _recorded(
    workspace: Workspace, sample_id: str, sampled: SampledPrefix, graders: list[Grader], said: pl.DataFrame
) -> LaneAnswer:
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
        labels=said.filter(pl.col("run") == RECORDED),
    )


def _answer(
    workspace: Workspace,
    sample_id: str,
    lane: Lane,
    run_id: str,
    prefix_id: str,
    graders: list[Grader],
    said: pl.DataFrame,
) -> LaneAnswer:
    run = read_run(workspace, run_id)
    rows = responses_of(workspace, run_id, prefix_id)
    mine = said.filter(pl.col("run") == run_id)
    if rows.is_empty():
        return LaneAnswer(lane, run.name, "", "Not answered yet.", None, "", pl.DataFrame(), graded=False, labels=mine)
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
        labels=mine,
    )


def _badges(answer: LaneAnswer, categories: Mapping[str, Category]) -> tuple[Badge, ...]:
    """Return what graders said: what was found, what stayed open and what has no verdict yet; else that all is absent."""
    if answer.failure:
        return ()
    if not answer.graded:
        return (Badge("", "not graded yet", "note"),)
    found: list[Badge] = []
    open_questions: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in answer.grades.iter_rows(named=True):
        if row["verdict"] == Verdict.PRESENT:
            text = f"{_name(row, categories)} · severity {row['severity']}{_confidence(row)}"
            found.append(Badge("▲", text, "present", row["reason"], _about([row], categories)))
        elif row["verdict"] != Verdict.ABSENT:
            open_questions.setdefault((row["verdict"], row["reason"]), []).append(row)
        elif _overruled(row):
            found.append(
                Badge(
                    "",
                    f"{_name(row, categories)} · absent in the end",
                    "note",
                    row["reason"],
                    _about([row], categories),
                )
            )
    # One reason often leaves several behaviours open, such as a language that the rules do not read.
    for (verdict, reason), rows in open_questions.items():
        word = "no verdict" if verdict == FAILED else verdict
        found.append(Badge("?", f"{word}: {_names(rows, categories)}", "unsure", reason, _about(rows, categories)))
    return tuple(found) or (Badge("", f"none of {answer.grades.height} behaviours found", "note"),)


def _names(rows: Sequence[Mapping[str, Any]], categories: Mapping[str, Category]) -> str:
    """Return behaviours by name, or their number where there are many: the badge's details name each."""
    if len(rows) > MOST_NAMES:
        return f"{len(rows)} behaviours"
    return ", ".join(_name(row, categories) for row in rows)


def _name(row: Mapping[str, Any], categories: Mapping[str, Category]) -> str:
    known = categories.get(row["category"])
    return known.name if known else str(row["category"])


def _confidence(row: Mapping[str, Any]) -> str:
    return "" if row["confidence"] is None else f" · {row['confidence']:.0%} sure"


def _overruled(row: Mapping[str, Any]) -> bool:
    """Say whether a step of the chain had found what the last one did not."""
    return any(step["verdict"] == Verdict.PRESENT for step in row["steps"] or ())


def _about(rows: Iterable[Mapping[str, Any]], categories: Mapping[str, Category]) -> tuple[tuple[str, str], ...]:
    """Return what behaviours mean, and what each step of their chains said."""
    lines: list[tuple[str, str]] = []
    several = list(rows)
    for row in several:
        known = categories.get(row["category"])
        lines += [(known.name if len(several) > 1 else "meaning", known.definition)] if known else []
        lines += [
            (f"{step['by']}: {step['verdict']}{_confidence(step)}", step["reason"]) for step in row["steps"] or ()
        ]
        lines += [("same text", "Judged once, for another response of the same text.")] if row["reused"] else []
    return tuple(lines)


def _people(answer: LaneAnswer, categories: Mapping[str, Category]) -> tuple[Badge, ...]:
    """Return what people said of a response, one badge a person and word."""
    said: dict[tuple[str, str, str], list[str]] = {}
    for row in answer.labels.iter_rows(named=True):
        who = f"{row['reviewer']}, settling" if row["adjudicates"] else row["reviewer"]
        said.setdefault((who, row["label"], row["note"]), []).append(_name(row, categories))
    return tuple(
        Badge("", f"{who}: {label} · {', '.join(of)}", "people", note) for (who, label, note), of in said.items()
    )


def _evidence(grades: pl.DataFrame, categories: Mapping[str, Category]) -> tuple[Mark, ...]:
    if grades.is_empty():
        return ()
    present = grades.filter(pl.col("verdict") == Verdict.PRESENT)
    return tuple(
        Mark(r["start"], r["end"], "evidence", _name(row, categories))
        for row in present.iter_rows(named=True)
        for r in row["evidence"]
    )


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
