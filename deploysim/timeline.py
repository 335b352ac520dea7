"""Trajectories as HTML: two lanes step by step side by side, and who gave each result told by mark, word and line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from deploysim.render import call_html, text_html

SHOWN = 12
"""Rows that are shown at once; those between the first and the last are one click away."""
RESULT_CHARS = 600
"""Longer results show their beginning, with all of it one click away."""
REAL = {"recorded": "●", "recorded elsewhere": "●", "snapshot": "■", "written before": "■"}
"""Marks of results that come from records, from a repository or from what the rollout itself wrote."""
SIMULATED = {"simulated": "◇", "fixed answer": "◇", "simulated failure": "◇"}
"""Marks of results that nobody recorded."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What one lane did at one point."""

    number: int = 0
    """Of a call; 0 for words."""
    text: str = ""
    name: str = ""
    arguments: str = ""
    result: str | None = None
    source: str = ""
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """What both lanes did at one point; None where a lane did nothing."""

    left: Cell | None
    right: Cell | None
    same: bool = False


def timeline_html(
    pairs: Sequence[Pair], headings: tuple[tuple[str, str], tuple[str, str]], ends: tuple[str, str]
) -> str:
    """Return two trajectories side by side.

    Args:
        pairs: What they did, aligned.
        headings: Of either side the lane and the model.
        ends: How either ended, in words.
    """
    lanes = headings[0][0], headings[1][0]
    rows = [_row(pair, lanes) for pair in pairs]
    if len(rows) > SHOWN + 1:
        first, middle, last = rows[: SHOWN - 3], rows[SHOWN - 3 : -3], rows[-3:]
        folded = (
            f'<details class="ds-more"><summary>Show {len(middle)} steps between</summary>{"".join(middle)}</details>'
        )
        rows = [*first, folded, *last]
    heads = "".join(
        f'<div class="ds-lane-head ds-lane-{escape(lane)}"><b>{escape(lane)}</b> {escape(model)}</div>'
        for lane, model in headings
    )
    feet = "".join(
        f'<div class="ds-end" data-lane="{escape(lane)}">ended: {escape(end)}</div>'
        for lane, end in zip(lanes, ends, strict=True)
    )
    return (
        f'<div class="ds-timeline" role="group" aria-label="Two trajectories, step by step">'
        f'<div class="ds-steps ds-steps-head">{heads}</div>{"".join(rows)}<div class="ds-steps">{feet}</div></div>'
    )


def legend_html() -> str:
    """Return what the marks of results mean."""
    real = f'<span class="ds-source ds-real">{REAL["recorded"]} recorded</span>'
    looked = f'<span class="ds-source ds-real">{REAL["snapshot"]} snapshot, written before</span>'
    played = f'<span class="ds-source ds-simulated">{SIMULATED["simulated"]} simulated</span>'
    return f'<div class="ds-legend">Results: {real} {looked} {played}</div>'


def _row(pair: Pair, lanes: tuple[str, str]) -> str:
    same = ' title="the same call"' if pair.same else ""
    classes = "ds-steps ds-same" if pair.same else "ds-steps"
    return f'<div class="{classes}"{same}>{_cell(pair.left, lanes[0])}{_cell(pair.right, lanes[1])}</div>'


def _cell(cell: Cell | None, lane: str) -> str:
    # Where the window is narrow the lanes stand beneath one another, and each step says whose it is.
    whose = f'data-lane="{escape(lane)}"'
    if cell is None:
        return '<div class="ds-step ds-nothing"><span>nothing at this point</span></div>'
    if not cell.name:
        return f'<div class="ds-step ds-says" {whose}>{text_html(cell.text) if cell.text else "(says nothing)"}</div>'
    call = call_html(cell.name, cell.arguments, lead=f"{cell.number} · calls ")
    return f'<div class="ds-step" {whose}>{call}{_result(cell)}</div>'


def _result(cell: Cell) -> str:
    if cell.result is None:
        return '<div class="ds-result ds-unanswered"><span class="ds-source">○ nobody could answer</span></div>'
    kind = "ds-simulated" if cell.source in SIMULATED else "ds-real"
    mark = {**REAL, **SIMULATED}.get(cell.source, "●")
    failed = " · <b>✕ failed</b>" if cell.failed else ""
    label = f'<span class="ds-source {kind}">{mark} {escape(cell.source or "recorded")}{failed}</span>'
    return f'<div class="ds-result {kind}">{label}{_folded(cell.result)}</div>'


def _folded(text: str) -> str:
    if len(text) <= RESULT_CHARS:
        return text_html(text)
    rest = len(text) - RESULT_CHARS
    return (
        f'{text_html(text[:RESULT_CHARS])}<details class="ds-more"><summary>Show {rest:,} more characters</summary>'
        f"{text_html(text[RESULT_CHARS:])}</details>"
    )
