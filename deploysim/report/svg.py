"""The two charts of a report as SVG: no script, no fonts of their own, every text escaped."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise

from deploysim.forecast.records import CategoryForecast, Direction
from deploysim.forecast.words import number
from deploysim.looks import DIRECTIONS, UNCLEAR

WIDTH, LEFT, RIGHT = 980, 300, 710
"""Of the drawing, and of the axis within it; names stand left of it, words right."""
ROW, TOP, FOOT = 34, 14, 40
REACH = 20.0
"""Ratios beyond this are drawn at the edge; the words beside them say the value."""
PREVIOUS = "#5B6572"
_RATIO_TICKS = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0, 2.0, 4.0, 8.0, 16.0)


def ratio_chart(rows: Sequence[CategoryForecast], *, material_ratio: float, words: Sequence[str]) -> str:
    """Draw each category's ratio to its previous rate on a log axis, with interval and direction.

    Args:
        rows: Categories that have a ratio, in the order to show.
        material_ratio: Ratios between this and its inverse are shaded as hardly changed.
        words: What stands beside each row.
    """
    ends = [value for row in rows if row.ratio for value in (row.ratio.interval.low, row.ratio.interval.high)]
    far = min(REACH, max([4.0, *(max(value, 1.0 / value) for value in ends)]))
    axis = _Axis(1.0 / far, far)
    low, high = axis.x(1.0 / material_ratio), axis.x(material_ratio)
    parts = [
        f'<rect x="{low:.1f}" y="{TOP}" width="{high - low:.1f}" height="{ROW * len(rows)}" fill="{UNCLEAR}" opacity=".13"/>',
        *axis.grid([tick for tick in _RATIO_TICKS if 1.0 / far <= tick <= far], _ratio_tick, len(rows)),
    ]
    for place, (row, said) in enumerate(zip(rows, words, strict=True)):
        if row.ratio is None:
            continue
        look, y = DIRECTIONS[row.direction], TOP + ROW * (place + 0.5)
        parts += [
            _text(LEFT - 14, y, f"{look.symbol} {row.name}", anchor="end", weight=600),
            _line(axis, y, row.ratio.interval.low, row.ratio.interval.high, look.colour),
            _mark(axis.x(row.ratio.median), y, look.colour, row.direction),
            _text(RIGHT + 14, y, said, size=12),
        ]
    return _svg(parts, len(rows), "Forecast rate over previous rate, log axis", words_of(rows, words))


def rate_chart(rows: Sequence[CategoryForecast]) -> str:
    """Draw the previous and the forecast rate of each category per 100,000 on a log axis, with intervals."""
    ends = [end for row in rows for end in _rate_ends(row) if end > 0.0]
    axis = _Axis(10.0 ** math.floor(math.log10(min(ends))), 10.0 ** math.ceil(math.log10(max(ends))))
    decades = [10.0**power for power in range(round(math.log10(axis.low)), round(math.log10(axis.high)) + 1)]
    parts = axis.grid(decades, number, len(rows))
    said = []
    for place, row in enumerate(rows):
        if row.forecast is None or row.previous.per_100k is None or row.previous.interval is None:
            continue
        look, y = DIRECTIONS[row.direction], TOP + ROW * (place + 0.5)
        before = number(row.previous.per_100k) if row.previous.present else "none seen"
        said.append(f"{before} → {number(row.forecast.median)}")
        parts += [
            _text(LEFT - 14, y, row.name, anchor="end", weight=600),
            _line(axis, y - 6, row.previous.interval.low, row.previous.interval.high, PREVIOUS),
            f'<circle cx="{axis.x(row.previous.per_100k):.1f}" cy="{y - 6:.1f}" r="4.5" fill="#fff" stroke="{PREVIOUS}" stroke-width="2"/>',
            _line(axis, y + 6, row.forecast.interval.low, row.forecast.interval.high, look.colour),
            _mark(axis.x(row.forecast.median), y + 6, look.colour, row.direction),
            _text(RIGHT + 14, y, said[-1], size=12),
        ]
    return _svg(parts, len(rows), "Rate per 100,000, log axis: previous above, forecast below", words_of(rows, said))


def words_of(rows: Iterable[CategoryForecast], words: Iterable[str]) -> str:
    """Say in words what a chart shows."""
    return ". ".join(f"{row.name}: {said}" for row, said in zip(rows, words, strict=False)) + "."


class _Axis:
    """A logarithmic axis from LEFT to RIGHT; values beyond its ends stand at the end."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high if high > low else low * 10.0

    def x(self, value: float) -> float:
        """Return where a value stands."""
        inside = min(max(value, self.low), self.high)
        return LEFT + (RIGHT - LEFT) * math.log(inside / self.low) / math.log(self.high / self.low)

    def grid(self, ticks: Sequence[float], label: object, rows: int) -> list[str]:
        """Draw lines at ticks and their labels below, leaving out labels that would overlap."""
        assert callable(label)
        bottom, places = TOP + ROW * rows, [self.x(tick) for tick in ticks]
        step = max(1, math.ceil(44 / min([b - a for a, b in pairwise(places)], default=44)))
        return [
            part
            for index, (tick, x) in enumerate(zip(ticks, places, strict=True))
            for part in (
                f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{bottom}" stroke="#d9dee5" stroke-width="1"/>',
                _text(x, bottom + 14, label(tick), anchor="middle", size=12) if index % step == 0 else "",
            )
        ]


def _rate_ends(row: CategoryForecast) -> tuple[float, ...]:
    if row.forecast is None or row.previous.per_100k is None:
        return ()
    return (row.forecast.interval.low, row.forecast.interval.high, row.previous.per_100k)


def _ratio_tick(value: float) -> str:
    return f"1/{1.0 / value:.0f}×" if value < 1.0 else f"{value:.0f}×"


def _line(axis: _Axis, y: float, low: float, high: float, colour: str) -> str:
    return (
        f'<line x1="{axis.x(low):.1f}" x2="{axis.x(high):.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="{colour}" '
        'stroke-width="2.5" stroke-linecap="round"/>'
    )


def _mark(x: float, y: float, colour: str, direction: Direction) -> str:
    """Draw a direction's shape, hollow where nothing is called."""
    if direction in (Direction.MATERIALLY_UP, Direction.UP):
        return f'<path d="M{x - 7:.1f} {y + 6:.1f}h14l-7-12z" fill="{colour}"/>'
    if direction in (Direction.MATERIALLY_DOWN, Direction.DOWN):
        return f'<path d="M{x - 7:.1f} {y - 6:.1f}h14l-7 12z" fill="{colour}"/>'
    fill = "#fff" if direction is Direction.UNKNOWN else colour
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="{fill}" stroke="{colour}" stroke-width="2"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 13, weight: int = 400) -> str:
    return (
        f'<text x="{x:.1f}" y="{y + 4.5:.1f}" text-anchor="{anchor}" font-size="{size}" font-weight="{weight}" '
        f'fill="#1e2530">{escape(text)}</text>'
    )


def _svg(parts: Sequence[str], rows: int, title: str, words: str) -> str:
    bottom = TOP + ROW * rows
    caption = _text((LEFT + RIGHT) / 2, bottom + 32, title, anchor="middle", size=12)
    return (
        f'<svg viewBox="0 0 {WIDTH} {bottom + FOOT}" role="img" aria-label="{escape(f"{title}. {words}")}" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(parts)}{caption}</svg>'
    )
