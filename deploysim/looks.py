"""Colours, symbols and words that mean the same on every page, in every chart and in the terminal."""

from __future__ import annotations

from dataclasses import dataclass

from deploysim.forecast.records import Direction


@dataclass(frozen=True, slots=True)
class Look:
    """How a direction is shown. Colour is never the only signal."""

    symbol: str
    colour: str
    words: str
    shape: str
    """Name of the mark in a chart."""


WORSE = "#D55E00"
BETTER = "#009E73"
UNCLEAR = "#8A919C"
ACCENT = "#0072B2"
"""What is neither worse nor better: quantities that carry no judgement."""
LANES = {"recorded": "#708090", "baseline": "#0072B2", "candidate": "#7B5EA7"}

DIRECTIONS = {
    Direction.MATERIALLY_UP: Look("▲", WORSE, "worse", "triangle-up"),
    Direction.UP: Look("▲", WORSE, "likely worse", "triangle-up"),
    Direction.MATERIALLY_DOWN: Look("▼", BETTER, "better", "triangle-down"),
    Direction.DOWN: Look("▼", BETTER, "likely better", "triangle-down"),
    Direction.UNCHANGED: Look("●", UNCLEAR, "no material change", "circle"),
    Direction.UNKNOWN: Look("○", UNCLEAR, "not enough evidence", "circle"),
}
